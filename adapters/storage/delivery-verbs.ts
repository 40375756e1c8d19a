import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type ChallengeTables, type DeliveryState, isLive, known, publicPart } from './challenge-verbs.ts';
import { charge, countsIn, readCounters, refusalIn } from './counters.ts';

type Input<Verb extends 'nextSend' | 'recordDelivery'> = Parameters<ChallengeStore[Verb]>[0];
type Answer<Verb extends 'nextSend' | 'recordDelivery'> = Awaited<ReturnType<ChallengeStore[Verb]>>;

const FINAL: ReadonlySet<DeliveryState | null> = new Set<DeliveryState>(['delivered', 'failed']);

/** `ChallengeStore.nextSend` over tables. */
export function nextSend(tables: ChallengeTables, { id, createdAt, send, hits, now }: Input<'nextSend'>): Answer<'nextSend'> {
  const row = known(tables, id, now);
  if (row === null || row.createdAt !== createdAt || !isLive(row, now)) return { is: 'settled' };
  if (row.sends !== send || tables.deliveryOf({ id, send }) === 'delivered') return { is: 'settled' };
  const reading = readCounters(tables.counters, hits, null, now);
  const limited = refusalIn(reading);
  if (limited !== null) return limited;
  charge(reading);
  const next = { ...row, sends: row.sends + 1 };
  tables.putChallenge(next);
  return { is: 'next', challenge: publicPart(next), counts: countsIn(reading) };
}

/** `ChallengeStore.recordDelivery` over tables. */
export function recordDelivery(tables: ChallengeTables, { id, send, state, now }: Input<'recordDelivery'>): Answer<'recordDelivery'> {
  const row = known(tables, id, now);
  if (row === null || send < 1 || send > row.sends) return { is: 'unknown' };
  const before = tables.deliveryOf({ id, send });
  if (!FINAL.has(before) && before !== state) tables.putDelivery({ id, send, state, now });
  return { is: 'recorded', challenge: publicPart(row) };
}
