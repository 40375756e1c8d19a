import type { Context } from '../../context.ts';
import { type Challenge, codeOfStored, hasSameCode } from '../../core/challenge.ts';
import { composeMessage } from '../../core/message.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { PlannedStep, PlannedSteps } from '../../delivery-routes.ts';
import type { Channel } from '../../ports/sms-sender.ts';
import { challengeFacts } from './challenge-facts.ts';
import type { DraftedChallenge } from './draft-challenge.ts';
import { type Draft, type SentByStep, sendBySteps, UNSENT } from './send-message.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** What became of a code. */
export type Delivery = {
  readonly channel: Channel;
  /** What may follow when it is not heard of: seconds, and the steps from then on. */
  readonly next: { readonly afterSeconds: number; readonly steps: PlannedSteps } | null;
} & (
  | { readonly is: 'delivered' }
  | {
      readonly is: 'failed';
      readonly retryable: boolean;
      /** No message can still arrive. */
      readonly nothingLeft: boolean;
    }
);

/** What is to be sent, and how. */
export interface CodeToSend {
  readonly challenge: Challenge;
  readonly steps: PlannedSteps;
  /** What the store was given just now; `null`: that was another time. */
  readonly drafted: DraftedChallenge | null;
}

/** Sends the code of a challenge. A decoy sends nothing, nor does a test number unless told. */
export async function deliverCode(ctx: Context, { challenge, steps, drafted }: CodeToSend): Promise<Delivery> {
  const fixedCode = fixedCodeOf(ctx, challenge.phoneKey, challenge.purpose);
  if (challenge.digest === null || (fixedCode !== null && ctx.settings.testNumbers?.send !== true))
    return { is: 'delivered', channel: steps[0].channel, next: null };
  // the row that came back may be an older one, or altered: then its own fields must derive the code
  const isDrafted = drafted !== null && hasSameCode(challenge, drafted.challenge);
  const code = isDrafted ? drafted.code : codeOfStored(ctx.secrets, challenge, fixedCode);
  // no code: its secret is gone, or somebody altered the row
  const { sent, step, rest } = code === null ? unsentBy(steps, 'permanent') : await composeAndSend(ctx, { challenge, code, steps });
  const { channel } = step;
  const facts = { ...challengeFacts(ctx, challenge), send: challenge.sends, channel, sender: sent.sender };
  if (sent.is === 'sent') {
    ctx.emit('code.sent', { ...facts, providerId: sent.providerId });
    return { is: 'delivered', channel, next: nextOf(step, rest) };
  }
  const { kind, providerCode } = sent;
  ctx.emit('code.delivery_failed', { ...facts, kind, providerCode });
  const nothingLeft = kind !== 'ambiguous';
  return { is: 'failed', channel, retryable: kind !== 'permanent', nothingLeft, next: nothingLeft ? null : nextOf(step, rest) };
}

function nextOf({ waitSeconds }: PlannedStep, [next, ...others]: readonly PlannedStep[]): Delivery['next'] {
  return waitSeconds === null || next === undefined ? null : { afterSeconds: waitSeconds, steps: [next, ...others] };
}

interface Code {
  readonly challenge: Challenge;
  readonly code: string;
  readonly steps: PlannedSteps;
}

async function composeAndSend(ctx: Context, { challenge, code, steps }: Code): Promise<SentByStep> {
  let draft: Draft;
  try {
    draft = await ctx.within('messages', 'compose', ctx.settings.deadlineSeconds.port, () => draftOf(ctx, challenge, code));
  } catch {
    return unsentBy(steps, ctx.isOver() ? 'retryable' : 'permanent');
  }
  return sendBySteps(ctx, steps, draft);
}

function unsentBy([step]: PlannedSteps, kind: 'permanent' | 'retryable'): SentByStep {
  return { sent: { ...UNSENT, kind }, step, rest: [] };
}

function draftOf(ctx: Context, challenge: Challenge, code: string): Draft {
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
    challengeId: challenge.id,
    expiresAt: challenge.expiresAt,
    idempotencyKey: `${challenge.id}:${challenge.sends}`,
  };
}
