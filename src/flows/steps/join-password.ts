import type { AuthContext } from '../../context.ts';
import { forgivenByPassword, type Payer } from '../../core/charges.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { userKeyOf } from '../../core/session.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { checkPassword, type RightPassword } from './check-password.ts';
import { draftSession, type Opened, type SignIn } from './open-session.ts';
import { payPassword } from './pay-password.ts';

/** One try of a password, which was paid. */
export interface TriedPassword<User> {
  readonly user: User | null;
  /** `null`: not right. */
  readonly checked: RightPassword | null;
  /** What was wrong in a row before it. */
  readonly failures: number;
}

/** Pays for a try, finds whose number it is, checks the password: with one trip before the check where the store can. */
export async function tryPassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  { payer, phoneNumber, password }: { readonly payer: Payer; readonly phoneNumber: PhoneNumber; readonly password: string },
): Promise<TriedPassword<User>> {
  const tryAtOnce = ctx.joined?.tryPassword;
  if (tryAtOnce === undefined || ctx.passwords === null) {
    const { failures } = await payPassword(ctx, payer, phoneNumber);
    const user = await ctx.users.findByPhoneNumber({ phoneNumber });
    return { user, checked: await checkPassword(ctx, user, password), failures };
  }
  const found: { user: User | null; hash: string | null } = { user: null, hash: null };
  const { failures } = await payPassword(ctx, payer, phoneNumber, async (take) => {
    const tried = await tryAtOnce({ take, phoneNumber });
    found.user = tried.user;
    found.hash = tried.passwordHash;
    return tried.taken;
  });
  return { user: found.user, checked: await checkPassword(ctx, found.user, password, found.hash), failures };
}

/**
 * Opens the session of a right password, and forgives what was wrong before it, in one step that no change of the password can come before.
 * `null`, and nothing happened: the store cannot, somebody is to be asked in between, or the hash is another by now.
 */
export async function passPassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  { hash, payer, signIn }: { readonly hash: string; readonly payer: Payer; readonly signIn: SignIn },
): Promise<Opened | null> {
  const passAtOnce = ctx.joined?.passPassword;
  // claims that fail leave the failures unforgiven
  if (passAtOnce === undefined || ctx.hooks.claims !== undefined) return null;
  const { draft, secret, now } = draftSession(ctx, signIn);
  const opened = await passAtOnce({
    userId: user.id,
    expectedHash: hash,
    clears: forgivenByPassword(ctx.settings.limits, payer),
    draft,
    maxPerUser: ctx.settings.session.maxPerUser,
    userKeyOf: (userId) => userKeyOf(userId, ctx.namingKeys.sha256),
    now,
  });
  return opened === null ? null : { ...opened, secret };
}
