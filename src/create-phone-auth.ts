import type { PhoneAuthConfig } from './config.ts';
import { type AuthContext, beginCall, guarded } from './context.ts';
import { toBase64Url } from './core/keys.ts';
import { MESSAGE_LANGUAGES } from './core/message-texts.ts';
import { createInstance, type PhoneVerification, verificationOf } from './create-phone-verification.ts';
import { type ChangePhoneNumber, changePhoneNumber } from './flows/change-phone-number.ts';
import { endSession } from './flows/end-session.ts';
import { type GetUserStatus, getUserStatus, type UserStatus } from './flows/get-user-status.ts';
import { type InspectedRefreshToken, inspectRefreshToken } from './flows/inspect-refresh-token.ts';
import { listSessions, type SessionSummary } from './flows/list-sessions.ts';
import { type LoginWithCode, loginWithCode } from './flows/login-with-code.ts';
import { type LoginWithPassword, loginWithPassword } from './flows/login-with-password.ts';
import { type RefreshSession, refreshSession } from './flows/refresh-session.ts';
import { type RegisterWithCode, registerWithCode } from './flows/register-with-code.ts';
import { type RemovePhoneNumber, removePhoneNumber } from './flows/remove-phone-number.ts';
import { type ResetPassword, resetPassword } from './flows/reset-password.ts';
import { revokeSession } from './flows/revoke-session.ts';
import { revokeSessions } from './flows/revoke-sessions.ts';
import { type SetPassword, setPassword } from './flows/set-password.ts';
import { type SignedIn, type SignInWithCode, signInWithCode } from './flows/sign-in-with-code.ts';
import { type StartSession, startSession } from './flows/start-session.ts';
import type { Tokens } from './flows/steps/issue-tokens.ts';
import type { Authenticated } from './flows/steps/open-session.ts';
import { sweep } from './flows/sweep.ts';
import { unlockPhoneNumber } from './flows/unlock-phone-number.ts';
import { type VerifyAccessToken, verifyAccessToken } from './flows/verify-access-token.ts';
import type { PasswordHasher } from './ports/password-hasher.ts';
import type { AccessClaims, JsonWebKeySet } from './ports/token-issuer.ts';
import type { UserRecord } from './ports/user-store.ts';
import { authSettings } from './settings.ts';

export type { Purpose } from './core/challenge.ts';
export type { SessionSummary } from './flows/list-sessions.ts';
export type { Tokens } from './flows/steps/issue-tokens.ts';
export type { Authenticated } from './flows/steps/open-session.ts';
export type { Answer } from './flows/steps/redeem-answer.ts';
export type { CodeAnswer } from './flows/steps/redeem-code.ts';

