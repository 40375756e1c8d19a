import type { Context } from '../../context.ts';
import { smsSegments } from '../../core/segments.ts';
import type { PlannedStep, PlannedSteps, Route } from '../../delivery-routes.ts';
import type { SmsError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { SmsMessage, SmsSender } from '../../ports/sms-sender.ts';
import { destinationOf } from './destination.ts';

/** What became of a message. */
export type Sent = { readonly is: 'sent'; readonly sender: string; readonly providerId: string | null } | Failed;

interface Failed {
  readonly is: 'failed';
  readonly sender: string;
  readonly kind: SmsError['kind'];
  /** The provider's own name of the failure. */
  readonly providerCode: string | null;
}

/** What became of it, by which step, and the steps that come after that one. */
export interface SentByStep {
  readonly sent: Sent;
  readonly step: PlannedStep;
  readonly rest: readonly PlannedStep[];
}

/** A message for whatever channel. */
export type Draft = Omit<SmsMessage, 'channel'>;

/** Nobody was asked. */
export const UNSENT: Failed = { is: 'failed', sender: 'none', kind: 'permanent', providerCode: null };

/**
 * Sends by the first step that does not fail for certain: what one channel refuses says nothing of the next. After an ambiguous failure no
 * other step is tried, for the message may be on its way.
 *
 * @param attempt the same send by another step is another message to a provider that tells messages by their key
 */
export async function sendBySteps(ctx: Context, [step, ...rest]: PlannedSteps, draft: Draft, attempt = 1): Promise<SentByStep> {
  const idempotencyKey = attempt === 1 ? draft.idempotencyKey : `${draft.idempotencyKey}:${attempt}`;
  const sent = await sendThroughFirst(ctx, step.routes, { ...draft, channel: step.channel, idempotencyKey });
  const [next, ...others] = rest;
  if (sent.is === 'sent' || sent.kind === 'ambiguous' || next === undefined) return { sent, step, rest };
  return sendBySteps(ctx, [next, ...others], draft, attempt + 1);
}

/**
 * Tries the senders that serve the message, in order, those that fail too often last. After a refusal of the number nobody else is paid for it, and
 * after an ambiguous failure no other one is tried.
 */
async function sendThroughFirst(ctx: Context, routes: readonly Route[], message: SmsMessage): Promise<Sent> {
  if (!ctx.isOver()) tellSegments(ctx, message);
  let last = UNSENT;
  for (const { sender, fallsBackOnRefusal } of inOrder(ctx, routes, message)) {
    // what is not begun says nothing of its sender, and may be another time
    if (ctx.isOver()) return { ...last, kind: 'retryable' };
    const sent = await sendThrough(ctx, sender, message);
    noteHealth(ctx, sender, sent);
    if (sent.is === 'sent' || sent.kind === 'ambiguous' || (sent.kind === 'permanent' && !fallsBackOnRefusal)) return sent;
    last = sent;
  }
  return last;
}

function tellSegments(ctx: Context, { challengeId, to, purpose, locale, channel, text }: SmsMessage): void {
  const { encoding, segments } = smsSegments(text);
  if (channel !== 'sms' || segments === 1) return;
  const facts = { challengeId: challengeId === '' ? null : challengeId, phoneNumber: maskPhoneNumber(to), purpose, locale };
  ctx.emit('message.segmented', { ...facts, encoding, segments });
}

function inOrder(ctx: Context, routes: readonly Route[], { to }: SmsMessage): readonly Route[] {
  const destination = destinationOf(to);
  const serving = routes.filter(({ countries }) => countries?.includes(destination.country) ?? true);
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
    return { is: 'failed', sender: sender.name, ...failureIn((error as { cause?: unknown }).cause) };
  }
}

/** Whatever does not say otherwise may have left the machine. */
function failureIn(cause: unknown): Pick<Failed, 'kind' | 'providerCode'> {
  const { kind, code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { readonly kind?: unknown; readonly code?: unknown };
  return {
    kind: kind === 'permanent' || kind === 'retryable' ? kind : 'ambiguous',
    providerCode: typeof code === 'string' && /^[\w.:-]{1,64}$/.test(code) ? code : null,
  };
}
