import type { AuthContext, Client, Context } from '../../context.ts';
import { phoneKeyIn } from '../../core/challenge.ts';
import { userKeyOf } from '../../core/session.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { JoinedAccount, SessionDraft, SignInWish } from '../../ports/joined-store.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { createdUser, createUser } from './create-user.ts';
import { DAY_MS } from './note-proved.ts';
import { draftSession, type Opened } from './open-session.ts';
import { ownerOfDevice } from './payer.ts';
import { profileAtHand, readProfile } from './read-profile.ts';
import { type Answer, redeemAnswer, type Serves } from './redeem-answer.ts';
import type { Redeemed } from './redeem-code.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** What shall follow a right code. */
export interface Following<Profile> {
  readonly accounts: SignInWish<Profile>['accounts'];
  /** For a new account. */
  readonly profile?: Profile | undefined;
  /** Whether a session shall follow. @default true */
  readonly session?: boolean | undefined;
  /** Something must be done between the code and the account, such as hashing a password. @default false */
  readonly isHeldUp?: boolean | undefined;
}

/** How far the step of a code has gone beyond it. */
interface Taken<User extends UserRecord> {
  readonly account: JoinedAccount<User>;
  /** The session that is open already. */
  readonly opened: Opened | null;
}

/** A right code, and what its step has done beside. */
export type RedeemedToSignIn<User extends UserRecord> = Redeemed & Taken<User>;

const AMR = ['sms'];
const NOTHING: Taken<never> = { account: { is: 'left' }, opened: null };

/**
 * Redeems an answer, and finds or makes its account and opens its session in the same step where the store can and nobody else is to be asked
 * in between. Whatever that step leaves, the verbs do after it, by the same rules.
 */
export async function redeemToSignIn<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  answer: Answer & { readonly client: Client },
  serves: Serves,
  following: Following<Profile>,
): Promise<RedeemedToSignIn<User>> {
  const { joined } = ctx;
  if (joined === null || following.isHeldUp === true || isAskedBetween(ctx))
    return { ...(await redeemAnswer(ctx, answer, serves)), ...NOTHING };

  const step: { taken: Taken<User> | null } = { taken: null };
  const redeem: Serves['redeem'] = async (r) => {
    const { draft, secret } = draftSession(ctx, { client: answer.client, amr: AMR });
    const { redeemed, account, opened } = await joined.signIn({
      redeem: r,
      accounts: following.accounts,
      create: following.accounts === 'known' ? null : profileAtHand(ctx, following.profile),
      session: following.session === false ? null : sessionWish(ctx, draft, phoneKeyIn(r.id), answer.client),
    });
    step.taken = { account, opened: opened === null ? null : { ...opened, secret } };
    return redeemed;
  };
  try {
    const redeemed = await redeemAnswer(ctx, answer, { ...serves, redeem });
    return { ...redeemed, ...(step.taken ?? NOTHING) };
  } catch (error) {
    if (step.taken !== null) await takeBack(ctx, step.taken);
    throw error;
  }
}

/** The account of a proved number, when it has one. */
export async function findAccount<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  { account, phoneNumber }: RedeemedToSignIn<User>,
): Promise<User | null> {
  if (account.is === 'left') return ctx.users.findByPhoneNumber({ phoneNumber });
  return account.is === 'found' ? account.user : null;
}

/** Makes the account of a proved number, unless the step of its code has. */
export async function makeAccount<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  redeemed: RedeemedToSignIn<User>,
  { profile, password }: { readonly profile: Profile | undefined; readonly password?: string | undefined },
): Promise<User> {
  const { account } = redeemed;
  if (account.is === 'created' || account.is === 'phone_number_taken' || account.is === 'refused')
    return createdUser(ctx, redeemed, account);
  return createUser(ctx, redeemed, await readProfile(ctx, profile, redeemed), password);
}

function isAskedBetween<User extends UserRecord, Profile>({ hooks }: AuthContext<User, Profile>): boolean {
  return hooks.canSignIn !== undefined || hooks.claims !== undefined || hooks.onDormantLogin !== undefined;
}

function sessionWish(ctx: Context, draft: SessionDraft, phoneKey: string, client: Client): SignInWish<never>['session'] {
  const isTest = fixedCodeOf(ctx, phoneKey, 'login') !== null;
  return {
    draft,
    maxPerUser: ctx.settings.session.maxPerUser,
    userKeyOf: (userId) => userKeyOf(userId, ctx.namingKeys.sha256),
    dormantAfterMs: isTest ? null : ctx.settings.dormantAfterSeconds * 1000,
    exemptUserId: ownerOfDevice(ctx, phoneKey, client),
    renewAfterMs: DAY_MS,
  };
}

/** The store lacks the secret, and accepted a row that somebody altered: what it then opened ends before anybody has heard of it. */
async function takeBack<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  { account, opened }: Taken<User>,
): Promise<void> {
  if (account.is === 'created')
    ctx.emit('user.registered', { userId: account.user.id, phoneNumber: maskPhoneNumber(account.user.phoneNumber ?? '') });
  if (opened === null) return;
  const { userId, id } = opened.session;
  for (const sessionId of opened.evicted) ctx.emit('session.ended', { userId, sessionId, reason: 'evicted' });
  // where it cannot be ended it has no token: the secret goes no further than here
  await ctx.sessions.revoke({ sessionId: id, now: ctx.now() }).catch(() => undefined);
}
