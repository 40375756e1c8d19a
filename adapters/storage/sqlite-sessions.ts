import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { RETENTION_MS } from './retention.ts';
import { create, find, listOf, revoke, revokeAllOf, rotate, type SessionTable } from './session-verbs.ts';
import type { SqliteConnection } from './sqlite-database.ts';
import { sqliteTable, sweepInBatches } from './sqlite-table.ts';

/** Sessions in a database that was migrated. */
export function sqliteSessions(
  connection: SqliteConnection,
  prefix: string,
): { readonly store: SessionStore; readonly table: SessionTable } {
  const sessions = sqliteTable<Session>(connection, `${prefix}sessions`, [
    ...(['id', 'userId', 'userKey', 'currentHash', 'previousHash', 'generation', 'amr', 'userAgent', 'ip'] as const),
    ...(['authTime', 'createdAt', 'rotatedAt', 'idleExpiresAt', 'absoluteExpiresAt'] as const),
  ]);
  const table: SessionTable = {
    find: sessions.find,
    put: sessions.put,
    delete: sessions.delete,
    // With a bare mark, a SQLite that was built for statistics, as better-sqlite3's is, would plan the statement anew at each call.
    ofUser: (userId) => sessions.where('user_id = (SELECT ?) ORDER BY created_at, rowid', userId),
  };
  const isDead = 'min(idle_expires_at, absolute_expires_at) <= ?';
  const store: SessionStore = {
    create: (c) => connection.step(() => create(table, c)),
    rotate: (r) => connection.step(() => rotate(table, r)),
    revoke: (r) => connection.step(() => revoke(table, r)),
    revokeAllOf: (r) => connection.step(() => revokeAllOf(table, r)),
    // One statement is atomic by itself, and a reader needs no write lock.
    find: async (f) => find(table, f),
    listOf: async (l) => listOf(table, l),
    sweep: ({ now, max }) => sweepInBatches(connection, max, (size) => sessions.deleteWhere(size, isDead, now - RETENTION_MS)),
  };
  return { store, table };
}
