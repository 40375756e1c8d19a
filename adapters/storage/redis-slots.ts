import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Evaluate } from './redis-client.ts';
import type { Charges } from './redis-counters.ts';
import { type RedisKeys, slotOf } from './redis-keys.ts';

/** Where the verbs run. */
export interface RedisPlace {
  readonly evaluate: Evaluate;
  readonly keys: RedisKeys;
  /** A script reaches one slot only. */
  readonly isCluster: boolean;
}

/** What a verb charges, and where. */
export interface Payment {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
  /** Counters that an acceptance forgets. */
  readonly clears?: readonly string[];
  /** A key of the slot that the verb itself runs in; `null`: it does nothing but charge. */
  readonly home: string | null;
  /** Names what several calls do together: they share one charge in other slots. */
  readonly claim?: readonly unknown[] | null;
  readonly now: number;
}

/** One slot's part of a payment. */
export interface Part extends Pick<Charges, 'hits' | 'cooldown'> {
  readonly slot: string;
  readonly clears: readonly string[];
}

/** A payment, slot by slot. */
export interface Parts {
  /** Of the slot that the verb runs in. */
  readonly own: Part;
  /** Of all other slots, stage by stage: what the requester owns, then the rest. */
  readonly stages: readonly (readonly Part[])[];
}

/** An answer of a script. */
export interface Reply {
  readonly is: string;
  /** What stands behind it. */
  readonly rest: readonly unknown[];
}

/** Runs a script and reads the name of its answer. */
export async function ask(place: RedisPlace, script: string, keys: readonly string[], args: readonly string[]): Promise<Reply> {
  const [is, ...rest] = (await place.evaluate(script, keys, args)) as readonly unknown[];
  return { is: String(is), rest };
}

/** The slot of a key; one server is one slot. */
export function slotIn(place: RedisPlace, key: string): string {
  return place.isCluster ? slotOf(key) : '';
}

/** Divides a payment among the slots that it reaches. */
export function partsOf(place: RedisPlace, { hits, cooldown, clears = [], home }: Payment): Parts {
  if (!place.isCluster) {
    const whole = { slot: '', hits, cooldown, clears };
    return home === null ? { own: NOTHING, stages: [[whole]] } : { own: whole, stages: [] };
  }
  const slotOfCounter = (key: string): string => slotOf(place.keys.counters(key));
  const partOf = (slot: string): Part => ({
    slot,
    hits: hits.filter((hit) => slotOfCounter(hit.key) === slot),
    cooldown: cooldown !== null && slotOfCounter(cooldown.key) === slot ? cooldown : null,
    clears: clears.filter((key) => slotOfCounter(key) === slot),
  });
  const own = home === null ? null : slotOf(home);
  const slots = [...hits.map((hit) => hit.key), ...(cooldown === null ? [] : [cooldown.key]), ...clears].map(slotOfCounter);
  const elsewhere = [...new Set(slots)].filter((slot) => slot !== own).map(partOf);
  return {
    own: own === null ? NOTHING : partOf(own),
    stages: [elsewhere.filter(isRequesters), elsewhere.filter((part) => !isRequesters(part))],
  };
}

const NOTHING: Part = { slot: '', hits: [], cooldown: null, clears: [] };

// Who is refused by what is his own must never have charged what others need.
function isRequesters({ hits }: Part): boolean {
  return hits.some((hit) => hit.limit.endsWith('PerIp'));
}
