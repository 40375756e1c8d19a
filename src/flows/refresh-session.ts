import { addressOf } from '../address.ts';
import type { AuthContext, Client, Context } from '../context.ts';
import { type Shape, text } from '../core/input.ts';
import { heldSuccessorOf, type RefreshToken, secretHashOf, successorOf } from '../core/session.ts';
import { PhoneAuthError } from '../errors.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { CLIENT, checkInput } from './steps/check-input.ts';
import { issueTokens, type Tokens } from './steps/issue-tokens.ts';
import { verifiedAtOf } from './steps/note-proved.ts';
import { openRefreshToken } from './steps/read-refresh-token.ts';

/** What `refreshSession` takes. */
export interface RefreshSession {
  readonly refreshToken: string;
  readonly client: Client;
}

const SHAPE: Shape = { refreshToken: text(8192), ...CLIENT };

/**
 * Trades a refresh token for the next pair. Parallel calls and retries within `graceSeconds` get the same successor; anything older is reuse.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_session`, `unavailable`
 * @see RFC 9700, section 4.14.2
 */
export async function refreshSession<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: RefreshSession,
): Promise<Tokens> {
  checkInput('refreshSession', input, SHAPE);
  const { token, keys } = await openRefreshToken(ctx, input.refreshToken);
  const { userId, sessionId } = token;
  const { rotateRefreshToken, onReuse } = ctx.settings.session;
  const next = rotateRefreshToken ? successorOf(keys, token) : token;
  const { user, outcome } = await rotateFor(ctx, token, rotateRefreshToken ? secretHashOf(next, keys.sha256) : null);
  const verifiedAt = user === null ? null : verifiedAtOf(user);
  switch (outcome.is) {
    case 'rotated':
    case 'kept':
      ctx.emit('session.refreshed', { userId, sessionId, replayed: false });
      // a token is signed, a row is not: the token says whose session it is
      return issueTokens(ctx, user, { ...outcome.session, userId }, next, verifiedAt);
    case 'replayed': {
      const held = heldSuccessorOf(ctx.secrets, token, outcome.session.currentHash);
      if (held === null) throw new PhoneAuthError('invalid_session', { reason: 'unknown' });
      ctx.emit('session.refreshed', { userId, sessionId, replayed: true });
      return issueTokens(ctx, user, { ...outcome.session, userId }, held, verifiedAt);
    }
    case 'reused':
      ctx.emit('session.reuse_detected', { userId, sessionId, revoked: onReuse === 'revoke', ip: addressOf(input.client.ip) });
      throw new PhoneAuthError('invalid_session', { reason: 'reused' });
    case 'expired':
      throw new PhoneAuthError('invalid_session', { reason: 'expired' });
    case 'gone':
      throw new PhoneAuthError('invalid_session', { reason: 'unknown' });
  }
}

interface Rotated<User> {
  /** `null` where nothing depends on one. */
  readonly user: User | null;
  readonly outcome: Awaited<ReturnType<SessionStore['rotate']>>;
}

/** Rotates, with the user where the session or its claims depend on one. A user who is gone or disabled ends the session instead. */
async function rotateFor<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  token: RefreshToken,
  nextHash: string | null,
): Promise<Rotated<User>> {
  const { userId, sessionId } = token;
  const { checkUserOnRefresh } = ctx.settings.session;
  if (!checkUserOnRefresh && ctx.hooks.claims === undefined)
    return { user: null, outcome: await ctx.sessions.rotate(rotationOf(ctx, token, nextHash)) };
  const rotated = await rotateWithUser(ctx, token, nextHash);
  if (rotated !== null) return rotated;
  if (await ctx.sessions.revoke({ sessionId, now: ctx.now() })) ctx.emit('session.ended', { userId, sessionId, reason: 'user_gone' });
  throw new PhoneAuthError('invalid_session', { reason: 'revoked' });
}

/** `null`, and nothing is rotated, for a user who is gone or disabled. */
async function rotateWithUser<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  token: RefreshToken,
  nextHash: string | null,
): Promise<Rotated<User> | null> {
  const { userId } = token;
  const { checkUserOnRefresh: checksDisabled } = ctx.settings.session;
  if (ctx.joined !== null) {
    const { user, rotated } = await ctx.joined.refresh({ userId, checksDisabled, rotate: rotationOf(ctx, token, nextHash) });
    return rotated === null ? null : { user, outcome: rotated };
  }
  // before the rotation, so that a failing user store changes nothing
  const user = await ctx.users.findById({ userId });
  if (user === null || (checksDisabled && user.disabled === true)) return null;
  return { user, outcome: await ctx.sessions.rotate(rotationOf(ctx, token, nextHash)) };
}

function rotationOf(ctx: Context, token: RefreshToken, nextHash: string | null): Parameters<SessionStore['rotate']>[0] {
  const { graceSeconds, idleSeconds, onReuse } = ctx.settings.session;
  const now = ctx.now();
  return {
    sessionId: token.sessionId,
    presentedHash: secretHashOf(token, ctx.signingKeys.sha256),
    nextHash,
    graceSeconds,
    idleExpiresAt: now + idleSeconds * 1000,
    onReuse,
    now,
  };
}
