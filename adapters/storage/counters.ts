import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Limited } from '../../src/ports/challenge-store.ts';

/** Hits of one slice of a window. */
export interface Bucket {
  /** Epoch ms. */
  readonly startsAt: number;
  readonly count: number;
  /** Epoch ms from which they count no more. */
  readonly countsUntil: number;
}

/** Where counters lie: one entry per key. */
export interface CounterTable {
  read(key: string): readonly Bucket[];
  write(key: string, buckets: readonly Bucket[]): void;
  forget(key: string): void;
}

/** What the counters of one verb hold: each is looked up once. */
export interface Reading {
  readonly counters: CounterTable;
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  readonly now: number;
  /** Of the hits, in their order, then of the cooldown. */
  readonly keys: readonly string[];
  /** Behind each key what still counts, with what the verb has written since. */
  readonly held: (readonly Bucket[])[];
}

// Up to this many hits are remembered one by one; more are counted in slices, so that an entry stays small whatever `max` is.
const EXACT_HITS = 32;
const SLICES = 24;
const FOREVER: number = Number.MAX_SAFE_INTEGER;
const NONE: readonly Bucket[] = [];

/** Looks up what a verb charges. */
export function readCounters(counters: CounterTable, hits: readonly Hit[], cooldown: Cooldown | null, now: number): Reading {
  const ofHits = hits.map((hit) => hit.key);
  const keys = cooldown === null ? ofHits : [...ofHits, cooldown.key];
  return { counters, hits, cooldown, now, keys, held: keys.map((key) => live(counters.read(key), now)) };
}

/** The refusal that lasts longest, so that a call at its `retryAt` passes; `null`: there is room for all. */
export function refusalIn({ hits, cooldown, now, held }: Reading): Limited | null {
  let longest: Limited | null = null;
  for (const [index, hit] of hits.entries()) longest = longer(longest, hit.limit, roomAt(held[index] ?? NONE, hit), now);
  if (cooldown === null) return longest;
  const sends = held[hits.length] ?? NONE;
  return longer(longest, cooldown.limit, lastOf(sends) + pauseAfter(sends, cooldown), now);
}

/** Writes down the send and those hits that are `due`; gives the epoch ms at which the cooldown allows the next one. */
export function charge(reading: Reading, due: (hit: Hit) => boolean = () => true): number {
  const { hits, cooldown, now, held } = reading;
  for (const [index, hit] of hits.entries())
    if (isWritten(hit) && due(hit)) write(reading, index, withBucket(held[index] ?? NONE, bucketOf(hit, now)));
  if (cooldown === null) return now;
  const send = { startsAt: now, count: 1, countsUntil: now + milliseconds(cooldown.windowSeconds) };
  const sends = withBucket(held[hits.length] ?? NONE, send);
  // More than the ladder has rungs would change nothing: the last rung repeats.
  write(reading, hits.length, latest(sends, Math.max(1, cooldown.ladderSeconds.length)));
  return now + pauseAfter(sends, cooldown);
}

/** What the counter of each hit holds. */
export function countsIn({ hits, held }: Reading): readonly number[] {
  return hits.map((_, index) => countOf(held[index] ?? NONE));
}

/** Whether a hit leaves anything in its counter. */
export function isWritten(hit: Hit): boolean {
  return amountOf(hit) > 0;
}

function write({ counters, keys, held }: Reading, index: number, buckets: readonly Bucket[]): void {
  const key = keys[index] as string;
  counters.write(key, buckets);
  // several hits of one verb may share a counter
  for (let at = 0; at < keys.length; at++) if (keys[at] === key) held[at] = buckets;
}

function longer(longest: Limited | null, limit: Limited['limit'], retryAt: number, now: number): Limited | null {
  return retryAt > now && (longest === null || retryAt > longest.retryAt) ? { is: 'limited', limit, retryAt } : longest;
}

function live(buckets: readonly Bucket[], now: number): readonly Bucket[] {
  for (const bucket of buckets) if (now >= bucket.countsUntil) return buckets.filter((one) => now < one.countsUntil);
  return buckets;
}

function roomAt(buckets: readonly Bucket[], hit: Hit): number {
  const most = hit.max - amountOf(hit);
  let count = countOf(buckets);
  if (count <= most) return 0;
  for (const bucket of buckets.toSorted((a, b) => a.countsUntil - b.countsUntil)) {
    count -= bucket.count;
    if (count <= most) return bucket.countsUntil;
  }
  return FOREVER;
}

/** What one hit adds, and where. */
export function bucketOf(hit: Hit, now: number): Bucket {
  const count = amountOf(hit);
  if (hit.windowSeconds === null) return { startsAt: 0, count, countsUntil: FOREVER };
  const windowMs = milliseconds(hit.windowSeconds);
  const sliceMs = hit.max <= EXACT_HITS ? 1 : Math.ceil(windowMs / SLICES);
  const startsAt = Math.floor(now / sliceMs) * sliceMs;
  // Until the last hit that the slice may hold is out of the window: early refusals, never late ones.
  return { startsAt, count, countsUntil: startsAt + sliceMs - 1 + windowMs };
}

function withBucket(buckets: readonly Bucket[], one: Bucket): readonly Bucket[] {
  if (buckets.length === 0) return [one];
  const same = buckets.find((bucket) => bucket.startsAt === one.startsAt);
  if (same === undefined) return [...buckets, one];
  const merged = { ...one, count: same.count + one.count, countsUntil: Math.max(same.countsUntil, one.countsUntil) };
  return buckets.map((bucket) => (bucket === same ? merged : bucket));
}

function latest(sends: readonly Bucket[], most: number): readonly Bucket[] {
  return sends.length <= 1 ? sends : sends.toSorted((a, b) => a.startsAt - b.startsAt).slice(-most);
}

function lastOf(sends: readonly Bucket[]): number {
  let last = 0;
  for (const { startsAt } of sends) last = Math.max(last, startsAt);
  return last;
}

function pauseAfter(sends: readonly Bucket[], { ladderSeconds }: Cooldown): number {
  const count = Math.min(countOf(sends), ladderSeconds.length);
  return milliseconds(ladderSeconds[count - 1] ?? 0);
}

function amountOf({ amount = 1 }: Hit): number {
  return amount;
}

function countOf(buckets: readonly Bucket[]): number {
  let sum = 0;
  for (const bucket of buckets) sum += bucket.count;
  return sum;
}

/** Whole milliseconds, never fewer. */
export function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}
