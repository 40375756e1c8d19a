import type { AuthContext, Client } from '../context.ts';
import { anything, oneOf, optional, text } from '../core/input.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { ANSWER, CLIENT, checkInput } from './steps/check-input.ts';
import { checkNewPassword } from './steps/check-new-password.ts';
import { makeAccount, redeemToSignIn } from './steps/join-sign-in.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { type Authenticated, authenticated, openSession } from './steps/open-session.ts';
import { type Answer, REGISTRATION_PROOFS } from './steps/redeem-answer.ts';

/** What `registerWithCode` takes. */
export type RegisterWithCode<Profile> = Answer & {
  /** Wins over the one given at the request. @default {} */
  readonly profile?: Profile | undefined;
  /** 8 to 128 characters. Absent: an account without a password. */
  readonly password?: string | undefined;
  /** `false`: only the account, no session. @default true */
  readonly session?: boolean | undefined;
  readonly client: Client;
};

/**
 * Makes an account for a new number, and signs it in. Redeems codes of `sign-in` and `register`. The code is consumed first; whatever fails
 * after it carries a proof, so that no second SMS is needed.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `weak_password`, `invalid_code`, `attempts_exhausted`, `invalid_proof`,
 * `rate_limited`, `profile_required`, `phone_number_taken`, `account_disabled`, `unavailable`
 */
export async function registerWithCode<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: RegisterWithCode<Profile>,
): Promise<Authenticated<User> | { readonly user: User }> {
  const own = { profile: anything, password: optional(text(Number.MAX_SAFE_INTEGER)), session: optional(oneOf([true, false])) };
  checkInput('registerWithCode', input, { ...ANSWER, ...own, ...CLIENT });
  if (input.password !== undefined) await checkNewPassword(ctx, 'password', input.password);
  const { profile, password, session } = input;
  const serves = { codes: ['sign-in', 'register'], proofs: REGISTRATION_PROOFS } as const;
  const following = { accounts: 'new', profile, session, isHeldUp: password !== undefined } as const;
  const redeemed = await redeemToSignIn(ctx, input, serves, following);
  return keepingProof(redeemed.proof, async () => {
    const user = await makeAccount(ctx, redeemed, { profile, password });
    if (session === false) return { user };
    const signIn = { client: input.client, amr: ['sms'], failures: redeemed.failures, isNewUser: true };
    return redeemed.opened === null ? openSession(ctx, user, signIn) : authenticated(ctx, user, redeemed.opened, signIn);
  });
}
