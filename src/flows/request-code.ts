import type { Client, Context } from '../context.ts';
import { type Challenge, isChallengeId, type NewChallenge, PURPOSES, type Purpose, phoneKeyIn, phoneKeyOf } from '../core/challenge.ts';
import { type Payer, sendCharges } from '../core/charges.ts';
import { anything, oneOf, optional, type Shape, text } from '../core/input.ts';
import type { Cooldown } from '../core/limits.ts';
import type { PhoneNumber } from '../core/phone-number.ts';
import { PhoneAuthError } from '../errors.ts';
import type { ChallengeStore } from '../ports/challenge-store.ts';
import type { Channel } from '../ports/sms-sender.ts';
import { afterTheAnswer } from './steps/after-the-answer.ts';
import { assessRisk } from './steps/assess-risk.ts';
import { challengeFacts } from './steps/challenge-facts.ts';
import { CLIENT, CONTEXT, checkInput, inputError } from './steps/check-input.ts';
import { countCodes } from './steps/count-codes.ts';
import { type CodeToSend, type Delivery, deliverCode } from './steps/deliver-code.ts';
import { destinationOf } from './steps/destination.ts';
import { type ChallengeWish, codeUnder, draftChallenge } from './steps/draft-challenge.ts';
import { followPlan } from './steps/follow-plan.ts';
import { payLookup } from './steps/pay-lookup.ts';
import { payerOf } from './steps/payer.ts';
import { readPhoneNumber } from './steps/read-phone-number.ts';
import { limitError } from './steps/refuse-limited.ts';
import { stepsOfSend } from './steps/steps-of-send.ts';
import { tellBudgets } from './steps/tell-budgets.ts';

/** What `requestCode` takes. */
export interface RequestCode extends ChallengeWish {
  /** Any usual spelling. Refused for `step-up`, which reads the number from the user. */
  readonly phoneNumber?: string | undefined;
  /** @default 'sign-in' */
  readonly purpose?: Purpose | undefined;
  /** The challenge to send again. A dead, foreign or invented id gives a fresh challenge. */
  readonly resendOf?: string | undefined;
  /** One of `channels`; beside a plan the step to begin with. */
  readonly channel?: Channel | undefined;
  /** What the client solved, for `assessRisk` to verify. At most 8192 characters. */
  readonly captchaToken?: string | undefined;
  readonly client: Client;
}

/** What `requestCode` gives. */
export interface CodeRequest {
  readonly challengeId: string;
  readonly phoneNumber: string;
  readonly codeLength: number;
  /** Where the code went. */
  readonly channel: Channel;
  /** Epoch ms. */
  readonly expiresAt: number;
  readonly expiresInSeconds: number;
  /** Epoch ms from which a resend passes the ladder. */
  readonly resendAt: number;
  readonly resendInSeconds: number;
}

const SHAPE: Shape = {
  phoneNumber: optional(text(Number.MAX_SAFE_INTEGER)),
  purpose: optional(oneOf(PURPOSES)),
  resendOf: optional(text(64)),
  userId: optional(text(255)),
  context: optional(CONTEXT),
  reference: optional(text(128)),
  profile: anything,
  binding: optional(oneOf(['challenge', 'phone'])),
  locale: optional((value) =>
    typeof value === 'string' && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$/.test(value) ? null : 'must be a BCP 47 language tag',
  ),
  channel: optional(text(32)),
  idempotencyKey: optional(text(255)),
  captchaToken: optional(text(8192)),
  ...CLIENT,
};

/**
 * Sends a code, or sends it again.
 *
 * Answers alike for known, unknown and disabled numbers: a challenge whose precondition fails is written like any other, and nothing is sent.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `refused_by_policy` (by `assessRisk`, or the money of the day is spent),
 * `rate_limited`, `delivery_failed` (with the whole answer: a resend works), `unavailable`; with `revealAccounts` also `account_not_found` and `phone_number_taken`; `account_not_found` for a `step-up` of nobody
 * @see NIST SP 800-63B-4, section 3.1.3
 */
