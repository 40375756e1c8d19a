import type { Trace } from './attempt.ts';
import { DAY_SECONDS } from './program.ts';
import type { World } from './world.ts';

/** An amount at a moment, in epoch ms. */
export interface Moment {
  readonly at: number;
  readonly amount: number;
}

/** One for each of these times. */
export function each(times: readonly number[]): readonly Moment[] {
  return times.map((at) => ({ at, amount: 1 }));
}

/** The most that any window of so many seconds held, wherever it begins: exact, over all moments in their order. */
export function mostWithin(moments: readonly Moment[], seconds: number): number {
  let [first, held, most] = [0, 0, 0];
  for (const { at, amount } of moments) {
    held += amount;
    for (let oldest = moments[first]; oldest !== undefined && oldest.at <= at - seconds * 1000; oldest = moments[first]) {
      held -= oldest.amount;
      first += 1;
    }
    most = Math.max(most, held);
  }
  return most;
}

/** What there was within so many seconds of the beginning of a world. */
export function sumUntil({ startsAt }: Pick<World, 'startsAt'>, moments: readonly Moment[], seconds: number): number {
  return moments.reduce((sum, { at, amount }) => (at < startsAt + seconds * 1000 ? sum + amount : sum), 0);
}

/** How much there had been by each of so many moments, at equal distances until the end of so many seconds. */
export function growthOf(
  { startsAt }: Pick<World, 'startsAt'>,
  moments: readonly Moment[],
  { seconds, steps }: { readonly seconds: number; readonly steps: number },
): readonly number[] {
  const sums: number[] = [];
  let [next, sum] = [0, 0];
  for (let step = 1; step <= steps; step++) {
    const until = startsAt + (seconds * 1000 * step) / steps;
    for (let one = moments[next]; one !== undefined && one.at < until; one = moments[next]) {
      sum += one.amount;
      next += 1;
    }
    sums.push(sum);
  }
  return sums;
}

/** One for each SMS. */
export function smsOf(sends: World['sends']): readonly Moment[] {
  return sends.map(({ at }) => ({ at, amount: 1 }));
}

/** The money of some sends, in millionths, which add up exactly. */
export function moneyOf(sends: World['sends']): readonly Moment[] {
  return sends.map(({ at, price }) => ({ at, amount: Math.round(price * 1_000_000) }));
}

/** The most that any 24 hours held. */
export function mostPerDay(moments: readonly Moment[]): number {
  return mostWithin(moments, DAY_SECONDS);
}

/** The most guesses at one challenge that were judged. */
export function mostPerChallenge({ judgedOf }: Trace): number {
  return Math.max(0, ...judgedOf.values());
}

/** Within what a Poisson variable of this mean lies with probability 0.99: half a percent on each side. */
export function poissonInterval(mean: number): { readonly from: number; readonly to: number } {
  let [count, chance, sum] = [0, Math.exp(-mean), Math.exp(-mean)];
  let from = 0;
  while (sum < 0.995) {
    if (sum < 0.005) from = count + 1;
    count += 1;
    chance *= mean / count;
    sum += chance;
  }
  return { from, to: count };
}
