import type { Client } from './context.ts';
import type { Purpose } from './core/challenge.ts';
import type { PhoneVerification } from './create-phone-verification.ts';
import type { AccessClaims, JsonWebKeySet } from './ports/token-issuer.ts';
import type { UserRecord } from './ports/user-store.ts';

/** A code, or the proof that a code earned. */
export type Answer =
  | (CodeAnswer & { readonly reference?: string | undefined })
  | { readonly proof: string; readonly reference?: string | undefined };

/** A code with the handle of its challenge, or, for a challenge bound to the number, with the number. */
export type CodeAnswer =
  | { readonly challengeId: string; readonly phoneNumber?: string | undefined; readonly code: string }
  | { readonly phoneNumber: string; readonly code: string; readonly purpose?: Purpose | undefined };

/** A pair of tokens. Times are epoch ms. */
export interface Tokens {
  readonly userId: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: number;
}

/** A signed-in user. */
export interface Authenticated<User> extends Tokens {
  readonly user: User;
  /** Keep it on the device: it selects the lane of limits that strangers cannot exhaust. 180 days. */
  readonly deviceToken: string;
}

/** A live session, without secrets. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly userAgent: string | null;
  readonly ip: string | null;
  readonly amr: readonly string[];
  /** Epoch ms. */
  readonly authTime: number;
  readonly createdAt: number;
  /** Epoch ms of the last refresh. */
  readonly refreshedAt: number;
  readonly expiresAt: number;
}

/** What `createPhoneAuth` gives: functions, which may be destructured. */
export interface PhoneAuth<User extends UserRecord = UserRecord, Profile = unknown> extends PhoneVerification {
  registerWithCode(
    i: Answer & {
      readonly profile?: Profile | undefined;
      readonly password?: string | undefined;
      readonly session?: true | undefined;
      readonly client: Client;
    },
  ): Promise<Authenticated<User>>;
  registerWithCode(
    i: Answer & {
      readonly profile?: Profile | undefined;
      readonly password?: string | undefined;
      readonly session: false;
      readonly client: Client;
    },
  ): Promise<{ readonly user: User }>;
  loginWithCode(i: Answer & { readonly client: Client }): Promise<Authenticated<User>>;
  signInWithCode(
    i: Answer & { readonly profile?: Profile | undefined; readonly client: Client },
  ): Promise<Authenticated<User> & { readonly isNewUser: boolean }>;
  loginWithPassword(i: { readonly phoneNumber: string; readonly password: string; readonly client: Client }): Promise<Authenticated<User>>;
  startSession(i: {
    readonly userId: string;
    readonly amr?: readonly string[] | undefined;
    readonly client: Client;
  }): Promise<Authenticated<User>>;
  resetPassword(i: Answer & { readonly newPassword: string; readonly client: Client }): Promise<Authenticated<User>>;
  setPassword(
    i: { readonly userId: string; readonly newPassword: string; readonly sessionId?: string | undefined } & (
      | { readonly currentPassword: string }
      | { readonly proof: string; readonly context?: string | undefined; readonly reference?: string | undefined }
    ),
  ): Promise<Record<never, never>>;
  changePhoneNumber(
    i: Answer & { readonly userId: string; readonly sessionId?: string | undefined; readonly client: Client },
  ): Promise<{ readonly user: User }>;
  removePhoneNumber(i: { readonly userId: string; readonly sessionId?: string | undefined }): Promise<{ readonly user: User }>;
  getUserStatus(i: {
    readonly phoneNumber: string;
    readonly client?: Client | undefined;
  }): Promise<{ readonly exists: boolean; readonly hasPassword: boolean }>;
  refreshSession(i: { readonly refreshToken: string; readonly client: Client }): Promise<Tokens>;
  inspectRefreshToken(i: {
    readonly refreshToken: string;
  }): Promise<{ readonly userId: string; readonly sessionId: string; readonly expiresAt: number }>;
  verifyAccessToken(i: { readonly accessToken: string; readonly checkSession?: boolean | undefined }): Promise<AccessClaims>;
  endSession(i: { readonly refreshToken: string }): Promise<{ readonly ended: boolean }>;
  revokeSession(i: { readonly userId: string; readonly sessionId: string }): Promise<{ readonly ended: boolean }>;
  revokeSessions(i: { readonly userId: string; readonly exceptSessionId?: string | undefined }): Promise<{ readonly count: number }>;
  listSessions(i: { readonly userId: string }): Promise<{ readonly sessions: readonly SessionSummary[] }>;
  /** Support clears the number's counters. */
  unlockPhoneNumber(i: { readonly phoneNumber: string }): Promise<Record<never, never>>;
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
  /** Epoch ms, from the configured clock. */
  readonly now: () => number;
}

/** The user type of an auth object: `UserOf<typeof auth>`. */
export type UserOf<Auth> = Auth extends PhoneAuth<infer User, never> ? User : never;
