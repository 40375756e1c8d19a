import { guessProbability } from './code.ts';
import type { LimitRules, Window } from './limits.ts';

/** What an attacker with any number of addresses can reach within any 24 hours. */
export interface GuessBound {
  /** Guesses at one number's codes that are judged, in both lanes: those of strangers, and those of whoever holds a device of the owner. */
  readonly guessesPerNumberPerDay: number;
  /** The chance that one of them is right. */
  readonly probabilityPerNumberPerDay: number;
  /** SMS of the whole system. */
  readonly smsPerDay: number;
  /** Money, in the unit of the price table; `null` without one. */
  readonly spendPerDay: number | null;
}

const DAY_SECONDS = 86_400;

/**
 * The bound that the limits enforce. In each lane the tightest of several windows counts; a window shorter than a day may fill as often as it
 * fits, begun ones included.
 */
export function guessBoundOf(rules: LimitRules, codeLength: number): GuessBound {
  const guessesPerNumberPerDay = mostIn(rules.guessesPerNumber) + mostIn(rules.knownDevice.guessesPerNumber);
  return {
    guessesPerNumberPerDay,
    probabilityPerNumberPerDay: guessesPerNumberPerDay * guessProbability(codeLength),
    smsPerDay: rules.smsPerDay,
    spendPerDay: rules.spend?.perDay ?? null,
  };
}

function mostIn(windows: readonly Window[]): number {
  return Math.min(...windows.map(({ max, windowSeconds }) => max * Math.ceil(DAY_SECONDS / windowSeconds)));
}
