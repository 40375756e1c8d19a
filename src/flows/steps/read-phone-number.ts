import type { Context } from '../../context.ts';
import { toAsciiDigits } from '../../core/digits.ts';
import { type PhoneNumber, parsePhoneNumber } from '../../core/phone-number.ts';
import { PhoneAuthError } from '../../errors.ts';

/** The number that somebody typed, in its one spelling; or `invalid_phone_number`. */
export function readPhoneNumber(ctx: Context, text: string): PhoneNumber {
  const { testNumbers, defaultCountry, allowedCountries, allowedNumberTypes } = ctx.settings;
  if (testNumbers !== null && testNumbers.numbers !== 'all' && ctx.now() < testNumbers.until && text.length <= 40) {
    // a test number may be one that no operator ever gave out, which the parser would refuse
    const plain = toAsciiDigits(text).replace(/[ ().-]/g, '');
    if (testNumbers.numbers.includes(plain)) return plain as PhoneNumber;
  }
  const parsed = parsePhoneNumber(text, { defaultCountry, allowedCountries, allowedNumberTypes });
  if (parsed.is === 'refused') throw new PhoneAuthError('invalid_phone_number', { reason: parsed.reason });
  return parsed.phoneNumber;
}
