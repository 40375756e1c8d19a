import type { NewSession } from '../../src/core/session.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedAccount, JoinedSession, JoinedStore, SessionDraft, SignInWish } from '../../src/ports/joined-store.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { clearInput, issueAnswer, issueOf, redeemOf, takeInput, withChallenge } from './postgres-challenges.ts';
import type { JoinedPostgresCall } from './postgres-database.ts';
import type { AccountAnswer, JoinedVerbs } from './postgres-joined-verbs.ts';
import { draftInput, rotationAnswer } from './postgres-sessions.ts';
import { isStorable } from './postgres-text.ts';
import { creationAnswer, creationInput } from './postgres-user-creation.ts';
import type { UserAnswer, UsersShape } from './postgres-users.ts';

type Answer<Verb extends 'redeem' | 'take'> = Awaited<ReturnType<ChallengeStore[Verb]>>;
type Evicted = Pick<JoinedSession, 'evicted'>;

// In the shape of a UUID; belongs to nobody.
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Verbs of the three in one statement each, over a database that was migrated. */
export function postgresJoined<User extends UserRecord, Profile>(
  { call, verbs }: { readonly call: JoinedPostgresCall; readonly verbs: JoinedVerbs },
  stores: Pick<JoinedStore<User, Profile>, 'challenges' | 'sessions' | 'users'>,
  shape: UsersShape<User, Profile>,
): JoinedStore<User, Profile> {
  const { of } = shape;
  const table = joinedTable(shape);
  const userOf = (answer: UserAnswer | null): User | null => (answer === null ? null : shape.toUser(answer));
  return {
    ...stores,
    async issue({ issue, expects }) {
      const { challenge } = issue;
      const { issued, isKnown } = await verbs.issue({ run: issueOf(issue), phoneNumber: challenge.phoneNumber, expects });
      return issueAnswer(isKnown === (expects === 'known') ? challenge : { ...challenge, digest: null }, issued);
    },
    async signIn({ redeem, accounts, create, session }) {
      const making = creationWish(shape, create, redeem.now);
      const answer = await verbs.signIn({ run: redeemOf(redeem), accounts, session, making });
      const account = accountOf(shape, answer.account);
      const { evicted = null } = answer.opened ?? {};
      const user = account.is === 'found' || account.is === 'created' ? account.user : null;
      const opened = evicted === null || user === null || session === null ? null : { session: sessionOf(user.id, session), evicted };
      return { redeemed: withChallenge<Answer<'redeem'>>(answer.redeemed), account, opened };
    },
    async refresh({ userId, checksDisabled, rotate }) {
      // Nobody has a name that cannot be stored.
      if (!isStorable(userId)) return { user: null, rotated: null };
      const { user, rotated } = await verbs.refresh({ userId, checksDisabled, rotate });
      return { user: userOf(user), rotated: rotated === null ? null : rotationAnswer(rotated) };
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

/** What all joined verbs must know of the table of users. */
export function joinedTable<User extends UserRecord>({ of, whole, disabled, verifiedAt }: UsersShape<User, never>): object {
  return { of, isOwn: whole !== null, disabled, verifiedAt };
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

function accountOf<User extends UserRecord, Profile>(shape: UsersShape<User, Profile>, account: AccountAnswer): JoinedAccount<User> {
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
