import type { ChallengeRow } from '../../adapters/storage/challenge-verbs.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { inTables, inVerbs } from './faulty-challenges.ts';

const onNext = (change: (row: ChallengeRow) => Partial<ChallengeRow>): (() => ChallengeStore) =>
  inVerbs((sound, tables) => ({
    async nextSend(n) {
      const answer = await sound.nextSend(n);
      const row = tables.findChallenge(n.id);
      if (answer.is !== 'next' || row === null) return answer;
      tables.putChallenge({ ...row, ...change(row) });
      return { ...answer, challenge: { ...answer.challenge, ...change(row) } };
    },
  }));

const withRow = (
  change: (n: Parameters<ChallengeStore['nextSend']>[0], row: ChallengeRow) => Partial<Parameters<ChallengeStore['nextSend']>[0]>,
): (() => ChallengeStore) =>
  inVerbs((sound, tables) => ({
    nextSend(n) {
      const row = tables.findChallenge(n.id);
      return sound.nextSend(row === null ? n : { ...n, ...change(n, row) });
    },
  }));

/** Stores that are broken in what became of a send, and in what follows from it; by what is wrong with them. */
export const HOSTILE_DELIVERIES: Readonly<Record<string, () => ChallengeStore>> = {
  'remembers no delivery': inTables(() => ({ putDelivery: () => {} })),
  'takes any receipt for a delivery': inTables((sound) => ({
    deliveryOf: (d) => (sound.deliveryOf(d) === null ? null : 'delivered'),
  })),
  'lets the last receipt count': inVerbs((sound, tables) => ({
    async recordDelivery(d) {
      const answer = await sound.recordDelivery(d);
      if (answer.is === 'recorded') tables.putDelivery(d);
      return answer;
    },
  })),
  'takes a delivery of any send for one of the last': inTables((sound) => ({
    deliveryOf: ({ id, send }) => sound.deliveryOf({ id, send }) ?? sound.deliveryOf({ id, send: Math.max(1, send - 1) }),
  })),
  'keeps the deliveries of the challenge before': inTables(() => ({ forgetDeliveries: () => {} })),
  'records for whoever asks': inVerbs((sound, tables) => ({
    async recordDelivery(d) {
      const answer = await sound.recordDelivery(d);
      tables.putDelivery(d);
      return answer;
    },
  })),
  'knows every receipt': inVerbs((sound, tables) => ({
    async recordDelivery(d) {
      const row = tables.findChallenge(d.id);
      return row === null ? sound.recordDelivery(d) : sound.recordDelivery({ ...d, send: 1 });
    },
  })),
  'sends on in the dead': inVerbs((sound, tables) => ({
    nextSend(n) {
      const row = tables.findChallenge(n.id);
      if (row !== null) tables.putChallenge({ ...row, usedAt: null, attemptsLeft: Math.max(1, row.attemptsLeft), expiresAt: n.now + 1000 });
      return sound.nextSend(n);
    },
  })),
  'sends on after whatever send': withRow((_, row) => ({ send: row.sends })),
  'sends on in the challenge that came after': withRow((_, row) => ({ createdAt: row.createdAt })),
  'sends on for nothing': withRow(() => ({ hits: [] })),
  'charges before it knows that it sends on': inVerbs((sound) => ({
    async nextSend(n) {
      const taken = await sound.take({ hits: n.hits, cooldown: null, now: n.now });
      if (taken.is === 'limited') return taken;
      const answer = await sound.nextSend({ ...n, hits: [] });
      return answer.is === 'next' ? { ...answer, counts: taken.counts } : answer;
    },
  })),
  'counts no send that nobody asked for': onNext((row) => ({ sends: row.sends - 1 })),
  'gives attempts back when it sends on': onNext((row) => ({ attemptsLeft: row.maxAttempts })),
  'prolongs when it sends on': onNext((row) => ({ expiresAt: row.expiresAt + 60_000 })),
  'paces anew when it sends on': onNext((row) => ({ resendAt: row.resendAt + 30_000 })),
  'looks, waits, then sends on': inVerbs((sound, tables) => ({
    async nextSend(n) {
      const before = tables.findChallenge(n.id);
      await null;
      if (before?.sends !== n.send || before.createdAt !== n.createdAt) return { is: 'settled' };
      const row = tables.findChallenge(n.id);
      return sound.nextSend({ ...n, send: row?.sends ?? n.send });
    },
  })),
  'writes the whole row that it read when it sends on': inVerbs((sound, tables) => ({
    async nextSend(n) {
      const before = tables.findChallenge(n.id);
      await null;
      const answer = await sound.nextSend(n);
      if (before !== null && before.usedAt === null && before.sends === n.send) tables.putChallenge({ ...before, sends: n.send + 1 });
      return answer;
    },
  })),
};
