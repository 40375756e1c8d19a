import type { AuthContext, Client } from '../context.ts';
import { anything, optional, text } from '../core/input.ts';
import { isPhoneAuthError, PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { ANSWER, CLIENT, checkInput } from './steps/check-input.ts';
import { findAccount, makeAccount, type RedeemedToSignIn, redeemToSignIn } from './steps/join-sign-in.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { type Authenticated, authenticated, createSession, maySignIn } from './steps/open-session.ts';
import { passDormancy } from './steps/pass-dormancy.ts';
import { type AcceptsVerifyProof, type Answer, loginProofs, PROOF_PURPOSE } from './steps/redeem-answer.ts';

/** What `signInWithCode` takes. */
export type SignInWithCode<Profile> = Answer &
  AcceptsVerifyProof & {
    /** For a new number; ignored for an existing user. @default {} */
    readonly profile?: Profile | undefined;
    /** Of the account; for a proof of `refused_by_policy` that asked for it, else not looked at. At most 1024 characters. */
    readonly password?: string | undefined;
    readonly client: Client;
  };

/** What `signInWithCode` gives. */
export type SignedIn<User> = Authenticated<User> & { readonly isNewUser: boolean };

/**
 * Signs a number in, whether it has an account or not: the one function that a sign-in page needs. Redeems codes of `sign-in`.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `invalid_code`, `attempts_exhausted`, `invalid_proof`, `rate_limited`,
 * `profile_required`, `account_disabled`, `refused_by_policy` and `invalid_credentials` (a dormant account), `unavailable`
 */
export async function signInWithCode<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: SignInWithCode<Profile>,
): Promise<SignedIn<User>> {
  checkInput('signInWithCode', input, {
    ...ANSWER,
    proofPurpose: PROOF_PURPOSE,
    profile: anything,
    password: optional(text(1024)),
    ...CLIENT,
  });
  const { client, password, profile, proofPurpose, ...answer } = input;
  const proofs = loginProofs({ proofPurpose, ...answer });
  const serves = { codes: ['sign-in'], proofs } as const;
  const redeemed = await redeemToSignIn(ctx, { ...answer, client }, serves, { accounts: 'either', profile });
  return keepingProof(redeemed.proof, async () => {
    const { proof, failures, opened } = redeemed;
    const { user, isNewUser } = await findOrCreate(ctx, redeemed, profile);
    if (opened !== null) {
      const signIn = { client, amr: ['sms'], failures, isNewUser, isNoted: true };
      return { ...(await authenticated(ctx, user, opened, signIn)), isNewUser };
    }
    if (!(await maySignIn(ctx, user, ['sms']))) throw new PhoneAuthError('account_disabled', {});
    const passed = await passDormancy(ctx, user, { flow: 'signInWithCode', client, proof, failures, password });
    return { ...(await createSession(ctx, user, { client, ...passed, isNewUser })), isNewUser };
  });
}

async function findOrCreate<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  redeemed: RedeemedToSignIn<User>,
  profile: Profile | undefined,
): Promise<{ readonly user: User; readonly isNewUser: boolean }> {
  const { phoneNumber } = redeemed;
  const known = await findAccount(ctx, redeemed);
  if (known !== null) return { user: known, isNewUser: false };
  try {
    return { user: await makeAccount(ctx, redeemed, { profile }), isNewUser: true };
  } catch (error) {
    // somebody else with the same number was faster: they are this user
    const winner = isPhoneAuthError(error, 'phone_number_taken') ? await ctx.users.findByPhoneNumber({ phoneNumber }) : null;
    if (winner === null) throw error;
    return { user: winner, isNewUser: false };
  }
}
