import type { Context } from '../../context.ts';
import { type Challenge, codeOfStored } from '../../core/challenge.ts';
import { composeMessage } from '../../core/message.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { SmsError } from '../../errors.ts';
import type { Channel, SmsMessage, SmsSender } from '../../ports/sms-sender.ts';
import { challengeFacts } from './challenge-facts.ts';
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

/** Tries the senders in order. After an ambiguous failure no other one is tried: the message may be on its way. */
export async function sendThroughFirst(ctx: Context, message: SmsMessage): Promise<Sent> {
  let last: Sent = { is: 'failed', sender: 'none', kind: 'retryable' };
  for (const sender of ctx.senders) {
    last = await sendThrough(ctx, sender, message);
    if (last.is === 'sent' || last.kind === 'ambiguous') return last;
  }
  return last;
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
