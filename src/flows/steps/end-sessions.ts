import type { AuthContext } from '../../context.ts';
import { userKeyOf } from '../../core/session.ts';

/** Ends every session of a user but one. */
export async function endSessions(
  ctx: Pick<AuthContext, 'sessions' | 'now' | 'emit'>,
  userId: string,
  exceptSessionId: string | null,
): Promise<number> {
  const count = await ctx.sessions.revokeAllOf({ userId, userKey: userKeyOf(userId), exceptSessionId, now: ctx.now() });
  if (count > 0) ctx.emit('sessions.revoked', { userId, exceptSessionId, count });
  return count;
}

/** Writes a change after which older sessions must be dead: they end before, so that a crash leaves none alive, and again after, for those that began meanwhile. */
export async function endingSessions<T>(
  ctx: Pick<AuthContext, 'sessions' | 'now' | 'emit'>,
  user: { readonly userId: string; readonly exceptSessionId: string | null },
  write: () => Promise<T>,
): Promise<T> {
  await endSessions(ctx, user.userId, user.exceptSessionId);
  const written = await write();
  await endSessions(ctx, user.userId, user.exceptSessionId);
  return written;
}
