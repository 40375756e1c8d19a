import type { Challenge } from '../../src/core/challenge.ts';
import type { Proof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { chargesInput, slotOf } from './postgres-charges.ts';
import type { PostgresCall } from './postgres-database.ts';
import { postgresRows } from './postgres-rows.ts';
import { sweepTables } from './postgres-sweep.ts';

type Answer<Verb extends 'issue' | 'redeem' | 'spend' | 'take'> = Awaited<ReturnType<ChallengeStore[Verb]>>;
type Row = Readonly<Record<string, unknown>>;

const CHALLENGES = postgresRows<Challenge>([
  ...(['id', 'phoneKey', 'phoneNumber', 'purpose', 'userId', 'context', 'contextHash', 'reference', 'seed', 'digest'] as const),
  ...(['profile', 'idempotencyHash', 'locale', 'channel', 'codeLength', 'maxAttempts', 'createdAt', 'expiresAt'] as const),
  ...(['attemptsLeft', 'sends', 'resendAt'] as const),
]);
const PROOFS = postgresRows<Proof>(['phoneNumber', 'purpose', 'userId', 'context', 'contextHash', 'reference', 'profile', 'expiresAt']);

/** Challenges, proofs and counters in a database that was migrated. */
export function postgresChallenges(call: PostgresCall): ChallengeStore {
  return {
    async issue(i) {
      const charges = chargesInput({ ...i, clears: [], own: [i.challenge.phoneKey] });
      return withChallenge<Answer<'issue'>>(await call('issue', { ...i, ...charges, challenge: CHALLENGES.toRow(i.challenge) }));
    },
    async redeem(r) {
      return withChallenge<Answer<'redeem'>>(await call('redeem', { ...r, ...chargesInput({ ...r, cooldown: null, own: [] }) }));
    },
    async spend(s) {
      const answer = await call<{ readonly proof?: Row }>('spend', s);
      return { ...answer, ...(answer.proof === undefined ? {} : { proof: PROOFS.fromRow(answer.proof) }) } as Answer<'spend'>;
    },
    take: (t) => call('take', { ...chargesInput({ ...t, clears: [], own: [] }), now: t.now }),
    async clear(keys) {
      await call('clear', { keys, slots: keys.map(slotOf) });
    },
    async recordDelivery(d) {
      await call('record_delivery', d);
    },
    sweep: ({ now, max }) => sweepTables(call, ['challenges', 'proofs', 'slots'], { now, max }),
  };
}

function withChallenge<Given>(answer: { readonly challenge?: Row }): Given {
  return { ...answer, ...(answer.challenge === undefined ? {} : { challenge: CHALLENGES.fromRow(answer.challenge) }) } as Given;
}
