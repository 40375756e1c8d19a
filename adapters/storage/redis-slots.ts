import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Limited } from '../../src/ports/challenge-store.ts';
import type { Evaluate } from './redis-client.ts';
import { type Charges, chargesInput, keyList } from './redis-counters.ts';
import { type RedisKeys, slotOf } from './redis-keys.ts';
import { SETTLE, TAKE } from './redis-payment-scripts.ts';

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
  /** A key of the slot that the verb itself runs in. */
  readonly home: string;
  /** Names what several calls do together: they share one charge in other slots. */
  readonly claim?: readonly unknown[] | null;
  readonly now: number;
}

/** An answer of the script of a verb. */
export interface Reply {
  readonly is: string;
  /** What stands behind it. */
  readonly rest: readonly unknown[];
}

/** One slot's part of a payment. */
type Part = Pick<Charges, 'hits' | 'cooldown'> & { readonly slot: string; readonly clears: readonly string[] };

/** Runs a script and reads the name of its answer. */
export async function ask(place: RedisPlace, script: string, keys: readonly string[], args: readonly string[]): Promise<Reply> {
  const [is, ...rest] = (await place.evaluate(script, keys, args)) as readonly unknown[];
  return { is: String(is), rest };
}

/** The refusal in a reply that is `limited`. */
export function limitedOf({ rest }: Reply): Limited {
  return { is: 'limited', limit: String(rest[0]) as Limited['limit'], retryAt: Number(rest[1]) };
}

/**
 * Charges and acts. On one server that is one script. On a cluster other slots are paid first, one after the other in the order of the hits,
 * then the verb acts in its own slot, always, so that its answers come in the same order as elsewhere; then what was paid in vain is given
 * back. A crash between leaves too much charged, never too little.
 */
export async function paying(place: RedisPlace, payment: Payment, act: (own: Part & Charges) => Promise<Reply>): Promise<Reply> {
  const { own, elsewhere } = partsOf(place, payment);
  const paid: Part[] = [];
  const giveBack = (): Promise<void> => settle(place, payment, paid.map(withoutClears));
  let refused: Limited | undefined;
  let resendAt: number | undefined;
  try {
    for (const part of elsewhere.filter(isCharged)) {
      const reply = await pay(place, payment, { ...part, refused });
      if (reply.is === 'limited') {
        refused = limitedOf(reply);
        continue;
      }
      paid.push(part);
      if (part.cooldown !== null) resendAt = Number(reply.rest[0]);
    }
  } catch (error) {
    await giveBack();
    throw error;
  }
  const reply = await act({ ...own, refused, resendAt }).catch(async (error: unknown) => {
    if (isRefusal(error)) await giveBack();
    throw error;
  });
  if (reply.is === 'accepted') await settle(place, payment, elsewhere.map(onlyWrong));
  else if (!KEEPS.has(reply.is)) await giveBack();
  return reply;
}

// What a server says instead of the first write of a script (Redis 6 behind words of its own). After any other failure nobody knows whether the
// verb acted, and what was paid stays paid.
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(ERR .*-)?(OOM|MISCONF|READONLY|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|LOADING)\b/.test(error.message);
}

const KEEPS: ReadonlySet<string> = new Set(['issued', 'resent', 'wrong', 'taken']);

function partsOf(place: RedisPlace, payment: Payment): { readonly own: Part; readonly elsewhere: readonly Part[] } {
  const { hits, cooldown, clears = [], home } = payment;
  if (!place.isCluster) return { own: { slot: home, hits, cooldown, clears }, elsewhere: [] };
  const slotOfCounter = (key: string): string => slotOf(place.keys.counter(key));
  const ownSlot = slotOf(home);
  const all = [...hits.map((hit) => hit.key), ...(cooldown === null ? [] : [cooldown.key]), ...clears];
  const partOf = (slot: string): Part => ({
    slot,
    hits: hits.filter((hit) => slotOfCounter(hit.key) === slot),
    cooldown: cooldown !== null && slotOfCounter(cooldown.key) === slot ? cooldown : null,
    clears: clears.filter((key) => slotOfCounter(key) === slot),
  });
  const others = new Set(all.map(slotOfCounter).filter((slot) => slot !== ownSlot));
  return { own: partOf(ownSlot), elsewhere: [...others].map(partOf) };
}

async function pay(place: RedisPlace, payment: Payment, part: Part & Charges): Promise<Reply> {
  const list = keyList();
  const charges = chargesInput(place.keys, list, part);
  const input = { ...charges, ...claimInput(place, payment, part, list.add), now: payment.now };
  return ask(place, TAKE, list.all, [JSON.stringify(input)]);
}

// What cannot be given back stays charged, and the answer that is already known is not lost for it.
async function settle(place: RedisPlace, payment: Payment, parts: readonly Part[]): Promise<void> {
  await Promise.allSettled(
    parts.filter(isAnything).map((part) => {
      const list = keyList();
      const charges = chargesInput(place.keys, list, part);
      const clears = part.clears.map((key) => list.add(place.keys.counter(key)));
      const input = { ...charges, ...claimInput(place, payment, part, list.add), clears, now: payment.now };
      return ask(place, SETTLE, list.all, [JSON.stringify(input)]);
    }),
  );
}

function claimInput(place: RedisPlace, { claim = null, hits }: Payment, { slot }: Part, add: (key: string) => number): object {
  if (claim === null) return {};
  return { claim: add(place.keys.claim(slot, JSON.stringify([...claim, ...hits.map((hit) => hit.key)]))) };
}

function isCharged(part: Part): boolean {
  return part.hits.length > 0 || part.cooldown !== null;
}

function isAnything(part: Part): boolean {
  return isCharged(part) || part.clears.length > 0;
}

function onlyWrong(part: Part): Part {
  return { ...part, hits: part.hits.filter((hit) => hit.when === 'wrong') };
}

function withoutClears(part: Part): Part {
  return { ...part, clears: [] };
}
