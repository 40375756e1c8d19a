import type { Client, Context } from '../../context.ts';
import type { Purpose } from '../../core/challenge.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { inputError } from './check-input.ts';
import { type CodeAnswer, type Redeemed, redeemCode } from './redeem-code.ts';
import { spendProof } from './spend-proof.ts';

/** A code, or the proof that a code earned; with the `reference` of the request where it had one. */
export type Answer = (CodeAnswer | { readonly proof: string }) & { readonly reference?: string | undefined };

/** Proofs that serve a login: possession was proved, the rest was intent. */
export const LOGIN_PROOFS: readonly Purpose[] = ['sign-in', 'login', 'register'];

/** Proofs that serve a registration. */
export const REGISTRATION_PROOFS: readonly Purpose[] = [...LOGIN_PROOFS, 'verify'];

/** Redeems a code of one of `codes`, or spends a proof of one of `proofs`. */
export async function redeemAnswer(
  ctx: Context,
  answer: Answer & { readonly client: Client },
  serves: { readonly codes: readonly [Purpose, ...Purpose[]]; readonly proofs: readonly Purpose[]; readonly userId?: string },
): Promise<Redeemed> {
  const { client, ...given } = answer;
  const { reference = null, proof, challengeId, phoneNumber, code, purpose } = given as Readonly<Record<string, string | undefined>>;
  if (proof !== undefined) {
    if ([challengeId, phoneNumber, code, purpose].some((other) => other !== undefined)) throw inputError('proof', 'must stand alone');
    const spent = await spendProof(ctx, { proof, purposes: serves.proofs, userId: null, context: null, reference });
    return { ...spent, phoneNumber: spent.phoneNumber as PhoneNumber, proofExpiresAt: spent.expiresAt, failures: 0 };
  }
  checkCodeAnswer(answer);
  return redeemCode(ctx, answer as CodeAnswer, { purposes: serves.codes, userId: serves.userId ?? null, context: null, reference, client });
}

/** Refuses an answer that names no code, or nothing to find its challenge by. */
export function checkCodeAnswer(answer: unknown): void {
  const { challengeId, phoneNumber, code, purpose } = answer as Readonly<Record<string, string | undefined>>;
  if (code === undefined) throw inputError('code', 'must be a string');
  if (challengeId === undefined && phoneNumber === undefined)
    throw inputError('challengeId', 'is needed, or phoneNumber for a challenge bound to the number');
  if (challengeId !== undefined && purpose !== undefined)
    throw inputError('purpose', 'must not stand beside challengeId, which has its purpose');
}
