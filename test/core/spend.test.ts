import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRICE_UNITS, priceOf } from '../../src/core/spend.ts';

describe('the price of an SMS', () => {
  it.each([
    ['its own', { IR: 0.02, default: 0.1 }, 'IR', 20_000],
    ['the default', { IR: 0.02, default: 0.1 }, 'US', 100_000],
    ['that of the dearest country where none is known', { IR: 0.02, US: 0.5, DE: 0.07 }, '001', 500_000],
    ['the default rather than the dearest', { US: 0.5, default: 0.01 }, '001', 10_000],
    ['in whole millionths', { IR: 0.000_000_6 }, 'IR', 1],
    ['exact where a binary fraction is not', { IR: 0.1 + 0.2 }, 'IR', 300_000],
  ])('is %s', (_, pricePerSms, country, price) => {
    expect(priceOf({ perDay: 1, pricePerSms }, country)).toBe(price);
  });

  it('is a whole number of millionths, less than one off', () => {
    const money = fc.double({ min: 0.000_001, max: 1_000_000_000, noNaN: true });
    fc.assert(
      fc.property(money, (price) => {
        const units = priceOf({ perDay: 1, pricePerSms: { IR: price } }, 'IR');
        expect(Number.isSafeInteger(units)).toBe(true);
        expect(units).toBeGreaterThan(0);
        expect(Math.abs(units / PRICE_UNITS - price)).toBeLessThan(0.000_001);
      }),
    );
  });
});
