import type { Cooldown, Hit } from '../../src/core/limits.ts';
import { bucketOf, isWritten, milliseconds } from './counters.ts';
import { numberArray, textArray } from './postgres-arrays.ts';

/** What one operation charges, and what it forgets when it accepts. */
export interface PostgresCharges {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  readonly clears: readonly string[];
  readonly now: number;
}

/** The charges of several operations as the installed functions take them. */
export interface ChargesOfRun {
  /** Every slot that is looked at. */
  readonly slots: readonly string[];
  /** What all of them share. */
  readonly all: object;
  /** What each operation says about its own. */
  readonly each: readonly object[];
}

/**
 * Charges as the installed functions take them, with every name said once. Places count from 1, as arrays there do.
 *
 * Only the slots in `locked` are held, and have a row afterwards: what only looks at a counter leaves nothing behind.
 */
export function chargesOf(operations: readonly PostgresCharges[]): ChargesOfRun {
  const slots = new Map<string, number>();
  const keys = operations.flatMap(({ hits }) => hits.map((hit) => hit.key));
  const hits: number[] = [];
  const placeOf = (key: string): number => {
    const slot = slotOf(key);
    const place = slots.get(slot) ?? slots.size + 1;
    slots.set(slot, place);
    return place;
  };
  let last = 0;
  const each = operations.map((operation) => {
    const { cooldown, clears, now } = operation;
    const own = operation.hits.map((hit) => hit.key);
    for (const hit of operation.hits) hits.push(...numbersOf(hit, placeOf(hit.key), own.indexOf(hit.key) + 1, now));
    const first = last + 1;
    last += operation.hits.length;
    return {
      ...{ now, first, last },
      ...(cooldown === null
        ? {}
        : { pace: cooldown.limit, cooldown: paceOf(cooldown, placeOf(cooldown.key), keys.push(cooldown.key), now) }),
      ...(clears.length === 0 ? {} : { clears: numberArray(clears.flatMap((key) => [placeOf(key), keys.push(key)])) }),
      locked: numberArray([...new Set(writtenBy(operation).map(placeOf))]),
    };
  });
  const limits = operations.flatMap((operation) => operation.hits.map((hit) => hit.limit));
  const names = [...slots.keys()];
  // keys: those of the hits, in their order; then others that operations point at. hits: seven numbers each.
  const all = { slots: textArray(names), keys: textArray(keys), limits: textArray(limits), hits: numberArray(hits) };
  return { slots: names, all, each };
}

/** The slot of a key. */
export function slotOf(key: string): string {
  return /^\{([^}]*)\}/.exec(key)?.[1] ?? key;
}

// Its place; the first hit of its key, because several share what the counter holds; what the counter may hold before it; what it counts, from
// when and until when; whether a right answer counts it too.
function numbersOf(hit: Hit, place: number, first: number, now: number): readonly number[] {
  const { startsAt, count, countsUntil } = bucketOf(hit, now);
  return [place, first, hit.max - count, count, startsAt, countsUntil, hit.when === 'always' ? 1 : 0];
}

// Its place and key; until when a send counts; then the pauses.
function paceOf({ ladderSeconds, windowSeconds }: Cooldown, place: number, key: number, now: number): string {
  return numberArray([place, key, now + milliseconds(windowSeconds), ...ladderSeconds.map(milliseconds)]);
}

function writtenBy({ hits, cooldown, clears }: PostgresCharges): readonly string[] {
  const written = hits.filter(isWritten).map((hit) => hit.key);
  return [...written, ...(cooldown === null ? [] : [cooldown.key]), ...clears];
}
