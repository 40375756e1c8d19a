import type { Challenge } from '../../src/core/challenge.ts';
import type { Proof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { ISSUE, RECORD_DELIVERY, REDEEM, SPEND } from './redis-challenge-scripts.ts';
import { chargesInput, keyList } from './redis-counters.ts';
import { ownerIn } from './redis-keys.ts';
import { FORGET } from './redis-payment-scripts.ts';
import { limitedOf, nothingMore, paying } from './redis-payments.ts';
import { nullable, redisRow } from './redis-rows.ts';
import { ask, type RedisPlace, slotIn } from './redis-slots.ts';

const PROOF_ROW = redisRow<Proof>({
  phoneNumber: 'text',
  purpose: 'text',
  userId: 'text?',
  context: 'text?',
  contextHash: 'text?',
  reference: 'text?',
  profile: 'text?',
  expiresAt: 'number',
});

const CHALLENGE_ROW = redisRow<Challenge>({
  id: 'text',
  phoneKey: 'text',
  phoneNumber: 'text',
  purpose: 'text',
  userId: 'text?',
  context: 'text?',
  contextHash: 'text?',
  reference: 'text?',
  seed: 'text',
  digest: 'text?',
  profile: 'text?',
  idempotencyHash: 'text?',
  locale: 'text',
  channel: 'text',
  codeLength: 'number',
  maxAttempts: 'number',
  createdAt: 'number',
  expiresAt: 'number',
  attemptsLeft: 'number',
  sends: 'number',
  resendAt: 'number',
});

/** Challenges, proofs and counters in Redis. */
export function redisChallenges(place: RedisPlace): ChallengeStore {
  const { keys } = place;
  return {
    async issue({ challenge, resendOf, resend, resendDigest, hits, cooldown, now }) {
      const { id, idempotencyHash, purpose, userId, context, maxAttempts } = challenge;
      const fresh = { ...challenge, attemptsLeft: maxAttempts, sends: 1, resendAt: now };
      const home = keys.challenges(ownerIn(id));
      // Whoever says all this again meets the row that the first one wrote.
      const claim = idempotencyHash === null ? null : [idempotencyHash, id, resendOf, purpose, userId, context];
      const reply = await paying(place, { hits, cooldown, home, claim, now }, (own) => {
        const list = keyList(home);
        const input = { ...chargesInput(keys, list, own), rotate: resend === 'rotate', now };
        const texts = [resendOf ?? '', nullable(resendDigest), ...CHALLENGE_ROW.toPairs(fresh)];
        return ask(place, ISSUE, list.all, [JSON.stringify(input), ...texts]);
      });
      if (reply.is === 'limited') return limitedOf(reply);
      const { counts } = reply;
      if (reply.is === 'issued') return { is: 'issued', challenge: { ...fresh, resendAt: Number(reply.rest[0]) }, counts };
      const row = CHALLENGE_ROW.fromJson(reply.rest[0]);
      return reply.is === 'resent' ? { is: 'resent', challenge: row, counts } : { is: 'repeated', challenge: row };
    },
    async redeem({ id, purposes, digests, hits, clears, proof, keep, now }) {
      const home = keys.challenges(ownerIn(id));
      const reply = await paying(place, { hits, cooldown: null, clears, home, now }, (own) => {
        const list = keyList(home, keys.proof(ownerIn(id), proof.hash));
        const input = {
          ...chargesInput(keys, list, own),
          purposes,
          digests: digests.map(nullable),
          clears: own.clears.map((key) => list.add(keys.counter(key))),
          proofExpiresAt: proof.expiresAt,
          keep,
          now,
        };
        return ask(place, REDEEM, list.all, [JSON.stringify(input), id]);
      });
      switch (reply.is) {
        case 'accepted':
          return { is: 'accepted', challenge: CHALLENGE_ROW.fromJson(reply.rest[0]), counts: reply.counts };
        case 'wrong':
          return { is: 'wrong', attemptsLeft: Number(reply.rest[0]) };
        case 'limited':
          return limitedOf(reply);
        default:
          return { is: reply.is as 'exhausted' | 'expired' | 'used' | 'unknown' };
      }
    },
    async spend({ proofHash, phoneKey, purposes, userId, contextHash, reference, nextProofHash, now }) {
      const bound = [userId, contextHash, reference].map(nullable);
      const proofs = [keys.proof(phoneKey, proofHash), keys.proof(phoneKey, nextProofHash)];
      const reply = await ask(place, SPEND, proofs, [JSON.stringify({ purposes, now }), ...bound]);
      return reply.is === 'spent' ? { is: 'spent', proof: PROOF_ROW.fromJson(reply.rest[0]) } : { is: 'refused' };
    },
    async take({ hits, cooldown, now }) {
      const reply = await paying(place, { hits, cooldown, home: null, now }, nothingMore);
      return reply.is === 'limited' ? limitedOf(reply) : { is: 'taken', counts: reply.counts };
    },
    async clear(names) {
      const counters = names.map(keys.counter);
      const slots = new Set(counters.map((key) => slotIn(place, key)));
      const groups = [...slots].map((slot) => counters.filter((key) => slotIn(place, key) === slot));
      await Promise.all(groups.map((group) => ask(place, FORGET, group, [JSON.stringify({ now: 0 })])));
    },
    async recordDelivery({ id, send, state, now }) {
      await ask(place, RECORD_DELIVERY, [keys.challenges(ownerIn(id))], [JSON.stringify({ send, state, now }), id]);
    },
    // Redis drops what is over by itself; there is nothing to walk through.
    sweep: async () => 0,
  };
}
