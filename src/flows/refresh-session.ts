import { addressOf } from '../address.ts';
import type { AuthContext, Client } from '../context.ts';
import { text } from '../core/input.ts';
import { heldSuccessorOf, secretHashOf, successorOf } from '../core/session.ts';
import { PhoneAuthError } from '../errors.ts';
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
  checkInput('refreshSession', input, { refreshToken: text(8192), ...CLIENT });
  const { token, keys } = await openRefreshToken(ctx, input.refreshToken);
  const { userId, sessionId } = token;
  // before the rotation, so that a failing user store changes nothing
  const user = await userOf(ctx, userId, sessionId);

  const verifiedAt = user === null ? null : verifiedAtOf(user);

  const { rotateRefreshToken, graceSeconds, idleSeconds, onReuse } = ctx.settings.session;
  const next = rotateRefreshToken ? successorOf(keys, token) : token;
  const now = ctx.now();
  const outcome = await ctx.sessions.rotate({
    sessionId,
    presentedHash: secretHashOf(token),
    nextHash: rotateRefreshToken ? secretHashOf(next) : null,
    graceSeconds,
    idleExpiresAt: now + idleSeconds * 1000,
    onReuse,
    now,
  });
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

/** The user, where the session or its claims depend on one. A user who is gone or disabled ends the session. */
async function userOf<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  userId: string,
  sessionId: string,
): Promise<User | null> {
  const { checkUserOnRefresh } = ctx.settings.session;
  if (!checkUserOnRefresh && ctx.hooks.claims === undefined) return null;
  const user = await ctx.users.findById({ userId });
  if (user !== null && (user.disabled !== true || !checkUserOnRefresh)) return user;
  if (await ctx.sessions.revoke({ sessionId, now: ctx.now() })) ctx.emit('session.ended', { userId, sessionId, reason: 'user_gone' });
  throw new PhoneAuthError('invalid_session', { reason: 'revoked' });
}
