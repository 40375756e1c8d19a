import assert from 'node:assert/strict';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText } from './case.ts';
import {
  earned,
  issued,
  issueInput,
  killed,
  newIdFor,
  redeemInput,
  roomFor,
  someChallenge,
  someCooldown,
  someHit,
  someOwner,
  someProof,
  spendInput,
  wrongInput,
} from './challenge-fixture.ts';

const STATES = ['accepted', 'delivered', 'failed', 'unknown'] as const;
const MUCH_LATER = NOW + 400 * 86_400_000;

/** `ChallengeStore.recordDelivery` and `sweep`. */
export function upkeepCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance(
      'C-DELIVERY-01',
      'MUST remember deliveries without touching anything else, in any order, repeated or unknown',
      async ({ store }) => {
        const challenge = await issued(store, { idempotencyHash: randomText(32) });
        for (const state of [...STATES, ...STATES.toReversed(), 'accepted'] as const) {
          for (const send of [1, 2, 99]) await store.recordDelivery({ id: challenge.id, send, state, now: NOW + 1 });
          await store.recordDelivery({ id: 'none', send: 1, state, now: NOW + 1 });
        }
        assert.deepEqual(await store.issue(issueInput(challenge)), { is: 'repeated', challenge });
        const accepted = { is: 'accepted', challenge: { ...challenge, attemptsLeft: 4 }, counts: [] };
        assert.deepEqual(await store.redeem(redeemInput(challenge)), accepted);
        await store.recordDelivery({ id: challenge.id, send: 1, state: 'delivered', now: MUCH_LATER });
        assert.equal((await store.redeem(redeemInput({ ...challenge, id: 'none' }))).is, 'unknown');
      },
    ),
    conformance('C-DELIVERY-02', 'MUST answer a receipt with its challenge, and say unknown of any other', async ({ store }) => {
      const challenge = await issued(store);
      const { id } = challenge;
      for (const state of ['accepted', 'delivered', 'delivered', 'failed'] as const)
        assert.deepEqual(await store.recordDelivery({ id, send: 1, state, now: NOW }), { is: 'recorded', challenge });
      for (const receipt of [
        { id, send: 0 },
        { id, send: 2 },
        { id: newIdFor(challenge), send: 1 },
      ])
        assert.deepEqual(await store.recordDelivery({ ...receipt, state: 'delivered', now: NOW }), { is: 'unknown' });
      await killed(store, challenge, 'used');
      const late = await store.recordDelivery({ id, send: 1, state: 'delivered', now: challenge.expiresAt });
      assert.deepEqual(late, { is: 'recorded', challenge: { ...challenge, attemptsLeft: 4 } });
      await store.sweep({ now: MUCH_LATER, max: 1_000_000 });
      assert.deepEqual(await store.recordDelivery({ id, send: 1, state: 'delivered', now: MUCH_LATER }), { is: 'unknown' });
    }),
    conformance('C-SWEEP-01', 'MUST NOT delete what a verb could still act upon', async ({ store }) => {
      const now = NOW + 299_999;
      const live = await issued(store);
      const used = await issued(store, { idempotencyHash: randomText(32) });
      const proof = await earned(store, used);
      const exhausted = await issued(store);
      await killed(store, exhausted, 'exhausted');
      const windows = [
        someHit({ max: 1, windowSeconds: 300 }),
        someHit({ max: 1, windowSeconds: null }),
        someHit({ max: 50, windowSeconds: 300 }),
      ];
      const cooldown = someCooldown({ ladderSeconds: [300], windowSeconds: 300 });
      assert.equal((await store.take({ hits: windows, cooldown, now: NOW })).is, 'taken');
      await store.sweep({ now, max: 1_000_000 });
      for (const window of windows) assert.equal(await roomFor(store, window, now), window.max - 1);
      assert.equal((await store.take({ hits: [], cooldown, now })).is, 'limited');
      assert.equal((await store.issue(issueInput(used, { now }))).is, 'repeated');
      assert.equal((await store.redeem(redeemInput(used, { now }))).is, 'used');
      assert.equal((await store.redeem(redeemInput(exhausted, { now }))).is, 'exhausted');
      assert.equal((await store.redeem(redeemInput(live, { now }))).is, 'accepted');
      await store.sweep({ now: proof.expiresAt - 1, max: 1_000_000 });
      assert.equal((await store.spend(spendInput(used, proof, { now: proof.expiresAt - 1 }))).is, 'spent');
    }),
    conformance('C-SWEEP-02', 'MUST delete at most max rows, and come to an end', async ({ store }) => {
      for (let count = 0; count < 20; count++)
        await earned(store, await issued(store, {}, { hits: [someHit()], cooldown: someCooldown() }));
      assert.equal(await store.sweep({ now: MUCH_LATER, max: 0 }), 0);
      let removed = -1;
      for (let calls = 0; removed !== 0; calls++) {
        removed = await store.sweep({ now: MUCH_LATER, max: 7 });
        assert.ok(removed >= 0 && removed <= 7);
        assert.ok(calls < 100);
      }
    }),
    conformance('C-SWEEP-03', 'MUST answer alike whether it is swept at every turn or never', async ({ store }) => {
      const story = async (pause: number, between: (now: number) => Promise<unknown>): Promise<readonly unknown[]> => {
        const owner = someOwner();
        const [hit, cooldown] = [someHit({ max: 2 }), someCooldown()];
        const first = someChallenge({ ...owner, idempotencyHash: randomText(32) });
        const second = someChallenge({ ...owner, createdAt: NOW + 40_000 });
        const proof = someProof();
        const successor = randomText(32);
        const steps = [
          () => store.issue(issueInput(first, { hits: [hit], cooldown })),
          (now: number) => store.issue(issueInput(first, { hits: [hit], cooldown, now })),
          (now: number) => store.redeem(wrongInput(first, { now, hits: [someHit({ ...hit, max: 3 })] })),
          (now: number) => store.issue(issueInput(second, { hits: [hit], cooldown, now })),
          (now: number) => store.redeem(redeemInput(first, { now, proof })),
          (now: number) => store.redeem(redeemInput(second, { now })),
          (now: number) => store.spend(spendInput(first, proof, { now, nextProofHash: successor })),
          (now: number) => store.spend(spendInput(first, { ...proof, hash: successor }, { now })),
          (now: number) => store.redeem(redeemInput(first, { now })),
        ];
        const answers: string[] = [];
        for (const [index, step] of steps.entries()) {
          await between(NOW + index * pause);
          answers.push((await step(NOW + index * pause)).is);
        }
        return answers;
      };
      for (const pause of [30_000, 60_000, 150_000]) {
        const swept = await story(pause, (now) => store.sweep({ now, max: 1_000_000 }));
        assert.deepEqual(await story(pause, async () => null), swept);
      }
    }),
  ];
}
