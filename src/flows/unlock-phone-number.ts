import type { Context } from '../context.ts';
import { phoneKeyOf } from '../core/challenge.ts';
import { countersOf } from '../core/charges.ts';
import { text } from '../core/input.ts';
import { checkInput } from './steps/check-input.ts';
import { readPhoneNumber } from './steps/read-phone-number.ts';
import { isTestNumber } from './steps/test-numbers.ts';

/**
 * Forgets what was sent to a number, and what was guessed at its codes and passwords, by known and unknown devices: for support, after the owner was recognised by other means.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `unavailable`
 */
export async function unlockPhoneNumber(ctx: Context, input: { readonly phoneNumber: string }): Promise<Record<never, never>> {
  checkInput('unlockPhoneNumber', input, { phoneNumber: text(Number.MAX_SAFE_INTEGER) });
  const phoneKey = phoneKeyOf(ctx.namingKeys, readPhoneNumber(ctx, input.phoneNumber));
  const ordinary = { phoneKey, isTest: false, isSent: true, isPaced: true, networks: [] };
  const isSent = ctx.settings.testNumbers?.send === true;
  // a test number is an ordinary one for the purposes without a fixed code
  const payers = isTestNumber(ctx, phoneKey) ? [ordinary, { ...ordinary, isTest: true, isSent }] : [ordinary];
  await ctx.challenges.clear(payers.flatMap((payer) => countersOf(ctx.settings.limits, payer)));
  return {};
}
