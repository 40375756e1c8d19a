import { describe, expect, it } from 'vitest';
import { create, type Loose, pathsOf } from './refused-paths.ts';

const DAY = 86_400;

/** The options of limits that are lists of windows, beside the least that is needed. */
const WINDOWED: Readonly<Record<string, (windows: unknown) => Loose>> = {
  'limits.sendsPerNumber': (sendsPerNumber) => ({ sendsPerNumber }),
  'limits.guessesPerNumber': (guessesPerNumber) => ({ guessesPerNumber }),
  'limits.passwordsPerNumber': (passwordsPerNumber) => ({ passwordsPerNumber }),
  'limits.knownDevice.sendsPerNumber': (sendsPerNumber) => ({ knownDevice: { sendsPerNumber } }),
  'limits.knownDevice.guessesPerNumber': (guessesPerNumber) => ({ knownDevice: { guessesPerNumber } }),
  'limits.knownDevice.passwordsPerNumber': (passwordsPerNumber) => ({ knownDevice: { passwordsPerNumber } }),
  'limits.sendsPerIp': (sendsPerIp) => ({ sendsPerIp }),
  'limits.guessesPerIp': (guessesPerIp) => ({ guessesPerIp }),
  'limits.passwordsPerIp': (passwordsPerIp) => ({ passwordsPerIp }),
  'limits.lookupsPerIp': (lookupsPerIp) => ({ lookupsPerIp }),
  'limits.sendsPerPrefix': (sendsPerPrefix) => ({ sendsPerPrefix }),
  'limits.sendsPerCountry.IR': (windows) => ({ sendsPerCountry: { IR: windows } }),
};

const NO_COUNTS = [-1, 0, 1.5, -0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 2 ** 53, '5', null, true, 5n, [5], {}];

/** Each path once: what is no safe integer is beyond the maximum too. */
function refused(limits: Loose, beside: Loose = {}): readonly string[] {
  // the bound of guesses is another story
  const config = { limits: { smsPerDay: 2000, ...limits }, maxGuessProbabilityPerDay: 0.999_999, ...beside };
  return [...new Set(pathsOf(() => create(config)))];
}

describe.each(Object.entries(WINDOWED))('%s', (path, limitsOf) => {
  const refusedWindows = (windows: unknown): readonly string[] => refused(limitsOf(windows));
  const one = { max: 1, windowSeconds: 60 };

  it('takes whole numbers, from the least to the most', () => {
    const day = { max: 2, windowSeconds: DAY };
    for (const windows of [[one], [one, day], [{ max: 1, windowSeconds: 1 }], [{ max: 9, windowSeconds: 366 * DAY }]]) {
      expect(refusedWindows(windows)).toEqual([]);
    }
    // a million guesses are beyond every bound
    expect(refusedWindows([{ max: 1_000_000, windowSeconds: DAY }])).toEqual(path.includes('guessesPerNumber') ? [expect.any(String)] : []);
  });

  it.each([...NO_COUNTS, undefined, 1_000_001])('refuses the maximum %s', (max) => {
    expect(refusedWindows([{ max, windowSeconds: 60 }])).toEqual([`${path}.0.max`]);
    expect(refusedWindows([one, { max, windowSeconds: 61 }])).toEqual([`${path}.1.max`]);
  });

  it.each([...NO_COUNTS, undefined, 366 * DAY + 1])('refuses the window %s', (windowSeconds) => {
    expect(refusedWindows([{ max: 5, windowSeconds }])).toEqual([`${path}.0.windowSeconds`]);
  });

  it('refuses what is no list of windows, an empty one, a window named twice, and a key that is none', () => {
    for (const windows of [[], 5, '5', null, {}, one, [one, { max: 2, windowSeconds: 60 }]])
      expect(refusedWindows(windows)).toEqual([path]);
    expect(refusedWindows([5])).toEqual([`${path}.0`]);
    expect(refusedWindows([{ ...one, seconds: 60 }])).toEqual([`${path}.0.seconds`]);
    expect(refusedWindows([{ max: 1, window: 60 }]).toSorted()).toEqual([`${path}.0.window`, `${path}.0.windowSeconds`]);
  });

  it('refuses a window that a longer one with less room never lets fill', () => {
    const shorter = { max: 6, windowSeconds: 60 };
    const longer = { max: 5, windowSeconds: 3600 };
    expect(refusedWindows([shorter, longer])).toEqual([`${path}.0.max`]);
    expect(refusedWindows([longer, shorter])).toEqual([`${path}.1.max`]);
    expect(refusedWindows([{ max: 9, windowSeconds: 1 }, shorter, longer])).toEqual([`${path}.0.max`, `${path}.1.max`]);
    // as much as in the longer one is no contradiction
    expect(refusedWindows([{ max: 5, windowSeconds: 60 }, longer])).toEqual([]);
  });
});

