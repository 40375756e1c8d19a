import type { AuthContext } from '../../context.ts';
import { PhoneAuthError } from '../../errors.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { endingSessions } from './end-sessions.ts';

/** Replaces a user's password; `replaces` is the hash that was read, `undefined` for whichever is there. Every session but one ends. */
export async function writePassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  change: { readonly userId: string; readonly newPassword: string; readonly exceptSessionId: string | null; readonly replaces?: string },
): Promise<void> {
  const { userId, exceptSessionId } = change;
  const passwordHash = await ctx.passwords?.hash({ password: change.newPassword });
  if (passwordHash === undefined) return;
  await endingSessions(ctx, { userId, exceptSessionId }, async () => {
    const replaces = change.replaces ?? (await ctx.users.passwordHashOf?.({ userId })) ?? null;
    const outcome = await ctx.users.setPasswordHash?.({ userId, passwordHash, replaces });
    // somebody else set a password between the read and the write; neither of the two may silently win
    if (outcome?.is !== 'set') throw new PhoneAuthError('unavailable', { retryAfterSeconds: 1 });
  });
  ctx.emit('password.changed', { userId });
}
