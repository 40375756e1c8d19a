import { randomBytes } from 'node:crypto';
import { type Client, isPhoneAuthError, type PhoneAuth, type PhoneAuthConfig, type PhoneNumber, type UserRecord } from 'ringlatch';
import { NOT_FOUND, NOT_PERMITTED, refusal } from './answers.ts';
import type { KeptProof } from './browser.ts';

/** How one login is opened. */
export interface Login {
  readonly phoneNumber: PhoneNumber;
  readonly kept: KeptProof;
  /** Of the account; asked for when the number may have changed hands. */
  readonly password: string | undefined;
  readonly client: Client;
}

const DORMANT_MS = 45 * 86_400_000;

/**
 * Spends a proof for a session. A proof of `verify` registers by `registerWithCode`; that it also logs in, which ringlatch leaves to the
 * application, is decided here, and so is what a dormant number needs.
 */
export async function openSession(
  auth: PhoneAuth,
  users: PhoneAuthConfig['storage']['users'],
  { phoneNumber, kept, password, client }: Login,
  createsUser: boolean,
): Promise<{ readonly refreshToken: string; readonly deviceToken: string }> {
  const reference = kept.sessionToken;
  let { proof } = kept;
  if (createsUser) {
    try {
      return await auth.registerWithCode({ proof, reference, profile: { username: `user_${randomBytes(8).toString('hex')}` }, client });
    } catch (error) {
      if (!isPhoneAuthError(error, 'phone_number_taken') || error.details.proof === undefined) throw error;
      proof = error.details.proof;
    }
  }
  const spent = await auth.consumeProof({ proof, purpose: 'verify', reference });
  const user = await users.findByPhoneNumber({ phoneNumber: spent.phoneNumber as PhoneNumber });
  if (user === null) throw refusal(404, { detail: NOT_FOUND });
  if (!(await isDormant(auth, users, user))) return auth.startSession({ userId: user.id, amr: ['sms'], client });
  if (password === undefined) throw refusal(403, { detail: NOT_PERMITTED });
  return auth.loginWithPassword({ phoneNumber, password, client });
}

/** Nobody proved the number for 45 days, so that its operator may have given it to somebody else, and there is a password to ask for. */
async function isDormant(auth: PhoneAuth, users: PhoneAuthConfig['storage']['users'], user: UserRecord): Promise<boolean> {
  const { phoneNumberVerifiedAt, id: userId } = user;
  if (typeof phoneNumberVerifiedAt !== 'number' || auth.settings.now() < phoneNumberVerifiedAt + DORMANT_MS) return false;
  return typeof (await users.passwordHashOf?.({ userId })) === 'string';
}