describe('a limit that is one number', () => {
  it.each([...NO_COUNTS, undefined, 1_000_000_001])('refuses %s for the messages of the day', (smsPerDay) => {
    expect(refused({ smsPerDay })).toEqual(['limits.smsPerDay']);
  });

  it.each([...NO_COUNTS, 101])('refuses %s for the guesses in a row', (guessesInARow) => {
    expect(refused({ guessesInARow })).toEqual(['limits.guessesInARow']);
  });

  it('takes its bounds', () => {
    for (const smsPerDay of [1, 1_000_000_000]) expect(refused({ smsPerDay })).toEqual([]);
    for (const guessesInARow of [1, 100, undefined]) expect(refused({ guessesInARow })).toEqual([]);
  });
});

describe('limits', () => {
  it.each([
    ['sendsPerIP', 'limits.sendsPerIP'],
    ['perIp', 'limits.perIp'],
    ['resendAfterSeconds', 'limits.resendAfterSeconds'],
    ['__proto', 'limits.__proto'],
  ])('know no %s', (key, path) => {
    expect(refused({ [key]: [{ max: 1, windowSeconds: 60 }] })).toEqual([path]);
  });

  it('of known devices are those of a number', () => {
    const windows = [{ max: 1, windowSeconds: 60 }];
    for (const key of ['sendsPerIp', 'sendsPerPrefix', 'smsPerDay', 'guessesInARow']) {
      expect(refused({ knownDevice: { [key]: windows } })).toEqual([`limits.knownDevice.${key}`]);
    }
    for (const knownDevice of [5, null, [], 'x', true]) expect(refused({ knownDevice })).toEqual(['limits.knownDevice']);
  });

  it('of a country are for one that is, and that is allowed', () => {
    const windows = [{ max: 1, windowSeconds: 60 }];
    for (const key of ['ir', 'IRN', 'XX', 'default', '001', ''])
      expect(refused({ sendsPerCountry: { [key]: windows } })).toEqual([`limits.sendsPerCountry.${key}`]);
    expect(refused({ sendsPerCountry: { DE: windows, IR: windows, FR: windows } })).toEqual([
      'limits.sendsPerCountry.DE',
      'limits.sendsPerCountry.FR',
    ]);
    expect(refused({ sendsPerCountry: { DE: windows } }, { allowedCountries: 'all' })).toEqual([]);
    for (const sendsPerCountry of [5, null, [], 'IR', windows]) expect(refused({ sendsPerCountry })).toEqual(['limits.sendsPerCountry']);
  });
});

