import type { Destination } from '../../core/charges.ts';
import { countryOf, type PhoneNumber } from '../../core/phone-number.ts';

// What libphonenumber calls a number of the whole world, such as a satellite phone.
const NO_COUNTRY = '001';
// Operators give numbers out, and pumpers buy them, in blocks of ten thousand.
const BLOCK_DIGITS = 4;

/** Which block of numbers, and which country, a message goes to. */
export function destinationOf(phoneNumber: PhoneNumber): Destination {
  let country: string | undefined;
  return {
    prefix: phoneNumber.slice(0, -BLOCK_DIGITS),
    // a number is parsed for it, and most configurations never ask
    get country() {
      country ??= countryOf(phoneNumber) ?? NO_COUNTRY;
      return country;
    },
  };
}
