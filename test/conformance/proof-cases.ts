import assert from 'node:assert/strict';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import { earned, issued, issueInput, otherPurposes, someChallenge, someOwner, someProof, spendInput } from './challenge-fixture.ts';

/** `ChallengeStore.spend`. */
export function proofCases(open: Open<ChallengeStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('C-SPEND-01', 'MUST give the content of the challenge, once', async ({ store }) => {
      const full = { userId: 'u1', context: 'pay 5', contextHash: randomText(32), reference: 'r', profile: '{"a":"ü"}' };
      for (const given of [full, {}]) {
        const challenge = await issued(store, given);
        const proof = await earned(store, challenge);
        const { phoneNumber, purpose, userId, context, contextHash, reference, profile } = challenge;
        const content = { phoneNumber, purpose, userId, context, contextHash, reference, profile, expiresAt: proof.expiresAt };
        assert.deepEqual(await store.spend(spendInput(challenge, proof)), { is: 'spent', proof: content });
        assert.deepEqual(await store.spend(spendInput(challenge, proof)), { is: 'refused' });
      }
    }),
    conformance('C-SPEND-02', 'MUST let the content live on under the next hash, with unchanged expiry', async ({ store }) => {
      const challenge = await issued(store, { reference: 'r', profile: '{}' });
      const proof = await earned(store, challenge);
      let proofHash = proof.hash;
      for (let link = 0; link < 4; link++) {
        const nextProofHash = randomText(32);
        const now = NOW + link * 100_000;
        const answer = await store.spend(spendInput(challenge, proof, { proofHash, nextProofHash, now }));
        assert.equal(answer.is, 'spent');
        assert.equal(answer.proof.expiresAt, proof.expiresAt);
        assert.equal(answer.proof.profile, '{}');
        proofHash = nextProofHash;
      }
      assert.equal((await store.spend(spendInput(challenge, proof, { proofHash, now: proof.expiresAt }))).is, 'refused');
    }),
    conformance(
      'C-SPEND-03',
      'MUST refuse a mismatch of number, purpose, user, context or reference, and leave the proof unspent',
      async ({ store }) => {
        const bound = await issued(store, { userId: 'u1', context: 'c', contextHash: randomText(32), reference: 'r' });
        const free = await issued(store);
        const mismatches = [
          { phoneKey: someOwner().phoneKey },
          { purposes: [] },
          { purposes: otherPurposes('sign-in') },
          { userId: 'u2' },
          { contextHash: randomText(32) },
          { reference: 'R' },
        ];
        for (const challenge of [bound, free]) {
          const proof = await earned(store, challenge);
          const dropped = challenge === bound ? [{ contextHash: null }, { reference: null }] : [];
          for (const mismatch of [...mismatches, ...dropped]) {
            assert.deepEqual(await store.spend(spendInput(challenge, proof, mismatch)), { is: 'refused' });
          }
          assert.equal((await store.spend(spendInput(challenge, proof))).is, 'spent');
        }
      },
    ),
    conformance('C-SPEND-04', 'MUST take no user for any user', async ({ store }) => {
      const challenge = await issued(store, { userId: 'u1' });
      const answer = await store.spend(spendInput(challenge, await earned(store, challenge), { userId: null }));
      assert.equal(answer.is, 'spent');
      assert.equal(answer.proof.userId, 'u1');
    }),
    conformance('C-SPEND-05', 'MUST refuse from expiresAt on, and not before', async ({ store }) => {
      const challenge = await issued(store);
      const proof = await earned(store, challenge);
      assert.equal((await store.spend(spendInput(challenge, proof, { now: proof.expiresAt }))).is, 'refused');
      assert.equal((await store.spend(spendInput(challenge, proof, { now: proof.expiresAt - 1 }))).is, 'spent');
    }),
    conformance('C-SPEND-06', 'MUST refuse a proof that nobody earned', async ({ store }) => {
      const challenge = await issued(store);
      assert.equal((await store.spend(spendInput(challenge, someProof()))).is, 'refused');
      for (const proofHash of ['', '*', '__proto__']) {
        assert.equal((await store.spend(spendInput(challenge, someProof(), { proofHash }))).is, 'refused');
      }
    }),
    conformance('C-SPEND-07', 'MUST keep a proof apart from its challenge', async ({ store }) => {
      const challenge = await issued(store, { profile: '{"v":1}' });
      const proof = await earned(store, challenge);
      const replaced = await store.issue(issueInput(someChallenge({ ...challenge, profile: '{"v":2}' })));
      assert.equal(replaced.is, 'issued');
      await earned(store, challenge);
      const answer = await store.spend(spendInput(challenge, proof, { now: challenge.expiresAt + 1 }));
      assert.equal(answer.is, 'spent');
      assert.equal(answer.proof.profile, '{"v":1}');
    }),
    conformance('C-SPEND-08', 'MUST have one winner when calls with one proof race', async ({ store, race, rounds, parallel }) => {
      await rounds(async () => {
        const challenge = await issued(store);
        const proof = await earned(store, challenge);
        const inputs = Array.from({ length: parallel }, () => spendInput(challenge, proof));
        const answers = await race((peer, index) => peer.spend(inputs[index] ?? spendInput(challenge, proof)));
        assert.deepEqual(tally(answers), { spent: 1, refused: parallel - 1 });
        const successors = await Promise.all(
          inputs.map(({ nextProofHash }) => store.spend(spendInput(challenge, proof, { proofHash: nextProofHash }))),
        );
        assert.deepEqual(tally(successors), { spent: 1, refused: parallel - 1 });
        assert.equal(successors[answers.findIndex((answer) => answer.is === 'spent')]?.is, 'spent');
      });
    }),
  ];
}
