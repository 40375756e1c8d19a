import type { AuthContext } from '../context.ts';
import { text } from '../core/input.ts';
import { userKeyOf } from '../core/session.ts';
import { checkInput } from './steps/check-input.ts';

/**
 * Ends one session of a user, e.g. on another device. A session of somebody else is not touched.
 *
 * @throws {PhoneAuthError} `invalid_input`, `unavailable`
 */
export async function revokeSession(
  ctx: AuthContext,
  input: { readonly userId: string; readonly sessionId: string },
): Promise<{ readonly ended: boolean }> {
  checkInput('revokeSession', input, { userId: text(255), sessionId: text(64) });
  const { userId, sessionId } = input;
  if (!sessionId.startsWith(userKeyOf(userId))) return { ended: false };
  const ended = await ctx.sessions.revoke({ sessionId, now: ctx.now() });
  if (ended) ctx.emit('session.ended', { userId, sessionId, reason: 'revoked' });
  return { ended };
}
