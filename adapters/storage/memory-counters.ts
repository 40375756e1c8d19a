import type { Bucket, CounterTable } from './counters.ts';
import type { Bounded } from './memory-tables.ts';

// A row: which counter of the slot, then one of its buckets as startsAt, count, countsUntil.
const ROW = 4;
const NONE: readonly number[] = [];
const EMPTY: readonly Bucket[] = [];

/**
 * Counters in a map, one entry per slot: a verb asks for several of a number, most of which are not there, and each of its own would be looked
 * for in another place of a large map. The rows of a slot are bare numbers, one after the other, since there are many.
 */
export function memoryCounters(): CounterTable & Bounded {
  const slots = new Map<string, readonly number[]>();
  // what stands behind the slot of a key: the limits give a few dozen names
  const counterOfName = new Map<string, number>();
  let size = 0;

  function counterOf(name: string): number {
    const known = counterOfName.get(name);
    if (known !== undefined) return known;
    counterOfName.set(name, counterOfName.size);
    return counterOfName.size - 1;
  }

  function replace(slot: string, counter: number, buckets: readonly Bucket[]): void {
    const before = slots.get(slot) ?? NONE;
    const others = without(before, counter);
    size += Math.sign(buckets.length) - Number(others.length < before.length);
    const after = buckets.length === 0 ? others : others.concat(rowsOf(counter, buckets));
    if (after.length === 0) slots.delete(slot);
    else slots.set(slot, after);
  }

  return {
    read(key) {
      const rows = slots.get(slotOf(key));
      return rows === undefined ? EMPTY : bucketsIn(rows, counterOf(nameOf(key)));
    },
    write: (key, buckets) => replace(slotOf(key), counterOf(nameOf(key)), buckets),
    forget(key) {
      if (slots.has(slotOf(key))) replace(slotOf(key), counterOf(nameOf(key)), EMPTY);
    },
    size: () => size,
    sweep({ now, max }) {
      let removed = 0;
      for (const [slot, rows] of slots) {
        for (const counter of deadIn(rows, now)) {
          if (removed >= max) return removed;
          replace(slot, counter, EMPTY);
          removed += 1;
        }
      }
      return removed;
    },
  };
}

function slotOf(key: string): string {
  return key.slice(0, key.indexOf('}') + 1);
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('}') + 1);
}

function bucketsIn(rows: readonly number[], counter: number): readonly Bucket[] {
  const buckets: Bucket[] = [];
  for (let at = 0; at < rows.length; at += ROW) {
    if (rows[at] !== counter) continue;
    buckets.push({ startsAt: rows[at + 1] as number, count: rows[at + 2] as number, countsUntil: rows[at + 3] as number });
  }
  return buckets;
}

function rowsOf(counter: number, buckets: readonly Bucket[]): readonly number[] {
  const rows: number[] = [];
  for (const { startsAt, count, countsUntil } of buckets) rows.push(counter, startsAt, count, countsUntil);
  return rows;
}

function without(rows: readonly number[], counter: number): readonly number[] {
  for (let at = 0; at < rows.length; at += ROW)
    if (rows[at] === counter) return rows.filter((_, index) => rows[index - (index % ROW)] !== counter);
  return rows;
}

/** Counters of which nothing counts any more. */
function deadIn(rows: readonly number[], now: number): ReadonlySet<number> {
  const [dead, live] = [new Set<number>(), new Set<number>()];
  for (let at = 0; at < rows.length; at += ROW) (now < (rows[at + 3] as number) ? live : dead).add(rows[at] as number);
  for (const counter of live) dead.delete(counter);
  return dead;
}
