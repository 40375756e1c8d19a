import type { NewSession } from '../core/session.ts';
import type { ChallengeStore } from './challenge-store.ts';
import type { SessionStore } from './session-store.ts';
import type { UserRecord, UserStore } from './user-store.ts';

/** A session whose user is found or made in the same step. */
export interface SessionDraft extends Omit<NewSession, 'id' | 'userId' | 'userKey'> {
  /** 16 random bytes, base64url: what stands in the session's id behind the user key. */
  readonly random: string;
}

/** How a draft becomes a session of a user. */
export interface SessionWish {
  readonly draft: SessionDraft;
  readonly maxPerUser: number;
  /**
   * The user key of a user id: `base64url` of the first 12 bytes of SHA-256 over `ringlatch/v1/user` and the id. It is the first part of the
   * session's id. For stores that run in this process; what runs in a database computes it there.
   */
  readonly userKeyOf: (userId: string) => string;
}

/** What a redemption goes on to. */
export interface SignInWish<Profile> {
  /**
   * `known`: the account of the challenge's number. `new`: one that is made for the number. `either`: the account, else a new one.
   */
  readonly accounts: 'known' | 'new' | 'either';
  /**
   * The profile of a new account. With `orStored` the one that lies beside the challenge is taken instead, where there is one. `null`: no profile
   * is at hand, and a new account is left to the caller.
   */
  readonly create: { readonly profile: Profile; readonly orStored: boolean } | null;
  /** `null`: no session is wanted. */
  readonly session:
    | (SessionWish & {
        /** Milliseconds after which a number that nobody proved is dormant; `null`: never. Only `exemptUserId` gets a session then. */
        readonly dormantAfterMs: number | null;
        readonly exemptUserId: string | null;
        /** A `phoneNumberVerifiedAt` that is missing, or so many milliseconds old, becomes `now`. */
        readonly renewAfterMs: number;
      })
    | null;
}

/** What became of the account of a number. */
export type JoinedAccount<User extends UserRecord> =
  | { readonly is: 'found'; readonly user: User }
  /** The number has no account, and none was made: the caller may make one. */
  | { readonly is: 'absent' }
  /** Nobody looked for one: the caller goes on, verb by verb. */
  | { readonly is: 'left' }
  | Awaited<ReturnType<UserStore<User>['create']>>;

/** A session that was opened, and whom it evicted. */
export interface JoinedSession {
  readonly session: NewSession;
  readonly evicted: readonly string[];
}

/**
 * Verbs of several stores in one round trip and one atomic step, for adapters that hold challenges, sessions and users in one place. Optional:
 * without it, or where a hook sits between, the core calls the verbs one by one.
 *
 * Each of these answers exactly what its verbs answer in sequence, and leaves behind what they leave. It may do less and say so; the caller
 * then goes on by the verbs themselves.
 */
export interface JoinedStore<User extends UserRecord = UserRecord, Profile = unknown> {
  /** The stores whose verbs are joined: the very objects of `storage`. */
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: UserStore<User, Profile>;
  /**
   * `findByPhoneNumber`, then `issue`: where the number has no account that is expected, or one that is not, both digests are `null`, which
   * makes a decoy. Everything else is written alike.
   */
  issue(i: {
    readonly issue: Parameters<ChallengeStore['issue']>[0];
    readonly expects: 'known' | 'unknown';
  }): ReturnType<ChallengeStore['issue']>;
  /**
   * `redeem`; once accepted, the account: `findByPhoneNumber` of the challenge's number, or `create` (without a password), or one after the
   * other; then `sessions.create` for a user who is neither disabled nor dormant, and `setPhoneNumberVerifiedAt` where it is due.
   *
   * A user who was found is answered as found, before that last write.
   */
  signIn(s: { readonly redeem: Parameters<ChallengeStore['redeem']>[0] } & SignInWish<Profile>): Promise<{
    readonly redeemed: Awaited<ReturnType<ChallengeStore['redeem']>>;
    /** `left` unless the code was accepted. */
    readonly account: JoinedAccount<User>;
    readonly opened: JoinedSession | null;
  }>;
  /** `findById`, then `rotate`, unless there is no such user, or one who is disabled where that is checked: then `rotated` is `null`. */
  refresh(r: {
    readonly userId: string;
    readonly checksDisabled: boolean;
    readonly rotate: Parameters<SessionStore['rotate']>[0];
  }): Promise<{ readonly user: User | null; readonly rotated: Awaited<ReturnType<SessionStore['rotate']>> | null }>;
  /**
   * `take`, then `findByPhoneNumber` and `passwordHashOf`; nothing is read where nothing was taken. Costs the same whether the number has an
   * account or not. Needed for passwords, beside {@link passPassword}.
   */
  tryPassword?(t: {
    readonly take: Parameters<ChallengeStore['take']>[0];
    readonly phoneNumber: Parameters<UserStore['findByPhoneNumber']>[0]['phoneNumber'];
  }): Promise<{
    readonly taken: Awaited<ReturnType<ChallengeStore['take']>>;
    readonly user: User | null;
    readonly passwordHash: string | null;
  }>;
  /** `sessions.create`, then `clear`, while the user's hash is still the one that was met; else nothing happens and the answer is `null`. */
  passPassword?(
    p: SessionWish & {
      readonly userId: string;
      readonly expectedHash: string;
      readonly clears: readonly string[];
      readonly now: number;
    },
  ): Promise<JoinedSession | null>;
}
