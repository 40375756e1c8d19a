import type { AuthContext, Client } from '../context.ts';
import { optional, text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { ANSWER, CLIENT, checkInput } from './steps/check-input.ts';
import { findAccount, redeemToSignIn } from './steps/join-sign-in.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { type Authenticated, authenticated, createSession, maySignIn } from './steps/open-session.ts';
import { passDormancy } from './steps/pass-dormancy.ts';
import { type AcceptsVerifyProof, type Answer, loginProofs, PROOF_PURPOSE } from './steps/redeem-answer.ts';

/** What `loginWithCode` takes. */
export type LoginWithCode = Answer &
  AcceptsVerifyProof & {
    /** Of the account; for a proof of `refused_by_policy` that asked for it, else not looked at. At most 1024 characters. */
    readonly password?: string | undefined;
    readonly client: Client;
  };

/**
 * Signs a known number in. Redeems codes of `sign-in` and `login`.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `invalid_code`, `attempts_exhausted`, `invalid_proof`, `rate_limited`,
 * `account_not_found`, `account_disabled`, `refused_by_policy` and `invalid_credentials` (a dormant account), `unavailable`
 */
export async function loginWithCode<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: LoginWithCode,
): Promise<Authenticated<User>> {
  checkInput('loginWithCode', input, { ...ANSWER, proofPurpose: PROOF_PURPOSE, password: optional(text(1024)), ...CLIENT });
  const { client, password, proofPurpose, ...answer } = input;
  const proofs = loginProofs({ proofPurpose, ...answer });
  const serves = { codes: ['sign-in', 'login'], proofs } as const;
  const redeemed = await redeemToSignIn(ctx, { ...answer, client }, serves, { accounts: 'known' });
  const { proof, failures, opened } = redeemed;
  return keepingProof(proof, async () => {
    const user = await findAccount(ctx, redeemed);
    if (user === null) throw new PhoneAuthError('account_not_found', { proof });
    if (opened !== null) return authenticated(ctx, user, opened, { client, amr: ['sms'], failures, isNoted: true });
    if (!(await maySignIn(ctx, user, ['sms']))) throw new PhoneAuthError('account_disabled', {});
    const passed = await passDormancy(ctx, user, { flow: 'loginWithCode', client, proof, failures, password });
    return createSession(ctx, user, { client, ...passed });
  });
}
