import assert from 'node:assert/strict';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import {
  earned,
  issued,
  issueInput,
  killed,
  newIdFor,
  redeemInput,
  roomFor,
  someChallenge,
  someHit,
  someOwner,
  wrongInput,
} from './challenge-fixture.ts';

/** `ChallengeStore.issue` where a challenge of the request is live already. */
export function resendCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('C-RESEND-01', 'MUST count a send on the live challenge that resendOf names, and make no other', async ({ store }) => {
      const first = await issued(store, { profile: '{"name":"first"}' });
      const request = someChallenge({ ...first, id: newIdFor(first), profile: '{"name":"second"}', createdAt: NOW + 1000 });
      const answer = await store.issue(issueInput({ ...request, seed: randomText(32), digest: randomText(32) }, { resendOf: first.id }));
      assert.equal(answer.is, 'resent');
      const { id, seed, digest, profile, createdAt, attemptsLeft, sends } = answer.challenge;
      assert.deepEqual([id, seed, digest, profile, createdAt], [first.id, first.seed, first.digest, first.profile, first.createdAt]);
      assert.deepEqual([attemptsLeft, sends], [5, 2]);
      assert.equal((await store.redeem(redeemInput(request))).is, 'unknown');
      const stored = { ...answer.challenge, attemptsLeft: 4 };
      assert.deepEqual(await store.redeem(redeemInput(first)), { is: 'accepted', challenge: stored, counts: [] });
    }),
    conformance('C-RESEND-02', 'MUST issue afresh when number, purpose, user or context differ', async ({ store }) => {
      const first = await issued(store, { purpose: 'step-up', userId: 'u1', context: 'a', contextHash: randomText(32) });
      const { phoneKey, phoneNumber, purpose, userId, context, contextHash } = first;
      const same = { phoneKey, phoneNumber, purpose, userId, context, contextHash };
      const changes = [
        { phoneNumber: someOwner().phoneNumber },
        { purpose: 'verify' },
        { userId: 'u2' },
        { userId: null },
        { context: 'b', contextHash: randomText(32) },
        { context: null, contextHash: null },
      ] as const;
      for (const change of changes) {
        const request = someChallenge({ ...same, ...change });
        const answer = await store.issue(issueInput(request, { resendOf: first.id }));
        assert.equal(answer.is, 'issued');
        assert.equal(answer.challenge.id, request.id);
      }
      const resent = await store.issue(issueInput(someChallenge(same), { resendOf: first.id }));
      assert.equal(resent.is, 'resent');
      assert.equal(resent.challenge.sends, 2);
    }),
    conformance('C-RESEND-03', 'MUST issue afresh when resendOf names a dead or unknown challenge', async ({ store }) => {
      for (const how of ['used', 'exhausted', 'expired'] as const) {
        const owner = someOwner();
        const dead = await issued(store, owner);
        const now = await killed(store, dead, how);
        const request = someChallenge({ ...owner, createdAt: now });
        const answer = await store.issue(issueInput(request, { resendOf: dead.id }));
        assert.equal(answer.is, 'issued');
        assert.equal(answer.challenge.id, request.id);
        assert.equal((await store.redeem(redeemInput(dead, { now }))).is, how);
      }
      const request = someChallenge();
      const answer = await store.issue(issueInput(request, { resendOf: newIdFor(request) }));
      assert.equal(answer.is, 'issued');
      assert.equal(answer.challenge.id, request.id);
    }),
    conformance(
      'C-RESEND-04',
      'MUST prolong a resent challenge up to 600 s after its creation, or one ttl if that is longer',
      async ({ store }) => {
        const resentAt = async (ttl: number, after: number): Promise<number> => {
          const first = await issued(store, { expiresAt: NOW + ttl });
          const request = someChallenge({ ...first, createdAt: NOW + after, expiresAt: NOW + after + ttl });
          const answer = await store.issue(issueInput(request));
          assert.equal(answer.is, 'resent');
          const { expiresAt } = answer.challenge;
          assert.equal((await store.redeem(redeemInput(first, { now: expiresAt }))).is, 'expired');
          assert.equal((await store.redeem(redeemInput(first, { now: expiresAt - 1 }))).is, 'accepted');
          return answer.challenge.expiresAt - NOW;
        };
        assert.equal(await resentAt(300_000, 100_000), 400_000);
        assert.equal(await resentAt(300_000, 299_999), 599_999);
        assert.equal(await resentAt(400_000, 399_999), 600_000);
        assert.equal(await resentAt(3_600_000, 1_000_000), 3_600_000);
      },
    ),
    conformance('C-RESEND-05', 'MUST NOT give attempts back', async ({ store }) => {
      for (const resend of ['same', 'rotate'] as const) {
        const first = await issued(store);
        for (let left = 4; left > 0; left--) {
          assert.deepEqual(await store.redeem(wrongInput(first)), { is: 'wrong', attemptsLeft: left });
          const answer = await store.issue(issueInput({ ...first, maxAttempts: 10 }, { resend, resendOf: first.id }));
          assert.equal(answer.is, 'resent');
          assert.equal(answer.challenge.attemptsLeft, left);
        }
        assert.deepEqual(await store.redeem(wrongInput(first)), { is: 'wrong', attemptsLeft: 0 });
        assert.equal((await store.redeem(redeemInput(first))).is, 'exhausted');
      }
    }),
    conformance('C-RESEND-06', 'MUST keep the code with same, and take the new one over with rotate', async ({ store }) => {
      for (const resend of ['same', 'rotate'] as const) {
        const first = await issued(store);
        const request = someChallenge({ ...first, seed: randomText(32), digest: randomText(32) });
        const answer = await store.issue(issueInput(request, { resend }));
        assert.equal(answer.is, 'resent');
        const [live, dead] = resend === 'same' ? [first, request] : [request, first];
        assert.deepEqual([answer.challenge.seed, answer.challenge.digest], [live.seed, live.digest]);
        assert.equal((await store.redeem(redeemInput(dead))).is, 'wrong');
        assert.equal((await store.redeem(redeemInput(live))).is, 'accepted');
      }
    }),
    conformance(
      'C-RESEND-11',
      'MUST take the digest that was made for its id when it rotates the row that resendOf names',
      async ({ store }) => {
        const first = await issued(store);
        const request = someChallenge({ ...first, id: newIdFor(first), seed: randomText(32), digest: randomText(32), codeLength: 8 });
        const resendDigest = randomText(32);
        const answer = await store.issue(issueInput(request, { resend: 'rotate', resendOf: first.id, resendDigest }));
        assert.equal(answer.is, 'resent');
        const { id, seed, digest, codeLength } = answer.challenge;
        assert.deepEqual([id, seed, digest, codeLength], [first.id, request.seed, resendDigest, 8]);
        for (const wrong of [first, { ...first, digest: request.digest }]) {
          assert.equal((await store.redeem(redeemInput(wrong))).is, 'wrong');
        }
        assert.equal((await store.redeem(redeemInput({ ...first, digest: resendDigest }))).is, 'accepted');
      },
    ),
    conformance('C-RESEND-12', 'MUST answer repeated to every request that met the row, resends included', async ({ store }) => {
      const hit = someHit({ max: 3 });
      const [one, two] = [randomText(32), randomText(32)];
      const first = await issued(store, { idempotencyHash: one }, { hits: [hit] });
      const resend = someChallenge({ ...first, id: newIdFor(first), idempotencyHash: two });
      const input = issueInput(resend, { resendOf: first.id, hits: [hit] });
      assert.equal((await store.issue(input)).is, 'resent');
      const again = await store.issue(input);
      assert.equal(again.is, 'repeated');
      assert.deepEqual([again.challenge.id, again.challenge.sends], [first.id, 2]);
      assert.equal((await store.issue(issueInput({ ...first, idempotencyHash: one }, { hits: [hit] }))).is, 'repeated');
      assert.equal(await roomFor(store, hit, NOW), 1);
      const stranger = issueInput({ ...resend, context: 'other', id: newIdFor(first) }, { resendOf: first.id });
      assert.equal((await store.issue(stranger)).is, 'issued');
    }),
    conformance('C-RESEND-07', 'MUST keep a decoy a decoy', async ({ store }) => {
      for (const resend of ['same', 'rotate'] as const) {
        for (const reference of [null, 'other']) {
          const decoy = await issued(store, { digest: null });
          const request = someChallenge({ ...decoy, reference, digest: randomText(32) });
          const answer = await store.issue(issueInput(request, { resend }));
          assert.equal(answer.is, 'resent');
          assert.equal(answer.challenge.digest, null);
          assert.equal((await store.redeem(redeemInput(request))).is, 'wrong');
        }
      }
    }),
    conformance(
      'C-RESEND-08',
      'MUST take seed, digest and reference over when a live challenge of the id has another reference',
      async ({ store }) => {
        for (const [before, after] of [
          ['a', 'b'],
          [null, 'b'],
          ['a', null],
        ] as const) {
          const first = await issued(store, { reference: before });
          const request = someChallenge({ ...first, reference: after, seed: randomText(32), digest: randomText(32) });
          const answer = await store.issue(issueInput(request));
          assert.equal(answer.is, 'resent');
          const { seed, digest, reference, sends } = answer.challenge;
          assert.deepEqual([seed, digest, reference, sends], [request.seed, request.digest, after, 2]);
          const stored = { ...answer.challenge, attemptsLeft: 4 };
          assert.deepEqual(await store.redeem(redeemInput(request)), { is: 'accepted', challenge: stored, counts: [] });
        }
      },
    ),
    conformance('C-RESEND-09', 'MUST NOT give attempts back when resends and wrong codes race', async ({ store, race, rounds }) => {
      await rounds(async () => {
        const first = await issued(store);
        const answers = await race<{ readonly is: string }>((peer, index) =>
          index % 2 === 0
            ? peer.redeem(wrongInput(first))
            : peer.issue(issueInput({ ...first, id: newIdFor(first) }, { resendOf: first.id })),
        );
        assert.ok((tally(answers).wrong ?? 0) <= first.maxAttempts);
        assert.notEqual((await store.redeem(wrongInput(first))).is, 'wrong');
      });
    }),
    conformance('C-RESEND-10', 'SHOULD take locale and channel of the latest send', async ({ store }) => {
      const first = await issued(store);
      const answer = await store.issue(issueInput({ ...first, locale: 'fa', channel: 'voice' }));
      assert.equal(answer.is, 'resent');
      assert.deepEqual([answer.challenge.locale, answer.challenge.channel], ['fa', 'voice']);
      await earned(store, first);
    }),
  ];
}