export async function requestCode(ctx: Context, input: RequestCode): Promise<CodeRequest> {
  checkInput('requestCode', input, SHAPE);
  const purpose = input.purpose ?? 'sign-in';
  const channel = channelOf(ctx, input);
  const phoneNumber = await phoneNumberOf(ctx, purpose, input);
  const payer = payerOf(ctx, phoneKeyOf(ctx.namingKeys, phoneNumber), purpose, input.client);
  await assessRisk(ctx, payer, { phoneNumber, purpose, channel, client: input.client, captchaToken: input.captchaToken });
  const issueJoined = issueJoinedFor(ctx, purpose);
  const isDecoy = issueJoined === null && !(await isMeantFor(ctx, payer, purpose, phoneNumber));

  const now = ctx.now();
  const drafted = draftChallenge(ctx, { wish: input, purpose, channel, phoneNumber, phoneKey: payer.phoneKey, isDecoy, now });
  const { challenge } = drafted;
  const to = destinationOf(phoneNumber);
  const charges = sendCharges(ctx.settings.limits, payer, to);
  const { resend } = ctx.settings.code;
  const resendOf = handleOf(challenge, input.resendOf);
  const resendDigest = resendOf !== null && resend === 'rotate' && !isDecoy ? codeUnder(ctx, { ...challenge, id: resendOf }).digest : null;
  const issue = issueJoined ?? ctx.challenges.issue;
  const outcome = await issue({ challenge, resendOf, resend, resendDigest, ...charges, now });
  if (outcome.is === 'limited') throw limitError(ctx, outcome, phoneNumber);

  const steps = stepsOfSend(ctx, outcome.challenge, input.channel);
  const answer = answerOf(outcome.challenge, steps[0].channel, now);
  if (outcome.is === 'repeated') return answer;
  ctx.emit('code.requested', {
    ...challengeFacts(ctx, outcome.challenge),
    resend: outcome.is === 'resent',
    decoy: outcome.challenge.digest === null,
  });
  tellBudgets(ctx, charges.hits, outcome.counts);
  const delivery = await deliver(ctx, { challenge: outcome.challenge, steps, drafted }, payer);
  if (payer.isSent) countCodes(ctx, { to, sent: outcome.challenge.digest === null || delivery.is === 'failed' ? 0 : 1, redeemed: 0 });
  const told = { ...answer, channel: delivery.channel };
  if (delivery.is === 'delivered') return told;
  const mayAsk = delivery.nothingLeft ? await withoutPause(ctx, charges.cooldown, told) : told;
  throw new PhoneAuthError('delivery_failed', { retryable: delivery.retryable, ...mayAsk });
}

/** What never left needs no pause before the next one; the other limits still count it. */
async function withoutPause(ctx: Context, cooldown: Cooldown | null, answer: CodeRequest): Promise<CodeRequest> {
  if (cooldown === null) return answer;
  try {
    await ctx.challenges.clear([cooldown.key]);
    return { ...answer, resendAt: ctx.now(), resendInSeconds: 0 };
  } catch {
    // told as `port.failed`: the pause stands
    return answer;
  }
}

/**
 * Awaited, unless waiting would tell whether there is anything to send. Then nothing follows it either: what more goes to those who have an account
 * would show in the limits.
 */
async function deliver(ctx: Context, send: CodeToSend, payer: Payer): Promise<Delivery> {
  const { challenge, steps } = send;
  if (!dependsOnAccount(ctx, challenge.purpose)) return followPlan(ctx, send, payer);
  if (challenge.digest !== null)
    ctx.background(
      afterTheAnswer()
        .then(() => deliverCode(ctx, send))
        .then(() => undefined),
    );
  return { is: 'delivered', channel: steps[0].channel, next: null };
}

