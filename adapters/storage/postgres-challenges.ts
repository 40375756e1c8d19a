import type { Challenge } from '../../src/core/challenge.ts';
import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Proof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
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
    issue: async (i) =>
      withChallenge<Answer<'issue'>>(
        await call('issue', { ...i, ...charges(i, [i.challenge.phoneKey]), challenge: CHALLENGES.toRow(i.challenge) }),
      ),
    redeem: async (r) =>
      withChallenge<Answer<'redeem'>>(await call('redeem', { ...r, ...charges({ hits: r.hits, cooldown: null }, r.clears.map(slotOf)) })),
    async spend(s) {
      const answer = await call<{ readonly proof?: Row }>('spend', s);
      return { ...answer, ...(answer.proof === undefined ? {} : { proof: PROOFS.fromRow(answer.proof) }) } as Answer<'spend'>;
    },
    take: (t) => call('take', { ...t, ...charges(t) }),
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

interface Charges {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
}

// With the slot of each key, and all slots to lock.
function charges({ hits, cooldown }: Charges, otherSlots: readonly string[] = []): object {
  const slots = [...hits.map((hit) => slotOf(hit.key)), ...(cooldown === null ? [] : [slotOf(cooldown.key)]), ...otherSlots];
  return {
    hits: hits.map((hit) => ({ ...hit, slot: slotOf(hit.key) })),
    cooldown: cooldown === null ? null : { ...cooldown, slot: slotOf(cooldown.key) },
    slots: [...new Set(slots)],
  };
}

function slotOf(key: string): string {
  return /^\{([^}]*)\}/.exec(key)?.[1] ?? key;
}
