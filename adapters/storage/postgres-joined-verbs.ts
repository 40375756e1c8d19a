import type { JoinedSession, SignInWish } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { JoinedPostgresCall } from './postgres-database.ts';
import { inputOf, type PostgresOperation } from './postgres-runs.ts';
import { draftInput } from './postgres-sessions.ts';
import type { Created } from './postgres-user-creation.ts';
import type { UserAnswer } from './postgres-users.ts';

/** What became of an account, as the installed functions say it. */
export type AccountAnswer = { readonly is: 'found'; readonly user: UserAnswer } | { readonly is: 'absent' | 'left' } | Created;

/** A sign-in, as the installed functions take it. */
export interface JoinedSignIn {
  readonly run: PostgresOperation;
  readonly accounts: SignInWish<unknown>['accounts'];
  readonly session: SignInWish<unknown>['session'];
  /** How an account is made, in the encoding of the table of users. */
  readonly making: object;
}

/** The joined verbs that may share a trip with others of their kind: what they take and answer as rows. */
export interface JoinedVerbs {
  issue(i: {
    readonly run: PostgresOperation;
    readonly phoneNumber: string;
    readonly expects: 'known' | 'unknown';
  }): Promise<{ readonly issued: object; readonly isKnown: boolean }>;
  signIn(s: JoinedSignIn): Promise<{
    readonly redeemed: object;
    readonly opened: Pick<JoinedSession, 'evicted'> | null;
    readonly account: AccountAnswer;
  }>;
  refresh(r: {
    readonly userId: string;
    readonly checksDisabled: boolean;
    readonly rotate: Parameters<SessionStore['rotate']>[0];
  }): Promise<{ readonly rotated: object | null; readonly user: UserAnswer | null }>;
}

/** Those that one call of the function for one carries. */
export function joinedAlone(call: JoinedPostgresCall, table: object): Pick<JoinedVerbs, 'signIn' | 'refresh'> {
  return {
    async signIn({ run, accounts, session, making }) {
      const answer = await call<{ redeemed: object; opened?: Pick<JoinedSession, 'evicted'> | null }, AccountAnswer>(
        'sign_in',
        { redeem: inputOf(run), accounts, session: session === null ? null : { ...session, ...draftInput(session.draft) } },
        { ...table, ...making },
      );
      const { redeemed, opened = null } = answer.ours;
      return { redeemed, opened, account: answer.theirs };
    },
    async refresh({ userId, checksDisabled, rotate }) {
      const answer = await call<object | null, UserAnswer | null>('refresh', { checksDisabled, rotate }, { ...table, userId });
      return { rotated: answer.ours, user: answer.theirs };
    },
  };
}
