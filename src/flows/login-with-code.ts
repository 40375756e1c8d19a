import type { AuthContext, Client } from '../context.ts';
import { PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { ANSWER, CLIENT, checkInput } from './steps/check-input.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { type Authenticated, openSession } from './steps/open-session.ts';
import { type Answer, LOGIN_PROOFS, redeemAnswer } from './steps/redeem-answer.ts';

/** What `loginWithCode` takes. */
export type LoginWithCode = Answer & { readonly client: Client };

/**
 * Signs a known number in. Redeems codes of `sign-in` and `login`.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `invalid_code`, `attempts_exhausted`, `invalid_proof`, `rate_limited`,
 * `account_not_found`, `account_disabled`, `unavailable`
 */
export async function loginWithCode<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: LoginWithCode,
): Promise<Authenticated<User>> {
  checkInput('loginWithCode', input, { ...ANSWER, ...CLIENT });
  const { proof, phoneNumber } = await redeemAnswer(ctx, input, { codes: ['sign-in', 'login'], proofs: LOGIN_PROOFS });
  return keepingProof(proof, async () => {
    const user = await ctx.users.findByPhoneNumber({ phoneNumber });
    if (user === null) throw new PhoneAuthError('account_not_found', { proof });
    return openSession(ctx, user, input.client, ['sms']);
  });
}
