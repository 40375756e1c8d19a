import type { AuthContext } from '../../context.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { PhoneAuthError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { UserRecord, UserStore } from '../../ports/user-store.ts';

/** A number that was proved. */
interface Proved {
  readonly phoneNumber: PhoneNumber;
  readonly proof: string;
}

/** Makes the account; of many at once for one number the store lets one win. */
export async function createUser<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  proved: Proved,
  profile: Profile,
  password?: string | undefined,
): Promise<User> {
  const { phoneNumber } = proved;
  const passwordHash = password === undefined || ctx.passwords === null ? null : await ctx.passwords.hash({ password });
  return createdUser(ctx, proved, await ctx.users.create({ phoneNumber, profile, passwordHash, now: ctx.now() }));
}

/** The user of an account that was made, told as an event; throws when none was. */
export function createdUser<User extends UserRecord>(
  ctx: Pick<AuthContext, 'emit'>,
  { phoneNumber, proof }: Proved,
  outcome: Awaited<ReturnType<UserStore<User>['create']>>,
): User {
  switch (outcome.is) {
    case 'created':
      ctx.emit('user.registered', { userId: outcome.user.id, phoneNumber: maskPhoneNumber(phoneNumber) });
      return outcome.user;
    case 'phone_number_taken':
      throw new PhoneAuthError('phone_number_taken', { proof });
    case 'refused':
      throw new PhoneAuthError('profile_required', { proof, issues: outcome.issues });
  }
}
