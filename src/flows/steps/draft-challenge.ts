import type { Context } from '../../context.ts';
import {
  contextHashOf,
  digestOf,
  idempotentChallengeId,
  type NewChallenge,
  type Purpose,
  phoneBoundChallengeId,
  randomChallengeId,
} from '../../core/challenge.ts';
import { type CodeFields, codeOf } from '../../core/code.ts';
import { mac, toBase64Url } from '../../core/keys.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { Channel } from '../../ports/sms-sender.ts';
import { profileJson } from './read-profile.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** What a request says of its challenge. */
export interface ChallengeWish {
  /** Needed by `step-up` and `change-phone-number`; must be presented again at redemption. */
  readonly userId?: string | undefined;
  /** One line, at most 64 characters, no URL: shown in the message and bound into the code. Needed by `step-up`. */
  readonly context?: string | undefined;
  /** At most 128 characters: bound and not shown; must be presented at redemption. */
  readonly reference?: string | undefined;
  /** Kept with the challenge for a later registration; at most 2 KB as JSON. One given at redemption wins. */
  readonly profile?: unknown;
  readonly binding?: 'challenge' | 'phone' | undefined;
  /** BCP 47, for the message. */
  readonly locale?: string | undefined;
  /** Unguessable, at most 255 characters: the same key gives the same challenge and no second SMS. */
  readonly idempotencyKey?: string | undefined;
}

interface Draft {
  readonly wish: ChallengeWish;
  readonly purpose: Purpose;
  readonly channel: Channel;
  readonly phoneNumber: PhoneNumber;
  readonly phoneKey: string;
  readonly isDecoy: boolean;
  readonly now: number;
}

/** A row before the store has seen it, and the code that it stands for. */
export interface DraftedChallenge {
  readonly challenge: NewChallenge;
  readonly code: string;
}

/** The row of a request. */
export function draftChallenge(ctx: Context, { wish, purpose, channel, phoneNumber, phoneKey, isDecoy, now }: Draft): DraftedChallenge {
  const { userId = null, context = null, reference = null, idempotencyKey = null } = wish;
  const { code, locale } = ctx.settings;
  const contextHash = contextHashOf(context);
  const handle = { phoneKey, purpose, phoneNumber, userId, contextHash };
  const fields = {
    id: idOf(ctx, wish, handle),
    phoneKey,
    phoneNumber,
    purpose,
    userId,
    context,
    contextHash,
    reference,
    seed: toBase64Url(ctx.random(32)),
    codeLength: code.length,
  };
  // a decoy costs the same derivation as the real one
  const { code: drawn, digest } = codeUnder(ctx, fields);
  const challenge = {
    ...fields,
    digest: isDecoy ? null : digest,
    profile: profileJson(wish.profile),
    idempotencyHash: idempotencyKey === null ? null : toBase64Url(mac(ctx.namingKeys.handle, 'idempotency', idempotencyKey)),
    locale: wish.locale ?? locale,
    channel,
    maxAttempts: code.maxAttempts,
    createdAt: now,
    expiresAt: now + code.ttlSeconds * 1000,
  };
  return { challenge, code: drawn };
}

/** The code that a challenge has, and its digest. */
export function codeUnder(
  ctx: Context,
  fields: Omit<CodeFields, 'purpose'> & Pick<NewChallenge, 'phoneKey' | 'purpose' | 'reference'>,
): { readonly code: string; readonly digest: string } {
  const code = fixedCodeOf(ctx, fields.phoneKey, fields.purpose) ?? codeOf(ctx.signingKeys, fields);
  return { code, digest: digestOf(ctx.signingKeys, { ...fields, code }) };
}

function idOf(
  ctx: Context,
  wish: ChallengeWish,
  handle: {
    readonly phoneKey: string;
    readonly purpose: Purpose;
    readonly phoneNumber: string;
    readonly userId: string | null;
    readonly contextHash: string | null;
  },
): string {
  if ((wish.binding ?? ctx.settings.binding) === 'phone') return phoneBoundChallengeId(ctx.namingKeys, handle);
  if (wish.idempotencyKey !== undefined) return idempotentChallengeId(ctx.namingKeys, { ...handle, idempotencyKey: wish.idempotencyKey });
  return randomChallengeId(handle.phoneKey, ctx.random(16));
}
