import type { Context } from '../context.ts';
import { phoneKeyOf } from '../core/challenge.ts';
import { text } from '../core/input.ts';
import type { Keys } from '../core/keys.ts';
import { countersOf } from '../core/limits.ts';
import { checkInput } from './steps/check-input.ts';
import { readPhoneNumber } from './steps/read-phone-number.ts';
import { payerOf } from './steps/test-numbers.ts';

/**
 * Forgets what was sent to a number and guessed at it: for support, after the owner was recognised by other means.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `unavailable`
 */
export async function unlockPhoneNumber(ctx: Context, input: { readonly phoneNumber: string }): Promise<Record<never, never>> {
  checkInput('unlockPhoneNumber', input, { phoneNumber: text(Number.MAX_SAFE_INTEGER) });
  const phoneKey = phoneKeyOf(ctx.secrets[ctx.secrets.length - 1] as Keys, readPhoneNumber(ctx, input.phoneNumber));
  await ctx.challenges.clear(countersOf(ctx.settings.limits, payerOf(ctx, phoneKey)));
  return {};
}
