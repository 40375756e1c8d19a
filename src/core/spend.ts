import type { SpendRules } from './limits.ts';

/** Counters hold whole numbers: a millionth of the unit of money is counted as one. */
export const PRICE_UNITS = 1_000_000;

/** Whole units of an amount of money, never more than it has. */
export function unitsIn(money: number): number {
  return Math.floor(exact(money));
}

/** What one SMS to a country costs, in units, never less than its price; one without a price costs what the dearest one costs. */
export function priceOf({ pricePerSms }: SpendRules, country: string): number {
  const price = pricePerSms[country] ?? pricePerSms.default ?? Math.max(...Object.values(pricePerSms));
  return Math.ceil(exact(price));
}

// 0.07 of a million is 70000.00000000001 in floating point: what is less than a thousandth of a unit is not meant.
function exact(money: number): number {
  return Math.round(money * PRICE_UNITS * 1000) / 1000;
}
