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
  rightDigest,
  roomFor,
  someChallenge,
  someCooldown,
  someHit,
  someOwner,
  wrongInput,
} from './challenge-fixture.ts';

const ENDS = ['used', 'exhausted', 'expired'] as const;

/** `ChallengeStore.issue`. */
export function issueCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('C-ISSUE-01', 'MUST keep every field of a new challenge, with all attempts and one send', async ({ store }) => {
      const full = someChallenge({
        purpose: 'step-up',
        userId: "O'Hara; DROP TABLE users -- 🙂",
        context: 'پرداخت ۱۲۳ "EUR" \\ %_?$1',
        contextHash: randomText(32),
        reference: 'ref:{a}\u2028',
        profile: '{"__proto__":{"x":1},"name":"Zoë \\u0000"}',
        idempotencyHash: randomText(32),
        locale: 'fa-IR',
        channel: 'voice',
        codeLength: 8,
        maxAttempts: 7,
      });
      for (const challenge of [full, someChallenge(), someChallenge({ digest: null })]) {
        const answer = await store.issue(issueInput(challenge));
        const whole = { ...challenge, attemptsLeft: challenge.maxAttempts, sends: 1, resendAt: NOW };
        assert.deepEqual(answer, { is: 'issued', challenge: whole });
      }
      const accepted = await store.redeem(redeemInput(full));
      assert.deepEqual(accepted, { is: 'accepted', challenge: { ...full, attemptsLeft: 6, sends: 1, resendAt: NOW } });
    }),
    conformance('C-ISSUE-02', 'MUST answer repeated to the same idempotency key, and count nothing', async ({ store }) => {
      const hit = someHit({ max: 2 });
      const cooldown = someCooldown({ ladderSeconds: [0, 60] });
      const first = await issued(store, { idempotencyHash: randomText(32) }, { hits: [hit], cooldown });
      const again = someChallenge({ ...first, seed: randomText(32), digest: randomText(32), createdAt: NOW + 5, expiresAt: NOW + 300_005 });
      assert.deepEqual(await store.issue(issueInput(again, { hits: [hit], cooldown })), { is: 'repeated', challenge: first });
      assert.equal((await store.take({ hits: [], cooldown, now: NOW + 5 })).is, 'taken');
      assert.equal(await roomFor(store, hit, NOW + 5), 1);
      assert.equal((await store.redeem(redeemInput(first))).is, 'accepted');
    }),
    conformance('C-ISSUE-03', 'MUST answer repeated before it looks at limits', async ({ store }) => {
      const hits = [someHit({ max: 1 })];
      const cooldown = someCooldown();
      const first = await issued(store, { idempotencyHash: randomText(32) }, { hits, cooldown });
      assert.equal((await store.issue(issueInput(first, { hits, cooldown }))).is, 'repeated');
    }),
    conformance('C-ISSUE-04', 'MUST answer repeated for a used or exhausted challenge too', async ({ store }) => {
      for (const how of ['used', 'exhausted'] as const) {
        const first = await issued(store, { idempotencyHash: randomText(32) });
        const now = await killed(store, first, how);
        assert.equal((await store.issue(issueInput(someChallenge({ ...first, createdAt: now })))).is, 'repeated');
        assert.equal((await store.redeem(redeemInput(first, { now }))).is, how);
      }
    }),
    conformance(
      'C-ISSUE-05',
      'MUST NOT take two requests without an idempotency key, or with different ones, for one',
      async ({ store }) => {
        const without = await issued(store);
        assert.equal((await store.issue(issueInput(without))).is, 'resent');
        const withOne = await issued(store, { idempotencyHash: randomText(32) });
        assert.equal((await store.issue(issueInput({ ...withOne, idempotencyHash: randomText(32) }))).is, 'resent');
        assert.equal((await store.issue(issueInput({ ...withOne, idempotencyHash: null }))).is, 'resent');
      },
    ),
    conformance('C-ISSUE-06', 'MUST replace a dead challenge of the same id by a new one', async ({ store }) => {
      for (const how of ENDS) {
        const dead = await issued(store);
        const now = await killed(store, dead, how);
        const fresh = someChallenge({ ...dead, seed: randomText(32), digest: randomText(32), createdAt: now, expiresAt: now + 300_000 });
        const answer = await store.issue(issueInput(fresh));
        assert.equal(answer.is, 'issued');
        assert.deepEqual(answer.challenge, { ...fresh, attemptsLeft: fresh.maxAttempts, sends: 1, resendAt: now });
        assert.equal((await store.redeem(wrongInput(dead, { digests: [rightDigest(dead)], now }))).is, 'wrong');
        assert.equal((await store.redeem(redeemInput(fresh))).is, 'accepted');
      }
    }),
    conformance('C-ISSUE-07', 'MUST let several challenges of one number live side by side', async ({ store }) => {
      const owner = someOwner();
      const first = await issued(store, owner);
      const second = await issued(store, { ...owner, purpose: 'verify' });
      await issued(store, owner);
      assert.equal((await store.redeem(redeemInput(second))).is, 'accepted');
      assert.equal((await store.redeem(redeemInput(first))).is, 'accepted');
    }),
    conformance('C-ISSUE-08', 'MUST write nothing at all when a limit refuses', async ({ store }) => {
      const full = someHit({ max: 1, limit: 'smsPerDay' });
      const free = someHit({ max: 1 });
      const cooldown = someCooldown();
      assert.equal((await store.take({ hits: [full], cooldown: null, now: NOW })).is, 'taken');
      const refused = someChallenge();
      const answer = await store.issue(issueInput(refused, { hits: [free, full], cooldown }));
      assert.deepEqual(answer, { is: 'limited', limit: 'smsPerDay', retryAt: NOW + 600_000 });
      assert.equal((await store.redeem(redeemInput(refused))).is, 'unknown');
      const live = await issued(store);
      assert.equal((await store.issue(issueInput(live, { hits: [free, full], cooldown }))).is, 'limited');
      const resent = await store.issue(issueInput(live, { hits: [free], cooldown }));
      assert.equal(resent.is, 'resent');
      assert.equal(resent.challenge.sends, 2);
    }),
    conformance('C-ISSUE-09', 'MUST say when the cooldown allows the next send', async ({ store }) => {
      const cooldown = someCooldown({ ladderSeconds: [30, 60] });
      const first = await issued(store, {}, { cooldown });
      assert.equal(first.resendAt, NOW + 30_000);
      for (const [at, pause] of [
        [NOW + 30_000, 60_000],
        [NOW + 90_000, 60_000],
      ] as const) {
        const early = await store.issue(issueInput(first, { cooldown, now: at - 1 }));
        assert.deepEqual(early, { is: 'limited', limit: 'resendAfterSeconds', retryAt: at });
        const answer = await store.issue(issueInput(first, { cooldown, now: at }));
        assert.equal(answer.is, 'resent');
        assert.equal(answer.challenge.resendAt, at + pause);
      }
    }),
    conformance('C-ISSUE-10', 'MUST issue once when calls with one idempotency key race', async ({ race, rounds, parallel, store }) => {
      await rounds(async () => {
        const hit = someHit({ max: 2 });
        const challenge = someChallenge({ idempotencyHash: randomText(32) });
        const answers = await race((peer) => peer.issue(issueInput(challenge, { hits: [hit], cooldown: someCooldown() })));
        assert.deepEqual(tally(answers), { issued: 1, repeated: parallel - 1 });
        assert.equal(await roomFor(store, hit, NOW), 1);
      });
    }),
    conformance('C-ISSUE-11', 'MUST count every send when calls for one id race', async ({ race, rounds, parallel, store }) => {
      await rounds(async () => {
        const challenge = someChallenge();
        const answers = await race((peer) => peer.issue(issueInput(challenge)));
        assert.deepEqual(tally(answers), { issued: 1, resent: parallel - 1 });
        const answer = await store.redeem(redeemInput(challenge));
        assert.equal(answer.is, 'accepted');
        assert.equal(answer.challenge.sends, parallel);
      });
    }),
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
      assert.deepEqual(await store.redeem(redeemInput(first)), { is: 'accepted', challenge: stored });
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
      for (const how of ENDS) {
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
          assert.deepEqual(await store.redeem(redeemInput(request)), { is: 'accepted', challenge: stored });
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
