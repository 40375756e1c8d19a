import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { PostgresCall } from './postgres-database.ts';
import { postgresRows } from './postgres-rows.ts';
import { sweepTables } from './postgres-sweep.ts';

type Row = Readonly<Record<string, unknown>>;

const SESSIONS = postgresRows<Session>([
  ...(['id', 'userId', 'userKey', 'currentHash', 'previousHash', 'generation', 'amr', 'userAgent', 'ip'] as const),
  ...(['authTime', 'createdAt', 'rotatedAt', 'idleExpiresAt', 'absoluteExpiresAt'] as const),
]);

/** Sessions in a database that was migrated. */
export function postgresSessions(call: PostgresCall): SessionStore {
  return {
    create: (c) => call('create_session', { ...c, session: sessionRow(c.session) }),
    async find(f) {
      const row = await call<Row | null>('find_session', f);
      return row === null ? null : SESSIONS.fromRow(row);
    },
    rotate: async (r) => rotationAnswer(await call('rotate_session', r)),
    revoke: (r) => call('revoke_session', r),
    revokeAllOf: (r) => call('revoke_sessions_of', r),
    listOf: async (l) => (await call<readonly Row[]>('list_sessions_of', l)).map(SESSIONS.fromRow),
    sweep: ({ now, max }) => sweepTables(call, ['sessions'], { now, max }),
  };
}

/** A session, or a draft of one, as the functions take it. */
export function sessionRow(session: object): Readonly<Record<string, unknown>> {
  return SESSIONS.toRow(session);
}

/** What the port answers of `rotate_session`. */
export function rotationAnswer(answer: { readonly session?: Row }): Awaited<ReturnType<SessionStore['rotate']>> {
  const session = answer.session === undefined ? {} : { session: SESSIONS.fromRow(answer.session) };
  return { ...answer, ...session } as Awaited<ReturnType<SessionStore['rotate']>>;
}
