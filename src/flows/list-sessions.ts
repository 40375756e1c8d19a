import type { AuthContext } from '../context.ts';
import { text } from '../core/input.ts';
import { type Session, userKeyOf } from '../core/session.ts';
import { checkInput } from './steps/check-input.ts';

/** A live session, without secrets. Times are epoch ms. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly userAgent: string | null;
  /** The address that opened it. */
  readonly ip: string | null;
  readonly amr: readonly string[];
  readonly createdAt: number;
  /** The last rotation, or the beginning. */
  readonly refreshedAt: number;
  /** When it ends unless it is refreshed. */
  readonly expiresAt: number;
}

/**
 * The live sessions of a user, newest first.
 *
 * @throws {PhoneAuthError} `invalid_input`, `unavailable`
 */
export async function listSessions(
  ctx: AuthContext,
  input: { readonly userId: string },
): Promise<{ readonly sessions: readonly SessionSummary[] }> {
  checkInput('listSessions', input, { userId: text(255) });
  const sessions = await ctx.sessions.listOf({ userId: input.userId, userKey: userKeyOf(input.userId), now: ctx.now() });
  return { sessions: sessions.map(summaryOf) };
}

function summaryOf(session: Session): SessionSummary {
  return {
    sessionId: session.id,
    userAgent: session.userAgent,
    ip: session.ip,
    amr: session.amr === '' ? [] : session.amr.split(' '),
    createdAt: session.createdAt,
    refreshedAt: session.rotatedAt ?? session.createdAt,
    expiresAt: Math.min(session.idleExpiresAt, session.absoluteExpiresAt),
  };
}
