import assert from 'node:assert/strict';
import type { Challenge, NewChallenge } from '../../src/core/challenge.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { userKeyOf } from '../../src/core/session.ts';
import type { JoinedSession, JoinedStore, SessionDraft, SignInWish } from '../../src/ports/joined-store.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { NOW, type RaceOptions, randomText } from './case.ts';
import { issued, redeemInput } from './challenge-fixture.ts';
import { DAY } from './session-fixture.ts';
import { someNumber } from './user-fixture.ts';

/** A joined store whose optional members are there. */
export type WholeJoined<Profile> = Required<JoinedStore<UserRecord, Profile>>;

/** How a joined store is tried. */
export interface JoinedStoreOptions<Profile> extends RaceOptions {
  /** Makes a profile that the store takes, another one each time; it must be JSON. @default an empty object */
  readonly profile?: (() => Profile) | undefined;
  /** Disables a user. @default the store cannot: no such cases */
  readonly disable?: ((d: { readonly store: JoinedStore<UserRecord, Profile>; readonly userId: string }) => Promise<unknown>) | undefined;
  /** The users have passwords. @default true */
  readonly hasPasswords?: boolean | undefined;
  /** The users have `setPhoneNumberVerifiedAt`. @default true */
  readonly keepsVerifiedAt?: boolean | undefined;
}

type SignIn<Profile> = Parameters<JoinedStore<UserRecord, Profile>['signIn']>[0];
type WantedSession = NonNullable<SignInWish<never>['session']>;

/** A session of a month, for whoever it will be. */
export function someDraft(now: number = NOW): SessionDraft {
  return {
    random: randomText(16),
    currentHash: randomText(32),
    amr: 'sms',
    userAgent: 'Mozilla "5.0" \\ é 🙂',
    ip: '2001:db8::1',
    authTime: now,
    createdAt: now,
    idleExpiresAt: now + 30 * DAY,
    absoluteExpiresAt: now + 180 * DAY,
  };
}

/** What a session is wished with: dormant after 45 days, renewed after one. */
export function wanted(given: Partial<WantedSession> = {}, now: number = NOW): WantedSession {
  return {
    draft: someDraft(now),
    maxPerUser: 20,
    userKeyOf,
    dormantAfterMs: 45 * DAY,
    exemptUserId: null,
    renewAfterMs: DAY,
    ...given,
  };
}

/** A right code, and a session for the account, whether it is there or not. */
export function signInInput<Profile>(challenge: NewChallenge, profile: Profile, given: Partial<SignIn<Profile>> = {}): SignIn<Profile> {
  const redeem = given.redeem ?? redeemInput(challenge);
  return { redeem, accounts: 'either', create: { profile, orStored: false }, session: wanted({}, redeem.now), ...given };
}

/** A challenge of a number that no account has, made at a moment. */
export function issuedTo<Profile>(
  store: JoinedStore<UserRecord, Profile>,
  given: Partial<NewChallenge> & { readonly phoneNumber?: string } = {},
): Promise<Challenge> {
  return issued(store.challenges, { phoneNumber: someNumber(), ...given });
}

/** An account that was made at a moment, which is when its number was proved. */
export async function accountIn<Profile>(
  store: JoinedStore<UserRecord, Profile>,
  profile: Profile,
  given: { readonly phoneNumber?: string; readonly passwordHash?: string; readonly now?: number } = {},
): Promise<UserRecord & { readonly phoneNumber: PhoneNumber }> {
  const { phoneNumber = someNumber(), passwordHash = null, now = NOW } = given;
  const answer = await store.users.create({ phoneNumber: phoneNumber as PhoneNumber, profile, passwordHash, now });
  assert.equal(answer.is, 'created');
  return { ...answer.user, phoneNumber: phoneNumber as PhoneNumber };
}

/** Asserts that a session was opened as its draft says, and is alive in the store. */
export async function assertOpened<Profile>(
  store: JoinedStore<UserRecord, Profile>,
  opened: JoinedSession | null,
  { userId, draft, now }: { readonly userId: string; readonly draft: SessionDraft; readonly now: number },
): Promise<void> {
  const { random, ...fields } = draft;
  const userKey = userKeyOf(userId);
  const session = { ...fields, id: `${userKey}${random}`, userId, userKey };
  assert.deepEqual(opened?.session, session);
  const kept = await store.sessions.find({ sessionId: session.id, now });
  assert.deepEqual(kept, { ...session, generation: 0, previousHash: null, rotatedAt: null });
}

/** The live sessions of a user. */
export async function sessionsOf<Profile>(
  store: JoinedStore<UserRecord, Profile>,
  userId: string,
  now: number = NOW,
): Promise<readonly string[]> {
  return (await store.sessions.listOf({ userId, userKey: userKeyOf(userId), now })).map((session) => session.id);
}
