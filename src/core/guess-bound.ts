import { guessProbability } from './code.ts';
import type { LimitRules } from './limits.ts';

/** What an attacker with any number of addresses can reach within any 24 hours. */
export interface GuessBound {
  /** Guesses at one number's codes that are judged. */
  readonly guessesPerNumberPerDay: number;
  /** The chance that one of them is right. */
  readonly probabilityPerNumberPerDay: number;
  /** SMS of the whole system. */
  readonly smsPerDay: number;
  /** Money, in the unit of the price table; `null` without one. */
  readonly spendPerDay: number | null;
}

const DAY_SECONDS = 86_400;

/** The bound that the limits enforce. Of several windows the tightest counts; a window shorter than a day may fill as often as it fits, begun ones included. */
export function guessBoundOf(rules: LimitRules, codeLength: number): GuessBound {
  const perWindow = rules.guessesPerNumber.map((w) => w.max * Math.ceil(DAY_SECONDS / w.windowSeconds));
  const guessesPerNumberPerDay = Math.min(...perWindow);
  return {
    guessesPerNumberPerDay,
    probabilityPerNumberPerDay: guessesPerNumberPerDay * guessProbability(codeLength),
    smsPerDay: rules.smsPerDay,
    spendPerDay: null,
  };
}
