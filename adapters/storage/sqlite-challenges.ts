import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import {
  type ChallengeRow,
  type ChallengeTables,
  type DeliveryState,
  issue,
  type ProofRow,
  redeem,
  spend,
  take,
} from './challenge-verbs.ts';
import type { Bucket } from './counters.ts';
import { nextSend, recordDelivery } from './delivery-verbs.ts';
import { RETENTION_MS } from './retention.ts';
import { quoted, type SqliteConnection } from './sqlite-database.ts';
import { sqliteTable, sweepInBatches } from './sqlite-table.ts';

interface CounterRow {
  readonly key: string;
  /** JSON: `[startsAt, count, countsUntil][]`. */
  readonly buckets: string;
  readonly expiresAt: number;
}

/** Challenges, proofs and counters in a database that was migrated. */
export function sqliteChallenges(
  connection: SqliteConnection,
  prefix: string,
): { readonly store: ChallengeStore; readonly tables: ChallengeTables } {
  const challenges = sqliteTable<ChallengeRow>(connection, `${prefix}challenges`, [
    ...(['id', 'phoneKey', 'phoneNumber', 'purpose', 'userId', 'context', 'contextHash', 'reference', 'seed', 'digest'] as const),
    ...(['profile', 'idempotencyHash', 'locale', 'channel', 'codeLength', 'maxAttempts', 'createdAt', 'expiresAt'] as const),
    ...(['attemptsLeft', 'sends', 'resendAt', 'usedAt'] as const),
  ]);
  const proofs = sqliteTable<ProofRow>(connection, `${prefix}proofs`, [
    ...(['hash', 'phoneKey', 'phoneNumber', 'purpose', 'userId'] as const),
    ...(['context', 'contextHash', 'reference', 'profile', 'expiresAt'] as const),
  ]);
  const counters = sqliteTable<CounterRow>(connection, `${prefix}counters`, ['key', 'buckets', 'expiresAt']);
  const deliveries = quoted(`${prefix}deliveries`);
  const tables: ChallengeTables = {
    counters: {
      read: (key) => bucketsOf(counters.find(key)),
      write: (key, buckets) => counters.put(counterRow(key, buckets)),
      forget: counters.delete,
    },
    findChallenge: challenges.find,
    putChallenge: challenges.put,
    unusedOf: ({ phoneKey, purpose }) => challenges.where('phone_key = ? AND purpose = ? AND used_at IS NULL', phoneKey, purpose),
    findProof: proofs.find,
    putProof: proofs.put,
    deleteProof: proofs.delete,
    deliveryOf({ id, send }) {
      const row = connection.first(`SELECT state FROM ${deliveries} WHERE challenge_id = ? AND send = ?`, id, send);
      return row === null ? null : (row.state as DeliveryState);
    },
    putDelivery({ id, send, state, now }) {
      connection.run(`INSERT OR REPLACE INTO ${deliveries} (challenge_id, send, state, at) VALUES (?, ?, ?, ?)`, id, send, state, now);
    },
    forgetDeliveries(id) {
      connection.run(`DELETE FROM ${deliveries} WHERE challenge_id = ?`, id);
    },
  };
  const sweepBatch = (now: number, max: number): number => {
    const dead = challenges.deleteWhere(max, 'expires_at <= ?', now - RETENTION_MS);
    const spent = proofs.deleteWhere(max - dead, 'expires_at <= ?', now);
    return dead + spent + counters.deleteWhere(max - dead - spent, 'expires_at <= ?', now);
  };
  const store: ChallengeStore = {
    issue: (i) => connection.step(() => issue(tables, i)),
    redeem: (r) => connection.step(() => redeem(tables, r)),
    spend: (s) => connection.step(() => spend(tables, s)),
    take: (t) => connection.step(() => take(tables, t)),
    clear: (keys) => connection.step(() => keys.forEach(tables.counters.forget)),
    nextSend: (n) => connection.step(() => nextSend(tables, n)),
    recordDelivery: (d) => connection.step(() => recordDelivery(tables, d)),
    sweep: ({ now, max }) => sweepInBatches(connection, max, (size) => sweepBatch(now, size)),
  };
  return { store, tables };
}

function bucketsOf(row: CounterRow | null): readonly Bucket[] {
  if (row === null) return [];
  const buckets = JSON.parse(row.buckets) as readonly (readonly [startsAt: number, count: number, countsUntil: number])[];
  return buckets.map(([startsAt, count, countsUntil]) => ({ startsAt, count, countsUntil }));
}

function counterRow(key: string, buckets: readonly Bucket[]): CounterRow {
  return {
    key,
    buckets: JSON.stringify(buckets.map(({ startsAt, count, countsUntil }) => [startsAt, count, countsUntil])),
    expiresAt: Math.max(...buckets.map((bucket) => bucket.countsUntil)),
  };
}
