import type { Bucket, CounterTable } from './counters.ts';
import { quoted, type SqliteConnection } from './sqlite-database.ts';

/** The counters of one slot, as a transaction sees them. */
interface Slot {
  readonly counters: Map<string, readonly Bucket[]>;
  /** Epoch ms of its row; `null` while it has none. */
  readonly expiresAt: number | null;
  isChanged: boolean;
}

/** Counters of a database that was migrated. */
export interface SqliteCounters extends CounterTable {
  /** Deletes at most `max` rows of slots whose counters are all over; gives their number. */
  deleteExpired(max: number, now: number): number;
}

// The time of expiry lies in an index, and most hits leave it as it is when it may come a little late.
const SLACK_MS = 3_600_000;

/**
 * One row per slot, which is what a key has between braces. A transaction reads each slot that it needs once, and writes those that it changed
 * before it commits, however many calls share it.
 */
export function sqliteCounters(connection: SqliteConnection, prefix: string): SqliteCounters {
  const table = quoted(`${prefix}counters`);
  const select = `SELECT counters, expires_at FROM ${table} WHERE slot = ?`;
  const insert = `INSERT INTO ${table} (slot, counters, expires_at) VALUES (?, ?, ?)`;
  const update = `UPDATE ${table} SET counters = ? WHERE slot = ?`;
  const updateWithExpiry = `UPDATE ${table} SET counters = ?, expires_at = ? WHERE slot = ?`;
  const deleteOne = `DELETE FROM ${table} WHERE slot = ?`;
  const deleteSome = `DELETE FROM ${table} WHERE slot IN (SELECT slot FROM ${table} WHERE expires_at <= ? LIMIT ?)`;
  const slots = new Map<string, Slot>();

  function slotOf(name: string): Slot {
    const known = slots.get(name);
    if (known !== undefined) return known;
    const row = connection.first(select, name);
    const slot: Slot =
      row === null
        ? { counters: new Map(), expiresAt: null, isChanged: false }
        : { counters: countersIn(String(row.counters)), expiresAt: Number(row.expires_at), isChanged: false };
    slots.set(name, slot);
    return slot;
  }

  function writeSlot(name: string, { counters, expiresAt }: Slot): void {
    if (counters.size === 0) {
      if (expiresAt !== null) connection.run(deleteOne, name);
      return;
    }
    const text = textOf(counters);
    const endsAt = endOf(counters);
    const isInTime = expiresAt !== null && endsAt <= expiresAt && expiresAt <= endsAt + SLACK_MS;
    if (isInTime) return void connection.run(update, text, name);
    const sweepAt = Math.min(endsAt + SLACK_MS, Number.MAX_SAFE_INTEGER);
    if (expiresAt === null) connection.run(insert, name, text, sweepAt);
    else connection.run(updateWithExpiry, text, sweepAt, name);
  }

  connection.hold({
    write() {
      for (const [name, slot] of slots) if (slot.isChanged) writeSlot(name, slot);
    },
    forget: () => slots.clear(),
  });

  return {
    read(key) {
      const [slot, name] = partsOf(key);
      return slotOf(slot).counters.get(name) ?? [];
    },
    write(key, buckets) {
      const [name, counter] = partsOf(key);
      const slot = slotOf(name);
      slot.counters.set(counter, buckets);
      slot.isChanged = true;
    },
    forget(key) {
      const [name, counter] = partsOf(key);
      const slot = slotOf(name);
      if (slot.counters.delete(counter)) slot.isChanged = true;
    },
    deleteExpired: (max, now) => connection.run(deleteSome, now, max),
  };
}

function partsOf(key: string): readonly [slot: string, counter: string] {
  const end = key.indexOf('}') + 1;
  return end === 0 ? [key, ''] : [key.slice(0, end), key.slice(end)];
}

function endOf(counters: ReadonlyMap<string, readonly Bucket[]>): number {
  let end = 0;
  for (const buckets of counters.values()) for (const { countsUntil } of buckets) end = Math.max(end, countsUntil);
  return end;
}

// Put together by hand, which takes a third of the time of JSON.stringify.
function textOf(counters: ReadonlyMap<string, readonly Bucket[]>): string {
  let text = '';
  for (const [name, buckets] of counters) {
    let numbers = '';
    for (const { startsAt, count, countsUntil } of buckets) numbers += `,${startsAt},${count},${countsUntil}`;
    text += `,${JSON.stringify(name)}:[${numbers.slice(1)}]`;
  }
  return `{${text.slice(1)}}`;
}

/** Reads `{"name":[startsAt,count,countsUntil,…],…}`. */
function countersIn(text: string): Map<string, readonly Bucket[]> {
  const counters = new Map<string, readonly Bucket[]>();
  for (const [name, numbers] of Object.entries(JSON.parse(text) as Readonly<Record<string, readonly number[]>>)) {
    const buckets: Bucket[] = [];
    for (let at = 0; at + 2 < numbers.length; at += 3) {
      buckets.push({ startsAt: numbers[at] ?? 0, count: numbers[at + 1] ?? 0, countsUntil: numbers[at + 2] ?? 0 });
    }
    counters.set(name, buckets);
  }
  return counters;
}
