import assert from 'node:assert/strict';
import type { Purpose } from '../../src/core/challenge.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import {
  earned,
  issued,
  killed,
  newIdFor,
  otherPurposes,
  redeemInput,
  rightDigest,
  roomFor,
  someCooldown,
  someHit,
  someOwner,
  someProof,
  spendInput,
  wrongInput,
} from './challenge-fixture.ts';

/** `ChallengeStore.redeem`. */
export function redeemCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('C-REDEEM-01', 'MUST accept the right code once, and answer the challenge as it was issued', async ({ store }) => {
      const challenge = await issued(store, { userId: 'u1', reference: 'r', profile: '{"a":1}' });
      const accepted = { is: 'accepted', challenge: { ...challenge, attemptsLeft: 4 }, counts: [] };
      assert.deepEqual(await store.redeem(redeemInput(challenge)), accepted);
      assert.deepEqual(await store.redeem(redeemInput(challenge)), { is: 'used' });
      assert.deepEqual(await store.redeem(wrongInput(challenge)), { is: 'used' });
    }),
    conformance(
      'C-REDEEM-02',
      'MUST charge one attempt for a wrong code, and refuse the right one when none is left',
      async ({ store }) => {
        const challenge = await issued(store, { maxAttempts: 3 });
        for (const attemptsLeft of [2, 1, 0]) assert.deepEqual(await store.redeem(wrongInput(challenge)), { is: 'wrong', attemptsLeft });
        assert.deepEqual(await store.redeem(redeemInput(challenge)), { is: 'exhausted' });
        const other = await issued(store, { maxAttempts: 1 });
        assert.equal((await store.redeem(redeemInput(other))).is, 'accepted');
      },
    ),
    conformance('C-REDEEM-03', 'MUST answer unknown for another id or purpose, and charge nothing', async ({ store }) => {
      const hit = someHit({ max: 1 });
      const challenge = await issued(store, { maxAttempts: 1 });
      assert.deepEqual(await store.redeem(redeemInput(challenge, { id: newIdFor(challenge), hits: [hit] })), { is: 'unknown' });
      for (const purposes of [[], otherPurposes(challenge.purpose)] as const) {
        assert.deepEqual(await store.redeem(redeemInput(challenge, { purposes, hits: [hit] })), { is: 'unknown' });
      }
      for (const id of ['', '*', "' OR 1=1 --", '%', '__proto__']) {
        assert.deepEqual(await store.redeem(redeemInput(challenge, { id })), { is: 'unknown' });
      }
      const purposes: readonly Purpose[] = ['login', challenge.purpose];
      assert.equal((await store.redeem(redeemInput(challenge, { purposes, hits: [hit] }))).is, 'accepted');
    }),
    conformance('C-REDEEM-04', 'MUST accept any of the digests, and nothing else', async ({ store }) => {
      const challenge = await issued(store);
      const right = rightDigest(challenge);
      const near = [right.slice(0, -1), `${right}A`, right.toUpperCase(), ` ${right}`, ''];
      assert.equal((await store.redeem(redeemInput(challenge, { digests: near }))).is, 'wrong');
      assert.equal((await store.redeem(redeemInput(challenge, { digests: [] }))).is, 'wrong');
      assert.equal((await store.redeem(redeemInput(challenge, { digests: [randomText(32), right] }))).is, 'accepted');
    }),
    conformance('C-REDEEM-05', 'MUST NOT accept any code for a decoy, and charge its attempts all the same', async ({ store }) => {
      const decoy = await issued(store, { digest: null, maxAttempts: 2 });
      assert.deepEqual(await store.redeem(wrongInput(decoy, { digests: ['', 'null'] })), { is: 'wrong', attemptsLeft: 1 });
      assert.deepEqual(await store.redeem(wrongInput(decoy, { digests: [] })), { is: 'wrong', attemptsLeft: 0 });
      assert.deepEqual(await store.redeem(wrongInput(decoy)), { is: 'exhausted' });
    }),
    conformance('C-REDEEM-06', 'MUST refuse from expiresAt on, and not before', async ({ store }) => {
      const late = await issued(store);
      assert.deepEqual(await store.redeem(redeemInput(late, { now: late.expiresAt })), { is: 'expired' });
      assert.deepEqual(await store.redeem(redeemInput(late, { now: late.expiresAt + 1 })), { is: 'expired' });
      const justInTime = await issued(store);
      assert.equal((await store.redeem(redeemInput(justInTime, { now: justInTime.expiresAt - 1 }))).is, 'accepted');
    }),
    conformance('C-REDEEM-07', 'MUST judge in the order unknown, used, exhausted, expired, limited', async ({ store }) => {
      const full = someHit({ max: 1, windowSeconds: null });
      assert.equal((await store.take({ hits: [full], cooldown: null, now: NOW })).is, 'taken');
      const used = await issued(store, { maxAttempts: 1 });
      await earned(store, used);
      const exhausted = await issued(store, { maxAttempts: 1 });
      await killed(store, exhausted, 'exhausted');
      const live = await issued(store);
      const now = live.expiresAt;
      const hits = [full];
      assert.equal((await store.redeem(redeemInput(used, { hits, now, purposes: otherPurposes(used.purpose) }))).is, 'unknown');
      assert.equal((await store.redeem(redeemInput(used, { hits, now }))).is, 'used');
      assert.equal((await store.redeem(redeemInput(exhausted, { hits, now }))).is, 'exhausted');
      assert.equal((await store.redeem(redeemInput(live, { hits, now }))).is, 'expired');
      assert.equal((await store.redeem(redeemInput(live, { hits }))).is, 'limited');
    }),
    conformance('C-REDEEM-08', 'MUST judge and charge nothing while a limit refuses, the right code included', async ({ store }) => {
      const wrong = someHit({ max: 1, when: 'wrong', limit: 'guessesPerNumber' });
      const free = someHit({ max: 1, when: 'wrong' });
      const challenge = await issued(store);
      assert.equal((await store.redeem(wrongInput(challenge, { hits: [wrong] }))).is, 'wrong');
      const limited = { is: 'limited', limit: 'guessesPerNumber', retryAt: NOW + 600_000 };
      const later = await issued(store, { createdAt: NOW + 599_999 });
      const now = NOW + 599_999;
      assert.deepEqual(await store.redeem(redeemInput(later, { hits: [free, wrong], now })), limited);
      assert.deepEqual(await store.redeem(wrongInput(later, { hits: [free, wrong], now })), limited);
      assert.equal(await roomFor(store, free, now), 1);
      const answer = await store.redeem(redeemInput(later, { hits: [wrong], now: now + 1 }));
      assert.equal(answer.is, 'accepted');
      assert.equal(answer.challenge.attemptsLeft, 4);
    }),
    conformance('C-REDEEM-09', 'MUST write wrong hits for a wrong code only, and always hits for both', async ({ store }) => {
      const wrong = someHit({ max: 5, when: 'wrong' });
      const always = someHit({ max: 5 });
      const hits = [wrong, always];
      const challenge = await issued(store);
      assert.equal((await store.redeem(wrongInput(challenge, { hits }))).is, 'wrong');
      assert.equal((await store.redeem(redeemInput(challenge, { hits }))).is, 'accepted');
      assert.equal((await store.redeem(redeemInput(challenge, { hits }))).is, 'used');
      assert.equal(await roomFor(store, wrong, NOW), 4);
      assert.equal(await roomFor(store, always, NOW), 3);
    }),
    conformance('C-REDEEM-10', 'MUST write no hit when it answers unknown, used, exhausted or expired', async ({ store }) => {
      const hit = someHit({ max: 1 });
      const hits = [hit];
      for (const how of ['used', 'exhausted', 'expired'] as const) {
        const dead = await issued(store);
        const now = await killed(store, dead, how);
        assert.equal((await store.redeem(wrongInput(dead, { hits, now }))).is, how);
      }
      assert.equal((await store.redeem(wrongInput(await issued(store), { hits, id: 'none' }))).is, 'unknown');
      assert.equal(await roomFor(store, hit, NOW), 1);
    }),
    conformance('C-REDEEM-11', 'MUST clear what it is told to when it accepts, and only then', async ({ store }) => {
      const inARow = someHit({ max: 3, when: 'wrong', windowSeconds: null });
      const other = someHit({ max: 3, when: 'wrong' });
      const cooldown = someCooldown();
      const challenge = await issued(store, {}, { cooldown });
      const given = { hits: [inARow, other], clears: [inARow.key, cooldown.key, '{nothing}here'] };
      assert.equal((await store.redeem(wrongInput(challenge, given))).is, 'wrong');
      assert.equal((await store.redeem(wrongInput(challenge, given))).is, 'wrong');
      assert.equal((await store.take({ hits: [], cooldown, now: NOW })).is, 'limited');
      assert.equal((await store.redeem(redeemInput(challenge, given))).is, 'accepted');
      assert.equal((await store.take({ hits: [], cooldown, now: NOW })).is, 'taken');
      assert.equal(await roomFor(store, inARow, NOW), 3);
      assert.equal(await roomFor(store, other, NOW), 1);
    }),
    conformance('C-REDEEM-12', "MUST end the number's other live challenges of that purpose, and no others", async ({ store }) => {
      for (const keep of [false, true]) {
        const owner = someOwner();
        const first = await issued(store, owner);
        const sibling = await issued(store, { ...owner, userId: 'someone', context: 'c', contextHash: randomText(32) });
        const exhausted = await issued(store, owner);
        await killed(store, exhausted, 'exhausted');
        const otherPurpose = await issued(store, { ...owner, purpose: 'verify' });
        const otherNumber = await issued(store);
        assert.equal((await store.redeem(redeemInput(first, { keep }))).is, 'accepted');
        assert.equal((await store.redeem(redeemInput(sibling))).is, 'used');
        assert.equal((await store.redeem(redeemInput(exhausted))).is, 'exhausted');
        assert.equal((await store.redeem(redeemInput(otherPurpose))).is, 'accepted');
        assert.equal((await store.redeem(redeemInput(otherNumber))).is, 'accepted');
      }
    }),
    conformance('C-REDEEM-13', 'MUST leave the siblings alone when the code is wrong', async ({ store }) => {
      const owner = someOwner();
      const first = await issued(store, owner);
      const sibling = await issued(store, owner);
      assert.equal((await store.redeem(wrongInput(first))).is, 'wrong');
      assert.equal((await store.redeem(redeemInput(sibling))).is, 'accepted');
    }),
    conformance(
      'C-REDEEM-14',
      'MUST stay redeemable with keep, each acceptance paying an attempt and storing its own proof',
      async ({ store }) => {
        const challenge = await issued(store, { purpose: 'verify', maxAttempts: 3 });
        assert.equal((await store.redeem(wrongInput(challenge, { keep: true }))).is, 'wrong');
        const first = await earned(store, challenge, { keep: true });
        const second = await earned(store, challenge, { keep: true });
        assert.deepEqual(await store.redeem(redeemInput(challenge, { keep: true })), { is: 'exhausted' });
        for (const proof of [first, second]) assert.equal((await store.spend(spendInput(challenge, proof))).is, 'spent');
      },
    ),
    conformance('C-REDEEM-15', 'MUST store the proof only when it accepts', async ({ store }) => {
      const proof = someProof();
      const challenge = await issued(store, { maxAttempts: 2 });
      await store.redeem(wrongInput(challenge, { proof }));
      assert.equal((await store.spend(spendInput(challenge, proof))).is, 'refused');
      await earned(store, challenge);
      assert.equal((await store.redeem(redeemInput(challenge, { proof }))).is, 'used');
      assert.equal((await store.spend(spendInput(challenge, proof))).is, 'refused');
    }),
    conformance('C-REDEEM-16', 'MUST accept one of many right codes that race', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const challenge = await issued(store, { maxAttempts: 10 });
        const answers = await race((peer) => peer.redeem(redeemInput(challenge)));
        assert.deepEqual(tally(answers), { accepted: 1, used: parallel - 1 });
      });
    }),
    conformance(
      'C-REDEEM-17',
      'MUST judge exactly maxAttempts of many wrong codes that race',
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const challenge = await issued(store);
          const answers = await race((peer) => peer.redeem(wrongInput(challenge)));
          assert.deepEqual(tally(answers), { wrong: 5, exhausted: parallel - 5 });
          const left = answers.map((answer) => (answer.is === 'wrong' ? answer.attemptsLeft : -1)).filter((attempts) => attempts >= 0);
          assert.deepEqual(left.toSorted(), [0, 1, 2, 3, 4]);
        });
      },
    ),
    conformance('C-REDEEM-18', 'MUST judge at most maxAttempts of right and wrong codes that race', async ({ store, race, rounds }) => {
      await rounds(async () => {
        const challenge = await issued(store);
        const answers = await race((peer, index) => peer.redeem(index % 7 === 3 ? redeemInput(challenge) : wrongInput(challenge)));
        const { accepted = 0, wrong = 0 } = tally(answers);
        assert.ok(accepted <= 1 && accepted + wrong <= challenge.maxAttempts);
        const { is } = await store.redeem(redeemInput(challenge));
        assert.equal(is, accepted === 1 ? 'used' : 'exhausted');
      });
    }),
    conformance(
      'C-REDEEM-19',
      'MUST accept exactly maxAttempts of many right codes that race with keep',
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const challenge = await issued(store, { purpose: 'verify' });
          const answers = await race((peer) => peer.redeem(redeemInput(challenge, { keep: true })));
          assert.deepEqual(tally(answers), { accepted: 5, exhausted: parallel - 5 });
        });
      },
    ),
    conformance(
      'C-REDEEM-20',
      "MUST accept one of a number's challenges of one purpose when all race",
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const owner = someOwner();
          const challenges = [
            await issued(store, owner),
            await issued(store, owner),
            await issued(store, owner),
            await issued(store, owner),
          ];
          const answers = await race((peer, index) => {
            const challenge = challenges[index % challenges.length];
            assert.ok(challenge !== undefined);
            return peer.redeem(redeemInput(challenge));
          });
          assert.deepEqual(tally(answers), { accepted: 1, used: parallel - 1 });
        });
      },
    ),
    conformance(
      'C-REDEEM-21',
      "MUST judge exactly as many wrong codes as a number's window has room for",
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const owner = someOwner();
          const key = `{${owner.phoneKey}}guesses`;
          const hits = [
            someHit({ key: `${key}/600`, max: 7, when: 'wrong' }),
            someHit({ key: `${key}/86400`, max: 20, when: 'wrong', windowSeconds: 86_400 }),
          ];
          const challenges = [await issued(store, { ...owner, maxAttempts: 10 }), await issued(store, { ...owner, maxAttempts: 10 })];
          const answers = await race((peer, index) => {
            const challenge = challenges[index % 2];
            assert.ok(challenge !== undefined);
            return peer.redeem(wrongInput(challenge, { hits }));
          });
          assert.deepEqual(tally(answers), { wrong: 7, limited: parallel - 7 });
        });
      },
    ),
  ];
}
