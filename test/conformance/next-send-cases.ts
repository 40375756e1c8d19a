import assert from 'node:assert/strict';
import type { Challenge } from '../../src/core/challenge.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import { issued, issueInput, killed, redeemInput, someChallenge, someHit, someOwner, wrongInput } from './challenge-fixture.ts';

type NextSend = Parameters<ChallengeStore['nextSend']>[0];

const LATER = NOW + 20_000;
const SETTLED = { is: 'settled' } as const;

/** `ChallengeStore.nextSend`. */
export function nextSendCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('C-NEXT-01', 'MUST count one more send of the same code, and change nothing else', async ({ store }) => {
      const challenge = await issued(store, { ...someOwner(), idempotencyHash: randomText(32), profile: '{"name":"first"}' });
      await store.redeem(wrongInput(challenge));
      const once = { ...challenge, attemptsLeft: 4, sends: 2 };
      assert.deepEqual(await store.nextSend(after(challenge)), { is: 'next', challenge: once, counts: [] });
      const twice = { ...once, sends: 3 };
      assert.deepEqual(await store.nextSend(after(once)), { is: 'next', challenge: twice, counts: [] });
      assert.deepEqual(await store.issue(issueInput(challenge, { now: LATER })), { is: 'repeated', challenge: twice });
      const accepted = { is: 'accepted', challenge: { ...twice, attemptsLeft: 3 }, counts: [] };
      assert.deepEqual(await store.redeem(redeemInput(challenge, { now: LATER })), accepted);
    }),
    conformance('C-NEXT-02', 'MUST be settled, and charge nothing, where there is no such challenge or it is dead', async ({ store }) => {
      const hits = [someHit({ max: 3 })];
      const unknown: Challenge = { ...someChallenge(), attemptsLeft: 5, sends: 1, resendAt: NOW };
      assert.deepEqual(await store.nextSend(after(unknown, { hits })), SETTLED);
      for (const how of ['used', 'exhausted', 'expired'] as const) {
        const dead = await issued(store);
        const now = await killed(store, dead, how);
        assert.deepEqual(await store.nextSend(after(dead, { hits, now })), SETTLED);
        assert.equal((await store.redeem(redeemInput(dead, { now }))).is, how);
      }
      assert.equal(await chargedIn(store, hits), 0);
      const live = await issued(store);
      assert.equal((await store.nextSend(after(live, { now: live.expiresAt - 1 }))).is, 'next');
    }),
    conformance('C-NEXT-03', 'MUST be settled, and charge nothing, after any other send', async ({ store }) => {
      const hits = [someHit({ max: 3 })];
      const first = await issued(store);
      for (const send of [0, 2]) assert.deepEqual(await store.nextSend(after(first, { hits, send })), SETTLED);
      assert.equal((await store.issue(issueInput({ ...first, createdAt: NOW + 1000 }))).is, 'resent');
      assert.deepEqual(await store.nextSend(after(first, { hits })), SETTLED);
      assert.equal((await store.nextSend(after(first, { send: 2 }))).is, 'next');
      assert.deepEqual(await store.nextSend(after(first, { hits, send: 2 })), SETTLED);
      assert.equal(await chargedIn(store, hits), 0);
    }),
    conformance('C-NEXT-04', 'MUST be settled by a send that was delivered, and by no other news', async ({ store }) => {
      const told = async (...states: readonly ('accepted' | 'delivered' | 'failed' | 'unknown')[]): Promise<string> => {
        const challenge = await issued(store);
        for (const state of states) await store.recordDelivery({ id: challenge.id, send: 1, state, now: NOW });
        return (await store.nextSend(after(challenge))).is;
      };
      assert.equal(await told('delivered'), 'settled');
      assert.equal(await told('accepted', 'unknown', 'delivered', 'accepted'), 'settled');
      assert.equal(await told('delivered', 'failed'), 'settled');
      for (const states of [['accepted'], ['unknown'], ['failed'], ['failed', 'delivered']] as const)
        assert.equal(await told(...states), 'next');
      const challenge = await issued(store);
      await store.recordDelivery({ id: challenge.id, send: 2, state: 'delivered', now: NOW });
      assert.equal((await store.nextSend(after(challenge))).is, 'next');
      await store.recordDelivery({ id: challenge.id, send: 1, state: 'delivered', now: NOW });
      assert.equal((await store.nextSend(after(challenge, { send: 2 }))).is, 'next');
    }),
    conformance('C-NEXT-05', 'MUST take all hits or none, and answer what their counters hold', async ({ store }) => {
      const [many, few] = [someHit({ max: 50, amount: 7 }), someHit({ max: 1, limit: 'sendsPerPrefix' })];
      const hits = [many, few];
      const challenge = await issued(store);
      const answer = await store.nextSend(after(challenge, { hits }));
      assert.deepEqual(answer, { is: 'next', challenge: { ...challenge, sends: 2 }, counts: [7, 1] });
      const again = after(challenge, { hits, send: 2 });
      const limited = { is: 'limited', limit: 'sendsPerPrefix', retryAt: LATER + 600_000 };
      assert.deepEqual(await store.nextSend(again), limited);
      assert.equal(await chargedIn(store, [many]), 7);
      assert.deepEqual(await store.nextSend({ ...again, hits: [many] }), {
        is: 'next',
        challenge: { ...challenge, sends: 3 },
        counts: [14],
      });
      assert.deepEqual(await store.nextSend(again), SETTLED);
    }),
    conformance('C-NEXT-06', 'MUST tell a challenge from the one before it that had its id', async ({ store }) => {
      const first = await issued(store);
      await store.recordDelivery({ id: first.id, send: 1, state: 'delivered', now: NOW });
      await killed(store, first, 'used');
      const second = await issued(store, { ...someChallenge(first), id: first.id, createdAt: NOW + 10_000, expiresAt: NOW + 310_000 });
      assert.deepEqual(await store.nextSend(after(first)), SETTLED);
      assert.equal((await store.nextSend(after(second))).is, 'next');
    }),
    conformance('C-NEXT-07', 'MUST let one of many that race be next, and charge it once', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const challenge = await issued(store);
        const hits = [someHit({ max: 1000 })];
        assert.deepEqual(tally(await race((peer) => peer.nextSend(after(challenge, { hits })))), { next: 1, settled: parallel - 1 });
        assert.equal(await chargedIn(store, hits), 1);
        assert.equal((await store.nextSend(after(challenge, { send: 2 }))).is, 'next');
      });
    }),
    conformance('C-NEXT-08', 'MUST count every send when it races with resends', async ({ store, race, rounds }) => {
      await rounds(async () => {
        const challenge = await issued(store);
        const hits = [someHit({ max: 1000 })];
        const answers = await race<{ readonly is: string }>((peer, index) =>
          index % 2 === 0 ? peer.nextSend(after(challenge, { hits })) : peer.issue(issueInput(challenge, { hits, now: LATER })),
        );
        const { next = 0, resent = 0 } = tally(answers);
        assert.ok(next <= 1);
        assert.equal(await chargedIn(store, hits), next + resent);
        const answer = await store.redeem(redeemInput(challenge, { now: LATER }));
        assert.ok('challenge' in answer);
        assert.equal(answer.challenge.sends, 1 + next + resent);
      });
    }),
    conformance('C-NEXT-09', 'MUST revive nothing when it races with the right code', async ({ store, race, rounds }) => {
      await rounds(async () => {
        const challenge = await issued(store);
        const answers = await race<{ readonly is: string }>((peer, index) =>
          index % 2 === 0 ? peer.nextSend(after(challenge)) : peer.redeem(redeemInput(challenge, { now: LATER })),
        );
        const { next = 0, accepted } = tally(answers);
        assert.ok(next <= 1);
        assert.equal(accepted, 1);
        assert.equal((await store.redeem(redeemInput(challenge, { now: LATER }))).is, 'used');
      });
    }),
  ];
}

/** Asks for the send after the last one that a challenge counts. */
function after({ id, createdAt, sends }: Challenge, given: Partial<NextSend> = {}): NextSend {
  return { id, createdAt, send: sends, hits: [], now: LATER, ...given };
}

async function chargedIn(store: ChallengeStore, hits: NextSend['hits']): Promise<number> {
  const answer = await store.take({ hits: hits.map((hit) => ({ ...hit, amount: 0 })), cooldown: null, now: LATER });
  return 'counts' in answer ? (answer.counts[0] ?? 0) : Number.NaN;
}
