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

/** The same counters for the length of one verb: what it read or wrote is not looked up again. */
export function lookedUpOnce(counters: CounterTable): CounterTable {
  const held = new Map<string, readonly Bucket[]>();
  return {
    read(key) {
      const buckets = held.get(key) ?? counters.read(key);
      held.set(key, buckets);
      return buckets;
    },
    write(key, buckets) {
      held.set(key, buckets);
      counters.write(key, buckets);
    },
    forget(key) {
      held.set(key, []);
      counters.forget(key);
    },
  };
}

// Up to this many hits are remembered one by one; more are counted in slices, so that an entry stays small whatever `max` is.
const EXACT_HITS = 32;
const SLICES = 24;
const FOREVER: number = Number.MAX_SAFE_INTEGER;

/** The refusal that lasts longest, so that a call at its `retryAt` passes; `null`: there is room for all. */
export function refusalOf(counters: CounterTable, hits: readonly Hit[], cooldown: Cooldown | null, now: number): Limited | null {
  let longest: Limited | null = null;
  const consider = (refusal: Limited): void => {
    if (refusal.retryAt > now && (longest === null || refusal.retryAt > longest.retryAt)) longest = refusal;
  };
  for (const hit of hits) consider({ is: 'limited', limit: hit.limit, retryAt: roomAt(live(counters, hit.key, now), hit) });
  if (cooldown !== null) {
    const sends = live(counters, cooldown.key, now);
    const last = Math.max(0, ...sends.map((send) => send.startsAt));
    consider({ is: 'limited', limit: cooldown.limit, retryAt: last + pauseAfter(sends, cooldown) });
  }
  return longest;
}

/** Writes the hits and the send down; gives the epoch ms at which the cooldown allows the next one. */
export function charge(counters: CounterTable, hits: readonly Hit[], cooldown: Cooldown | null, now: number): number {
  for (const hit of hits) if (isWritten(hit)) counters.write(hit.key, withBucket(live(counters, hit.key, now), bucketOf(hit, now)));
  if (cooldown === null) return now;
  const send = { startsAt: now, count: 1, countsUntil: now + milliseconds(cooldown.windowSeconds) };
  const sends = withBucket(live(counters, cooldown.key, now), send);
  // More than the ladder has rungs would change nothing: the last rung repeats.
  counters.write(cooldown.key, sends.toSorted((a, b) => a.startsAt - b.startsAt).slice(-Math.max(1, cooldown.ladderSeconds.length)));
  return now + pauseAfter(sends, cooldown);
}

/** What the counter of each hit holds. */
export function countsOf(counters: CounterTable, hits: readonly Hit[], now: number): readonly number[] {
  return hits.map((hit) => countOf(live(counters, hit.key, now)));
}

/** Whether a hit leaves anything in its counter. */
export function isWritten(hit: Hit): boolean {
  return amountOf(hit) > 0;
}

function live(counters: CounterTable, key: string, now: number): readonly Bucket[] {
  const buckets = counters.read(key);
  const isLive = (bucket: Bucket): boolean => now < bucket.countsUntil;
  return buckets.every(isLive) ? buckets : buckets.filter(isLive);
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
  const same = buckets.find((bucket) => bucket.startsAt === one.startsAt);
  if (same === undefined) return [...buckets, one];
  const merged = { ...one, count: same.count + one.count, countsUntil: Math.max(same.countsUntil, one.countsUntil) };
  return buckets.map((bucket) => (bucket === same ? merged : bucket));
}

function pauseAfter(sends: readonly Bucket[], { ladderSeconds }: Cooldown): number {
  const count = Math.min(countOf(sends), ladderSeconds.length);
  return milliseconds(ladderSeconds[count - 1] ?? 0);
}

function amountOf({ amount = 1 }: Hit): number {
  return amount;
}

function countOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, bucket) => sum + bucket.count, 0);
}

/** Whole milliseconds, never fewer. */
export function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}
