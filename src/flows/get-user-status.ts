import type { AuthContext, Client } from '../context.ts';
import { text } from '../core/input.ts';
import { checkInput, OPTIONAL_CLIENT } from './steps/check-input.ts';
import { readPhoneNumber } from './steps/read-phone-number.ts';

/** What `getUserStatus` takes. */
export interface GetUserStatus {
  readonly phoneNumber: string;
  readonly client?: Client | undefined;
}

/** What `getUserStatus` gives. */
export interface UserStatus {
  readonly exists: boolean;
  readonly hasPassword: boolean;
}

/**
 * Whether a number has an account. For your server: told to strangers it enumerates your users, hence its route exists only with `revealAccounts`.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `unavailable`
 */
export async function getUserStatus(ctx: AuthContext, input: GetUserStatus): Promise<UserStatus> {
  checkInput('getUserStatus', input, { phoneNumber: text(Number.MAX_SAFE_INTEGER), ...OPTIONAL_CLIENT });
  const user = await ctx.users.findByPhoneNumber({ phoneNumber: readPhoneNumber(ctx, input.phoneNumber) });
  if (user === null) return { exists: false, hasPassword: false };
  const hash = ctx.passwords === null ? null : await ctx.users.passwordHashOf?.({ userId: user.id });
  return { exists: true, hasPassword: typeof hash === 'string' };
}
