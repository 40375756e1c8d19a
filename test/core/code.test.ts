import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, guessProbability, readCode } from '../../src/core/code.ts';
import { toAsciiDigits } from '../../src/core/digits.ts';
import { keysUnder, mac } from '../../src/core/keys.ts';

const keys = keysUnder(Uint8Array.from({ length: 32 }, (_, i) => 255 - i));
const fields = { id: 'i', purpose: 'login', phoneNumber: '+989112223344', userId: null, contextHash: null, codeLength: 6, seed: 's' };

/** RFC 4226, section 5.3, straight from the text. */
function hotp(secret: Uint8Array, digits: number): string {
  const tag = createHmac('sha256', secret).update(Buffer.alloc(8)).digest();
  const offset = (tag.at(-1) as number) & 15;
  const value = tag.readUInt32BE(offset) & 0x7fffffff;
  return String(value % 10 ** digits).padStart(digits, '0');
}

describe('a code', () => {
  it('is the HOTP value under a secret that takes key and seed', () => {
    fc.assert(
      fc.property(
        fc.record({ id: fc.string(), seed: fc.string(), userId: fc.option(fc.string()), codeLength: fc.integer({ min: 4, max: 8 }) }),
        (some) => {
          const c = { ...fields, ...some };
          const secret = mac(keys.code, c.id, c.purpose, c.phoneNumber, c.userId, c.contextHash, String(c.codeLength), c.seed);
          expect(codeOf(keys, c)).toBe(hotp(secret, c.codeLength));
        },
      ),
    );
  });

  it('depends on every field', () => {
    const variants = [
      { ...fields, codeLength: 8, id: 'j' },
      { ...fields, codeLength: 8, purpose: 'register' },
      { ...fields, codeLength: 8, phoneNumber: '+989112223345' },
      { ...fields, codeLength: 8, userId: 'u' },
      { ...fields, codeLength: 8, contextHash: 'c' },
      { ...fields, codeLength: 8, seed: 't' },
      { ...fields, codeLength: 8 },
    ];
    expect(new Set(variants.map((c) => codeOf(keys, c))).size).toBe(variants.length);
  });

  it('uses every digit equally often', () => {
    const counts = Array.from({ length: 6 }, () => new Map<string, number>());
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      for (const [position, digit] of [...codeOf(keys, { ...fields, seed: String(i) })].entries())
        counts[position]?.set(digit, (counts[position]?.get(digit) ?? 0) + 1);
    }
    for (const perDigit of counts) {
      expect(perDigit.size).toBe(10);
      const chiSquare = [...perDigit.values()].reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0);
      // 9 degrees of freedom; the seeds are fixed, so this either always holds or never
      expect(chiSquare).toBeLessThan(27.9);
    }
  });

  it('is guessed with the probability of its likeliest value', () => {
    expect(guessProbability(6)).toBe(2148 / 2 ** 31);
    expect(guessProbability(8)).toBe(22 / 2 ** 31);
  });
});

describe('typed digits', () => {
  it.each([
    ['123456', '123456'],
    [' 123 456 ', '123456'],
    ['123-456', '123456'],
    ['۱۲۳۴۵۶', '123456'],
    ['١٢٣٤٥٦', '123456'],
    ['１２３　４５６', '123456'],
    ['१२३४५६', '123456'],
    ['𝟘𝟙𝟚𝟛', '0123'],
    ['0000', '0000'],
  ])('%j is %s', (text, digits) => expect(readCode(text)).toBe(digits));

  it.each(['', '123', '123456789', '12345a', '+123456', '1e5000', '0x1234', '½½½½', '①②③④', `123456${' '.repeat(27)}`, '12\u0000345'])(
    '%j is none',
    (text) => expect(readCode(text)).toBeNull(),
  );

  it('every decimal digit of Unicode has its value', () => {
    let digits = 0;
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      if (!/\p{Nd}/u.test(character)) continue;
      // the runs are in ascending order, so the n-th digit of all has value n modulo ten
      expect(toAsciiDigits(character), codePoint.toString(16)).toBe(String(digits % 10));
      digits++;
    }
    expect(digits).toBeGreaterThan(600);
  });
});
