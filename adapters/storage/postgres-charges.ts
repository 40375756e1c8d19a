import type { Cooldown, Hit } from '../../src/core/limits.ts';
import { type Bucket, bucketOf, milliseconds } from './counters.ts';

/** What a verb charges, and what it forgets when it accepts. */
export interface PostgresCharges {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  readonly clears: readonly string[];
  /** Slots that the verb needs for itself. */
  readonly own: readonly string[];
  readonly now: number;
}

/**
 * Charges as the installed functions take them: slots by their place in `slots`, counted from 1 as arrays there are. Only those in `locked` are
 * held, and have a row afterwards; what only looks at a counter leaves nothing behind.
 */
export function chargesInput({ hits, cooldown, clears, own, now }: PostgresCharges): object {
  const keys = hits.map((hit) => hit.key);
  const paced = cooldown === null ? [] : [cooldown.key];
  const slots = [...new Set([...keys, ...paced, ...clears].map(slotOf))];
  const placeOf = (key: string): number => slots.indexOf(slotOf(key)) + 1;
  const written = hits.filter((hit) => hit.amount !== 0).map((hit) => hit.key);
  return {
    slots,
    locked: [...new Set([...[...written, ...paced, ...clears].map(slotOf), ...own])],
    hits: hits.map((hit) => ({
      slot: placeOf(hit.key),
      key: hit.key,
      // Several hits of one key share what its counter holds.
      first: keys.indexOf(hit.key) + 1,
      limit: hit.limit,
      max: hit.max,
      always: hit.when === 'always',
      bucket: tupleOf(bucketOf(hit, now)),
    })),
    cooldown:
      cooldown === null
        ? null
        : {
            slot: placeOf(cooldown.key),
            key: cooldown.key,
            limit: cooldown.limit,
            pauses: cooldown.ladderSeconds.map(milliseconds),
            bucket: [now, 1, now + milliseconds(cooldown.windowSeconds)],
          },
    clears: clears.map((key) => ({ slot: placeOf(key), key })),
  };
}

/** The slot of a key. */
export function slotOf(key: string): string {
  return /^\{([^}]*)\}/.exec(key)?.[1] ?? key;
}

// When it starts, what it counts, and until when.
function tupleOf({ startsAt, count, countsUntil }: Bucket): readonly [number, number, number] {
  return [startsAt, count, countsUntil];
}