describe('the money of a day', () => {
  const price = { IR: 0.02, US: 0.1 };
  const NO_MONEY = [-1, 0, -0.02, Number.POSITIVE_INFINITY, Number.NaN, 2 ** 53, 0.000_000_9, 1_000_000_001, '5', null, true, 5n, [], {}];

  it('may be any fraction, with a price of every allowed country', () => {
    for (const perDay of [0.2, 12.5, 1_000_000_000]) expect(refused({ spend: { perDay, pricePerSms: price } })).toEqual([]);
    expect(refused({ spend: { perDay: 5, pricePerSms: { default: 0.1 } } })).toEqual([]);
    expect(refused({ spend: { perDay: 5, pricePerSms: { IR: 0.000_001, default: 0.1 } } })).toEqual([]);
    expect(refused({ spend: undefined })).toEqual([]);
  });

  it.each([...NO_MONEY, undefined])('is not %s', (perDay) => {
    expect(refused({ spend: { perDay, pricePerSms: price } })).toEqual(['limits.spend.perDay']);
  });

  it.each([...NO_MONEY, undefined])('buys no message for %s', (IR) => {
    expect(refused({ spend: { perDay: 5, pricePerSms: { ...price, IR } } })).toEqual(['limits.spend.pricePerSms.IR']);
  });

  it('needs a price of every allowed country, or one for all others', () => {
    expect(refused({ spend: { perDay: 5, pricePerSms: { IR: 0.02 } } })).toEqual(['limits.spend.pricePerSms.US']);
    expect(refused({ spend: { perDay: 5, pricePerSms: {} } })).toEqual(['limits.spend.pricePerSms.IR', 'limits.spend.pricePerSms.US']);
    expect(refused({ spend: { perDay: 5 } })).toEqual(['limits.spend.pricePerSms']);
    expect(refused({ spend: { perDay: 5, pricePerSms: price } }, { allowedCountries: 'all' })).toEqual([
      'limits.spend.pricePerSms.default',
    ]);
    expect(refused({ spend: { perDay: 5, pricePerSms: { default: 0.1 } } }, { allowedCountries: 'all' })).toEqual([]);
  });

  it('has prices of countries that are, and that are allowed', () => {
    for (const key of ['ir', 'XX', 'Default', 'DEFAULT', '']) {
      expect(refused({ spend: { perDay: 5, pricePerSms: { ...price, [key]: 1 } } })).toEqual([`limits.spend.pricePerSms.${key}`]);
    }
    expect(refused({ spend: { perDay: 5, pricePerSms: { ...price, DE: 1 } } })).toEqual(['limits.spend.pricePerSms.DE']);
  });

  it('is enough for one message of an unknown device to each country', () => {
    const perDay = 0.125;
    expect(refused({ spend: { perDay, pricePerSms: { IR: 0.1, US: 0.100_001 } } })).toEqual(['limits.spend.pricePerSms.US']);
    expect(refused({ spend: { perDay, pricePerSms: { IR: 0.1, default: 0.125 } } })).toEqual(['limits.spend.pricePerSms.default']);
    expect(refused({ spend: { perDay, pricePerSms: { IR: 0.1, default: 0.1 } } })).toEqual([]);
  });

  it('is an object with these two keys', () => {
    for (const spend of [5, null, [], 'x', true]) expect(refused({ spend })).toEqual(['limits.spend']);
    expect(refused({ spend: { perDay: 5, pricePerSms: price, perHour: 1 } })).toEqual(['limits.spend.perHour']);
    for (const pricePerSms of [0.1, null, [0.1], 'x'])
      expect(refused({ spend: { perDay: 5, pricePerSms } })).toEqual(['limits.spend.pricePerSms']);
  });
});

it('everything that is wrong with limits is named at once', () => {
  const limits = {
    smsPerDay: -1,
    sendsPerIp: [],
    knownDevice: { guessesPerNumber: [{ max: 0.5, windowSeconds: 60 }] },
    spend: { perDay: 0, pricePerSms: { ir: 1 } },
  };
  expect(pathsOf(() => create({ limits })).toSorted()).toEqual([
    'limits.knownDevice.guessesPerNumber.0.max',
    'limits.sendsPerIp',
    'limits.smsPerDay',
    'limits.spend.perDay',
    'limits.spend.pricePerSms.ir',
  ]);
});
