import type { Hit } from '../../src/core/limits.ts';
import type { Limited } from '../../src/ports/challenge-store.ts';
import { type Charges, chargesInput, refusalIn, scriptKeys } from './redis-counters.ts';
import { SETTLE, TAKE } from './redis-payment-scripts.ts';
import { jsonOf } from './redis-rows.ts';
import { ask, type Part, type Payment, partsOf, type RedisPlace, type Reply } from './redis-slots.ts';

/** What came of a verb, and what the counters of its hits hold after it; `null`: it was not refused. */
export interface Paid extends Reply {
  readonly limited: Limited | null;
  readonly counts: readonly number[];
}

/** A part that was asked for in its slot. */
interface Asked {
  readonly part: Part;
  readonly reply: Reply;
  readonly limited: Limited | null;
}

/** What a verb does that only charges. */
export async function nothingMore({ refused }: Charges): Promise<Reply> {
  return refused === undefined ? { is: 'taken', rest: [] } : { is: 'limited', rest: [0, refused.retryAt] };
}

/**
 * Charges and acts. On one server that is one script. On a cluster other slots are paid first, those of a stage at once, and after a refusal they
 * are only looked at; then the verb acts in its own slot, always, so that its answers come in the same order as elsewhere; then what was
 * paid in vain is given back. A crash between leaves too much charged, never too little.
 */
export async function paying(place: RedisPlace, payment: Payment, act: (own: Part & Charges) => Promise<Reply>): Promise<Paid> {
  const { own, stages } = partsOf(place, payment);
  const elsewhere: Asked[] = [];
  const giveBack = (): Promise<void> => settle(place, payment, elsewhere.filter(isTaken).map(withoutClears));
  let refused: Limited | undefined;
  for (const stage of stages) {
    const outcomes = await Promise.allSettled(stage.filter(isCharged).map((part) => pay(place, payment, { ...part, refused })));
    elsewhere.push(...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) {
      await giveBack();
      throw failed.reason;
    }
    refused = longestOf(elsewhere);
  }
  const charges = { ...own, refused, resendAt: resendAtOf(elsewhere) };
  const reply = await act(charges).catch(async (error: unknown) => {
    if (isRefusal(error)) await giveBack();
    throw error;
  });
  const limited = limitedIn(reply, charges);
  if (stages.length === 0) return { ...reply, limited, counts: countsTold(reply) };
  const isAccepted = reply.is === 'accepted';
  if (isAccepted) await settle(place, payment, stages.flat().map(onlyWrong));
  else if (!KEEPS.has(reply.is)) await giveBack();
  const counts = new Map([...elsewhere.flatMap((asked) => countsIn(asked, isAccepted)), ...countsIn({ part: own, reply, limited }, false)]);
  return { ...reply, limited, counts: payment.hits.map((hit) => counts.get(hit.key) ?? 0) };
}

// What a server says instead of the first write of a script (Redis 6 behind words of its own). After any other failure nobody knows whether the
// verb acted, and what was paid stays paid.
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(ERR .*-)?(OOM|MISCONF|READONLY|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|LOADING)\b/.test(error.message);
}

const KEEPS: ReadonlySet<string> = new Set(['issued', 'resent', 'wrong', 'taken', 'next']);

async function pay(place: RedisPlace, payment: Payment, part: Part & Charges): Promise<Asked> {
  const claims = claimsOn(place, payment, part);
  const keys = scriptKeys(place.keys, ...claims);
  const input = { ...chargesInput(keys, part, payment.now), ...claimInput(claims) };
  const reply = await ask(place, TAKE, keys.all, [jsonOf(input)]);
  return { part, reply, limited: limitedIn(reply, part) };
}

// What cannot be given back stays charged, and the answer that is already known is not lost for it.
async function settle(place: RedisPlace, payment: Payment, parts: readonly Part[]): Promise<void> {
  await Promise.allSettled(
    parts
      .filter((part) => isWritten(part) || part.clears.length > 0)
      .map((part) => {
        const claims = claimsOn(place, payment, part);
        const keys = scriptKeys(place.keys, ...claims);
        const charges = chargesInput(keys, { ...part, hits: part.hits.filter(isCounted) }, payment.now);
        const input = { ...charges, ...claimInput(claims), clears: part.clears.flatMap(keys.counter) };
        return ask(place, SETTLE, keys.all, [jsonOf(input)]);
      }),
  );
}

function claimsOn(place: RedisPlace, { claim = null, hits }: Payment, part: Part): readonly string[] {
  if (claim === null || !isWritten(part)) return [];
  const name = JSON.stringify([...claim, ...hits.map(({ key, amount }) => [key, amount])]);
  return [place.keys.claim(part.slot, name)];
}

function claimInput(claims: readonly string[]): object {
  return claims.length === 0 ? {} : { claim: 1 };
}

function limitedIn({ is, rest }: Reply, charges: Charges): Limited | null {
  return is === 'limited' ? refusalIn(rest, charges) : null;
}

// Of several that last equally long, the one that was heard first.
function longestOf(asked: readonly Asked[]): Limited | undefined {
  const refusals = asked.flatMap(({ limited }) => limited ?? []);
  return refusals.toSorted((a, b) => b.retryAt - a.retryAt)[0];
}

function resendAtOf(asked: readonly Asked[]): number | undefined {
  const paced = asked.find(({ part }) => part.cooldown !== null);
  return paced?.reply.is === 'taken' ? Number(paced.reply.rest[0]) : undefined;
}

// What is given back of a slot is no longer in what that slot told.
function countsIn({ part, reply }: Asked, isWithoutWrong: boolean): readonly (readonly [string, number])[] {
  const told = countsTold(reply);
  return part.hits.map((hit, index) => {
    const back = part.hits.filter((other) => isWithoutWrong && other.when === 'wrong' && other.key === hit.key);
    return [hit.key, (told[index] ?? 0) - back.reduce((sum, { amount = 1 }) => sum + amount, 0)];
  });
}

function countsTold({ rest }: Reply): readonly number[] {
  return Array.isArray(rest[1]) ? rest[1].map(Number) : [];
}

function isCharged(part: Part): boolean {
  return part.hits.length > 0 || part.cooldown !== null;
}

function isWritten(part: Part): boolean {
  return part.hits.some(isCounted) || part.cooldown !== null;
}

function isCounted({ amount = 1 }: Hit): boolean {
  return amount > 0;
}

function isTaken({ reply }: Asked): boolean {
  return reply.is === 'taken';
}

function withoutClears({ part }: Asked): Part {
  return { ...part, clears: [] };
}

function onlyWrong(part: Part): Part {
  return { ...part, hits: part.hits.filter((hit) => hit.when === 'wrong') };
}
