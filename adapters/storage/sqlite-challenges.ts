import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ChallengeRow, type ChallengeTables, issue, type ProofRow, redeem, spend, take } from './challenge-verbs.ts';
import type { Bucket } from './counters.ts';
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
export function sqliteChallenges(connection: SqliteConnection, prefix: string): ChallengeStore {
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
  };
  const sweepBatch = (now: number, max: number): number => {
    const dead = challenges.deleteWhere(max, 'expires_at <= ?', now - RETENTION_MS);
    const spent = proofs.deleteWhere(max - dead, 'expires_at <= ?', now);
    return dead + spent + counters.deleteWhere(max - dead - spent, 'expires_at <= ?', now);
  };
  return {
    issue: async (i) => connection.transaction(() => issue(tables, i)),
    redeem: async (r) => connection.transaction(() => redeem(tables, r)),
    spend: async (s) => connection.transaction(() => spend(tables, s)),
    take: async (t) => connection.transaction(() => take(tables, t)),
    clear: async (keys) => connection.transaction(() => keys.forEach(tables.counters.forget)),
    async recordDelivery({ id, send, state, now }) {
      connection.transaction(() => {
        const challenge = challenges.find(id);
        if (challenge === null || !(send >= 1 && send <= challenge.sends)) return;
        connection.run(
          `INSERT INTO ${deliveries} (challenge_id, send, state, at) VALUES (?, ?, ?, ?)
            ON CONFLICT (challenge_id, send) DO UPDATE SET state = excluded.state, at = excluded.at
            WHERE state NOT IN ('delivered', 'failed') AND state <> excluded.state`,
          ...[id, send, state, now],
        );
      });
    },
    sweep: ({ now, max }) => sweepInBatches(connection, max, (size) => sweepBatch(now, size)),
  };
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
