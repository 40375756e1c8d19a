import assert from 'node:assert/strict';
import { userKeyOf } from '../../src/core/session.ts';
import { type ConformanceCase, casesOf, NOW, type Open, randomText, tally } from './case.ts';
import { issueInput, newIdFor, redeemInput, rightDigest, roomFor, someChallenge, someHit } from './challenge-fixture.ts';
import { accountIn, assertOpened, type JoinedStoreOptions, sessionsOf, someDraft, type WholeJoined } from './joined-fixture.ts';
import { opened } from './session-fixture.ts';
import { someNumber } from './user-fixture.ts';

/** `JoinedStore.issue`, and the two verbs of passwords. */
export function joinedCases<Profile>(
  open: Open<WholeJoined<Profile>>,
  { profile = () => ({}) as Profile, hasPasswords = true, ...options }: JoinedStoreOptions<Profile>,
): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  const ofIssue = [
    conformance('J-ISSUE-01', 'MUST make a decoy where the account is not as expected, and else write alike', async ({ store }) => {
      const user = await accountIn(store, profile());
      for (const expects of ['known', 'unknown'] as const) {
        for (const phoneNumber of [user.phoneNumber, someNumber()]) {
          const isMeant = (phoneNumber === user.phoneNumber) === (expects === 'known');
          const hit = someHit({ max: 2 });
          const challenge = someChallenge({ phoneNumber });
          const answer = await store.issue({ issue: issueInput(challenge, { hits: [hit] }), expects });
          assert.equal(answer.is, 'issued');
          assert.deepEqual(answer.counts, [1]);
          assert.deepEqual(answer.challenge, {
            ...challenge,
            digest: isMeant ? challenge.digest : null,
            attemptsLeft: challenge.maxAttempts,
            sends: 1,
            resendAt: NOW,
          });
          assert.equal(await roomFor(store.challenges, hit, NOW), 1);
          const redeemed = await store.challenges.redeem(redeemInput(challenge));
          assert.equal(redeemed.is, isMeant ? 'accepted' : 'wrong');
        }
      }
    }),
    conformance(
      'J-ISSUE-02',
      'MUST take the code out of a live row by a resend that is not meant, and put none into a decoy',
      async ({ store }) => {
        const user = await accountIn(store, profile());
        for (const [before, after] of [
          ['known', 'known'],
          ['known', 'unknown'],
          ['unknown', 'known'],
        ] as const) {
          const first = someChallenge({ phoneNumber: user.phoneNumber });
          await store.issue({ issue: issueInput(first), expects: before });
          const next = someChallenge({ ...first, id: newIdFor(first), seed: randomText(32), digest: randomText(32) });
          const resendDigest = randomText(32);
          const issue = issueInput(next, { resendOf: first.id, resend: 'rotate', resendDigest });
          const resent = await store.issue({ issue, expects: after });
          assert.equal(resent.is, 'resent');
          const digest = before === 'known' && after === 'known' ? resendDigest : null;
          assert.deepEqual([resent.challenge.id, resent.challenge.sends, resent.challenge.digest], [first.id, 2, digest]);
        }
      },
    ),
    conformance('J-ISSUE-03', 'MUST refuse and repeat as issue does', async ({ store }) => {
      const user = await accountIn(store, profile());
      const hit = someHit({ max: 1 });
      const challenge = someChallenge({ phoneNumber: user.phoneNumber, idempotencyHash: 'once' });
      const issue = issueInput(challenge, { hits: [hit] });
      assert.equal((await store.issue({ issue, expects: 'known' })).is, 'issued');
      const repeated = await store.issue({ issue, expects: 'known' });
      assert.deepEqual(repeated.is === 'repeated' && repeated.challenge.digest, rightDigest(challenge));
      const other = someChallenge({ phoneNumber: user.phoneNumber });
      const limited = await store.issue({ issue: issueInput(other, { hits: [hit] }), expects: 'known' });
      assert.deepEqual(limited, { is: 'limited', limit: hit.limit, retryAt: NOW + 600_000 });
      assert.equal((await store.challenges.redeem(redeemInput(other))).is, 'unknown');
    }),
  ];
  const ofPasswords = [
    conformance('J-PASSWORD-01', 'MUST take, then tell whose number it is and which hash it has', async ({ store }) => {
      const [withHash, without] = [await accountIn(store, profile(), { passwordHash: 'hash' }), await accountIn(store, profile())];
      const hit = someHit({ max: 5 });
      const attempt = (phoneNumber: typeof without.phoneNumber) =>
        store.tryPassword({ take: { hits: [hit], cooldown: null, now: NOW }, phoneNumber });
      const found = async (userId: string) => store.users.findById({ userId });
      const taken = (count: number) => ({ is: 'taken', counts: [count] });
      assert.deepEqual(await attempt(withHash.phoneNumber), { taken: taken(1), user: await found(withHash.id), passwordHash: 'hash' });
      assert.deepEqual(await attempt(without.phoneNumber), { taken: taken(2), user: await found(without.id), passwordHash: null });
      assert.deepEqual(await attempt(someNumber()), { taken: taken(3), user: null, passwordHash: null });
    }),
    conformance('J-PASSWORD-02', 'MUST tell nothing where nothing was taken', async ({ store }) => {
      const user = await accountIn(store, profile(), { passwordHash: 'hash' });
      const hit = someHit({ max: 1 });
      const take = { hits: [hit], cooldown: null, now: NOW };
      await store.tryPassword({ take, phoneNumber: user.phoneNumber });
      const answer = await store.tryPassword({ take, phoneNumber: user.phoneNumber });
      assert.deepEqual(answer, { taken: { is: 'limited', limit: hit.limit, retryAt: NOW + 600_000 }, user: null, passwordHash: null });
    }),
    conformance(
      'J-PASSWORD-03',
      'MUST open a session while the hash is the one that was met, and forget what is to be cleared',
      async ({ store }) => {
        const user = await accountIn(store, profile(), { passwordHash: 'hash' });
        const userKey = userKeyOf(user.id);
        const older = await opened(store.sessions, { id: `${userKey}${randomText(16)}`, userId: user.id, userKey, createdAt: NOW - 1 });
        const [cleared, kept] = [someHit({ max: 1 }), someHit({ max: 1 })];
        await store.challenges.take({ hits: [cleared, kept], cooldown: null, now: NOW });
        const draft = someDraft();
        const pass = { userId: user.id, clears: [cleared.key], draft, maxPerUser: 1, userKeyOf, now: NOW };
        const answer = await store.passPassword({ ...pass, expectedHash: 'hash' });
        await assertOpened(store, answer, { userId: user.id, draft, now: NOW });
        assert.deepEqual(answer?.evicted, [older.id]);
        assert.deepEqual([await roomFor(store.challenges, cleared, NOW), await roomFor(store.challenges, kept, NOW)], [1, 0]);
      },
    ),
    conformance('J-PASSWORD-04', 'MUST do nothing once the hash is another', async ({ store }) => {
      const user = await accountIn(store, profile(), { passwordHash: 'hash' });
      const without = await accountIn(store, profile());
      const hit = someHit({ max: 1 });
      await store.challenges.take({ hits: [hit], cooldown: null, now: NOW });
      const pass = { clears: [hit.key], draft: someDraft(), maxPerUser: 20, userKeyOf, now: NOW };
      for (const [userId, expectedHash] of [
        [user.id, 'Hash'],
        [user.id, ''],
        [without.id, ''],
        ['nobody', 'hash'],
      ] as const)
        assert.equal(await store.passPassword({ ...pass, userId, expectedHash }), null);
      assert.deepEqual([await sessionsOf(store, user.id), await sessionsOf(store, without.id)], [[], []]);
      assert.equal(await roomFor(store.challenges, hit, NOW), 0);
    }),
    conformance(
      'J-PASSWORD-05',
      'MUST leave no session that a change of password could not end when they race',
      async ({ store, race, rounds }) => {
        await rounds(async () => {
          const { id: userId } = await accountIn(store, profile(), { passwordHash: 'old' });
          const owner = { userId, userKey: userKeyOf(userId) };
          const answers = await race(async (peer, index) => {
            if (index % 2 === 0) {
              const pass = { userId, expectedHash: 'old', clears: [], draft: someDraft(), maxPerUser: 1000, userKeyOf, now: NOW };
              return { is: (await peer.passPassword(pass)) === null ? 'late' : 'passed' };
            }
            const set = await peer.users.setPasswordHash?.({ userId, passwordHash: `new ${index}`, replaces: 'old' });
            // whoever set it ends what began before
            if (set?.is === 'set') await peer.sessions.revokeAllOf({ ...owner, exceptSessionId: null, now: NOW });
            return { is: set?.is ?? 'missing' };
          });
          assert.equal(tally(answers).set, 1);
          assert.deepEqual(await sessionsOf(store, userId), []);
        });
      },
    ),
  ];
  return [...ofIssue, ...(hasPasswords ? ofPasswords : [])];
}
