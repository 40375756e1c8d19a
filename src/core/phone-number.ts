import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import { toAsciiDigits } from './digits.ts';

declare const PHONE_NUMBER: unique symbol;

/** A number in E.164 (ITU-T): `+` and 7 to 15 digits, parsed and accepted. */
export type PhoneNumber = string & { readonly [PHONE_NUMBER]: true };

/** What a number is, in the words of libphonenumber. */
export type NumberType =
  | 'MOBILE'
  | 'FIXED_LINE'
  | 'FIXED_LINE_OR_MOBILE'
  | 'PREMIUM_RATE'
  | 'TOLL_FREE'
  | 'SHARED_COST'
  | 'VOIP'
  | 'PERSONAL_NUMBER'
  | 'PAGER'
  | 'UAN'
  | 'VOICEMAIL';

/** Which numbers {@link parsePhoneNumber} accepts. */
export interface ParsePhoneNumberOptions {
  /** ISO 3166-1 alpha-2, upper case: lets national forms such as `0911 222 3344` be read. @default none: only `+` and `00` forms are read */
  readonly defaultCountry?: string | undefined;
  /** ISO 3166-1 alpha-2, upper case. A number of no country, such as a satellite phone, passes only `'all'`. @default 'all' */
  readonly allowedCountries?: readonly string[] | 'all' | undefined;
  /** @default ['MOBILE', 'FIXED_LINE_OR_MOBILE'] */
  readonly allowedNumberTypes?: readonly NumberType[] | undefined;
}

/** What {@link parsePhoneNumber} gives. */
export type ParsedPhoneNumber =
  | {
      readonly is: 'parsed';
      readonly phoneNumber: PhoneNumber;
      /** ISO 3166-1 alpha-2; where countries share a calling code, the one that the number plan names; `null` for none. */
      readonly country: string | null;
      readonly type: NumberType;
    }
  | { readonly is: 'refused'; readonly reason: 'unparseable' | 'country_not_allowed' | 'number_type_not_allowed' };

// Brackets, dots, and the spaces and dashes that keyboards, spreadsheets and autocorrection put between digits. Everything else is refused.
const SEPARATORS = /[ \u00a0\u202f\u3000().\uff08\uff09\uff0e\u2010-\u2013\u2212\uff0d-]/g;
const MAX_CHARACTERS = 40;
const E164 = /^\+[1-9][0-9]{6,14}$/;

/**
 * Reads a phone number as people write it, and gives the one spelling under which it is stored, or a reason.
 *
 * At most 40 characters: decimal digits of any script, `+` or `00` in front of the calling code, brackets, dots, dashes, plain, no-break and
 * ideographic spaces. Letters, extensions, `tel:`, slashes, control and invisible characters (also bidi marks and soft hyphens) are
 * `unparseable`. So are a number that its country does not assign, and digits without `+` that can be read as two usable numbers.
 * The answer is the same for its own output. Throws a `TypeError` for a `defaultCountry` that is no country, never for a text.
 *
 * @example
 * ```ts
 * import { parsePhoneNumber } from 'ringlatch';
 *
 * const parsed = parsePhoneNumber('۰۹۱۲ ۱۲۳ ۴۵۶۷', { defaultCountry: 'IR' });
 * if (parsed.is === 'parsed') parsed.phoneNumber; // '+989121234567'
 * ```
 */
export function parsePhoneNumber(text: string, options: ParsePhoneNumberOptions = {}): ParsedPhoneNumber {
  const { defaultCountry, allowedCountries = 'all', allowedNumberTypes = ['MOBILE', 'FIXED_LINE_OR_MOBILE'] } = options;
  if (defaultCountry !== undefined && !isSupportedCountry(defaultCountry)) {
    throw new TypeError('parsePhoneNumber: defaultCountry must be an ISO 3166-1 alpha-2 country code in upper case');
  }
  const outcomes = readingsOf(text, defaultCountry).map(({ phoneNumber, country, type }): ParsedPhoneNumber => {
    if (allowedCountries !== 'all' && (country === null || !allowedCountries.includes(country))) return refused('country_not_allowed');
    if (!allowedNumberTypes.includes(type)) return refused('number_type_not_allowed');
    return { is: 'parsed', phoneNumber, country, type };
  });
  const accepted = outcomes.filter((outcome) => outcome.is === 'parsed');
  return accepted.length > 1 ? refused('unparseable') : (accepted[0] ?? outcomes[0] ?? refused('unparseable'));
}

/** The country of an accepted number; `null` for none, and for a test number that no operator gave out. */
export function countryOf(phoneNumber: PhoneNumber): string | null {
  return parsePhoneNumberFromString(phoneNumber, { extract: false })?.country ?? null;
}

/** Every country code that {@link parsePhoneNumber} knows: ISO 3166-1 alpha-2, upper case, in alphabetical order. */
export function countries(): readonly string[] {
  return getCountries().toSorted();
}

/** Whether a text is one of {@link countries}. */
export function isCountryCode(text: string): boolean {
  return isSupportedCountry(text);
}

interface Reading {
  readonly phoneNumber: PhoneNumber;
  readonly country: string | null;
  readonly type: NumberType;
}

// The valid numbers that the text can mean. More than one only where the digits, without a plus, begin like the calling code of the default
// country and are assigned both with and without it: `4915123456789` in Germany.
function readingsOf(text: string, defaultCountry: CountryCode | undefined): readonly Reading[] {
  if (text.length > 2 * MAX_CHARACTERS || [...text].length > MAX_CHARACTERS) return [];
  // `00` is read here because libphonenumber takes it by each country's own habit: in Hong Kong it reads 0049 176 … as +9 176 …
  const spelling = toAsciiDigits(text).replace(SEPARATORS, '').replace('\uff0b', '+').replace(/^00/, '+');
  if (!/^\+?[0-9]+$/.test(spelling)) return [];
  if (spelling.startsWith('+')) return unique([readingOf(spelling)]);
  if (defaultCountry === undefined) return [];
  const callingCode = `+${getCountryCallingCode(defaultCountry)}`;
  const national = readingOf(spelling, defaultCountry);
  return unique([
    // Another calling code means that an exit code of the country, such as 011, was taken off: only `+` and `00` lead abroad.
    national !== null && national.callingCode === callingCode ? national : null,
    `+${spelling}`.startsWith(callingCode) ? readingOf(`+${spelling}`) : null,
  ]);
}

function unique(readings: readonly (Reading | null)[]): readonly Reading[] {
  const present = readings.filter((reading) => reading !== null);
  return present.filter((reading, index) => present.findIndex((other) => other.phoneNumber === reading.phoneNumber) === index);
}

function readingOf(spelling: string, defaultCountry?: CountryCode): (Reading & { readonly callingCode: string }) | null {
  const written = parsePhoneNumberFromString(spelling, { extract: false, ...(defaultCountry !== undefined && { defaultCountry }) });
  // Country, type and validity are those of the E.164 form, so that they do not depend on how the number was written.
  const number =
    written === undefined || written.number === spelling ? written : parsePhoneNumberFromString(written.number, { extract: false });
  // what has a type is valid
  const type = number?.getType();
  if (number === undefined || number.number !== written?.number || type === undefined || !E164.test(number.number)) return null;
  return {
    phoneNumber: number.number as string as PhoneNumber,
    country: number.country ?? null,
    type,
    callingCode: `+${number.countryCallingCode}`,
  };
}

function refused(reason: (ParsedPhoneNumber & { readonly is: 'refused' })['reason']): ParsedPhoneNumber {
  return { is: 'refused', reason };
}
