import type { AuthContext } from '../context.ts';
import { optional, text } from '../core/input.ts';
import { checkInput } from './steps/check-input.ts';
import { endSessions } from './steps/end-sessions.ts';

/**
 * Ends every session of a user, or every one but the given one.
 *
 * @throws {PhoneAuthError} `invalid_input`, `unavailable`
 */
export async function revokeSessions(
  ctx: AuthContext,
  input: { readonly userId: string; readonly exceptSessionId?: string | undefined },
): Promise<{ readonly count: number }> {
  checkInput('revokeSessions', input, { userId: text(255), exceptSessionId: optional(text(64)) });
  return { count: await endSessions(ctx, input.userId, input.exceptSessionId ?? null) };
}
