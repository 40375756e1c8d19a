import type { AuthContext } from '../../context.ts';
import type { UserRecord } from '../../ports/user-store.ts';

// In the shape of a UUID, for stores whose ids are; belongs to nobody.
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** A password that was right. */
export interface RightPassword {
  /** What it met. */
  readonly hash: string;
  readonly needsRehash: boolean;
}

/**
 * The user's password hash when the password is right, else `null`. An unknown user, and one without a password, costs the same: the same calls
 * of the store, and a verification against a hash that nobody's password made (OWASP Authentication Cheat Sheet, "quick exit").
 *
 * @param given what the store has of the user, where it was read already; `null` is none
 */
export async function checkPassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User | null,
  password: string,
  given?: string | null | undefined,
): Promise<RightPassword | null> {
  if (ctx.passwords === null) return null;
  const dummyHash = await ctx.dummyHash();
  const stored = given === undefined ? await storedHashOf(ctx, user) : given;
  const { ok, needsRehash } = await ctx.passwords.verify({ password, hash: stored ?? dummyHash });
  return ok && typeof stored === 'string' ? { hash: stored, needsRehash } : null;
}

async function storedHashOf<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User | null,
): Promise<string | null | undefined> {
  // a store may choke on an id that is not its own; what it says about nobody is not looked at
  if (user === null) return ctx.users.passwordHashOf?.({ userId: NOBODY }).then(nothing, nothing);
  return ctx.users.passwordHashOf?.({ userId: user.id });
}

function nothing(): null {
  return null;
}
