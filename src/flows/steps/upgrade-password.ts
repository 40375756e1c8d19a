import type { AuthContext } from '../../context.ts';
import type { UserRecord } from '../../ports/user-store.ts';

/**
 * Hashes a right password anew where its hash has yesterday's parameters. A lost race means that somebody else just set it; a failure is told as
 * `port.failed` and tried again at the next login. Gives the hash that the user has now, unless somebody else just set another.
 */
export async function upgradePassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  password: string,
  checked: { readonly hash: string; readonly needsRehash: boolean },
): Promise<string> {
  if (!checked.needsRehash) return checked.hash;
  try {
    const passwordHash = await ctx.passwords?.hash({ password });
    if (passwordHash === undefined) return checked.hash;
    const outcome = await ctx.users.setPasswordHash?.({ userId: user.id, passwordHash, replaces: checked.hash });
    return outcome?.is === 'set' ? passwordHash : checked.hash;
  } catch {
    // the password was right all the same
    return checked.hash;
  }
}
