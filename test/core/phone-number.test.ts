import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { countries, isCountryCode, type PhoneNumber, parsePhoneNumber } from '../../src/core/phone-number.ts';

const IDENTITY = '+989121234567';
const ALL_TYPES = [
  'MOBILE',
  'FIXED_LINE',
  'FIXED_LINE_OR_MOBILE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'VOIP',
  'PERSONAL_NUMBER',
  'PAGER',
  'UAN',
  'VOICEMAIL',
] as const;

// Zeros of ASCII, Arabic-Indic, Persian, Devanagari, Bengali, Thai, Myanmar, Khmer, fullwidth and mathematical monospace digits.
const SCRIPTS = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0x1040, 0x17e0, 0xff10, 0x1d7f6];
const SHAPES = [
  '+989121234567',
  '+98 912 123 4567',
  '+98-912-123-4567',
  '+98 (912) 123-4567',
  '(+98) 912 123 45 67',
  '+98.912.123.4567',
  '+98 (0)912 123 4567',
  '+98 0912 123 4567',
  '  +98912 1234567  ',
  '\uff0b98 912 123 4567',
  '+98\u00a0912\u00a0123\u00a04567',
  '+98\u202f912\u202f123\u202f4567',
  '+98\u3000912\u30001234567',
  '+98\u2011912\u2010123\u20134567',
  '00989121234567',
  '0098 912 123 4567',
  '00 98 (912) 123-4567',
  '09121234567',
  '0912 123 4567',
  '0912-123-4567',
  '(0912) 123-4567',
  '0 912 123 45 67',
  '9121234567',
  '912 123 4567',
  '989121234567',
  '98 912 123 4567',
];
const NOT_NUMBERS = [
  'tel:+989121234567',
  '+989121234567;ext=5',
  '+98 912 123 4567 ext 5',
  '+98 912 123 4567 x5',
  '+98 912 123 4567#5',
  '+98 912 123 4567,5',
  '+98 912 123 4567~5',
  '+98 912/123/4567',
  '+98 912 CALLNOW',
  '++989121234567',
  '+98+9121234567',
  '98+9121234567',
  '+',
  '',
  '   ',
  '()',
  '\u200e+989121234567',
  '\u202a+989121234567\u202c',
  '+98912\u00ad1234567',
  '+98912\u200b1234567',
  '+98912\u200c1234567',
  '\ufeff+989121234567',
  '+989121234567\n',
  '+98\t912 1234567',
  '+98912123456\u0000',
  '+98912123456\u2077',
  '+98912123456\u2466',
  '+98 912 123 456',
  '+98 912 123 45678',
  '+0989121234567',
  '+999 912 123 4567',
  `+98${' '.repeat(29)}9121234567`,
  `+98912${'1'.repeat(1_000_000)}`,
];

function inScript(text: string, zero: number): string {
  return text.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)));
}

function identityOf(text: string, defaultCountry?: string): string | null {
  const parsed = parsePhoneNumber(text, { defaultCountry, allowedNumberTypes: ALL_TYPES });
  return parsed.is === 'parsed' ? parsed.phoneNumber : null;
}

describe('spellings of one number', () => {
  const spellings = SCRIPTS.flatMap((zero) => SHAPES.map((shape) => inScript(shape, zero)));

  it('are one identity: 260 of them, in ten scripts', () => {
    expect(new Set(spellings).size).toBeGreaterThanOrEqual(200);
    expect(spellings.filter((text) => identityOf(text, 'IR') !== IDENTITY)).toEqual([]);
  });

  it('are the same identity or refused without a default country', () => {
    const identities = spellings.map((text) => identityOf(text));
    expect(new Set(identities)).toEqual(new Set([IDENTITY, null]));
    expect(identities.filter((identity) => identity === IDENTITY).length).toBe(17 * SCRIPTS.length);
  });

  it('are refused where they say more than a number', () => {
    expect(NOT_NUMBERS.filter((text) => identityOf(text, 'IR') !== null)).toEqual([]);
    expect(NOT_NUMBERS.filter((text) => identityOf(text) !== null)).toEqual([]);
  });

  it('are one identity or refused for the numbers of every country, whatever country is the default', () => {
    const numbers = [
      '+4917612345678',
      '+819012345678',
      '+12015550123',
      '+393123456789',
      '+5511961234567',
      '+5491123456789',
      '+447911123456',
      '+77011234567',
      '+905321234567',
      '+6281234567890',
    ];
    for (const number of numbers) {
      const digits = number.slice(1);
      const spelt = [number, `00${digits}`, `+ ${digits}`, `00 ${digits.slice(0, 2)} ${digits.slice(2)}`];
      for (const country of countries()) {
        expect(new Set(spelt.map((text) => identityOf(text, country))), `${number} in ${country}`).toEqual(new Set([number]));
      }
    }
  });
});

describe('digits without a plus', () => {
  it('are refused where there is no default country', () => {
    expect(parsePhoneNumber('989121234567')).toEqual({ is: 'refused', reason: 'unparseable' });
  });

  it('lead abroad only by 00, never by the exit code of the default country', () => {
    expect(identityOf('011 98 912 123 4567', 'US')).toBe(null);
    expect(identityOf('8 10 98 912 123 4567', 'RU')).toBe(null);
    expect(identityOf('0098 912 123 4567', 'US')).toBe(IDENTITY);
  });

  it('are not read as a stranger in India where Hong Kong dials 004 first', () => {
    expect(identityOf('0049 176 12345678', 'HK')).toBe('+4917612345678');
  });

  it('are refused where they are two usable numbers, and read where they are one', () => {
    const mobileOnly = parsePhoneNumber('4915123456789', { defaultCountry: 'DE' });
    const any = parsePhoneNumber('4915123456789', { defaultCountry: 'DE', allowedNumberTypes: ALL_TYPES });
    expect(mobileOnly).toMatchObject({ is: 'parsed', phoneNumber: '+4915123456789' });
    expect(any).toEqual({ is: 'refused', reason: 'unparseable' });
  });

  it('may carry the calling code of the default country', () => {
    expect(parsePhoneNumber('62812345678', { defaultCountry: 'ID' })).toMatchObject({ phoneNumber: '+62812345678' });
  });
});

