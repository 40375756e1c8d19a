import type { AuthContext, Client } from '../context.ts';
import { phoneKeyOf } from '../core/challenge.ts';
import { text } from '../core/input.ts';
import { checkInput, OPTIONAL_CLIENT } from './steps/check-input.ts';
import { payLookup } from './steps/pay-lookup.ts';
import { payerOf } from './steps/payer.ts';
import { readPhoneNumber } from './steps/read-phone-number.ts';

/** What `getUserStatus` takes. */
export interface GetUserStatus {
  readonly phoneNumber: string;
  /** Whom the answer is for; without it nobody is charged. */
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
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `rate_limited`, `unavailable`
 */
export async function getUserStatus(ctx: AuthContext, input: GetUserStatus): Promise<UserStatus> {
  checkInput('getUserStatus', input, { phoneNumber: text(Number.MAX_SAFE_INTEGER), ...OPTIONAL_CLIENT });
  const phoneNumber = readPhoneNumber(ctx, input.phoneNumber);
  if (input.client !== undefined) {
    const { networks } = payerOf(ctx, phoneKeyOf(ctx.namingKeys, phoneNumber), 'login', input.client);
    await payLookup(ctx, networks, phoneNumber);
  }
  const user = await ctx.users.findByPhoneNumber({ phoneNumber });
  if (user === null) return { exists: false, hasPassword: false };
  const hash = ctx.passwords === null ? null : await ctx.users.passwordHashOf?.({ userId: user.id });
  return { exists: true, hasPassword: typeof hash === 'string' };
}
