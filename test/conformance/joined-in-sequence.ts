import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { NewSession } from '../../src/core/session.ts';
import type { JoinedAccount, JoinedSession, JoinedStore, SessionWish, SignInWish } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';

type Stores<User extends UserRecord, Profile> = Pick<JoinedStore<User, Profile>, 'challenges' | 'sessions' | 'users'>;

// Of no account, in the shape of an id that stores may insist on.
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** What joined verbs must be taken for: the verbs of the stores, one after the other, and so in no way atomic. */
export function joinedInSequence<User extends UserRecord, Profile>(stores: Stores<User, Profile>): Required<JoinedStore<User, Profile>> {
  const { challenges, sessions, users } = stores;
  return {
    ...stores,
    async issue({ issue, expects }) {
      const exists = (await users.findByPhoneNumber({ phoneNumber: issue.challenge.phoneNumber as PhoneNumber })) !== null;
      const isMeant = exists === (expects === 'known');
      return challenges.issue(isMeant ? issue : { ...issue, challenge: { ...issue.challenge, digest: null }, resendDigest: null });
    },
    async signIn({ redeem, session, ...wish }) {
      const redeemed = await challenges.redeem(redeem);
      if (redeemed.is !== 'accepted') return { redeemed, account: { is: 'left' }, opened: null };
      const account = await accountOf(users, redeemed.challenge, wish, redeem.now);
      const user = account.is === 'found' || account.is === 'created' ? account.user : null;
      if (user === null || session === null || user.disabled === true) return { redeemed, account, opened: null };
      const { phoneNumber, phoneNumberVerifiedAt: provedAt = null } = user;
      const isDormant = provedAt !== null && session.dormantAfterMs !== null && redeem.now >= provedAt + session.dormantAfterMs;
      if (isDormant && user.id !== session.exemptUserId) return { redeemed, account, opened: null };
      const opened = await openedFor(sessions, user.id, session, redeem.now);
      if (provedAt === null || redeem.now >= provedAt + session.renewAfterMs)
        await users.setPhoneNumberVerifiedAt?.({ userId: user.id, phoneNumber: phoneNumber as PhoneNumber, now: redeem.now });
      return { redeemed, account, opened };
    },
    async refresh({ userId, checksDisabled, rotate }) {
      const user = await users.findById({ userId });
      const isGone = user === null || (checksDisabled && user.disabled === true);
      return { user, rotated: isGone ? null : await sessions.rotate(rotate) };
    },
    async tryPassword({ take, phoneNumber }) {
      const taken = await challenges.take(take);
      if (taken.is === 'limited') return { taken, user: null, passwordHash: null };
      const user = await users.findByPhoneNumber({ phoneNumber });
      return { taken, user, passwordHash: (await users.passwordHashOf?.({ userId: user?.id ?? NOBODY })) ?? null };
    },
    async passPassword({ userId, expectedHash, clears, now, ...session }) {
      if ((await users.passwordHashOf?.({ userId })) !== expectedHash) return null;
      const opened = await openedFor(sessions, userId, session, now);
      await challenges.clear(clears);
      return opened;
    },
  };
}

async function accountOf<User extends UserRecord, Profile>(
  users: UserStore<User, Profile>,
  challenge: { readonly phoneNumber: string; readonly profile: string | null },
  { accounts, create }: Omit<SignInWish<Profile>, 'session'>,
  now: number,
): Promise<JoinedAccount<User>> {
  const phoneNumber = challenge.phoneNumber as PhoneNumber;
  if (accounts !== 'new') {
    const user = await users.findByPhoneNumber({ phoneNumber });
    if (user !== null) return { is: 'found', user };
    if (accounts === 'known') return { is: 'absent' };
  }
  if (create === null) return { is: accounts === 'new' ? 'left' : 'absent' };
  const stored = create.orStored ? challenge.profile : null;
  return users.create({ phoneNumber, profile: stored === null ? create.profile : JSON.parse(stored), passwordHash: null, now });
}

async function openedFor(sessions: SessionStore, userId: string, wish: SessionWish, now: number): Promise<JoinedSession> {
  const { random, ...fields } = wish.draft;
  const userKey = wish.userKeyOf(userId);
  const session: NewSession = { ...fields, id: `${userKey}${random}`, userId, userKey };
  return { session, ...(await sessions.create({ session, maxPerUser: wish.maxPerUser, now })) };
}