describe('what is accepted', () => {
  it('names country and type', () => {
    expect(parsePhoneNumber('+989121234567')).toEqual({ is: 'parsed', phoneNumber: IDENTITY, country: 'IR', type: 'MOBILE' });
    expect(parsePhoneNumber('+12015550123')).toMatchObject({ country: 'US', type: 'FIXED_LINE_OR_MOBILE' });
  });

  it('tells countries of one calling code apart', () => {
    const countryOf = (text: string) => {
      const parsed = parsePhoneNumber(text);
      return parsed.is === 'parsed' ? parsed.country : parsed.reason;
    };
    expect(['+77011234567', '+79123456789', '+447781123456', '+447400123456', '+12423591234'].map(countryOf)).toEqual([
      'KZ',
      'RU',
      'GG',
      'GB',
      'BS',
    ]);
  });

  it.each([
    ['premium rate', '+449012345678'],
    ['toll-free', '+18005550123'],
    ['a landline', '+982112345678'],
    ['shared cost', '+448451234567'],
    ['voice over IP', '+445612345678'],
    ['a personal number', '+447012345678'],
    ['toll-free of no country', '+80012345678'],
  ])('is no number that is %s', (_, text) => {
    expect(parsePhoneNumber(text)).toEqual({ is: 'refused', reason: 'number_type_not_allowed' });
  });

  it('is what the options name', () => {
    expect(parsePhoneNumber('+982112345678', { allowedNumberTypes: ['FIXED_LINE'] })).toMatchObject({ is: 'parsed', type: 'FIXED_LINE' });
    expect(parsePhoneNumber('+989121234567', { allowedCountries: ['US', 'IR'] })).toMatchObject({ is: 'parsed' });
    expect(parsePhoneNumber('+989121234567', { allowedCountries: ['US'] })).toEqual({ is: 'refused', reason: 'country_not_allowed' });
    expect(parsePhoneNumber('+77011234567', { allowedCountries: ['RU'] })).toEqual({ is: 'refused', reason: 'country_not_allowed' });
  });

  it('is a satellite phone only where all countries are', () => {
    expect(parsePhoneNumber('+881612345678')).toMatchObject({ is: 'parsed', country: null });
    expect(parsePhoneNumber('+881612345678', { allowedCountries: countries() })).toEqual({ is: 'refused', reason: 'country_not_allowed' });
  });

  it('is branded: a raw string is not a phone number', () => {
    expectTypeOf<string>().not.toExtend<PhoneNumber>();
    expectTypeOf<PhoneNumber>().toExtend<string>();
  });
});

describe('for every text', () => {
  const digit = fc.constantFrom(...SCRIPTS.flatMap((zero) => [0, 1, 2, 4, 7, 8, 9].map((value) => String.fromCodePoint(zero + value))));
  const noise = fc.constantFrom(' ', '-', '(', ')', '.', '+', '\u00a0', '/', 'x', '\u200e');
  const numberLike = fc
    .tuple(
      fc.constantFrom('+98', '0098', '09', '+1', '+44', '+39', '+54', '00', ''),
      fc.array(fc.oneof({ weight: 9, arbitrary: digit }, noise), { maxLength: 16 }),
    )
    .map(([prefix, rest]) => prefix + rest.join(''));
  const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }), numberLike);
  const country = fc.constantFrom(undefined, 'IR', 'US', 'HK', 'DE', 'IT', 'AR', 'BR', 'ID', 'XK', 'CV');

  it('answers, and gives the same for its own answer', () => {
    fc.assert(
      fc.property(anything, country, country, (text, defaultCountry, other) => {
        const parsed = parsePhoneNumber(text, { defaultCountry, allowedNumberTypes: ALL_TYPES });
        if (parsed.is === 'refused') return;
        expect(parsed.phoneNumber).toMatch(/^\+[1-9][0-9]{6,14}$/);
        expect(parsePhoneNumber(parsed.phoneNumber, { defaultCountry: other, allowedNumberTypes: ALL_TYPES })).toEqual(parsed);
      }),
      { numRuns: 3000 },
    );
  });

  it('does not care for separators or scripts', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[+0]?[0-9]{7,13}$/), fc.nat(SCRIPTS.length - 1), country, (digits, script, defaultCountry) => {
        const spaced = inScript([...digits].join(' '), SCRIPTS[script] as number);
        expect(identityOf(spaced, defaultCountry)).toBe(identityOf(digits, defaultCountry));
      }),
    );
  });
});

describe('country codes', () => {
  it('are the known ones, upper case', () => {
    expect(countries()).toContain('IR');
    expect(countries()).toEqual(countries().toSorted());
    expect(countries().every(isCountryCode)).toBe(true);
    expect(['ir', 'ZZ', '001', '', 'IRN', '__proto__', 'constructor', 'IR\n'].filter(isCountryCode)).toEqual([]);
  });

  it('are misuse as a default when they are none', () => {
    expect(() => parsePhoneNumber('+989121234567', { defaultCountry: 'ir' })).toThrow(TypeError);
    expect(() => parsePhoneNumber('', { defaultCountry: '__proto__' })).toThrow(TypeError);
  });
});
