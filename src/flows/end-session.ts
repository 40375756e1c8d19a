import type { AuthContext } from '../context.ts';
import { text } from '../core/input.ts';
import { checkInput } from './steps/check-input.ts';
import { openRefreshToken } from './steps/read-refresh-token.ts';

/**
 * Signs out the session that a refresh token belongs to. `ended` is false when it had ended before.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_session` for what is no token of ours, `unavailable`
 */
export async function endSession(ctx: AuthContext, input: { readonly refreshToken: string }): Promise<{ readonly ended: boolean }> {
  checkInput('endSession', input, { refreshToken: text(8192) });
  const { token } = await openRefreshToken(ctx, input.refreshToken);
  const { userId, sessionId } = token;
  const ended = await ctx.sessions.revoke({ sessionId, now: ctx.now() });
  if (ended) ctx.emit('session.ended', { userId, sessionId, reason: 'ended' });
  return { ended };
}
