import assert from 'node:assert/strict';
import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, tally } from './case.ts';
import { issueInput, roomFor, someChallenge, someCooldown, someHit } from './challenge-fixture.ts';

type Taken = Awaited<ReturnType<ChallengeStore['take']>>;

/** `ChallengeStore.take` and `clear`: what every verb that charges limits must do alike. */
export function counterCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  const hit = (store: ChallengeStore, hits: readonly Hit[], now: number): Promise<Taken> => store.take({ hits, cooldown: null, now });
  const send = (store: ChallengeStore, cooldown: Cooldown, now: number): Promise<Taken> => store.take({ hits: [], cooldown, now });
  return [
    conformance('C-TAKE-01', 'MUST let max hits into a window, and let the next in exactly at retryAt', async ({ store }) => {
      for (const max of [1, 3, 32]) {
        const window = someHit({ max, limit: 'smsPerDay' });
        for (let at = 0; at < max; at++) assert.deepEqual(await hit(store, [window], NOW + at), { is: 'taken', counts: [at + 1] });
        const retryAt = NOW + 600_000;
        for (const now of [NOW + max, retryAt - 1]) {
          assert.deepEqual(await hit(store, [window], now), { is: 'limited', limit: 'smsPerDay', retryAt });
        }
        assert.deepEqual(await hit(store, [window], retryAt), { is: 'taken', counts: [max] });
        assert.equal((await hit(store, [window], retryAt)).is, 'limited');
      }
    }),
    conformance('C-TAKE-02', 'MUST slide the window instead of starting it anew', async ({ store }) => {
      const window = someHit({ max: 2, windowSeconds: 100 });
      for (const [at, expected] of [
        [0, 'taken'],
        [99_000, 'taken'],
        [99_999, 'limited'],
        [100_000, 'taken'],
        [100_001, 'limited'],
        [198_999, 'limited'],
        [199_000, 'taken'],
      ] as const) {
        assert.equal((await hit(store, [window], NOW + at)).is, expected, `at ${at}`);
      }
    }),
    conformance('C-TAKE-03', 'MUST count several hits of one moment severally', async ({ store }) => {
      const window = someHit({ max: 5 });
      assert.equal(await roomFor(store, window, NOW), 5);
      assert.equal(await roomFor(store, window, NOW + 600_000), 5);
    }),
    conformance('C-TAKE-04', 'MUST count until cleared where there is no window', async ({ store }) => {
      const window = someHit({ max: 40, windowSeconds: null, limit: 'guessesInARow' });
      assert.equal(await roomFor(store, window, NOW), 40);
      const limited = { is: 'limited', limit: 'guessesInARow', retryAt: Number.MAX_SAFE_INTEGER };
      assert.deepEqual(await hit(store, [window], NOW + 10 * 365 * 86_400_000), limited);
      await store.clear([window.key]);
      assert.equal(await roomFor(store, window, NOW + 1), 40);
    }),
    conformance('C-TAKE-05', 'MUST take all hits and the cooldown, or none', async ({ store }) => {
      const free = [someHit({ max: 2 }), someHit({ max: 100 }), someHit({ max: 2, windowSeconds: null })];
      const full = someHit({ max: 1 });
      const cooldown = someCooldown();
      assert.equal((await hit(store, [full], NOW)).is, 'taken');
      for (const hits of [
        [full, ...free],
        [...free, full],
      ]) {
        assert.equal((await store.take({ hits, cooldown, now: NOW })).is, 'limited');
      }
      assert.equal((await send(store, cooldown, NOW)).is, 'taken');
      assert.equal((await store.take({ hits: free, cooldown, now: NOW })).is, 'limited');
      for (const window of free) assert.equal(await roomFor(store, window, NOW), window.max);
    }),
    conformance('C-TAKE-06', 'MUST answer the refusal that lasts longest', async ({ store }) => {
      const short = someHit({ max: 1, windowSeconds: 60, limit: 'sendsPerNumber' });
      const long = someHit({ max: 1, windowSeconds: 900, limit: 'smsPerDay' });
      const cooldown = someCooldown({ ladderSeconds: [300] });
      assert.equal((await store.take({ hits: [short, long], cooldown, now: NOW })).is, 'taken');
      for (const hits of [
        [short, long],
        [long, short],
      ]) {
        assert.deepEqual(await store.take({ hits, cooldown, now: NOW + 1 }), { is: 'limited', limit: 'smsPerDay', retryAt: NOW + 900_000 });
      }
      const answer = await store.take({ hits: [short], cooldown, now: NOW + 1 });
      assert.deepEqual(answer, { is: 'limited', limit: 'resendAfterSeconds', retryAt: NOW + 300_000 });
      assert.equal((await store.take({ hits: [short, long], cooldown, now: NOW + 900_000 })).is, 'taken');
    }),
    conformance('C-TAKE-07', 'MUST NOT let a refused call prolong anything', async ({ store }) => {
      const window = someHit({ max: 1 });
      const cooldown = someCooldown({ ladderSeconds: [30, 600] });
      assert.equal((await store.take({ hits: [window], cooldown, now: NOW })).is, 'taken');
      for (let at = 1; at < 600_000; at += 59_999) assert.equal((await hit(store, [window], NOW + at)).is, 'limited');
      for (let at = 1; at < 30_000; at += 2999) assert.equal((await send(store, cooldown, NOW + at)).is, 'limited');
      assert.equal((await send(store, cooldown, NOW + 30_000)).is, 'taken');
      assert.equal((await hit(store, [window], NOW + 600_000)).is, 'taken');
    }),
    conformance('C-TAKE-08', 'MUST climb the ladder with each send of the window, and stay on the last rung', async ({ store }) => {
      const cooldown = someCooldown({ ladderSeconds: [30, 60, 120], windowSeconds: 600 });
      let at = NOW;
      for (const pauseSeconds of [30, 60, 120, 120]) {
        assert.deepEqual(await send(store, cooldown, at), { is: 'taken', counts: [] });
        const retryAt = at + pauseSeconds * 1000;
        assert.deepEqual(await send(store, cooldown, retryAt - 1), { is: 'limited', limit: 'resendAfterSeconds', retryAt });
        at = retryAt;
      }
      const muchLater = at + 600_000;
      assert.equal((await send(store, cooldown, muchLater)).is, 'taken');
      assert.deepEqual(await send(store, cooldown, muchLater), { is: 'limited', limit: 'resendAfterSeconds', retryAt: muchLater + 30_000 });
    }),
    conformance(
      'C-TAKE-09',
      'MUST never hold more than max hits in any window, and pass at retryAt, for a large max too',
      async ({ store }) => {
        const window = someHit({ max: 50, windowSeconds: 240 });
        const taken: number[] = [];
        let now = NOW;
        let seed = 7;
        for (let call = 0; call < 600; call++) {
          const answer = await hit(store, [window], now);
          if (answer.is === 'taken') taken.push(now);
          seed = (seed * 48_271) % 2_147_483_647;
          now = answer.is === 'limited' && seed % 3 === 0 ? answer.retryAt : now + (seed % 4000);
          if (answer.is === 'limited' && now === answer.retryAt) {
            assert.equal((await hit(store, [window], now)).is, 'taken');
            taken.push(now);
          }
        }
        for (const [index, at] of taken.entries()) {
          const earlier = taken[index - window.max];
          assert.ok(earlier === undefined || at >= earlier + 240_000, 'more than max hits within one window');
        }
      },
    ),
    conformance('C-TAKE-10', 'MUST refuse at most one slice of 24 too long for a large max', async ({ store }) => {
      const window = someHit({ max: 50, windowSeconds: 240 });
      for (const start of [NOW, NOW + 1_000_003]) {
        assert.equal(await roomFor(store, window, start), 50);
        const answer = await hit(store, [window], start);
        assert.equal(answer.is, 'limited');
        assert.ok(answer.retryAt >= start + 240_000 && answer.retryAt <= start + 250_000);
        assert.equal((await hit(store, [window], answer.retryAt - 1)).is, 'limited');
        assert.equal(await roomFor(store, window, answer.retryAt), 50);
      }
    }),
    conformance('C-TAKE-11', 'MUST keep keys apart, whatever they look like', async ({ store }) => {
      const keys = [
        '{a}x',
        '{a}X',
        '{a}x ',
        '{a}*',
        '{a}%',
        '{a}_',
        "{a}'",
        '{a}"',
        '{a}\\',
        '{ä}x',
        '{__proto__}x',
        '__proto__',
        'constructor',
      ];
      for (const key of keys) assert.equal((await hit(store, [someHit({ key, max: 1 })], NOW)).is, 'taken');
      for (const key of keys) assert.equal((await hit(store, [someHit({ key, max: 1 })], NOW)).is, 'limited');
    }),
    conformance('C-TAKE-12', 'MUST NOT forget a live counter because of many others', async ({ store }) => {
      const victim = someHit({ max: 1, windowSeconds: 86_400 });
      assert.equal((await hit(store, [victim], NOW)).is, 'taken');
      for (let round = 0; round < 50; round++) {
        await hit(
          store,
          Array.from({ length: 40 }, () => someHit()),
          NOW + round * 1000,
        );
      }
      assert.equal((await hit(store, [victim], NOW + 86_399_999)).is, 'limited');
    }),
    conformance('C-TAKE-13', 'MUST take every hit, whatever its when', async ({ store }) => {
      const window = someHit({ max: 2, when: 'wrong' });
      assert.equal((await hit(store, [window], NOW)).is, 'taken');
      assert.equal(await roomFor(store, window, NOW), 1);
    }),
    conformance('C-TAKE-14', 'MUST refuse for ever where max is zero', async ({ store }) => {
      const limited = { is: 'limited', limit: 'sendsPerNumber', retryAt: Number.MAX_SAFE_INTEGER };
      assert.deepEqual(await hit(store, [someHit({ max: 0 })], NOW), limited);
      assert.deepEqual(await hit(store, [someHit({ max: 0, windowSeconds: null })], NOW), limited);
    }),
    conformance('C-TAKE-15', 'MUST take exactly max of many hits that race', async ({ race, rounds, parallel }) => {
      await rounds(async () => {
        for (const [max, windowSeconds] of [
          [5, 600],
          [40, 86_400],
          [9, null],
        ] as const) {
          const hits = [someHit({ max, windowSeconds }), someHit({ max: 1000 })];
          assert.deepEqual(tally(await race((peer) => hit(peer, hits, NOW))), { taken: max, limited: parallel - max });
        }
      });
    }),
    conformance('C-TAKE-16', 'MUST let one of many sends pass a cooldown when they race', async ({ race, rounds, parallel }) => {
      await rounds(async () => {
        const cooldown = someCooldown();
        assert.deepEqual(tally(await race((peer) => send(peer, cooldown, NOW))), { taken: 1, limited: parallel - 1 });
      });
    }),
    conformance('C-TAKE-17', 'MUST name the limit of the cooldown that refuses, when it issues too', async ({ store }) => {
      for (const limit of ['passwordsPerNumber', 'resendAfterSeconds'] as const) {
        const cooldown = someCooldown({ limit });
        assert.equal((await send(store, cooldown, NOW)).is, 'taken');
        const limited = { is: 'limited', limit, retryAt: NOW + 30_000 };
        assert.deepEqual(await send(store, cooldown, NOW + 1), limited);
        assert.deepEqual(await store.issue(issueInput(someChallenge(), { cooldown })), limited);
      }
    }),
    conformance('C-CLEAR-01', 'MUST forget the named counters whole, and no others', async ({ store }) => {
      const [few, many, other] = [someHit({ max: 2 }), someHit({ max: 50 }), someHit({ max: 1 })];
      const cooldown = someCooldown({ ladderSeconds: [30, 60] });
      for (let at = 0; at < 2; at++) assert.equal((await hit(store, [few, many], NOW + at)).is, 'taken');
      assert.equal((await hit(store, [other], NOW)).is, 'taken');
      assert.equal((await send(store, cooldown, NOW)).is, 'taken');
      await store.clear([]);
      await store.clear(['{unknown}key', few.key, many.key, cooldown.key, few.key]);
      assert.equal(await roomFor(store, few, NOW + 2), 2);
      assert.equal(await roomFor(store, many, NOW + 2), 50);
      assert.equal((await send(store, cooldown, NOW + 2)).is, 'taken');
      assert.deepEqual(await send(store, cooldown, NOW + 3), { is: 'limited', limit: 'resendAfterSeconds', retryAt: NOW + 30_002 });
      assert.equal((await hit(store, [other], NOW + 2)).is, 'limited');
    }),
  ];
}