/** What `createPhoneAuth` gives: functions, which may be destructured. */
export interface PhoneAuth<User extends UserRecord = UserRecord, Profile = unknown> extends PhoneVerification {
  /** Makes an account for a new number and, unless told `session: false`, signs it in. Redeems codes of `sign-in` and `register`. */
  registerWithCode(input: RegisterWithCode<Profile> & { readonly session: false }): Promise<{ readonly user: User }>;
  registerWithCode(input: RegisterWithCode<Profile> & { readonly session?: true | undefined }): Promise<Authenticated<User>>;
  /** Signs a known number in. Redeems codes of `sign-in` and `login`. */
  loginWithCode(input: LoginWithCode): Promise<Authenticated<User>>;
  /** Signs a number in, and makes the account when it is new: the one function that a sign-in page needs. Redeems codes of `sign-in`. */
  signInWithCode(input: SignInWithCode<Profile>): Promise<SignedIn<User>>;
  /** Signs in with number and password. Unknown number, wrong password, no password and disabled account are one answer, in equal time. */
  loginWithPassword(input: LoginWithPassword): Promise<Authenticated<User>>;
  /** Opens a session for a user whom you authenticated otherwise, e.g. by a passkey. */
  startSession(input: StartSession): Promise<Authenticated<User>>;
  /** Sets a new password on the strength of a code, and signs in; every other session ends. Redeems codes of `reset-password`. */
  resetPassword(input: ResetPassword): Promise<Authenticated<User>>;
  /** Sets or changes the password of a signed-in user; every session but `sessionId` ends. */
  setPassword(input: SetPassword): Promise<Record<never, never>>;
  /** Moves an account to a new, proved number; every session but `sessionId` ends, and the old number is told. */
  changePhoneNumber(input: ChangePhoneNumber): Promise<{ readonly user: User }>;
  /** Takes the number off an account; every session but `sessionId` ends, and the number is told. */
  removePhoneNumber(input: RemovePhoneNumber): Promise<{ readonly user: User }>;
  /** Whether a number has an account. For your server: told to strangers it enumerates your users. */
  getUserStatus(input: GetUserStatus): Promise<UserStatus>;
  /** Trades a refresh token for the next pair. Parallel calls and retries within `graceSeconds` get the same successor. */
  refreshSession(input: RefreshSession): Promise<Tokens>;
  /** Says whose session a refresh token opens; rotates nothing. */
  inspectRefreshToken(input: { readonly refreshToken: string }): Promise<InspectedRefreshToken>;
  /** What a live access token says. Without `checkSession` no store is asked. */
  verifyAccessToken(input: VerifyAccessToken): Promise<AccessClaims>;
  /** Signs out the session that a refresh token belongs to. */
  endSession(input: { readonly refreshToken: string }): Promise<{ readonly ended: boolean }>;
  /** Ends one session of a user, e.g. on another device. */
  revokeSession(input: { readonly userId: string; readonly sessionId: string }): Promise<{ readonly ended: boolean }>;
  /** Ends every session of a user, or every one but the given one. */
  revokeSessions(input: { readonly userId: string; readonly exceptSessionId?: string | undefined }): Promise<{ readonly count: number }>;
  /** The live sessions of a user, newest first, without secrets. */
  listSessions(input: { readonly userId: string }): Promise<{ readonly sessions: readonly SessionSummary[] }>;
  /** Forgets what was sent to a number and guessed at it: for support, after the owner was recognised by other means. */
  unlockPhoneNumber(input: { readonly phoneNumber: string }): Promise<Record<never, never>>;
  /** The public keys of the token issuer; empty where it has none to publish. */
  jwks(): Promise<JsonWebKeySet>;
  /** What hosts need to know of the configuration. */
  readonly settings: PhoneAuthSettings;
}

/** What hosts need to know of the configuration. */
export interface PhoneAuthSettings {
  readonly appName: string;
  readonly revealAccounts: boolean;
  /** A `profile` schema is configured, so that profiles may come over HTTP. */
  readonly acceptsProfile: boolean;
  /** Passwords are configured. */
  readonly hasPasswords: boolean;
  /** The locales that messages can be written in: your own, and the built-in ones. */
  readonly locales: readonly string[];
  /** Epoch ms, from the configured clock. */
  readonly now: () => number;
}

/** The user type of an auth object: `UserOf<typeof auth>`. */
export type UserOf<Auth> = Auth extends { loginWithCode(input: never): Promise<Authenticated<infer User>> } ? User : never;

/**
 * Signs people in by phone number. The user and profile types come from `storage.users`.
 *
 * @example
 * ```ts
 * import { createPhoneAuth } from 'ringlatch';
 * import { joseTokens } from 'ringlatch/jose';
 * import { memoryStorage } from 'ringlatch/memory';
 * import { consoleSms } from 'ringlatch/sms/console';
 *
 * const secret = process.env.RINGLATCH_SECRET ?? '';
 * const auth = createPhoneAuth({
 *   secret,
 *   storage: memoryStorage(),
 *   sms: consoleSms(),
 *   tokens: joseTokens({ secret }),
 *   appName: 'Acme',
 *   allowedCountries: ['IR', 'US'],
 *   limits: { smsPerDay: 2000 },
 * });
 * const { challengeId } = await auth.requestCode({ phoneNumber: '+989112223344', client: { ip: null } });
 * ```
 * @throws {TypeError} when the configuration is not valid; names every path that is wrong
 */
