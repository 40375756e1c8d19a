import { describe, expect, it } from 'vitest';
import type { LimitOptions } from '../src/index.ts';
import { stage } from './flows/stage.ts';

const DAY = 86_400;

// A number of its own for every limit, so that one that is not told, or told for another, is missed.
const limits: Required<LimitOptions> = {
  smsPerDay: 2003,
  sendsPerNumber: [
    { max: 4, windowSeconds: 601 },
    { max: 7, windowSeconds: 3602 },
  ],
  guessesPerNumber: [{ max: 17, windowSeconds: DAY + 3 }],
  guessesInARow: 93,
  passwordsPerNumber: [{ max: 19, windowSeconds: 3604 }],
  knownDevice: {
    sendsPerNumber: [{ max: 23, windowSeconds: 3605 }],
    guessesPerNumber: [{ max: 13, windowSeconds: DAY + 6 }],
    passwordsPerNumber: [{ max: 29, windowSeconds: 3607 }],
  },
  sendsPerIp: [{ max: 31, windowSeconds: 3608 }],
  guessesPerIp: [{ max: 37, windowSeconds: 3609 }],
  passwordsPerIp: [{ max: 41, windowSeconds: 3610 }],
  lookupsPerIp: [{ max: 43, windowSeconds: 3611 }],
  sendsPerPrefix: [{ max: 47, windowSeconds: 3612 }],
  sendsPerCountry: { IR: [{ max: 53, windowSeconds: 3613 }], US: [{ max: 59, windowSeconds: 3614 }] },
  spend: { perDay: 61.5, pricePerSms: { default: 0.1 } },
};

describe('describe', () => {
  it('says every limit, and whose it is', () => {
    const lines = stage({ limits, code: { resendAfterSeconds: [31, 67] } })
      .auth.describe()
      .split('\n');
    const lineWith = (fact: string): string => lines.find((line) => line.includes(fact)) ?? `no line with ${fact}`;
    expect(lineWith('4 in 601 s, 7 in 3602 s')).toMatch(/^sends to one number: .* wait 31, 67 s$/);
    expect(lineWith('17 in 86403 s')).toMatch(/^wrong codes for one number: .* 93 in a row$/);
    expect(lineWith('19 in 3604 s')).toMatch(/^wrong passwords for one number: .* 93 in a row$/);
    for (const fact of ['23 in 3605 s sends', '13 in 86406 s wrong codes', '29 in 3607 s wrong passwords']) {
      expect(lineWith(fact)).toMatch(/^known devices /);
    }
    for (const fact of ['31 in 3608 s sends', '37 in 3609 s wrong codes', '41 in 3610 s passwords', '43 in 3611 s lookups', '/48']) {
      expect(lineWith(fact)).toMatch(/^from one address: /);
    }
    expect(lineWith('47 in 3612 s')).toMatch(/^sends to one prefix/);
    expect(lineWith('53 in 3613 s')).toMatch(/^sends to IR: /);
    expect(lineWith('59 in 3614 s')).toMatch(/^sends to US: /);
    expect(lineWith('2003 in 86400 s')).toMatch(/^sends in all: .*61\.5 .*last fifth .*known devices$/);
    // 17 and 13: what guessBound() says
    expect(lineWith('bound: ')).toMatch(/^bound: 30 guesses .* 2003 SMS and 61\.5 of money /);
  });

  it('says nothing of limits that are off', () => {
    const text = stage({ limits: { smsPerDay: 2003 } }).auth.describe();
    expect(text).not.toMatch(/money|undefined|null|NaN|sends to [A-Z]{2}:/);
  });
});
