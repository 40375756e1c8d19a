import type { Context } from '../../context.ts';
import { type Challenge, codeOfStored } from '../../core/challenge.ts';
import { composeMessage } from '../../core/message.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { smsSegments } from '../../core/segments.ts';
import type { SmsError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { Channel, SmsMessage, SmsSender } from '../../ports/sms-sender.ts';
import type { Route } from '../../settings.ts';
import { challengeFacts } from './challenge-facts.ts';
import { destinationOf } from './destination.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** What became of a message. */
export type Delivery = { readonly is: 'delivered' } | { readonly is: 'failed'; readonly retryable: boolean };

/** Sends the code of a challenge. A decoy sends nothing, nor does a test number unless told. */
export async function deliverCode(ctx: Context, challenge: Challenge): Promise<Delivery> {
  const fixedCode = fixedCodeOf(ctx, challenge.phoneKey, challenge.purpose);
  if (challenge.digest === null || (fixedCode !== null && ctx.settings.testNumbers?.send !== true)) return { is: 'delivered' };
  const code = codeOfStored(ctx.secrets, challenge, fixedCode);
  const facts = { ...challengeFacts(ctx, challenge), send: challenge.sends };
  // no code: its secret is gone, or somebody altered the row
  const sent: Sent = code === null ? { is: 'failed', sender: 'none', kind: 'permanent' } : await composeAndSend(ctx, challenge, code);
  if (sent.is === 'sent') {
    ctx.emit('code.sent', { ...facts, sender: sent.sender, providerId: sent.providerId });
    return { is: 'delivered' };
  }
  ctx.emit('code.delivery_failed', { ...facts, sender: sent.sender, kind: sent.kind });
  return { is: 'failed', retryable: sent.kind !== 'permanent' };
}

async function composeAndSend(ctx: Context, challenge: Challenge, code: string): Promise<Sent> {
  let message: SmsMessage;
  try {
    message = await ctx.within('messages', 'compose', ctx.settings.deadlineSeconds.port, () => messageOf(ctx, challenge, code));
  } catch {
    return { is: 'failed', sender: 'none', kind: 'permanent' };
  }
  return sendThroughFirst(ctx, message);
}

function messageOf(ctx: Context, challenge: Challenge, code: string): SmsMessage {
  const { appName, messages, origin, androidAppHash } = ctx.settings;
  const { purpose, context, locale } = challenge;
  const expiresInMinutes = Math.max(1, Math.floor((challenge.expiresAt - ctx.now()) / 60_000));
  return {
    to: challenge.phoneNumber as PhoneNumber,
    text: composeMessage({ variables: { code, appName, purpose, context, locale, expiresInMinutes }, messages, origin, androidAppHash }),
    code,
    purpose,
    context,
    locale,
    channel: challenge.channel as Channel,
    challengeId: challenge.id,
    expiresAt: challenge.expiresAt,
    idempotencyKey: `${challenge.id}:${challenge.sends}`,
  };
}

type Sent =
  | { readonly is: 'sent'; readonly sender: string; readonly providerId: string | null }
  | { readonly is: 'failed'; readonly sender: string; readonly kind: SmsError['kind'] };

/**
 * Tries the senders that serve the message, in order, those that fail too often last. After a refusal of the number nobody else is paid for it, and
 * after an ambiguous failure no other one is tried: the message may be on its way.
 */
export async function sendThroughFirst(ctx: Context, message: SmsMessage): Promise<Sent> {
  tellSegments(ctx, message);
  let last: Sent = { is: 'failed', sender: 'none', kind: 'permanent' };
  for (const { sender, fallsBackOnRefusal } of routesFor(ctx, message)) {
    last = await sendThrough(ctx, sender, message);
    noteHealth(ctx, sender, last);
    if (last.is === 'sent' || last.kind === 'ambiguous' || (last.kind === 'permanent' && !fallsBackOnRefusal)) return last;
  }
  return last;
}

function tellSegments(ctx: Context, { challengeId, to, purpose, locale, channel, text }: SmsMessage): void {
  const { encoding, segments } = smsSegments(text);
  if (channel !== 'sms' || segments === 1) return;
  const facts = { challengeId: challengeId === '' ? null : challengeId, phoneNumber: maskPhoneNumber(to), purpose, locale };
  ctx.emit('message.segmented', { ...facts, encoding, segments });
}

function routesFor(ctx: Context, { to, channel }: SmsMessage): readonly Route[] {
  const destination = destinationOf(to);
  const serving = ctx.routes.filter(
    ({ channels, countries }) => (channels?.includes(channel) ?? true) && (countries?.includes(destination.country) ?? true),
  );
  const now = ctx.now();
  const isSpared = ({ sender }: Route): boolean => ctx.breakers.isOpen(sender.name, now);
  return [...serving.filter((route) => !isSpared(route)), ...serving.filter(isSpared)];
}

/** A refusal of a number says nothing of the sender's health. */
function noteHealth(ctx: Context, { name: sender }: SmsSender, sent: Sent): void {
  if (sent.is === 'failed' && sent.kind === 'permanent') return;
  const change = ctx.breakers.note(sender, sent.is === 'failed', ctx.now());
  if (change?.is === 'opened') ctx.emit('sender.suspended', { sender, failures: change.failures, of: change.of, seconds: change.seconds });
  if (change?.is === 'closed') ctx.emit('sender.resumed', { sender });
}

async function sendThrough(ctx: Context, sender: SmsSender, message: SmsMessage): Promise<Sent> {
  const abort = new AbortController();
  try {
    const seconds = ctx.settings.deadlineSeconds.sms;
    const result = await ctx.within(`sms:${sender.name}`, 'send', seconds, () => sender.send(message, { signal: abort.signal }));
    return { is: 'sent', sender: sender.name, providerId: result?.providerId ?? null };
  } catch (error) {
    abort.abort();
    return { is: 'failed', sender: sender.name, kind: kindOf((error as { cause?: unknown }).cause) };
  }
}

/** Whatever does not say otherwise may have left the machine. */
function kindOf(cause: unknown): SmsError['kind'] {
  const kind = typeof cause === 'object' && cause !== null ? (cause as Partial<SmsError>).kind : undefined;
  return kind === 'permanent' || kind === 'retryable' ? kind : 'ambiguous';
}
