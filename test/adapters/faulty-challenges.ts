import { type ChallengeTables, issue, redeem, spend, take } from '../../adapters/storage/challenge-verbs.ts';
import { nextSend, recordDelivery } from '../../adapters/storage/delivery-verbs.ts';
import { memoryChallengeTables } from '../../adapters/storage/memory-tables.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';

type Tables = ReturnType<typeof memoryChallengeTables>;
type Change<Part> = (sound: Part, tables: Tables) => Partial<Part>;

/** A sound store, over which a fault is laid: in the tables below the verbs, or in the verbs. */
export function challengesWith(
  inTables: Change<ChallengeTables> = () => ({}),
  inVerbs: Change<ChallengeStore> = () => ({}),
): ChallengeStore {
  const memory = memoryChallengeTables();
  const tables = { ...memory, ...inTables(memory, memory) };
  const sound: ChallengeStore = {
    issue: async (i) => issue(tables, i),
    redeem: async (r) => redeem(tables, r),
    spend: async (s) => spend(tables, s),
    take: async (t) => take(tables, t),
    clear: async (keys) => keys.forEach(tables.counters.forget),
    nextSend: async (n) => nextSend(tables, n),
    recordDelivery: async (d) => recordDelivery(tables, d),
    sweep: async (s) => memory.sweep(s),
  };
  return { ...sound, ...inVerbs(sound, memory) };
}

/** A fault in the verbs. */
export const inVerbs = (change: Change<ChallengeStore>): (() => ChallengeStore) => {
  return () => challengesWith(undefined, change);
};
/** A fault in the tables. */
export const inTables = (change: Change<ChallengeTables>): (() => ChallengeStore) => {
  return () => challengesWith(change);
};