function dependsOnAccount(ctx: Context, purpose: Purpose): boolean {
  return ctx.accounts !== null && !ctx.settings.revealAccounts && ['login', 'register', 'reset-password'].includes(purpose);
}

/** For a store that can look for the account in the step that writes the challenge, and make it a decoy there. */
function issueJoinedFor(ctx: Context, purpose: Purpose): ChallengeStore['issue'] | null {
  const { joined } = ctx;
  if (joined === null || !dependsOnAccount(ctx, purpose)) return null;
  return (issue) => joined.issue({ issue, expects: purpose === 'register' ? 'unknown' : 'known' });
}

/** Whether the account that the purpose presumes is there, or absent. */
async function isMeantFor(ctx: Context, payer: Payer, purpose: Purpose, phoneNumber: PhoneNumber): Promise<boolean> {
  if (ctx.accounts === null || !['login', 'register', 'reset-password'].includes(purpose)) return true;
  if (ctx.settings.revealAccounts) await payLookup(ctx, payer.networks, phoneNumber);
  const exists = (await ctx.accounts.findByPhoneNumber({ phoneNumber })) !== null;
  const isMeant = exists !== (purpose === 'register');
  if (isMeant || !ctx.settings.revealAccounts) return isMeant;
  throw new PhoneAuthError(exists ? 'phone_number_taken' : 'account_not_found', {});
}

async function phoneNumberOf(ctx: Context, purpose: Purpose, input: RequestCode): Promise<PhoneNumber> {
  if (purpose === 'step-up') return numberOfUser(ctx, input);
  if (purpose === 'change-phone-number' && input.userId === undefined) throw inputError('userId', 'is needed to change a phone number');
  if (input.phoneNumber === undefined) throw inputError('phoneNumber', 'must be a string');
  return readPhoneNumber(ctx, input.phoneNumber);
}

async function numberOfUser(ctx: Context, input: RequestCode): Promise<PhoneNumber> {
  if (ctx.accounts === null) throw inputError('purpose', 'step-up reads the number from the user, and there are no users here');
  if (input.phoneNumber !== undefined) throw inputError('phoneNumber', 'must be absent: step-up reads it from the user');
  if (input.userId === undefined) throw inputError('userId', 'is needed for a step-up');
  if (input.context === undefined) throw inputError('context', 'is needed for a step-up: it tells the user what is confirmed');
  const user = await ctx.accounts.findById({ userId: input.userId });
  if (user === null) throw new PhoneAuthError('account_not_found', {});
  if (user.phoneNumber === null) throw inputError('userId', 'belongs to a user without a phone number');
  return user.phoneNumber as PhoneNumber;
}

function channelOf(ctx: Context, input: RequestCode): Channel {
  if (input.channel === undefined && ctx.plan !== null) return ctx.plan[0].channel;
  const channel = input.channel ?? ctx.settings.channels[0];
  if (channel === undefined || !ctx.settings.channels.includes(channel))
    throw inputError('channel', `must be one of ${ctx.settings.channels.join(', ')}`);
  return channel;
}

/** The id to send again, when it can be one of this number. */
function handleOf({ phoneKey }: NewChallenge, resendOf: string | undefined): string | null {
  return resendOf !== undefined && isChallengeId(resendOf) && phoneKeyIn(resendOf) === phoneKey ? resendOf : null;
}

function answerOf(challenge: Challenge, channel: Channel, now: number): CodeRequest {
  const secondsUntil = (at: number): number => Math.max(0, Math.ceil((at - now) / 1000));
  return {
    challengeId: challenge.id,
    phoneNumber: challenge.phoneNumber,
    codeLength: challenge.codeLength,
    channel,
    expiresAt: challenge.expiresAt,
    expiresInSeconds: secondsUntil(challenge.expiresAt),
    resendAt: challenge.resendAt,
    resendInSeconds: secondsUntil(challenge.resendAt),
  };
}
