import type { Destination } from '../../core/charges.ts';
import { countryOf, type PhoneNumber } from '../../core/phone-number.ts';

// What libphonenumber calls a number of the whole world, such as a satellite phone.
const NO_COUNTRY = '001';
// Operators give numbers out, and pumpers buy them, in blocks of ten thousand.
const BLOCK_DIGITS = 4;

/** Which block of numbers, and which country, a message goes to. */
export function destinationOf(phoneNumber: PhoneNumber): Destination {
  return { prefix: phoneNumber.slice(0, -BLOCK_DIGITS), country: countryOf(phoneNumber) ?? NO_COUNTRY };
}
