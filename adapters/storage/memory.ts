import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { issue, redeem, spend, take } from './challenge-verbs.ts';
import { isWritten } from './counters.ts';
import { nextSend, recordDelivery } from './delivery-verbs.ts';
import { joinedOver } from './joined-tables.ts';
import { memoryChallengeTables, memorySessionTable } from './memory-tables.ts';
import { memoryUsers } from './memory-users.ts';
import { create, find, listOf, revoke, revokeAllOf, rotate } from './session-verbs.ts';
import type { StoredUser, StoredUserStore } from './stored-user.ts';

export type { StoredUser, StoredUserStore } from './stored-user.ts';

/** What {@link memoryStorage} takes. */
export interface MemoryStorageOptions {
  /**
   * Challenges, proofs, counters, deliveries, sessions and users held at once, together; about 500 bytes each. A full store refuses what is new
   * instead of forgetting a live counter. @default 1000000
   */
  readonly maxEntries?: number | undefined;
  /** Top-level profile fields that no two users share; `create` answers `refused` with the path `profile.<field>`. @default [] */
  readonly unique?: readonly string[] | undefined;
}

/** What {@link memoryStorage} gives. */
export interface MemoryStorage<Profile = Record<string, unknown>> {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: StoredUserStore<Profile>;
  /** The three in one step; leave it out beside other users. */
  readonly joined: JoinedStore<StoredUser<Profile>, Profile>;
}

const FIRST_PASS_AT = 1024;
const PASS_EVERY_MS = 1000;

/**
 * Keeps everything in this process: for tests, demos and trying things out. Nothing survives a restart and nothing is shared with a second
 * process, where every limit would count anew; use `sqliteStorage` or a server for anything else.
 *
 * @throws {TypeError} for options that it cannot use
 * @throws {Error} from its verbs while it is full, which the core answers as `unavailable`
 *
 * @example
 * ```ts
 * import { memoryStorage } from 'ringlatch/memory';
 *
 * const storage = memoryStorage<{ name: string }>();
 * ```
 */
export function memoryStorage<Profile = Record<string, unknown>>(options: MemoryStorageOptions = {}): MemoryStorage<Profile> {
  const { maxEntries, unique } = readOptions(options);
  const tables = memoryChallengeTables();
  const table = memorySessionTable();
  const { users, verbs, size } = memoryUsers<Profile>({ unique, reserve });
  let passAt = FIRST_PASS_AT;
  let passedAt = Number.NEGATIVE_INFINITY;

  function entries(): number {
    return tables.size() + table.size() + size();
  }

  function sweepAll(now: number): void {
    tables.sweep({ now, max: Number.POSITIVE_INFINITY });
    table.sweep({ now, max: Number.POSITIVE_INFINITY });
  }

  // Dead entries leave whenever the store has doubled since they last did: a constant cost per entry. A store that is full of live ones looks
  // at most once a second, or every call would walk through all of it.
  function reserve(wanted: number, now: number): void {
    if (entries() + wanted > Math.min(passAt, maxEntries) && Math.abs(now - passedAt) >= PASS_EVERY_MS) {
      sweepAll(now);
      passedAt = now;
      passAt = Math.max(FIRST_PASS_AT, 2 * entries());
    }
    if (entries() + wanted > maxEntries) throw new Error(`memoryStorage holds maxEntries (${maxEntries}) live entries and takes no more.`);
  }

  const challenges: ChallengeStore = {
    async issue(i) {
      reserve(1 + countersIn(i), i.now);
      return issue(tables, i);
    },
    async redeem(r) {
      reserve(1 + countersIn(r), r.now);
      return redeem(tables, r);
    },
    async spend(s) {
      return spend(tables, s);
    },
    async take(t) {
      reserve(countersIn(t), t.now);
      return take(tables, t);
    },
    async clear(keys) {
      for (const key of keys) tables.counters.forget(key);
    },
    async nextSend(n) {
      reserve(countersIn(n), n.now);
      return nextSend(tables, n);
    },
    async recordDelivery(d) {
      reserve(1, d.now);
      return recordDelivery(tables, d);
    },
    async sweep(s) {
      return tables.sweep(s);
    },
  };
  const sessions: SessionStore = {
    async create(c) {
      reserve(1, c.now);
      return create(table, c);
    },
    find: async (f) => find(table, f),
    rotate: async (r) => rotate(table, r),
    revoke: async (r) => revoke(table, r),
    revokeAllOf: async (r) => revokeAllOf(table, r),
    listOf: async (l) => listOf(table, l),
    sweep: async (s) => table.sweep(s),
  };
  const joined = joinedOver({ challenges, sessions, users }, { challenges: tables, sessions: table, users: verbs }, (adds, work) => {
    reserve(adds.rows + countersIn(adds), adds.now);
    return work();
  });
  return { challenges, sessions, users, joined };
}

// The most that it can add: the counters that are there already are not looked for.
function countersIn({ hits, cooldown = null }: { readonly hits: readonly Hit[]; readonly cooldown?: Cooldown | null }): number {
  return hits.filter(isWritten).length + (cooldown === null ? 0 : 1);
}

function readOptions(options: MemoryStorageOptions): { readonly maxEntries: number; readonly unique: readonly string[] } {
  const { maxEntries = 1_000_000, unique = [], ...unknown } = options;
  for (const name of Object.keys(unknown)) throw new TypeError(`memoryStorage: unknown option "${name}".`);
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw new TypeError('memoryStorage: maxEntries must be a positive integer.');
  if (!Array.isArray(unique) || !unique.every((field) => typeof field === 'string')) {
    throw new TypeError('memoryStorage: unique must be an array of profile fields.');
  }
  return { maxEntries, unique };
}
