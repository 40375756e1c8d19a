import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessBoundOf } from '../../src/core/guess-bound.ts';
import type { LaneRules, LimitRules, Window } from '../../src/core/limits.ts';

const DAY = 86_400;
const strangers: Window = { max: 20, windowSeconds: DAY };
const owners: Window = { max: 10, windowSeconds: DAY };

function boundOf(
  lanes: { readonly unknown?: readonly Window[]; readonly known?: readonly Window[] } = {},
  codeLength = 6,
  spend: LimitRules['spend'] = null,
): ReturnType<typeof guessBoundOf> {
  const laneOf = (guessesPerNumber: readonly Window[]): LaneRules => ({ sendsPerNumber: [], guessesPerNumber, passwordsPerNumber: [] });
  const rules: LimitRules = {
    ...laneOf(lanes.unknown ?? [strangers]),
    knownDevice: laneOf(lanes.known ?? [owners]),
    guessesInARow: 100,
    resendAfterSeconds: [30],
    sendsPerIp: [],
    guessesPerIp: [],
    passwordsPerIp: [],
    lookupsPerIp: [],
    sendsPerPrefix: [],
    sendsPerCountry: {},
    smsPerDay: 7,
    spend,
  };
  return guessBoundOf(rules, codeLength);
}

describe('the bound of guesses', () => {
  it.each([
    [[{ max: 20, windowSeconds: DAY }], 20],
    [
      [
        { max: 10, windowSeconds: 3600 },
        { max: 20, windowSeconds: DAY },
      ],
      20,
    ],
    [[{ max: 10, windowSeconds: 3600 }], 240],
    // a window that is longer than a day may fill within one
    [[{ max: 50, windowSeconds: 7 * DAY }], 50],
    // one that does not divide the day begins once more
    [[{ max: 3, windowSeconds: 50_000 }], 6],
    [[{ max: 1, windowSeconds: DAY - 1 }], 2],
  ])('of %j is %i a day in each lane', (windows, guesses) => {
    expect(boundOf({ unknown: windows }).guessesPerNumberPerDay).toBe(guesses + 10);
    expect(boundOf({ known: windows }).guessesPerNumberPerDay).toBe(guesses + 20);
    expect(boundOf({ unknown: windows, known: windows })).toEqual({
      guessesPerNumberPerDay: 2 * guesses,
      probabilityPerNumberPerDay: (2 * guesses * 2148) / 2 ** 31,
      smsPerDay: 7,
      spendPerDay: null,
    });
  });

  it('says what a day may cost at most', () => {
    expect(boundOf({}, 6, { perDay: 12.5, pricePerSms: { IR: 0.02 } })).toMatchObject({ smsPerDay: 7, spendPerDay: 12.5 });
  });

  it('knows that the likeliest code is a little likelier than the others', () => {
    const once = [{ max: 1, windowSeconds: DAY }];
    expect(boundOf({ unknown: once, known: once }, 4).probabilityPerNumberPerDay).toBe((2 * 214_749) / 2 ** 31);
    expect(boundOf({ unknown: once, known: once }, 8).probabilityPerNumberPerDay).toBe((2 * 22) / 2 ** 31);
  });

  it('is never below what windows let through within any day, in both lanes together', () => {
    const windows = fc.array(fc.record({ max: fc.integer({ min: 1, max: 5 }), windowSeconds: fc.integer({ min: 3600, max: 2 * DAY }) }), {
      minLength: 1,
      maxLength: 2,
    });
    fc.assert(
      fc.property(windows, windows, fc.integer({ min: 600, max: 7200 }), (unknown, known, every) => {
        const judged = [...greediest(unknown, every), ...greediest(known, every)];
        const busiest = Math.max(...judged.map((from) => judged.filter((at) => at >= from && at < from + DAY).length));
        expect(busiest).toBeLessThanOrEqual(boundOf({ unknown, known }).guessesPerNumberPerDay);
      }),
    );
  });
});

/** When the greediest guesser there is guesses: as soon as it is allowed, looked at every so many seconds. */
function greediest(windows: readonly Window[], every: number): readonly number[] {
  const judged: number[] = [];
  for (let now = 0; now < 3 * DAY; now += every) {
    const mayGuess = windows.every((w) => judged.filter((at) => now < at + w.windowSeconds).length < w.max);
    if (mayGuess) judged.push(now);
  }
  return judged;
}
