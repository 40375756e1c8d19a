import assert from 'node:assert/strict';
import type { Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, tally } from './case.ts';
import { issued, issueInput, redeemInput, roomFor, someChallenge, someHit, wrongInput } from './challenge-fixture.ts';

type Taken = Awaited<ReturnType<ChallengeStore['take']>>;

const FOREVER: number = Number.MAX_SAFE_INTEGER;
const MUCH_LATER = NOW + 400 * 86_400_000;

/** Hits that count as more than one, or as nothing. */
export function amountCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  const take = (store: ChallengeStore, hit: Hit, amount: number, now: number): Promise<Taken> =>
    store.take({ hits: [{ ...hit, amount }], cooldown: null, now });
  return [
    conformance('C-AMOUNT-01', 'MUST count a hit for its amount', async ({ store }) => {
      for (const [max, windowSeconds, amount] of [
        [10, 600, 3],
        [1_000_000, 86_400, 45_000],
        [10, null, 3],
      ] as const) {
        const window = someHit({ max, windowSeconds });
        const fitting = Math.floor(max / amount);
        assert.equal(await roomFor(store, { ...window, amount }, NOW), fitting);
        const rest = max - fitting * amount;
        assert.equal((await take(store, window, rest + 1, NOW)).is, 'limited');
        assert.equal((await take(store, window, rest, NOW)).is, 'taken');
        assert.equal((await take(store, window, 1, NOW)).is, 'limited');
      }
    }),
    conformance('C-AMOUNT-02', 'MUST refuse an amount until there is room for it, and for ever where there never is', async ({ store }) => {
      const window = someHit({ max: 5 });
      const at = NOW + 2000;
      for (const now of [NOW, NOW + 1000]) assert.equal((await take(store, window, 2, now)).is, 'taken');
      for (const [amount, retryAt] of [
        [2, NOW + 600_000],
        [3, NOW + 600_000],
        [4, NOW + 601_000],
        [5, NOW + 601_000],
        [6, FOREVER],
      ] as const) {
        const limited = { is: 'limited', limit: window.limit, retryAt };
        assert.deepEqual(await take(store, window, amount, at), limited);
        if (retryAt !== FOREVER) assert.deepEqual(await take(store, window, amount, retryAt - 1), limited);
      }
      assert.equal((await take(store, window, 1, at)).is, 'taken');
      assert.equal((await take(store, window, 2, NOW + 600_000)).is, 'taken');
      const endless = someHit({ max: 5, windowSeconds: null });
      assert.equal((await take(store, endless, 3, NOW)).is, 'taken');
      assert.deepEqual(await take(store, endless, 3, NOW), { is: 'limited', limit: endless.limit, retryAt: FOREVER });
    }),
    conformance('C-AMOUNT-03', 'MUST refuse an amount at most one slice of 24 too long for a large max', async ({ store }) => {
      for (const [amount, freedAt] of [
        [11, NOW + 240_000],
        [31, NOW + 260_000],
      ] as const) {
        const window = someHit({ max: 50, windowSeconds: 240 });
        for (const now of [NOW, NOW + 20_000]) assert.equal((await take(store, window, 20, now)).is, 'taken');
        const answer = await take(store, window, amount, NOW + 20_000);
        assert.equal(answer.is, 'limited');
        assert.ok(answer.retryAt >= freedAt && answer.retryAt <= freedAt + 10_000);
        assert.equal((await take(store, window, amount, answer.retryAt - 1)).is, 'limited');
        assert.equal((await take(store, window, amount, answer.retryAt)).is, 'taken');
      }
    }),
    conformance('C-AMOUNT-04', 'MUST only read the counter for an amount of 0, and write nothing at all', async ({ store }) => {
      const window = someHit({ max: 2 });
      const hits = [window, someHit({ max: 50 }), someHit({ windowSeconds: null })].map((hit) => ({ ...hit, amount: 0 }));
      for (const now of [NOW, NOW + 1])
        assert.deepEqual(await store.take({ hits, cooldown: null, now }), { is: 'taken', counts: [0, 0, 0] });
      assert.equal(await store.sweep({ now: MUCH_LATER, max: 1_000_000 }), 0);
      assert.equal((await take(store, window, 1, NOW)).is, 'taken');
      const challenge = await issued(store, {}, { hits });
      for (const when of ['always', 'wrong'] as const) {
        const charged = { hits: hits.map((hit) => ({ ...hit, when })), keep: true };
        assert.equal((await store.redeem(wrongInput(challenge, charged))).is, 'wrong');
        assert.equal((await store.redeem(redeemInput(challenge, charged))).is, 'accepted');
      }
      assert.deepEqual(await take(store, window, 0, NOW + 599_999), { is: 'taken', counts: [1] });
      assert.deepEqual(await take(store, window, 0, NOW + 600_000), { is: 'taken', counts: [0] });
      assert.equal(await roomFor(store, window, NOW + 600_000), 2);
    }),
    conformance('C-AMOUNT-05', 'MUST refuse an amount of 0 only while the window holds more than max', async ({ store }) => {
      const window = someHit({ max: 5 });
      assert.equal((await take(store, window, 3, NOW)).is, 'taken');
      assert.equal((await take(store, window, 2, NOW + 1000)).is, 'taken');
      for (const [max, retryAt] of [
        [4, NOW + 600_000],
        [2, NOW + 600_000],
        [1, NOW + 601_000],
      ] as const) {
        assert.deepEqual(await take(store, { ...window, max }, 0, NOW + 1000), { is: 'limited', limit: window.limit, retryAt });
      }
      assert.equal((await take(store, window, 0, NOW + 1000)).is, 'taken');
      const endless = someHit({ max: 5, windowSeconds: null });
      assert.equal((await take(store, endless, 5, NOW)).is, 'taken');
      assert.equal((await take(store, endless, 0, NOW)).is, 'taken');
      const limited = { is: 'limited', limit: endless.limit, retryAt: FOREVER };
      assert.deepEqual(await take(store, { ...endless, max: 4 }, 0, NOW), limited);
      assert.equal((await take(store, someHit({ max: 0 }), 0, NOW)).is, 'taken');
    }),
    conformance('C-AMOUNT-06', 'MUST count amounts when it issues and redeems too', async ({ store }) => {
      const sends = someHit({ max: 5, amount: 3 });
      const challenge = await issued(store, {}, { hits: [sends] });
      assert.equal((await store.issue(issueInput(someChallenge(), { hits: [sends] }))).is, 'limited');
      assert.equal(await roomFor(store, { ...sends, amount: 1 }, NOW), 2);
      const guesses = someHit({ max: 5, amount: 3, when: 'wrong' });
      assert.equal((await store.redeem(wrongInput(challenge, { hits: [guesses] }))).is, 'wrong');
      assert.equal((await store.redeem(redeemInput(challenge, { hits: [guesses] }))).is, 'limited');
      assert.equal(await roomFor(store, { ...guesses, amount: 1 }, NOW), 2);
    }),
    conformance('C-AMOUNT-07', 'MUST take as many amounts as fit when they race', async ({ race, rounds, parallel }) => {
      await rounds(async () => {
        for (const [max, windowSeconds, amount] of [
          [10, 600, 3],
          [100, 86_400, 7],
        ] as const) {
          const window = someHit({ max, windowSeconds });
          const taken = Math.floor(max / amount);
          assert.deepEqual(tally(await race((peer) => take(peer, window, amount, NOW))), { taken, limited: parallel - taken });
        }
      });
    }),
  ];
}
