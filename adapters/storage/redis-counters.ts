import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Limited } from '../../src/ports/challenge-store.ts';
import type { RedisKeys } from './redis-keys.ts';

/** What a call charges in one slot. */
export interface Charges {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  /** A refusal of another slot: nothing is charged, and the one that lasts longest is answered. */
  readonly refused?: Limited | undefined;
  /** Epoch ms that the cooldown of another slot allows the next send at. */
  readonly resendAt?: number | undefined;
}

/** The keys of a script, counted from 1 as Lua does. */
export interface KeyList {
  readonly all: readonly string[];
  /** Adds a key and gives its place. */
  add(key: string): number;
}

/** A list that begins with these keys. */
export function keyList(...first: readonly string[]): KeyList {
  const all = [...first];
  return { all, add: (key) => all.push(key) };
}

/** The charges as {@link COUNTERS} reads them. */
export function chargesInput(keys: RedisKeys, list: KeyList, charges: Charges): object {
  const { hits, cooldown, refused, resendAt } = charges;
  return {
    hits: hits.map(({ key, limit, max, amount = 1, windowSeconds, when }) => ({
      key: list.add(keys.counter(key)),
      limit,
      max,
      amount,
      windowMs: windowSeconds === null ? undefined : milliseconds(windowSeconds),
      always: when === 'always',
    })),
    cooldown: cooldown === null ? undefined : cooldownInput(keys, list, cooldown),
    refused,
    resendAt,
  };
}

function cooldownInput(keys: RedisKeys, list: KeyList, { key, limit, ladderSeconds, windowSeconds }: Cooldown): object {
  return { key: list.add(keys.counter(key)), limit, ladderMs: ladderSeconds.map(milliseconds), windowMs: milliseconds(windowSeconds) };
}

function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}