export function createPhoneAuth<User extends UserRecord, Profile>(config: PhoneAuthConfig<User, Profile>): PhoneAuth<User, Profile> {
  const settings = authSettings(config as unknown as PhoneAuthConfig);
  const { instance, drain } = createInstance(config, settings);
  const dummyHash = createDummyHash(config.passwords, instance.random);
  const begin = (): AuthContext<User, Profile> => {
    const call = beginCall(instance, config.storage);
    const users = guarded(call, 'users', config.storage.users);
    const { joined } = config.storage;
    return {
      ...call,
      accounts: users,
      users,
      sessions: guarded(call, 'sessions', config.storage.sessions),
      joined: joined === undefined ? null : guarded(call, 'joined', joined),
      tokens: guarded(call, 'tokens', config.tokens),
      passwords: config.passwords === undefined ? null : guarded(call, 'passwords', config.passwords),
      dummyHash: () => call.within('passwords', 'hash', settings.deadlineSeconds.port, dummyHash),
      hooks: config,
    };
  };
  // in a function context the types of users do not matter where no user is handed out
  const plain = (): AuthContext => begin() as unknown as AuthContext;
  const api: Omit<PhoneAuth<User, Profile>, 'registerWithCode'> = {
    ...verificationOf(instance, begin, drain),
    loginWithCode: async (input) => loginWithCode(begin(), input),
    signInWithCode: async (input) => signInWithCode(begin(), input),
    loginWithPassword: async (input) => loginWithPassword(begin(), input),
    startSession: async (input) => startSession(begin(), input),
    resetPassword: async (input) => resetPassword(begin(), input),
    setPassword: async (input) => setPassword(begin(), input),
    changePhoneNumber: async (input) => changePhoneNumber(begin(), input),
    removePhoneNumber: async (input) => removePhoneNumber(begin(), input),
    getUserStatus: async (input) => getUserStatus(plain(), input),
    refreshSession: async (input) => refreshSession(begin(), input),
    inspectRefreshToken: async (input) => inspectRefreshToken(plain(), input),
    verifyAccessToken: async (input) => verifyAccessToken(plain(), input),
    endSession: async (input) => endSession(plain(), input),
    revokeSession: async (input) => revokeSession(plain(), input),
    revokeSessions: async (input) => revokeSessions(plain(), input),
    listSessions: async (input) => listSessions(plain(), input),
    unlockPhoneNumber: async (input) => unlockPhoneNumber(begin(), input),
    sweep: async (input) => sweep(begin(), input),
    jwks: async () => (await plain().tokens.jwks?.()) ?? { keys: [] },
    settings: Object.freeze({
      appName: settings.appName,
      revealAccounts: settings.revealAccounts,
      acceptsProfile: config.profile !== undefined,
      hasPasswords: config.passwords !== undefined,
      locales: Object.freeze([...new Set([...Object.keys(settings.messages ?? {}), ...MESSAGE_LANGUAGES])]),
      now: instance.now,
    }),
  };
  const register = async (input: RegisterWithCode<Profile>): Promise<Authenticated<User> | { readonly user: User }> =>
    registerWithCode(begin(), input);
  return Object.freeze({ ...api, registerWithCode: register as PhoneAuth<User, Profile>['registerWithCode'] });
}

/** A hash that no password meets, made once, with today's parameters. */
function createDummyHash(passwords: PasswordHasher | undefined, random: (bytes: number) => Uint8Array): () => Promise<string> {
  let made: Promise<string> | null = null;
  return async () => {
    if (passwords === undefined) return '';
    made ??= passwords.hash({ password: toBase64Url(random(32)) });
    try {
      return await made;
    } catch (error) {
      made = null;
      throw error;
    }
  };
}
