/** Both ends of an interval. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/**
 * The 99 % bootstrap interval of the difference of the medians of two samples: resampled 2000 times, percentiles 0.5 and 99.5. The resampling
 * draws from a generator of its own, so that one pair of samples always gives one interval.
 */
export function differenceOfMedians(a: readonly number[], b: readonly number[]): Interval {
  const draw = generator();
  const resampled = (sample: readonly number[]): number => median(sample.map(() => sample[Math.floor(draw() * sample.length)] as number));
  const differences = Array.from({ length: 2000 }, () => resampled(a) - resampled(b)).sort(byValue);
  return { from: differences[10] as number, to: differences[1989] as number };
}

/** Whether the whole interval lies between `-most` and `most`. */
export function isWithin({ from, to }: Interval, most: number): boolean {
  return from > -most && to < most;
}

/** Whether more samples could hardly change {@link isWithin}: the interval lies inside, or outside, whole. */
export function isDecided({ from, to }: Interval, most: number): boolean {
  return isWithin({ from, to }, most) || from > most || to < -most;
}

/**
 * Milliseconds that each of several calls takes, by name, in rounds of random order. At least `rounds` of them, and, as long as `isEnough` says
 * no, at most ten times as many: a busy machine needs more samples for the same precision.
 */
export async function timesOf<Name extends string>(
  calls: Readonly<Record<Name, () => Promise<unknown>>>,
  rounds: number,
  isEnough: (times: Readonly<Record<Name, readonly number[]>>) => boolean,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(calls) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const draw = generator();
  for (let block = 0; block < 10; block++) {
    for (let round = 0; round < rounds; round++) {
      const order = names.map((name) => ({ name, at: draw() })).sort((a, b) => a.at - b.at);
      for (const { name } of order) {
        const startedAt = performance.now();
        await calls[name]();
        times[name].push(performance.now() - startedAt);
        // what a call leaves behind runs between the samples, as between two requests
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    if (isEnough(times)) break;
  }
  return times;
}

function median(sample: readonly number[]): number {
  const sorted = sample.toSorted(byValue);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

function byValue(a: number, b: number): number {
  return a - b;
}

/** mulberry32: numbers from 0 to 1, the same ones every time. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
