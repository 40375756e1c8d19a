import type { AuthContext } from '../context.ts';
import { text } from '../core/input.ts';
import { secretHashOf } from '../core/session.ts';
import { PhoneAuthError } from '../errors.ts';
import { checkInput } from './steps/check-input.ts';
import { openRefreshToken } from './steps/read-refresh-token.ts';

/** What `inspectRefreshToken` gives. */
export interface InspectedRefreshToken {
  readonly userId: string;
  readonly sessionId: string;
  /** Epoch ms: when the session ends unless it is refreshed. */
  readonly expiresAt: number;
}

/**
 * Says whose session a refresh token opens; rotates nothing. A token that a refresh would call reused is refused, and ends no session here.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_session`, `unavailable`
 */
export async function inspectRefreshToken(ctx: AuthContext, input: { readonly refreshToken: string }): Promise<InspectedRefreshToken> {
  checkInput('inspectRefreshToken', input, { refreshToken: text(8192) });
  const { token } = await openRefreshToken(ctx, input.refreshToken);
  const { userId, sessionId } = token;
  const now = ctx.now();
  const session = await ctx.sessions.find({ sessionId, now });
  if (session === null) throw new PhoneAuthError('invalid_session', { reason: 'unknown' });
  const hash = secretHashOf(token, ctx.signingKeys.sha256);
  const isInGrace = session.rotatedAt !== null && now < session.rotatedAt + ctx.settings.session.graceSeconds * 1000;
  if (hash !== session.currentHash && !(isInGrace && hash === session.previousHash))
    throw new PhoneAuthError('invalid_session', { reason: 'reused' });
  return { userId, sessionId, expiresAt: Math.min(session.idleExpiresAt, session.absoluteExpiresAt) };
}
