import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Limited } from '../../src/ports/challenge-store.ts';
import { bucketOf, milliseconds } from './counters.ts';
import { nameIn, type RedisKeys } from './redis-keys.ts';

/** What a call charges in one slot. */
export interface Charges {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  /** A refusal of another slot: nothing is charged, and the one that lasts longest is answered. */
  readonly refused?: Limited | undefined;
  /** Epoch ms that the cooldown of another slot allows the next send at. */
  readonly resendAt?: number | undefined;
}

/** The keys of a script: what stands first, then groups of counters. Places are counted from 1, as Lua does. */
export interface ScriptKeys {
  readonly all: readonly string[];
  /** The place of the first group. */
  readonly groups: number;
  /** The place of the group of a counter, which is added unless it is there, and its name in it. */
  counter(key: string): readonly [group: number, name: string];
}

/** Keys that begin with these. */
export function scriptKeys(names: RedisKeys, ...first: readonly string[]): ScriptKeys {
  const all = [...first];
  return {
    all,
    groups: first.length + 1,
    counter(key) {
      const group = names.counters(key);
      const index = all.indexOf(group, first.length);
      return [index < 0 ? all.push(group) : index + 1, nameIn(key)];
    },
  };
}

/** The charges as {@link COUNTERS} reads them. */
export function chargesInput(keys: ScriptKeys, { hits, cooldown, refused, resendAt }: Charges, now: number): object {
  return {
    groups: keys.groups,
    hits: hitsInput(keys, hits, now),
    cooldown: cooldown === null ? undefined : cooldownInput(keys, cooldown, now),
    refusedUntil: refused?.retryAt,
    resendAt,
    now,
  };
}

/** Six entries for each hit. */
export function hitsInput(keys: ScriptKeys, hits: readonly Hit[], now: number): readonly (string | number)[] {
  const entries: (string | number)[] = [];
  for (const hit of hits) {
    const [group, name] = keys.counter(hit.key);
    const { count, startsAt, countsUntil } = bucketOf(hit, now);
    entries.push(group, name, hit.max - count, count, startsAt, countsUntil);
  }
  return entries;
}

/** What a script refused by: `0` is what other slots refused before, then come the hits, then the cooldown. */
export function refusalIn(rest: readonly unknown[], { hits, cooldown, refused }: Charges): Limited {
  const [place, retryAt] = rest.map(Number);
  const limit = place === 0 ? refused?.limit : (hits[(place ?? 0) - 1] ?? cooldown)?.limit;
  if (limit === undefined || retryAt === undefined) throw new TypeError('Redis refused by a limit that nobody asked for.');
  return { is: 'limited', limit, retryAt };
}

function cooldownInput(keys: ScriptKeys, { key, ladderSeconds, windowSeconds }: Cooldown, now: number): readonly (string | number)[] {
  return [...keys.counter(key), now + milliseconds(windowSeconds), ...ladderSeconds.map(milliseconds)];
}
