import type { Client, Context } from '../../context.ts';
import type { Purpose } from '../../core/challenge.ts';
import { oneOf, optional, type Rule } from '../../core/input.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { ChallengeStore } from '../../ports/challenge-store.ts';
import { inputError } from './check-input.ts';
import { type CodeAnswer, type Redeemed, redeemCode } from './redeem-code.ts';
import { spendProof } from './spend-proof.ts';

/** A code, or the proof that a code earned; with the `reference` of the request where it had one. */
export type Answer = (CodeAnswer | { readonly proof: string }) & { readonly reference?: string | undefined };

/** Proofs that serve a login: possession was proved, the rest was intent. */
const LOGIN_PROOFS: readonly Purpose[] = ['sign-in', 'login', 'register'];

/** Proofs that serve a registration. */
export const REGISTRATION_PROOFS: readonly Purpose[] = [...LOGIN_PROOFS, 'verify'];

/** What a login may take besides: for the host to say, never for its client. */
export interface AcceptsVerifyProof {
  /**
   * `'verify'`: a proof of this purpose logs in too, because your application decides that whoever proved the number may. Its message spoke of
   * verifying a number, not of signing in. @default none
   */
  readonly proofPurpose?: 'verify' | undefined;
}

/** Its shape, beside that of an answer. */
export const PROOF_PURPOSE: Rule = optional(oneOf(['verify']));

/** The proofs that serve a login, as its caller says. */
export function loginProofs({ proof, proofPurpose }: AcceptsVerifyProof & { readonly proof?: string | undefined }): readonly Purpose[] {
  if (proofPurpose === undefined) return LOGIN_PROOFS;
  if (proof === undefined) throw inputError('proofPurpose', 'belongs beside proof');
  return REGISTRATION_PROOFS;
}

/** What an answer may be. */
export interface Serves {
  readonly codes: readonly [Purpose, ...Purpose[]];
  readonly proofs: readonly Purpose[];
  readonly userId?: string;
  /** How a code is redeemed. @default the verb of the store */
  readonly redeem?: ChallengeStore['redeem'];
}

/** Redeems a code of one of `codes`, or spends a proof of one of `proofs`. */
export async function redeemAnswer(ctx: Context, answer: Answer & { readonly client: Client }, serves: Serves): Promise<Redeemed> {
  const { client, ...given } = answer;
  const { reference = null, proof, challengeId, phoneNumber, code, purpose } = given as Readonly<Record<string, string | undefined>>;
  if (proof !== undefined) {
    if ([challengeId, phoneNumber, code, purpose].some((other) => other !== undefined)) throw inputError('proof', 'must stand alone');
    const spent = await spendProof(ctx, { proof, purposes: serves.proofs, userId: null, context: null, reference });
    return { ...spent, phoneNumber: spent.phoneNumber as PhoneNumber, proofExpiresAt: spent.expiresAt, failures: 0 };
  }
  checkCodeAnswer(answer);
  const presented = { purposes: serves.codes, userId: serves.userId ?? null, context: null, reference, client };
  return redeemCode(ctx, answer as CodeAnswer, presented, serves.redeem);
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
