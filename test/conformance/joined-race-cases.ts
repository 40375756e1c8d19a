import assert from 'node:assert/strict';
import { userKeyOf } from '../../src/core/session.ts';
import { type ConformanceCase, casesOf, NOW, type Open, randomText, tally } from './case.ts';
import { newIdFor, redeemInput, someHit } from './challenge-fixture.ts';
import {
  accountIn,
  issuedTo,
  type JoinedStoreOptions,
  sessionsOf,
  signInInput,
  someDraft,
  type WholeJoined,
  wanted,
} from './joined-fixture.ts';
import { numberOf } from './user-fixture.ts';

/** Joined verbs that race. */
export function joinedRaceCases<Profile>(
  open: Open<WholeJoined<Profile>>,
  { profile = () => ({}) as Profile, hasPasswords = true, ...options }: JoinedStoreOptions<Profile>,
): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance(
      'J-SIGNIN-08',
      'MUST accept a code once when many present it, for one account and one session',
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const challenge = await issuedTo(store, { maxAttempts: 10 });
          const inputs = Array.from({ length: parallel }, () => signInInput(challenge, profile()));
          const answers = await race((peer, index) => peer.signIn(inputs[index] ?? signInInput(challenge, profile())));
          assert.deepEqual(tally(answers.map(({ redeemed }) => redeemed)), { accepted: 1, used: parallel - 1 });
          assert.equal(answers.filter(({ account }) => account.is === 'created').length, 1);
          const user = await store.users.findByPhoneNumber({ phoneNumber: numberOf(challenge) });
          const opened = answers.flatMap((answer) => answer.opened?.session.id ?? []);
          assert.equal(opened.length, 1);
          assert.deepEqual(await sessionsOf(store, user?.id ?? ''), opened);
        });
      },
    ),
    conformance('J-SIGNIN-09', 'MUST make one account of many codes for one new number', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const first = await issuedTo(store);
        const { phoneNumber } = first;
        // each in a slot of its own, so that none of them ends another
        const others = await Promise.all(Array.from({ length: parallel - 1 }, () => issuedTo(store, { phoneNumber })));
        const challenges = [first, ...others];
        const session = (): ReturnType<typeof wanted> => wanted({ maxPerUser: 5 });
        const answers = await race((peer, index) =>
          peer.signIn(signInInput(challenges[index] ?? first, profile(), { session: session() })),
        );
        assert.deepEqual(tally(answers.map(({ account }) => account)), { created: 1, found: parallel - 1 });
        const users = new Set(answers.map(({ account }) => (account.is === 'found' || account.is === 'created' ? account.user.id : null)));
        assert.equal(users.size, 1);
        const alive = await sessionsOf(store, [...users][0] ?? '');
        assert.equal(alive.length, 5);
        const all = [...answers.flatMap((answer) => answer.opened?.evicted ?? []), ...alive];
        assert.deepEqual(all.toSorted(), answers.map((answer) => answer.opened?.session.id).toSorted());
      });
    }),
    conformance('J-RACE-01', 'MUST answer every call when verbs that touch the same counters, user and sessions race', async (subject) => {
      const { store, race, rounds } = subject;
      await rounds(async () => {
        const { id: userId, phoneNumber } = await accountIn(store, profile(), hasPasswords ? { passwordHash: 'hash' } : {});
        const phoneKey = randomText(12);
        // shared by all, in slots that sort before and behind that of the number, which is there, as theirs are not
        const slots = [`!${randomText(6)}`, phoneKey, `~${randomText(6)}`, 'system'];
        const hits = slots.map((slot) => someHit({ key: `{${slot}}${randomText(6)}`, max: 100_000 }));
        const clears = hits.slice(0, 3).map(({ key }) => key);
        const challenges = await Promise.all(
          (['sign-in', 'login', 'register'] as const).map((purpose) =>
            issuedTo(store, { phoneNumber, phoneKey, purpose, id: newIdFor({ phoneKey }) }),
          ),
        );
        const answers = await race(async (peer, index) => {
          const challenge = challenges[index % 3];
          const calls = [
            async () =>
              challenge &&
              peer.signIn(
                signInInput(challenge, profile(), {
                  redeem: redeemInput(challenge, { hits, clears }),
                  session: wanted({ maxPerUser: 2, renewAfterMs: 0 }),
                }),
              ),
            async () => hasPasswords && peer.tryPassword({ take: { hits, cooldown: null, now: NOW }, phoneNumber }),
            async () =>
              hasPasswords &&
              peer.passPassword({ userId, expectedHash: 'hash', clears, draft: someDraft(), maxPerUser: 2, userKeyOf, now: NOW }),
            async () => hasPasswords && peer.users.setPasswordHash?.({ userId, passwordHash: 'hash', replaces: 'hash' }),
            async () => peer.sessions.revokeAllOf({ userId, userKey: userKeyOf(userId), exceptSessionId: null, now: NOW }),
          ];
          return calls[index % calls.length]?.().then(
            () => 'answered',
            (error: unknown) => String(error),
          );
        });
        assert.deepEqual(new Set(answers), new Set(['answered']));
        assert.ok((await sessionsOf(store, userId)).length <= 2);
      });
    }),
  ];
}
