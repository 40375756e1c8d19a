import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { issueJoined, type JoinedTables, passPassword, refresh, signIn, tryPassword } from './joined-verbs.ts';

/** What a step may add to its tables at most. */
export interface Additions {
  /** Beside counters. */
  readonly rows: number;
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  readonly now: number;
}

/** Runs work as one atomic step. */
export type Step = <Answer>(adds: Additions, work: () => Answer) => Answer | Promise<Answer>;

/** A {@link JoinedStore} over the tables that lie below its stores. */
export function joinedOver<User extends UserRecord, Profile>(
  stores: Pick<JoinedStore<User, Profile>, 'challenges' | 'sessions' | 'users'>,
  tables: JoinedTables<User, Profile>,
  step: Step,
): JoinedStore<User, Profile> {
  const uncounted = { hits: [], cooldown: null };
  return {
    ...stores,
    issue: async (i) => step({ rows: 1, ...i.issue }, () => issueJoined(tables, i)),
    // a proof, an account and a session
    signIn: async (s) => step({ rows: 3, ...s.redeem, cooldown: null }, () => signIn(tables, s)),
    refresh: async (r) => step({ rows: 0, ...uncounted, now: r.rotate.now }, () => refresh(tables, r)),
    ...(tables.users.passwordHashOf !== undefined && {
      tryPassword: async (t) => step({ rows: 0, ...t.take }, () => tryPassword(tables, t)),
      passPassword: async (p) => step({ rows: 1, ...uncounted, now: p.now }, () => passPassword(tables, p)),
    }),
  };
}
