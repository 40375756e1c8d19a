import { readCounters, refusalIn } from '../../adapters/storage/counters.ts';
import type { Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { inVerbs } from './faulty-challenges.ts';

/** Stores that are broken in what a hit counts as, or in what they answer about it; by what is wrong with them. */
export const HOSTILE_AMOUNTS: Readonly<Record<string, () => ChallengeStore>> = {
  'counts every hit as one': charging(({ amount: _, ...hit }) => hit),
  'counts an amount of 0 as one': charging((hit) => ({ ...hit, amount: Math.max(1, amountOf(hit)) })),
  'counts amounts when it takes only': inVerbs((sound) => ({
    issue: (i) => sound.issue({ ...i, hits: i.hits.map(({ amount: _, ...hit }) => hit) }),
    redeem: (r) => sound.redeem({ ...r, hits: r.hits.map(({ amount: _, ...hit }) => hit) }),
  })),
  'takes an amount while there is room for one': charging((hit) => ({ ...hit, max: hit.max + Math.max(0, amountOf(hit) - 1) })),
  'answers when there is room for one': inVerbs((sound, tables) => ({
    async take(t) {
      const answer = await sound.take(t);
      const ofOne = t.hits.map((hit) => ({ ...hit, amount: 1 }));
      return answer.is === 'taken'
        ? answer
        : (refusalIn(readCounters(tables.counters, ofOne, t.cooldown, t.now)) ?? { ...answer, retryAt: t.now + 1 });
    },
  })),
  'answers when the window is empty': inVerbs((sound, tables) => ({
    async take(t) {
      const answer = await sound.take(t);
      const ends = t.hits.flatMap((hit) => tables.counters.read(hit.key).map((bucket) => bucket.countsUntil));
      return answer.is === 'taken' || t.cooldown !== null ? answer : { ...answer, retryAt: Math.max(answer.retryAt, ...ends) };
    },
  })),
  'refuses an amount of 0 when a window is full': charging((hit) => (hit.amount === 0 ? { ...hit, max: hit.max - 1 } : hit)),
  'never refuses an amount of 0': charging((hit) => (hit.amount === 0 ? { ...hit, max: Number.MAX_SAFE_INTEGER } : hit)),
  'writes something down for an amount of 0': inVerbs((sound, tables) => ({
    async take(t) {
      const nothing = { startsAt: t.now, count: 0, countsUntil: t.now + 1000 };
      for (const { key } of t.hits.filter((hit) => hit.amount === 0)) tables.counters.write(key, [...tables.counters.read(key), nothing]);
      return sound.take(t);
    },
  })),
  'prolongs what it only reads': inVerbs((sound, tables) => ({
    async take(t) {
      const answer = await sound.take(t);
      for (const { key } of t.hits.filter((hit) => hit.amount === 0)) {
        const read = tables.counters.read(key).map((bucket) => ({ ...bucket, countsUntil: bucket.countsUntil + 600_000 }));
        if (read.length > 0) tables.counters.write(key, read);
      }
      return answer;
    },
  })),
  'answers no counts': answering(() => []),
  'answers what was there before': answering((counts, hits) => counts.map((count, index) => count - amountOf(hits[index]))),
  'answers what it was given': answering((_, hits) => hits.map(amountOf)),
  'answers counts in another order': answering((counts) => counts.toReversed()),
  'answers counts of what was written only': answering((counts, hits) => counts.filter((_, index) => hits[index]?.amount !== 0)),
  'answers one count per key': answering((counts, hits) => [...new Map(hits.map(({ key }, index) => [key, counts[index] ?? 0])).values()]),
  'answers the counts of one hit after the other': answering((counts, hits) =>
    counts.map((count, index) => {
      const later = hits.filter((hit, other) => other > index && hit.key === hits[index]?.key);
      return count - later.reduce((sum, hit) => sum + amountOf(hit), 0);
    }),
  ),
  'answers no counts of a resend': inVerbs((sound) => ({
    async issue(i) {
      const answer = await sound.issue(i);
      return answer.is === 'resent' ? { ...answer, counts: [] } : answer;
    },
  })),
  'clears before it counts': inVerbs((sound) => ({
    async redeem(r) {
      const answer = await sound.redeem(r);
      const counts = (count: number, index: number): number => (r.clears.includes(r.hits[index]?.key ?? '') ? 0 : count);
      return answer.is === 'accepted' ? { ...answer, counts: answer.counts.map(counts) } : answer;
    },
  })),
  'counts wrong hits of right codes': inVerbs((sound) => ({
    async redeem(r) {
      const answer = await sound.redeem(r);
      const counts = (count: number, index: number): number => count + (r.hits[index]?.when === 'wrong' ? amountOf(r.hits[index]) : 0);
      return answer.is === 'accepted' ? { ...answer, counts: answer.counts.map(counts) } : answer;
    },
  })),
  'counts after others have taken': inVerbs((sound) => ({
    async take(t) {
      const answer = await sound.take(t);
      await null;
      if (answer.is === 'limited') return answer;
      const later = await sound.take({
        ...t,
        hits: t.hits.map((hit) => ({ ...hit, max: Number.MAX_SAFE_INTEGER, amount: 0 })),
        cooldown: null,
      });
      return later.is === 'limited' ? answer : later;
    },
  })),
};

function answering(change: (counts: readonly number[], hits: readonly Hit[]) => readonly number[]): () => ChallengeStore {
  return inVerbs((sound) => ({
    async issue(i) {
      const answer = await sound.issue(i);
      return 'counts' in answer ? { ...answer, counts: change(answer.counts, i.hits) } : answer;
    },
    async redeem(r) {
      const answer = await sound.redeem(r);
      return 'counts' in answer ? { ...answer, counts: change(answer.counts, r.hits) } : answer;
    },
    async take(t) {
      const answer = await sound.take(t);
      return 'counts' in answer ? { ...answer, counts: change(answer.counts, t.hits) } : answer;
    },
  }));
}

function charging(change: (hit: Hit) => Hit): () => ChallengeStore {
  return inVerbs((sound) => ({
    issue: (i) => sound.issue({ ...i, hits: i.hits.map(change) }),
    redeem: (r) => sound.redeem({ ...r, hits: r.hits.map(change) }),
    take: (t) => sound.take({ ...t, hits: t.hits.map(change) }),
  }));
}

function amountOf(hit: Hit | undefined): number {
  return hit?.amount ?? 1;
}
