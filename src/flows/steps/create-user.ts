import type { AuthContext } from '../../context.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { PhoneAuthError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { UserRecord } from '../../ports/user-store.ts';

/** Makes the account; of many at once for one number the store lets one win. */
export async function createUser<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  redeemed: { readonly phoneNumber: PhoneNumber; readonly proof: string },
  profile: Profile,
  password?: string | undefined,
): Promise<User> {
  const { phoneNumber, proof } = redeemed;
  const passwordHash = password === undefined || ctx.passwords === null ? null : await ctx.passwords.hash({ password });
  const outcome = await ctx.users.create({ phoneNumber, profile, passwordHash, now: ctx.now() });
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
