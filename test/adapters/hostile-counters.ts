import type { ChallengeTables } from '../../adapters/storage/challenge-verbs.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { inTables, inVerbs } from './faulty-challenges.ts';

/** Stores that are broken where they count, or clean up; by what is wrong with them. */
export const HOSTILE_COUNTERS: Readonly<Record<string, () => ChallengeStore>> = {
  'takes hits one after the other': inVerbs((sound) => ({
    async take(t) {
      const counts: number[] = [];
      for (const hit of t.hits) {
        const answer = await sound.take({ ...t, hits: [hit], cooldown: null });
        if (answer.is === 'limited') return answer;
        counts.push(...answer.counts);
      }
      const last = await sound.take({ ...t, hits: [] });
      return last.is === 'taken' ? { ...last, counts } : last;
    },
  })),
  'answers the first refusal': inVerbs((sound) => ({
    async take(t) {
      const answer = await sound.take(t);
      if (answer.is === 'taken') return answer;
      for (const hit of t.hits) {
        const alone = await sound.take({ hits: [hit], cooldown: null, now: t.now });
        if (alone.is === 'limited') return alone;
      }
      return answer;
    },
  })),
  'takes always hits only': inVerbs((sound) => ({
    take: (t) => sound.take({ ...t, hits: t.hits.filter((hit) => hit.when === 'always') }),
  })),
  'lets one more in': inVerbs((sound) => ({
    take: (t) => sound.take({ ...t, hits: t.hits.map((hit) => ({ ...hit, max: hit.max + 1 })) }),
  })),
  'starts windows anew': counting((at) => Math.floor(at / 600_000) * 600_000 + 600_000),
  'counts one slice too short': counting((at, until) => until - (until - at) / 24),
  'counts one slice too long': counting((at, until) => until + (until - at) / 12),
  'forgets what has no window': counting((_, until) => Math.min(until, 2_000_000_000_000)),
  'counts one hit per moment': inTables((sound) => ({
    counters: {
      ...sound.counters,
      write: (key, buckets) =>
        sound.counters.write(
          key,
          buckets.map((bucket) => ({ ...bucket, count: 1 })),
        ),
    },
  })),
  'prolongs with refused calls': inVerbs((sound, tables) => ({
    async take(t) {
      const answer = await sound.take(t);
      for (const key of answer.is === 'limited' ? [...t.hits.map((hit) => hit.key), t.cooldown?.key ?? ''] : []) {
        const later = tables.counters.read(key).map((bucket) => ({ ...bucket, startsAt: t.now, countsUntil: bucket.countsUntil + 1000 }));
        tables.counters.write(key, later);
      }
      return answer;
    },
  })),
  'evicts the oldest counters': inTables((sound) => {
    const keys: string[] = [];
    const write: ChallengeTables['counters']['write'] = (key, buckets) => {
      sound.counters.write(key, buckets);
      if (keys.push(key) > 500) sound.counters.forget(keys.shift() ?? '');
    };
    return { counters: { ...sound.counters, write } };
  }),
  'folds keys': inTables((sound) => ({
    counters: {
      ...sound.counters,
      read: (key) => sound.counters.read(key.toLowerCase()),
      write: (key, buckets) => sound.counters.write(key.toLowerCase(), buckets),
    },
  })),
  'calls every cooldown by one name': inVerbs((sound) => ({
    issue: (i) => sound.issue({ ...i, cooldown: i.cooldown && { ...i.cooldown, limit: 'resendAfterSeconds' } }),
    take: (t) => sound.take({ ...t, cooldown: t.cooldown && { ...t.cooldown, limit: 'resendAfterSeconds' } }),
  })),
  'lets a failed delivery end the challenge': inVerbs((sound, tables) => ({
    async recordDelivery(d) {
      const answer = await sound.recordDelivery(d);
      const row = tables.findChallenge(d.id);
      if (row !== null && d.state === 'failed') tables.putChallenge({ ...row, usedAt: d.now });
      return answer;
    },
    sweep: sound.sweep,
  })),
  'sweeps two days ahead': inVerbs((_, tables) => ({ sweep: async (s) => tables.sweep({ ...s, now: s.now + 2 * 86_400_000 }) })),
  'sweeps counters that still count': inVerbs((sound, tables) => {
    const keys = new Set<string>();
    return {
      async take(t) {
        for (const hit of t.hits) keys.add(hit.key);
        return sound.take(t);
      },
      async sweep(s) {
        for (const key of keys) tables.counters.forget(key);
        return sound.sweep(s);
      },
    };
  }),
  'sweeps more than it is told': inVerbs((sound) => ({ sweep: (s) => sound.sweep({ ...s, max: s.max + 5 }) })),
};

function counting(until: (at: number, until: number) => number): () => ChallengeStore {
  return inTables((sound) => ({
    counters: {
      ...sound.counters,
      write: (key, buckets) =>
        sound.counters.write(
          key,
          buckets.map((bucket) => ({ ...bucket, countsUntil: until(bucket.startsAt, bucket.countsUntil) })),
        ),
    },
  }));
}
