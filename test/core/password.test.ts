import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passwordLengthProblem } from '../../src/core/password.ts';

describe('the length of a password', () => {
  it.each([
    ['', 'too_short'],
    ['1234567', 'too_short'],
    ['12345678', null],
    ['🙂'.repeat(7), 'too_short'],
    ['🙂'.repeat(8), null],
    ['🙂'.repeat(128), null],
    ['🙂'.repeat(129), 'too_long'],
    ['x'.repeat(128), null],
    ['x'.repeat(129), 'too_long'],
    // eight letters however they are composed
    ['e\u0301'.repeat(7), 'too_short'],
    ['e\u0301'.repeat(8), null],
    ['e\u0301'.repeat(128), null],
    ['x'.repeat(1_000_000), 'too_long'],
    ['\u0000'.repeat(8), null],
    ['        ', null],
  ])('of %.12j is %s', (password, problem) => expect(passwordLengthProblem(password)).toBe(problem));

  it('is counted in characters of the composed form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 140 }), (password) => {
        const characters = [...password.normalize('NFC')].length;
        const expected = characters < 8 ? 'too_short' : characters > 128 ? 'too_long' : null;
        expect(passwordLengthProblem(password)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
