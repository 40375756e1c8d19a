import type { Session } from '../../src/core/session.ts';
import type { SessionDraft } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { textArray } from './postgres-arrays.ts';
import type { PostgresCall } from './postgres-database.ts';
import { postgresRows } from './postgres-rows.ts';
import { sweepTables } from './postgres-sweep.ts';

type Row = Readonly<Record<string, unknown>>;

/** What a session is drafted with, in the order in which a batch of drafts has it. */
export const DRAFT_FIELDS: readonly Exclude<keyof SessionDraft, 'random'>[] = [
  ...(['currentHash', 'amr', 'userAgent', 'ip', 'authTime', 'createdAt', 'idleExpiresAt', 'absoluteExpiresAt'] as const),
];

const SESSIONS = postgresRows<Session>(['id', 'userId', 'userKey', 'previousHash', 'generation', 'rotatedAt', ...DRAFT_FIELDS]);

/** Sessions in a database that was migrated. */
export function postgresSessions(call: PostgresCall): SessionStore {
  return {
    create: (c) => call('create_session', { ...c, session: SESSIONS.toRow(c.session) }),
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

/** A draft of a session as the functions for one take it. */
export function draftInput({ random, ...fields }: SessionDraft): { readonly random: string; readonly draft: object } {
  return { random, draft: SESSIONS.toRow(fields) };
}

/** The same as those for many take it. */
export function draftInBatch(draft: SessionDraft): { readonly random: string; readonly draft: string } {
  return { random: draft.random, draft: textArray(DRAFT_FIELDS.map((field) => draft[field])) };
}

/** What the port answers of `rotate_session`. */
export function rotationAnswer(answer: { readonly session?: Row }): Awaited<ReturnType<SessionStore['rotate']>> {
  const session = answer.session === undefined ? {} : { session: SESSIONS.fromRow(answer.session) };
  return { ...answer, ...session } as Awaited<ReturnType<SessionStore['rotate']>>;
}
