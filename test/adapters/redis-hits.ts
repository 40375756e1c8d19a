import { slotOf } from '../../adapters/storage/redis-keys.ts';
import type { NewChallenge } from '../../src/core/challenge.ts';
import type { Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { NOW, randomText } from '../conformance/case.ts';
import { someHit } from '../conformance/challenge-fixture.ts';
import type { Trip } from './redis-spy.ts';

/** What a send is charged to, by whose it is. */
export type Payers = 'narrow' | 'wide' | 'own' | 'prefix' | 'country' | 'sms' | 'spend';

/** One hit of each payer, in the slots that the library gives them; `sms` and `spend` share one. */
export function someHits({ phoneKey }: Pick<NewChallenge, 'phoneKey'>): Readonly<Record<Payers, Hit>> {
  const run = randomText(6);
  return {
    narrow: someHit({ key: `{2001:db8:0:${run}::/64}sends`, limit: 'sendsPerIp', max: 5 }),
    wide: someHit({ key: `{2001:db8:${run}::/48}sends`, limit: 'sendsPerIp', max: 40 }),
    own: someHit({ key: `{${phoneKey}}sends`, max: 5 }),
    prefix: someHit({ key: `{+98912${run}}sends`, limit: 'sendsPerPrefix', max: 5 }),
    country: someHit({ key: `{IR ${run}}sends`, limit: 'sendsPerCountry', max: 40 }),
    sms: someHit({ key: `{system ${run}}sms`, limit: 'smsPerDay', max: 40 }),
    spend: someHit({ key: `{system ${run}}spend`, limit: 'spend', max: 1_000_000, amount: 70_000 }),
  };
}

/** The same, written down for a wrong answer only. */
export function whenWrong(...hits: readonly Hit[]): readonly Hit[] {
  return hits.map((hit) => ({ ...hit, when: 'wrong' }));
}

/** What their counters hold, read without charging. */
export async function held(store: ChallengeStore, ...hits: readonly Hit[]): Promise<readonly number[]> {
  const read = hits.map((hit) => ({ ...hit, max: Number.MAX_SAFE_INTEGER, amount: 0 }));
  const answer = await store.take({ hits: read, cooldown: null, now: NOW });
  if (answer.is === 'limited') throw new Error('nothing can refuse to be read');
  return answer.counts;
}

/** Leaves no room. */
export async function fill(store: ChallengeStore, hit: Hit): Promise<void> {
  const [count = 0] = await held(store, hit);
  await store.take({ hits: [{ ...hit, amount: hit.max - count }], cooldown: null, now: NOW });
}

/** The slots that their counters lie in. */
export function slotsOf(...hits: readonly Hit[]): readonly string[] {
  return hits.map((hit) => slotOf(hit.key));
}

/** The slots that trips reached, those of one moment together. */
export function stagesOf(trips: readonly Trip[]): readonly (readonly string[])[] {
  const moments = [...new Set(trips.map(({ after }) => after))];
  return moments.map((moment) => trips.filter(({ after }) => after === moment).map(({ keys: [key = ''] }) => slotOf(key)));
}
