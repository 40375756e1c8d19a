import type { AuthContext, Client } from '../context.ts';
import { text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { ANSWER, CLIENT, checkInput } from './steps/check-input.ts';
import { checkNewPassword } from './steps/check-new-password.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { type Authenticated, createSession, maySignIn } from './steps/open-session.ts';
import { passDormancy } from './steps/pass-dormancy.ts';
import { type Answer, redeemAnswer } from './steps/redeem-answer.ts';
import { writePassword } from './steps/write-password.ts';

/** What `resetPassword` takes. */
export type ResetPassword = Answer & { readonly newPassword: string; readonly client: Client };

const AMR = ['sms'];

/**
 * Sets a new password on the strength of a code, and signs in; every other session ends. Redeems codes of `reset-password`.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `weak_password`, `invalid_code`, `attempts_exhausted`, `invalid_proof`,
 * `rate_limited`, `account_not_found`, `account_disabled`, `refused_by_policy` (a dormant account), `unavailable`
 */
export async function resetPassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: ResetPassword,
): Promise<Authenticated<User>> {
  checkInput('resetPassword', input, { ...ANSWER, newPassword: text(Number.MAX_SAFE_INTEGER), ...CLIENT });
  await checkNewPassword(ctx, 'newPassword', input.newPassword);
  const { newPassword, client, ...answer } = input;
  const { proof, phoneNumber, failures } = await redeemAnswer(
    ctx,
    { ...answer, client },
    { codes: ['reset-password'], proofs: ['reset-password'] },
  );
  return keepingProof(proof, async () => {
    const user = await ctx.users.findByPhoneNumber({ phoneNumber });
    if (user === null) throw new PhoneAuthError('account_not_found', { proof });
    if (!(await maySignIn(ctx, user, AMR))) throw new PhoneAuthError('account_disabled', {});
    const passed = await passDormancy(ctx, user, { flow: 'resetPassword', client, proof, failures });
    await writePassword(ctx, { userId: user.id, newPassword, exceptSessionId: null });
    return createSession(ctx, user, { client, ...passed });
  });
}
