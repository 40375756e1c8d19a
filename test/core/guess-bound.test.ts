import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessBoundOf } from '../../src/core/guess-bound.ts';
import type { LimitRules } from '../../src/core/limits.ts';

const DAY = 86_400;

function boundOf(guessesPerNumber: LimitRules['guessesPerNumber'], codeLength = 6): ReturnType<typeof guessBoundOf> {
  const rules = { sendsPerNumber: [], guessesPerNumber, guessesInARow: 100, smsPerDay: 7, resendAfterSeconds: [30] };
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
  ])('of %j is %i a day', (windows, guesses) => {
    expect(boundOf(windows)).toEqual({
      guessesPerNumberPerDay: guesses,
      probabilityPerNumberPerDay: (guesses * 2148) / 2 ** 31,
      smsPerDay: 7,
      spendPerDay: null,
    });
  });

  it('knows that the likeliest code is a little likelier than the others', () => {
    expect(boundOf([{ max: 1, windowSeconds: DAY }], 4).probabilityPerNumberPerDay).toBe(214_749 / 2 ** 31);
    expect(boundOf([{ max: 1, windowSeconds: DAY }], 8).probabilityPerNumberPerDay).toBe(22 / 2 ** 31);
  });

  it('is never below what windows let through within any day', () => {
    const windows = fc.array(fc.record({ max: fc.integer({ min: 1, max: 5 }), windowSeconds: fc.integer({ min: 3600, max: 2 * DAY }) }), {
      minLength: 1,
      maxLength: 2,
    });
    fc.assert(
      fc.property(windows, fc.integer({ min: 600, max: 7200 }), (list, every) => {
        // the greediest guesser there is: one guess as soon as it is allowed, looked at every so many seconds
        const judged: number[] = [];
        for (let now = 0; now < 3 * DAY; now += every) {
          const mayGuess = list.every((w) => judged.filter((at) => now < at + w.windowSeconds).length < w.max);
          if (mayGuess) judged.push(now);
        }
        const busiest = Math.max(...judged.map((from) => judged.filter((at) => at >= from && at < from + DAY).length));
        expect(busiest).toBeLessThanOrEqual(boundOf(list).guessesPerNumberPerDay);
      }),
    );
  });
});
