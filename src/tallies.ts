import type { Destination } from './core/charges.ts';
import type { Tally } from './core/conversion.ts';

/** Codes that this process has seen and not yet counted in the store: a call for each would double what a sign-in costs. */
export interface Tallies {
  /** Adds to the tally of a destination; `true`: it is time to count. */
  add(tally: Tally, now: number): boolean;
  /** At most `max` tallies, which are the caller's from now on. */
  takeOut(max: number): readonly Tally[];
}

const COUNT_EVERY_MS = 10_000;
// A wave of numbers from everywhere is counted sooner, so that what waits stays small.
const MAX_WAITING = 50;

/** Empty tallies. */
export function createTallies(): Tallies {
  const waiting = new Map<string, Tally>();
  let countedAt = Number.NEGATIVE_INFINITY;
  return {
    add({ to, sent, redeemed }, now) {
      const name = nameOf(to);
      const held = waiting.get(name);
      waiting.set(name, { to, sent: sent + (held?.sent ?? 0), redeemed: redeemed + (held?.redeemed ?? 0) });
      if (Math.abs(now - countedAt) < COUNT_EVERY_MS && waiting.size < MAX_WAITING) return false;
      countedAt = now;
      return true;
    },
    takeOut(max) {
      const out = [...waiting].slice(0, max);
      for (const [name] of out) waiting.delete(name);
      return out.map(([, tally]) => tally);
    },
  };
}

function nameOf({ prefix, country }: Destination): string {
  return `${prefix} ${country}`;
}
