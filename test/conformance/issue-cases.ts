import assert from 'node:assert/strict';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import {
  issued,
  issueInput,
  killed,
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

/** `ChallengeStore.issue`, resends left out. */
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
        assert.deepEqual(answer, { is: 'issued', challenge: whole, counts: [] });
      }
      const accepted = await store.redeem(redeemInput(full));
      assert.deepEqual(accepted, { is: 'accepted', challenge: { ...full, attemptsLeft: 6, sends: 1, resendAt: NOW }, counts: [] });
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
  ];
}
