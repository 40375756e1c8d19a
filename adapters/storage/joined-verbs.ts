import type { Challenge } from '../../src/core/challenge.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { NewSession } from '../../src/core/session.ts';
import type { JoinedAccount, JoinedSession, JoinedStore, SessionWish, SignInWish } from '../../src/ports/joined-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { type ChallengeTables, issue, redeem, take } from './challenge-verbs.ts';
import { create, rotate, type SessionTable } from './session-verbs.ts';

type Joining<User extends UserRecord, Profile> = Required<JoinedStore<User, Profile>>;
type Verb = 'issue' | 'signIn' | 'refresh' | 'tryPassword' | 'passPassword';
type Input<Name extends Verb, Profile = unknown> = Parameters<Joining<UserRecord, Profile>[Name]>[0];
type Answer<Name extends Verb, User extends UserRecord> = Awaited<ReturnType<Joining<User, unknown>[Name]>>;

/** The user port without its promises, for those who put several of its verbs into one step. */
export type UserVerbs<User extends UserRecord, Profile> = {
  readonly [Name in keyof UserStore<User, Profile>]: NonNullable<UserStore<User, Profile>[Name]> extends (
    input: infer Given,
  ) => Promise<infer Answered>
    ? (input: Given) => Answered
    : never;
};

/** Where all of it lies. A verb runs on it without a pause, and nobody else does meanwhile. */
export interface JoinedTables<User extends UserRecord, Profile> {
  readonly challenges: ChallengeTables;
  readonly sessions: SessionTable;
  readonly users: UserVerbs<User, Profile>;
}

// In the shape of a UUID; belongs to nobody.
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** `JoinedStore.issue` over tables. */
export function issueJoined<User extends UserRecord, Profile>(
  tables: JoinedTables<User, Profile>,
  { issue: i, expects }: Input<'issue'>,
): Answer<'issue', User> {
  const exists = tables.users.findByPhoneNumber({ phoneNumber: i.challenge.phoneNumber as PhoneNumber }) !== null;
  if (exists === (expects === 'known')) return issue(tables.challenges, i);
  return issue(tables.challenges, { ...i, challenge: { ...i.challenge, digest: null }, resendDigest: null });
}

/** `JoinedStore.signIn` over tables. */
export function signIn<User extends UserRecord, Profile>(
  tables: JoinedTables<User, Profile>,
  s: Input<'signIn', Profile>,
): Answer<'signIn', User> {
  const redeemed = redeem(tables.challenges, s.redeem);
  if (redeemed.is !== 'accepted') return { redeemed, account: { is: 'left' }, opened: null };
  const { now } = s.redeem;
  const account = accountOf(tables.users, redeemed.challenge, s, now);
  const user = account.is === 'found' || account.is === 'created' ? account.user : null;
  if (user === null || s.session === null || !mayEnter(user, s.session, now)) return { redeemed, account, opened: null };
  const opened = open(tables.sessions, user.id, s.session, now);
  renew(tables.users, user, s.session.renewAfterMs, now);
  return { redeemed, account, opened };
}

/** `JoinedStore.refresh` over tables. */
export function refresh<User extends UserRecord, Profile>(
  tables: JoinedTables<User, Profile>,
  r: Input<'refresh'>,
): Answer<'refresh', User> {
  const user = tables.users.findById({ userId: r.userId });
  const isGone = user === null || (r.checksDisabled && user.disabled === true);
  return { user, rotated: isGone ? null : rotate(tables.sessions, r.rotate) };
}

/** `JoinedStore.tryPassword` over tables. */
export function tryPassword<User extends UserRecord, Profile>(
  tables: JoinedTables<User, Profile>,
  t: Input<'tryPassword'>,
): Answer<'tryPassword', User> {
  const taken = take(tables.challenges, t.take);
  if (taken.is === 'limited') return { taken, user: null, passwordHash: null };
  const user = tables.users.findByPhoneNumber({ phoneNumber: t.phoneNumber });
  // an unknown number costs the same reads
  const passwordHash = tables.users.passwordHashOf?.({ userId: user?.id ?? NOBODY }) ?? null;
  return { taken, user, passwordHash };
}

/** `JoinedStore.passPassword` over tables. */
export function passPassword<User extends UserRecord, Profile>(
  tables: JoinedTables<User, Profile>,
  p: Input<'passPassword'>,
): Answer<'passPassword', User> {
  if (tables.users.passwordHashOf?.({ userId: p.userId }) !== p.expectedHash) return null;
  const opened = open(tables.sessions, p.userId, p, p.now);
  for (const key of p.clears) tables.challenges.counters.forget(key);
  return opened;
}

function accountOf<User extends UserRecord, Profile>(
  users: UserVerbs<User, Profile>,
  challenge: Challenge,
  { accounts, create: wish }: SignInWish<Profile>,
  now: number,
): JoinedAccount<User> {
  const phoneNumber = challenge.phoneNumber as PhoneNumber;
  const known = accounts === 'new' ? null : users.findByPhoneNumber({ phoneNumber });
  if (known !== null) return { is: 'found', user: known };
  const none = { is: accounts === 'new' ? 'left' : 'absent' } as const;
  if (accounts === 'known' || wish === null) return none;
  try {
    const profile: Profile = wish.orStored && challenge.profile !== null ? JSON.parse(challenge.profile) : wish.profile;
    return users.create({ phoneNumber, profile, passwordHash: null, now });
  } catch {
    // the code stays accepted, and the caller meets the same failure in the verb itself
    return none;
  }
}

// Who is disabled or dormant is for the caller to judge.
function mayEnter(user: UserRecord, session: NonNullable<SignInWish<unknown>['session']>, now: number): boolean {
  const { phoneNumberVerifiedAt } = user;
  if (user.disabled === true) return false;
  const isDormant =
    typeof phoneNumberVerifiedAt === 'number' && session.dormantAfterMs !== null && now >= phoneNumberVerifiedAt + session.dormantAfterMs;
  return !isDormant || user.id === session.exemptUserId;
}

function open(sessions: SessionTable, userId: string, { draft, maxPerUser, userKeyOf }: SessionWish, now: number): JoinedSession {
  const { random, ...fields } = draft;
  const userKey = userKeyOf(userId);
  const session: NewSession = { id: userKey + random, userId, userKey, ...fields };
  return { session, evicted: create(sessions, { session, maxPerUser, now }).evicted };
}

function renew(users: UserVerbs<UserRecord, never>, user: UserRecord, renewAfterMs: number, now: number): void {
  const { id: userId, phoneNumber, phoneNumberVerifiedAt = null } = user;
  if (phoneNumber === null || (phoneNumberVerifiedAt !== null && now < phoneNumberVerifiedAt + renewAfterMs)) return;
  users.setPhoneNumberVerifiedAt?.({ userId, phoneNumber: phoneNumber as PhoneNumber, now });
}
