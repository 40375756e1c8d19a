import type { NewSession } from '../../src/core/session.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedAccount, JoinedSession, JoinedStore, SessionDraft, SignInWish } from '../../src/ports/joined-store.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { clearInput, issueInput, redeemInput, takeInput, withChallenge } from './postgres-challenges.ts';
import type { JoinedPostgresCall } from './postgres-database.ts';
import { rotationAnswer, sessionRow } from './postgres-sessions.ts';
import { isStorable } from './postgres-text.ts';
import { type Created, creationAnswer, creationInput, type UserAnswer, type UsersShape } from './postgres-users.ts';

type Answer<Verb extends 'issue' | 'redeem' | 'take'> = Awaited<ReturnType<ChallengeStore[Verb]>>;
type Account = { readonly is: 'found'; readonly user: UserAnswer } | { readonly is: 'absent' | 'left' } | Created;
type Evicted = Pick<JoinedSession, 'evicted'>;

// In the shape of a UUID; belongs to nobody.
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Verbs of the three in one statement each, over a database that was migrated. */
export function postgresJoined<User extends UserRecord, Profile>(
  call: JoinedPostgresCall,
  stores: Pick<JoinedStore<User, Profile>, 'challenges' | 'sessions' | 'users'>,
  shape: UsersShape<User, Profile>,
): JoinedStore<User, Profile> {
  const { of, disabled, verifiedAt } = shape;
  const table = { of, isOwn: shape.whole !== null };
  const userOf = (answer: UserAnswer | null): User | null => (answer === null ? null : shape.toUser(answer));
  return {
    ...stores,
    async issue({ issue, expects }) {
      const { ours } = await call<Answer<'issue'>, null>('issue_joined', { issue: issueInput(issue), expects }, table);
      return withChallenge<Answer<'issue'>>(ours as object);
    },
    async signIn({ redeem, accounts, create, session }) {
      const wish = session === null ? null : { ...session, ...draftInput(session.draft) };
      const theirs = { ...table, disabled, verifiedAt, ...creationWish(shape, create, redeem.now) };
      const answer = await call<{ redeemed: object; opened?: Evicted | null }, Account>(
        'sign_in',
        { redeem: redeemInput(redeem), accounts, session: wish },
        theirs,
      );
      const account = accountOf(shape, answer.theirs);
      const { evicted = null } = answer.ours.opened ?? {};
      const user = account.is === 'found' || account.is === 'created' ? account.user : null;
      const opened = evicted === null || user === null || session === null ? null : { session: sessionOf(user.id, session), evicted };
      return { redeemed: withChallenge<Answer<'redeem'>>(answer.ours.redeemed), account, opened };
    },
    async refresh({ userId, checksDisabled, rotate }) {
      // Nobody has a name that cannot be stored.
      if (!isStorable(userId)) return { user: null, rotated: null };
      const answer = await call<object | null, UserAnswer | null>('refresh', { checksDisabled, rotate }, { ...table, disabled, userId });
      return { user: userOf(answer.theirs), rotated: answer.ours === null ? null : rotationAnswer(answer.ours) };
    },
    ...(of.passwordHash !== null && {
      async tryPassword({ take, phoneNumber }) {
        const { ours, theirs } = await call<Answer<'take'>, { readonly user: UserAnswer | null; readonly hash: string | null }>(
          'try_password',
          takeInput(take),
          { ...table, phoneNumber, nobody: NOBODY },
        );
        return { taken: ours, user: userOf(theirs.user), passwordHash: theirs.hash };
      },
      async passPassword({ userId, expectedHash, clears, now, ...session }) {
        if (!isStorable(userId)) return null;
        const ours = { session: { ...session, ...draftInput(session.draft) }, clear: clearInput(clears), now };
        const answer = await call<Evicted | null, null>('pass_password', ours, { of, userId, expectedHash });
        return answer.ours === null ? null : { session: sessionOf(userId, session), evicted: answer.ours.evicted };
      },
    }),
  };
}

function draftInput({ random, ...fields }: SessionDraft): { readonly random: string; readonly draft: object } {
  return { random, draft: sessionRow(fields) };
}

function sessionOf(
  userId: string,
  { draft, userKeyOf }: { readonly draft: SessionDraft; readonly userKeyOf: (userId: string) => string },
): NewSession {
  const { random, ...fields } = draft;
  const userKey = userKeyOf(userId);
  return { id: userKey + random, userId, userKey, ...fields };
}

/** What may be needed to make an account whose number, and perhaps profile, only the database knows. */
function creationWish<User extends UserRecord, Profile>(
  shape: UsersShape<User, Profile>,
  wish: SignInWish<Profile>['create'],
  now: number,
): object {
  if (wish === null) return { create: null };
  const { columns, named, ...rest } = creationInput(shape, { profile: wish.profile, passwordHash: null, now });
  const { column = null, unique = [] } = shape.whole ?? {};
  return { create: { ...rest, columns: { ...columns, ...named } }, named, orStored: wish.orStored, whole: column, unique };
}

function accountOf<User extends UserRecord, Profile>(shape: UsersShape<User, Profile>, account: Account): JoinedAccount<User> {
  switch (account.is) {
    case 'found':
      return { is: 'found', user: shape.toUser(account.user) };
    case 'absent':
    case 'left':
      return { is: account.is };
    default:
      return creationAnswer(shape, account);
  }
}
