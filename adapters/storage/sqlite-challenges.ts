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
import { nextSend, recordDelivery } from './delivery-verbs.ts';
import { RETENTION_MS } from './retention.ts';
import { sqliteCounters } from './sqlite-counters.ts';
import { quoted, type SqliteConnection } from './sqlite-database.ts';
import { beginsWith, sqliteTable, sweepInBatches } from './sqlite-table.ts';

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
  const counters = sqliteCounters(connection, prefix);
  const isUnused = `${beginsWith('id')} AND phone_key = ? AND purpose = ? AND used_at IS NULL`;
  const deliveries = quoted(`${prefix}deliveries`);
  const stateOf = `SELECT state FROM ${deliveries} WHERE challenge_id = ? AND send = ?`;
  const putState = `INSERT OR REPLACE INTO ${deliveries} (challenge_id, send, state, at) VALUES (?, ?, ?, ?)`;
  const forgetStates = `DELETE FROM ${deliveries} WHERE challenge_id = ?`;
  const tables: ChallengeTables = {
    counters,
    findChallenge: challenges.find,
    putChallenge: challenges.put,
    unusedOf: ({ phoneKey, purpose }) => challenges.where(isUnused, phoneKey, phoneKey, phoneKey, purpose),
    findProof: proofs.find,
    putProof: proofs.put,
    deleteProof: proofs.delete,
    deliveryOf({ id, send }) {
      const row = connection.first(stateOf, id, send);
      return row === null ? null : (row.state as DeliveryState);
    },
    putDelivery({ id, send, state, now }) {
      connection.run(putState, id, send, state, now);
    },
    forgetDeliveries(id) {
      connection.run(forgetStates, id);
    },
  };
  const sweepBatch = (now: number, max: number): number => {
    const dead = challenges.deleteWhere(max, 'expires_at <= ?', now - RETENTION_MS);
    const spent = proofs.deleteWhere(max - dead, 'expires_at <= ?', now);
    return dead + spent + counters.deleteExpired(max - dead - spent, now);
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
