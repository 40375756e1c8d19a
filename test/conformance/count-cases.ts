import assert from 'node:assert/strict';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions } from './case.ts';
import { issued, issueInput, redeemInput, someChallenge, someHit, wrongInput } from './challenge-fixture.ts';

/** What verbs that charge answer about the counters. */
export function countCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('C-COUNT-01', 'MUST answer what the counter of each hit holds, in the order of the hits', async ({ store }) => {
      const few = someHit({ max: 9 });
      const many = someHit({ max: 1000, windowSeconds: 86_400, amount: 7 });
      const endless = someHit({ max: 9, windowSeconds: null });
      const nothing = someHit({ amount: 0 });
      const taken = async (hits: Parameters<ChallengeStore['take']>[0]['hits'], now: number): Promise<readonly number[]> => {
        const answer = await store.take({ hits, cooldown: null, now });
        assert.equal(answer.is, 'taken');
        return answer.counts;
      };
      assert.deepEqual(await taken([], NOW), []);
      assert.deepEqual(await taken([few, many, nothing, endless], NOW), [1, 7, 0, 1]);
      assert.deepEqual(await taken([endless, nothing, many, { ...few, amount: 3 }], NOW + 1000), [2, 0, 14, 4]);
      assert.deepEqual(await taken([{ ...few, when: 'wrong' }, someHit()], NOW + 1001), [5, 1]);
      assert.deepEqual(await taken([few, endless], NOW + 600_000), [5, 3]);
      assert.deepEqual(await taken([{ ...few, amount: 0 }], NOW + 601_000), [2]);
      assert.deepEqual(await taken([{ ...few, amount: 0 }], NOW + 1_200_000), [0]);
    }),
    conformance('C-COUNT-02', 'MUST answer what a counter holds after all hits, where several hits are of one key', async ({ store }) => {
      const hit = someHit({ max: 9 });
      const hits = [hit, someHit(), { ...hit, amount: 3 }, { ...hit, amount: 0 }];
      assert.deepEqual(await store.take({ hits, cooldown: null, now: NOW }), { is: 'taken', counts: [4, 1, 4, 4] });
    }),
    conformance('C-COUNT-03', 'MUST answer the counts of a send that is issued, and of one that is resent', async ({ store }) => {
      const hits = [someHit(), someHit({ max: 100, amount: 20 }), someHit({ amount: 0 })];
      const challenge = someChallenge();
      const answers = [await store.issue(issueInput(challenge, { hits })), await store.issue(issueInput(challenge, { hits }))];
      const counts = answers.map((answer) => [answer.is, 'counts' in answer ? answer.counts : null]);
      assert.deepEqual(counts, [
        ['issued', [1, 20, 0]],
        ['resent', [2, 40, 0]],
      ]);
    }),
    conformance(
      'C-COUNT-04',
      'MUST answer what counters hold when it accepts, wrong hits not written, before it clears',
      async ({ store }) => {
        for (const keep of [false, true]) {
          const inARow = someHit({ max: 9, when: 'wrong', windowSeconds: null });
          const perHour = someHit({ max: 9, when: 'wrong', amount: 2 });
          const always = someHit({ max: 9 });
          const read = someHit({ when: 'wrong', amount: 0 });
          const hits = [inARow, perHour, always, read];
          const challenge = await issued(store);
          assert.equal((await store.take({ hits: [{ ...read, amount: 1 }], cooldown: null, now: NOW })).is, 'taken');
          for (let wrong = 0; wrong < 2; wrong++) assert.equal((await store.redeem(wrongInput(challenge, { hits }))).is, 'wrong');
          const answer = await store.redeem(redeemInput(challenge, { hits, clears: [inARow.key, always.key, read.key], keep }));
          assert.equal(answer.is, 'accepted');
          assert.deepEqual(answer.counts, [2, 4, 3, 1]);
          const after = await store.take({ hits: hits.map((hit) => ({ ...hit, amount: 0 })), cooldown: null, now: NOW });
          assert.deepEqual(after, { is: 'taken', counts: [0, 4, 0, 0] });
        }
      },
    ),
    conformance('C-COUNT-05', 'MUST answer each of many hits that race a count of its own', async ({ race, rounds, parallel }) => {
      await rounds(async () => {
        const hits = [someHit({ max: 1_000_000, windowSeconds: 86_400, amount: 5 }), someHit({ max: 1000, windowSeconds: null })];
        const answers = await race((peer) => peer.take({ hits, cooldown: null, now: NOW }));
        for (const [place, { amount = 1 }] of hits.entries()) {
          const counts = answers.map((answer) => ('counts' in answer ? Number(answer.counts[place]) : 0)).toSorted((a, b) => a - b);
          assert.deepEqual(
            counts,
            Array.from({ length: parallel }, (_, index) => amount * (index + 1)),
          );
        }
      });
    }),
  ];
}
