import type { Client, Context } from '../../context.ts';
import {
  type Challenge,
  codeOfStored,
  contextHashOf,
  digestOf,
  isChallengeId,
  type Purpose,
  phoneBoundChallengeId,
  phoneKeyIn,
  phoneKeyOf,
} from '../../core/challenge.ts';
import { failuresIn, guessCharges } from '../../core/charges.ts';
import { readCode } from '../../core/code.ts';
import { equalText } from '../../core/keys.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { PROOF_SECONDS, proofHashOf, proofText } from '../../core/proof.ts';
import { PhoneAuthError, type PhoneAuthErrorDetails } from '../../errors.ts';
import type { ChallengeStore } from '../../ports/challenge-store.ts';
import { challengeFacts } from './challenge-facts.ts';
import { countCodes } from './count-codes.ts';
import { destinationOf } from './destination.ts';
import { keepingProof } from './keep-proof.ts';
import { payerOf } from './payer.ts';
import { readPhoneNumber } from './read-phone-number.ts';
import { limitError } from './refuse-limited.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** A code with the handle of its challenge, or, for a challenge bound to the number, with the number. */
export type CodeAnswer =
  | { readonly challengeId: string; readonly phoneNumber?: string | undefined; readonly code: string }
  | {
      readonly phoneNumber: string;
      readonly code: string;
      /** @default the function's own: `sign-in`, `verify`, `reset-password` or `change-phone-number` */
      readonly purpose?: Purpose | undefined;
    };

/** What must be presented beside the code. */
export interface Presented {
  /** What the function redeems; the first one is what a phone-bound answer without a purpose means. */
  readonly purposes: readonly [Purpose, ...Purpose[]];
  readonly userId: string | null;
  readonly context: string | null;
  readonly reference: string | null;
  readonly client: Client;
}

/** What an accepted code says, and the proof that it was accepted. */
export interface Redeemed {
  readonly phoneNumber: PhoneNumber;
  readonly purpose: Purpose;
  readonly userId: string | null;
  /** JSON text. */
  readonly profile: string | null;
  readonly proof: string;
  /** Epoch ms. */
  readonly proofExpiresAt: number;
  /** Wrong codes and passwords in a row before it. */
  readonly failures: number;
}

/**
 * Pays an attempt, judges, consumes: one step of the store. Everything but `accepted` throws.
 *
 * @param redeem the step, for whoever joins it with what follows
 */
export async function redeemCode(
  ctx: Context,
  answer: CodeAnswer,
  presented: Presented,
  redeem: ChallengeStore['redeem'] = ctx.challenges.redeem,
): Promise<Redeemed> {
  const code = readCode(answer.code);
  const target = targetOf(ctx, answer, presented);
  if (code === null) throw new PhoneAuthError('invalid_code', { reason: 'wrong' });
  if (target === null) throw new PhoneAuthError('invalid_code', { reason: 'unknown' });

  const { id, purposes } = target;
  const now = ctx.now();
  const phoneKey = phoneKeyIn(id);
  const contextHash = contextHashOf(presented.context);
  const digests = ctx.secrets.map((keys) =>
    digestOf(keys, { id, userId: presented.userId, contextHash, reference: presented.reference, code }),
  );
  const proof = proofText(phoneKey, ctx.random(32));
  const proofExpiresAt = now + PROOF_SECONDS * 1000;
  const payer = payerOf(ctx, phoneKey, purposes[0], presented.client);
  const charges = guessCharges(ctx.settings.limits, payer);
  const keep = !ctx.settings.code.singleUse && purposes.every((purpose) => purpose === 'verify');
  const outcome = await keepingProof(proof, () =>
    redeem({
      id,
      purposes,
      digests,
      ...charges,
      proof: { hash: proofHashOf(ctx.namingKeys, proof), expiresAt: proofExpiresAt },
      keep,
      now,
    }),
  );
  switch (outcome.is) {
    case 'accepted': {
      const { challenge } = outcome;
      if (!isUnaltered(ctx, challenge, code)) throw refused(ctx, id, 'altered');
      ctx.emit('code.accepted', challengeFacts(ctx, challenge));
      const phoneNumber = challenge.phoneNumber as PhoneNumber;
      if (payer.isSent) countCodes(ctx, { to: destinationOf(phoneNumber), sent: 0, redeemed: 1 });
      return {
        phoneNumber,
        purpose: challenge.purpose,
        userId: challenge.userId,
        profile: challenge.profile,
        proof,
        proofExpiresAt,
        failures: failuresIn(charges.hits, outcome.counts),
      };
    }
    case 'wrong':
      throw refused(ctx, id, 'wrong', outcome.attemptsLeft);
    case 'exhausted':
      ctx.emit('code.refused', { challengeId: id, reason: 'exhausted', attemptsLeft: 0 });
      throw new PhoneAuthError('attempts_exhausted', {});
    case 'limited':
      throw limitError(ctx, outcome, null);
    case 'expired':
    case 'used':
    case 'unknown':
      throw refused(ctx, id, outcome.is);
  }
}

/** The challenge that an answer names; `null` when it can name none, which is judged before anything is paid. */
function targetOf(
  ctx: Context,
  answer: CodeAnswer,
  presented: Presented,
): { readonly id: string; readonly purposes: Presented['purposes'] } | null {
  const phoneNumber = answer.phoneNumber === undefined ? null : readPhoneNumber(ctx, answer.phoneNumber);
  const phoneKey = phoneNumber === null ? null : phoneKeyOf(ctx.namingKeys, phoneNumber);
  if ('challengeId' in answer && answer.challengeId !== undefined) {
    const isTheirs = isChallengeId(answer.challengeId) && (phoneKey === null || phoneKeyIn(answer.challengeId) === phoneKey);
    return isTheirs ? { id: answer.challengeId, purposes: presented.purposes } : null;
  }
  const purpose = ('purpose' in answer ? answer.purpose : undefined) ?? presented.purposes[0];
  if (phoneNumber === null || phoneKey === null || !presented.purposes.includes(purpose)) return null;
  const contextHash = contextHashOf(presented.context);
  return {
    id: phoneBoundChallengeId(ctx.namingKeys, { phoneKey, purpose, phoneNumber, userId: presented.userId, contextHash }),
    purposes: [purpose],
  };
}

/** Whoever can write rows but lacks the secret can copy a digest, not make a row whose own fields derive the code. */
function isUnaltered(ctx: Context, challenge: Challenge, code: string): boolean {
  const derived = codeOfStored(ctx.secrets, challenge, fixedCodeOf(ctx, challenge.phoneKey, challenge.purpose));
  return derived !== null && equalText(derived, code);
}

function refused(
  ctx: Context,
  challengeId: string,
  reason: PhoneAuthErrorDetails['invalid_code']['reason'] | 'altered',
  attemptsLeft?: number,
): PhoneAuthError {
  ctx.emit('code.refused', { challengeId, reason, attemptsLeft: attemptsLeft ?? null });
  return new PhoneAuthError('invalid_code', {
    reason: reason === 'altered' ? 'unknown' : reason,
    ...(attemptsLeft === undefined ? {} : { attemptsLeft }),
  });
}
