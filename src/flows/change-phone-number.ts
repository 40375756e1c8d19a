import type { AuthContext, Client } from '../context.ts';
import { optional, text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { ANSWER, CLIENT, checkInput } from './steps/check-input.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { type Answer, REGISTRATION_PROOFS, redeemAnswer } from './steps/redeem-answer.ts';
import { writePhoneNumber } from './steps/write-phone-number.ts';

/** What `changePhoneNumber` takes: the answer is for the *new* number. */
export type ChangePhoneNumber = Answer & {
  readonly userId: string;
  /** The session that stays. Absent: none does. */
  readonly sessionId?: string | undefined;
  readonly client: Client;
};

/**
 * Moves an account to a new, proved number. Redeems codes of `change-phone-number` that were requested for this user.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `invalid_code`, `attempts_exhausted`, `invalid_proof`, `rate_limited`,
 * `phone_number_taken`, `account_not_found`, `unavailable`
 */
export async function changePhoneNumber<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: ChangePhoneNumber,
): Promise<{ readonly user: User }> {
  checkInput('changePhoneNumber', input, { ...ANSWER, userId: text(255), sessionId: optional(text(64)), ...CLIENT });
  const { userId, sessionId = null } = input;
  const redeemed = await redeemAnswer(ctx, input, {
    codes: ['change-phone-number'],
    proofs: ['change-phone-number', ...REGISTRATION_PROOFS],
    userId,
  });
  if (redeemed.userId !== null && redeemed.userId !== userId) throw new PhoneAuthError('invalid_proof', {});
  const { phoneNumber, proof } = redeemed;
  return keepingProof(proof, async () => ({
    user: await writePhoneNumber(ctx, { userId, phoneNumber, exceptSessionId: sessionId, proof }),
  }));
}
