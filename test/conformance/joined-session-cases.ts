import assert from 'node:assert/strict';
import { userKeyOf } from '../../src/core/session.ts';
import { type ConformanceCase, casesOf, NOW, type Open, randomText, tally } from './case.ts';
import { redeemInput } from './challenge-fixture.ts';
import {
  accountIn,
  assertOpened,
  issuedTo,
  type JoinedStoreOptions,
  sessionsOf,
  signInInput,
  type WholeJoined,
  wanted,
} from './joined-fixture.ts';
import { DAY, opened, rotation } from './session-fixture.ts';

/** Who gets a session by `JoinedStore.signIn`, and how it is refreshed by `JoinedStore.refresh`. */
export function joinedSessionCases<Profile>(
  open: Open<WholeJoined<Profile>>,
  { profile = () => ({}) as Profile, disable, keepsVerifiedAt = true, ...options }: JoinedStoreOptions<Profile>,
): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  const always = [
    conformance('J-SESSION-01', "MUST evict the user's oldest sessions beyond maxPerUser, in the same step", async ({ store }) => {
      const user = await accountIn(store, profile());
      const owner = { userId: user.id, userKey: userKeyOf(user.id) };
      const older = await opened(store.sessions, { ...owner, id: `${owner.userKey}${randomText(16)}`, createdAt: NOW - 2 });
      const newer = await opened(store.sessions, { ...owner, id: `${owner.userKey}${randomText(16)}`, createdAt: NOW - 1 });
      const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber });
      const answer = await store.signIn(signInInput(challenge, profile(), { session: wanted({ maxPerUser: 2 }) }));
      assert.deepEqual(answer.opened?.evicted, [older.id]);
      assert.deepEqual(await sessionsOf(store, user.id), [answer.opened?.session.id, newer.id]);
    }),
    conformance('J-REFRESH-01', 'MUST find the user and rotate as the verbs do', async ({ store }) => {
      const user = await accountIn(store, profile());
      const owner = { userId: user.id, userKey: userKeyOf(user.id) };
      const session = await opened(store.sessions, { ...owner, id: `${owner.userKey}${randomText(16)}` });
      const found = await store.users.findById({ userId: user.id });
      const refresh = (given: Partial<Parameters<typeof rotation>[1]>) =>
        store.refresh({ userId: user.id, checksDisabled: true, rotate: rotation(session, { nextHash: 'h1', ...given }) });
      const first = await refresh({});
      const rotated = { ...session, currentHash: 'h1', previousHash: session.currentHash, generation: 1, rotatedAt: NOW };
      assert.deepEqual(first, { user: found, rotated: { is: 'rotated', session: { ...rotated, idleExpiresAt: NOW + DAY } } });
      assert.equal((await refresh({})).rotated?.is, 'replayed');
      assert.equal((await refresh({ presentedHash: 'h1', nextHash: null })).rotated?.is, 'kept');
      assert.equal((await refresh({ now: NOW + 40 * DAY })).rotated?.is, 'gone');
      assert.deepEqual(await refresh({ presentedHash: 'other' }), { user: found, rotated: { is: 'reused' } });
      assert.equal((await refresh({})).rotated?.is, 'gone');
    }),
    conformance('J-REFRESH-02', 'MUST rotate nothing for a user who is not there', async ({ store }) => {
      const session = await opened(store.sessions);
      for (const checksDisabled of [true, false]) {
        const answer = await store.refresh({ userId: session.userId, checksDisabled, rotate: rotation(session) });
        assert.deepEqual(answer, { user: null, rotated: null });
      }
      assert.deepEqual(await store.sessions.find({ sessionId: session.id, now: NOW }), session);
    }),
    conformance('J-REFRESH-03', 'MUST make one successor when many refresh at once', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const user = await accountIn(store, profile());
        const owner = { userId: user.id, userKey: userKeyOf(user.id) };
        const session = await opened(store.sessions, { ...owner, id: `${owner.userKey}${randomText(16)}` });
        const rotate = rotation(session, { nextHash: randomText(32) });
        const answers = await race((peer) => peer.refresh({ userId: user.id, checksDisabled: true, rotate }));
        assert.deepEqual(tally(answers.flatMap(({ rotated }) => rotated ?? [])), { rotated: 1, replayed: parallel - 1 });
      });
    }),
  ];
  const ofDisabled = [
    conformance('J-SESSION-02', 'MUST open no session for a disabled user, and say who it is', async ({ store }) => {
      const user = await accountIn(store, profile());
      await disable?.({ store, userId: user.id });
      const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber });
      const { redeemed, account, opened: session } = await store.signIn(signInInput(challenge, profile()));
      assert.deepEqual([redeemed.is, session], ['accepted', null]);
      assert.deepEqual(account, { is: 'found', user: await store.users.findById({ userId: user.id }) });
      assert.deepEqual(await sessionsOf(store, user.id), []);
    }),
    conformance('J-REFRESH-04', 'MUST rotate nothing for a disabled user, where that is checked', async ({ store }) => {
      const user = await accountIn(store, profile());
      const owner = { userId: user.id, userKey: userKeyOf(user.id) };
      const session = await opened(store.sessions, { ...owner, id: `${owner.userKey}${randomText(16)}` });
      await disable?.({ store, userId: user.id });
      const refresh = (checksDisabled: boolean) => store.refresh({ userId: user.id, checksDisabled, rotate: rotation(session) });
      const checked = await refresh(true);
      assert.deepEqual([checked.user?.id, checked.user?.disabled, checked.rotated], [user.id, true, null]);
      assert.deepEqual(await store.sessions.find({ sessionId: session.id, now: NOW }), session);
      assert.equal((await refresh(false)).rotated?.is, 'rotated');
    }),
  ];
  const ofVerification = [
    conformance('J-SESSION-03', 'MUST open no session from the moment on at which a number is dormant', async ({ store }) => {
      const cases = [
        { after: 45 * DAY - 1, isOpen: true },
        { after: 45 * DAY, isOpen: false },
        { after: 400 * DAY, isOpen: false },
        { after: 400 * DAY, isOpen: true, given: { dormantAfterMs: null } },
      ];
      for (const { after, isOpen, given } of cases) {
        const user = await accountIn(store, profile());
        const now = NOW + after;
        const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber, createdAt: now });
        const answer = await store.signIn(signInInput(challenge, profile(), { session: wanted({ ...given }, now) }));
        assert.deepEqual([answer.redeemed.is, answer.account, answer.opened !== null], ['accepted', { is: 'found', user }, isOpen]);
        assert.equal((await sessionsOf(store, user.id, now)).length, isOpen ? 1 : 0);
        const { phoneNumberVerifiedAt } = (await store.users.findById({ userId: user.id })) ?? {};
        assert.equal(phoneNumberVerifiedAt, isOpen ? now : user.phoneNumberVerifiedAt);
      }
    }),
    conformance('J-SESSION-04', 'MUST take the exempt user, and nobody else, for not dormant', async ({ store }) => {
      const now = NOW + 100 * DAY;
      const [user, other] = [await accountIn(store, profile()), await accountIn(store, profile())];
      for (const [exemptUserId, isOpen] of [
        [other.id, false],
        [user.id, true],
      ] as const) {
        const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber, createdAt: now });
        const session = wanted({ exemptUserId }, now);
        const answer = await store.signIn(signInInput(challenge, profile(), { session }));
        if (isOpen) await assertOpened(store, answer.opened, { userId: user.id, draft: session.draft, now });
        else assert.equal(answer.opened, null);
      }
    }),
    conformance(
      'J-SESSION-05',
      'MUST note that a number was proved once that was long enough ago, and answer the user as found',
      async ({ store }) => {
        const user = await accountIn(store, profile());
        for (const [after, noted] of [
          [DAY - 1, NOW],
          [DAY, NOW + DAY],
          [DAY + 5, NOW + DAY],
        ] as const) {
          const now = NOW + after;
          const before = await store.users.findById({ userId: user.id });
          const challenge = await issuedTo(store, { phoneNumber: user.phoneNumber, createdAt: now });
          const redeem = redeemInput(challenge);
          const { account } = await store.signIn(signInInput(challenge, profile(), { redeem }));
          assert.deepEqual(account, { is: 'found', user: before });
          assert.equal((await store.users.findById({ userId: user.id }))?.phoneNumberVerifiedAt, noted);
        }
      },
    ),
  ];
  return [...always, ...(disable === undefined ? [] : ofDisabled), ...(keepsVerifiedAt ? ofVerification : [])];
}
