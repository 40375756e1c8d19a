import type { Challenge } from '../../src/core/challenge.ts';
import type { Hit } from '../../src/core/limits.ts';
import type { Proof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { ISSUE, NEXT_SEND, RECORD_DELIVERY, REDEEM, SPEND } from './redis-challenge-scripts.ts';
import { type Charges, chargesInput, hitsInput, type ScriptKeys, scriptKeys } from './redis-counters.ts';
import { ownerIn } from './redis-keys.ts';
import { FORGET } from './redis-payment-scripts.ts';
import { nothingMore, paying } from './redis-payments.ts';
import { jsonOf, nullable, redisRow } from './redis-rows.ts';
import { ask, type RedisPlace, type Reply, slotIn } from './redis-slots.ts';

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
  const { keys: names } = place;
  const run = (script: string, keys: ScriptKeys, input: object, ...texts: readonly string[]): Promise<Reply> =>
    ask(place, script, keys.all, [jsonOf(input), ...texts]);
  return {
    async issue({ challenge, resendOf, resend, resendDigest, hits, cooldown, now }) {
      const { id, idempotencyHash, purpose, userId, context, maxAttempts } = challenge;
      const fresh = { ...challenge, attemptsLeft: maxAttempts, sends: 1, resendAt: now };
      const home = names.challenges(ownerIn(id));
      // Whoever says all this again meets the row that the first one wrote.
      const claim = idempotencyHash === null ? null : [idempotencyHash, id, resendOf, purpose, userId, context];
      const reply = await paying(place, { hits, cooldown, home, claim, now }, (own) => {
        const texts = [CHALLENGE_ROW.toJson(fresh), id, idempotencyHash ?? '', resendOf ?? '', nullable(resendDigest)];
        const keys = scriptKeys(names, home);
        const input = { ...chargesInput(keys, own, now), rotate: resend === 'rotate', expiresAt: challenge.expiresAt };
        return run(ISSUE, keys, input, ...texts);
      });
      const { limited, counts } = reply;
      if (limited !== null) return limited;
      if (reply.is === 'issued') return { is: 'issued', challenge: { ...fresh, resendAt: Number(reply.rest[0]) }, counts };
      const row = CHALLENGE_ROW.fromJson(reply.rest[0]);
      return reply.is === 'resent' ? { is: 'resent', challenge: row, counts } : { is: 'repeated', challenge: row };
    },
    async redeem({ id, purposes, digests, hits, clears, proof, keep, now }) {
      const home = names.challenges(ownerIn(id));
      const reply = await paying(place, { hits, cooldown: null, clears, home, now }, (own) => {
        const keys = scriptKeys(names, home, names.proof(ownerIn(id), proof.hash));
        const input = {
          ...chargesInput(keys, own, now),
          always: hitsInput(keys, own.hits.filter(isAlways), now),
          clears: own.clears.flatMap(keys.counter),
          purposes,
          digests: digests.map(nullable),
          proofExpiresAt: proof.expiresAt,
          keep,
        };
        return run(REDEEM, keys, input, id);
      });
      if (reply.limited !== null) return reply.limited;
      switch (reply.is) {
        case 'accepted':
          return { is: 'accepted', challenge: CHALLENGE_ROW.fromJson(reply.rest[0]), counts: reply.counts };
        case 'wrong':
          return { is: 'wrong', attemptsLeft: Number(reply.rest[0]) };
        default:
          return { is: reply.is as 'exhausted' | 'expired' | 'used' | 'unknown' };
      }
    },
    async spend({ proofHash, phoneKey, purposes, userId, contextHash, reference, nextProofHash, now }) {
      const bound = [userId, contextHash, reference].map(nullable);
      const proofs = [names.proof(phoneKey, proofHash), names.proof(phoneKey, nextProofHash)];
      const reply = await ask(place, SPEND, proofs, [JSON.stringify({ purposes, now }), ...bound]);
      return reply.is === 'spent' ? { is: 'spent', proof: PROOF_ROW.fromJson(reply.rest[0]) } : { is: 'refused' };
    },
    async take({ hits, cooldown, now }) {
      const reply = await paying(place, { hits, cooldown, home: null, now }, nothingMore);
      return reply.limited ?? { is: 'taken', counts: reply.counts };
    },
    async clear(counters) {
      const slotOfCounter = (key: string): string => slotIn(place, names.counters(key));
      await Promise.all(
        [...new Set(counters.map(slotOfCounter))].map((slot) => {
          const keys = scriptKeys(names);
          const clears = counters.filter((key) => slotOfCounter(key) === slot).flatMap(keys.counter);
          return run(FORGET, keys, { groups: keys.groups, clears, now: 0 });
        }),
      );
    },
    async nextSend({ id, createdAt, send, hits, now }) {
      const home = names.challenges(ownerIn(id));
      const attempt = (charges: Charges, looks: boolean): Promise<Reply> => {
        const keys = scriptKeys(names, home);
        return run(NEXT_SEND, keys, { ...chargesInput(keys, charges, now), createdAt, send, looks }, id);
      };
      // As a rule it was delivered: other slots are not to be paid in vain.
      const isSettled = place.isCluster && (await attempt({ hits: [], cooldown: null }, true)).is === 'settled';
      if (isSettled) return { is: 'settled' };
      const reply = await paying(place, { hits, cooldown: null, home, now }, (own) => attempt(own, false));
      if (reply.limited !== null) return reply.limited;
      if (reply.is !== 'next') return { is: 'settled' };
      return { is: 'next', challenge: CHALLENGE_ROW.fromJson(reply.rest[0]), counts: reply.counts };
    },
    async recordDelivery({ id, send, state, now }) {
      const reply = await ask(place, RECORD_DELIVERY, [names.challenges(ownerIn(id))], [JSON.stringify({ send, state, now }), id]);
      return reply.is === 'recorded' ? { is: 'recorded', challenge: CHALLENGE_ROW.fromJson(reply.rest[0]) } : { is: 'unknown' };
    },
    // Redis drops what is over by itself; there is nothing to walk through.
    sweep: async () => 0,
  };
}

function isAlways({ when }: Hit): boolean {
  return when === 'always';
}
