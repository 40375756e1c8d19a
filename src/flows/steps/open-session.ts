import { addressOf } from '../../address.ts';
import type { AuthContext, Client, Context } from '../../context.ts';
import { deviceTokenText } from '../../core/device.ts';
import { toBase64Url } from '../../core/keys.ts';
import { type NewSession, type RefreshToken, secretHashOf, userKeyOf } from '../../core/session.ts';
import { PhoneAuthError } from '../../errors.ts';
import type { JoinedSession, SessionDraft } from '../../ports/joined-store.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { issueTokens, type Tokens } from './issue-tokens.ts';
import { noteProved, verifiedAtOf } from './note-proved.ts';
import { tellSignIn } from './tell-sign-in.ts';

/** A signed-in user. */
export interface Authenticated<User> extends Tokens {
  readonly user: User;
  /** Keep it on the device: it selects the lane of limits that strangers cannot exhaust. 180 days. */
  readonly deviceToken: string;
}

// what browsers send is shorter; the rest would only fill the row
const MAX_USER_AGENT_CHARACTERS = 512;

/** How somebody proved who they are. */
export interface SignIn {
  readonly client: Client;
  readonly amr: readonly string[];
  /** Wrong codes and passwords in a row before it. @default 0 */
  readonly failures?: number | undefined;
  /** The account was made just now. @default false */
  readonly isNewUser?: boolean | undefined;
  /** The store has noted already that the number was proved. @default false */
  readonly isNoted?: boolean | undefined;
}

/** Opens a session for a user who proved who they are; `account_disabled` when the user may not sign in. */
export async function openSession<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  signIn: SignIn,
): Promise<Authenticated<User>> {
  if (!(await maySignIn(ctx, user, signIn.amr))) throw new PhoneAuthError('account_disabled', {});
  return createSession(ctx, user, signIn);
}

/** The same for a user of whom {@link maySignIn} was asked already: a hook is asked once. */
export async function createSession<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  signIn: SignIn,
): Promise<Authenticated<User>> {
  const { maxPerUser } = ctx.settings.session;
  const { draft, secret, now } = draftSession(ctx, signIn);
  const session = sessionOf(ctx, user, draft);
  const { evicted } = await ctx.sessions.create({ session, maxPerUser, now });
  return authenticated(ctx, user, { session, secret, evicted }, signIn);
}

/** A session that is in the store, and the secret of its refresh token, which is not. */
export interface Opened extends JoinedSession {
  readonly secret: Uint8Array;
}

/** The answer for a user whose session is open; tells what happened. */
export async function authenticated<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  { session, secret, evicted }: Opened,
  signIn: SignIn,
): Promise<Authenticated<User>> {
  for (const sessionId of evicted) ctx.emit('session.ended', { userId: user.id, sessionId, reason: 'evicted' });
  const phoneNumberVerifiedAt = signIn.amr.includes('sms') && signIn.isNoted !== true ? noteProved(ctx, user) : verifiedAtOf(user);
  const token: RefreshToken = { sessionId: session.id, userId: user.id, generation: 0, secret };
  const tokens = await issueTokens(ctx, user, session, token, phoneNumberVerifiedAt);
  tellSignIn(ctx, user, session, signIn);
  const deviceToken = deviceTokenText(ctx.signingKeys, { userId: user.id, phoneNumber: user.phoneNumber, now: session.createdAt });
  return { user, ...tokens, deviceToken };
}

/** Whether a user may sign in: not disabled, and `canSignIn` agrees. */
export async function maySignIn<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  amr: readonly string[],
): Promise<boolean> {
  if (user.disabled === true) return false;
  const { canSignIn } = ctx.hooks;
  return (
    canSignIn === undefined ||
    (await ctx.within('hooks', 'canSignIn', ctx.settings.deadlineSeconds.port, () => canSignIn({ user, amr }))) === true
  );
}

/** A session for whoever turns out to be the user. */
export function draftSession(
  ctx: Context,
  { client, amr }: Pick<SignIn, 'client' | 'amr'>,
): { readonly draft: SessionDraft; readonly secret: Uint8Array; readonly now: number } {
  const { idleSeconds, absoluteSeconds } = ctx.settings.session;
  const now = ctx.now();
  const random = toBase64Url(ctx.random(16));
  const secret = ctx.random(32);
  const draft: SessionDraft = {
    random,
    currentHash: secretHashOf({ secret }, ctx.signingKeys.sha256),
    amr: amr.join(' '),
    userAgent: client.userAgent?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? null,
    ip: addressOf(client.ip),
    authTime: now,
    createdAt: now,
    idleExpiresAt: now + idleSeconds * 1000,
    absoluteExpiresAt: now + absoluteSeconds * 1000,
  };
  return { draft, secret, now };
}

function sessionOf(ctx: Context, user: UserRecord, { random, ...fields }: SessionDraft): NewSession {
  if (typeof user.id !== 'string' || user.id === '') throw new TypeError('storage.users must give users an id that is a non-empty string');
  const userKey = userKeyOf(user.id, ctx.namingKeys.sha256);
  return { id: userKey + random, userId: user.id, userKey, ...fields };
}
