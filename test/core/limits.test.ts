import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { countersOf, guessCharges, type LimitRules, sendCharges } from '../../src/core/limits.ts';

const DAY = 86_400;
const rules: LimitRules = {
  sendsPerNumber: [
    { max: 3, windowSeconds: 600 },
    { max: 10, windowSeconds: DAY },
  ],
  guessesPerNumber: [{ max: 20, windowSeconds: DAY }],
  guessesInARow: 100,
  smsPerDay: 2000,
  resendAfterSeconds: [30, 60],
};
const payer = { phoneKey: 'PHONEKEY', isTest: false, isSent: true };
const silent = { phoneKey: 'PHONEKEY', isTest: true, isSent: false };

describe('a send', () => {
  it('charges the number first and the system last', () => {
    expect(sendCharges(rules, payer)).toEqual({
      hits: [
        { key: '{PHONEKEY}sends/600', limit: 'sendsPerNumber', max: 3, windowSeconds: 600, when: 'always' },
        { key: '{PHONEKEY}sends/86400', limit: 'sendsPerNumber', max: 10, windowSeconds: DAY, when: 'always' },
        { key: '{system}sms', limit: 'smsPerDay', max: 2000, windowSeconds: DAY, when: 'always' },
      ],
      cooldown: { key: '{PHONEKEY}ladder', ladderSeconds: [30, 60], windowSeconds: DAY },
    });
  });

  it('that does not leave charges a budget of its own, without a ladder', () => {
    expect(sendCharges(rules, silent)).toEqual({
      hits: [{ key: '{PHONEKEY}test/sends/86400', limit: 'sendsPerNumber', max: 1000, windowSeconds: DAY, when: 'always' }],
      cooldown: null,
    });
  });

  it('to a test number that leaves charges the system too', () => {
    const { hits, cooldown } = sendCharges(rules, { ...silent, isSent: true });
    expect(hits.map((hit) => hit.key)).toEqual(['{PHONEKEY}test/sends/600', '{PHONEKEY}test/sends/86400', '{system}sms']);
    expect(cooldown?.key).toBe('{PHONEKEY}test/ladder');
  });
});

describe('a guess', () => {
  it('is charged when it is wrong, and forgives the row when it is right', () => {
    expect(guessCharges(rules, payer)).toEqual({
      hits: [
        { key: '{PHONEKEY}guesses/86400', limit: 'guessesPerNumber', max: 20, windowSeconds: DAY, when: 'wrong' },
        { key: '{PHONEKEY}guesses-in-a-row', limit: 'guessesInARow', max: 100, windowSeconds: null, when: 'wrong' },
      ],
      clears: ['{PHONEKEY}guesses-in-a-row', '{PHONEKEY}ladder'],
    });
    expect(guessCharges(rules, silent).clears).toEqual(['{PHONEKEY}test/guesses-in-a-row', '{PHONEKEY}test/ladder']);
  });
});

describe('the counters of a number', () => {
  it('are all that its sends and guesses charge, and nothing of the system', () => {
    const keys = countersOf(rules, payer);
    expect(keys.toSorted()).toEqual(
      [
        '{PHONEKEY}guesses-in-a-row',
        '{PHONEKEY}guesses/86400',
        '{PHONEKEY}ladder',
        '{PHONEKEY}sends/600',
        '{PHONEKEY}sends/86400',
      ].toSorted(),
    );
    for (const some of [payer, silent, { ...silent, isSent: true }]) {
      const { hits, cooldown } = sendCharges(rules, some);
      const charged = [...hits, ...guessCharges(rules, some).hits].map((hit) => hit.key).filter((key) => key !== '{system}sms');
      expect(countersOf(rules, some)).toEqual(expect.arrayContaining([...charged, ...(cooldown === null ? [] : [cooldown.key])]));
    }
  });
});

describe('guess windows', () => {
  const windows = fc.uniqueArray(fc.record({ max: fc.integer({ min: 1, max: 60 }), windowSeconds: fc.integer({ min: 1, max: 1000 }) }), {
    minLength: 1,
    maxLength: 3,
    selector: (one) => one.windowSeconds,
  });
  // pauses of milliseconds beside those of a window
  const pauses = fc.array(fc.oneof(fc.nat(5), fc.nat(2000), fc.nat(1_500_000)), { maxLength: 150 });

  it('never let more through than their maximum, whatever the schedule', async () => {
    await fc.assert(
      fc.asyncProperty(windows, pauses, fc.nat(1_000_000), async (guessesPerNumber, schedule, start) => {
        const { challenges } = memoryStorage();
        const { hits } = guessCharges({ ...rules, guessesPerNumber, guessesInARow: 100 }, payer);
        const judgedAt: number[] = [];
        let now = 1_800_000_000_000 + start;
        for (const pause of schedule) {
          now += pause;
          const taken = await challenges.take({ hits, cooldown: null, now });
          if (taken.is === 'taken') judgedAt.push(now);
          // whoever waits as long as told is let through
          else if (taken.retryAt !== Number.MAX_SAFE_INTEGER) expect(taken.retryAt).toBeGreaterThan(now);
        }
        expect(judgedAt.length).toBeLessThanOrEqual(100);
        for (const { max, windowSeconds } of guessesPerNumber) {
          for (const from of judgedAt) {
            const held = judgedAt.filter((at) => at >= from && at < from + windowSeconds * 1000);
            expect(held.length).toBeLessThanOrEqual(max);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are exact up to 32: whoever is within them is never refused, and retryAt passes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 1000 }), pauses, async (max, windowSeconds, schedule) => {
        const { challenges } = memoryStorage();
        const { hits } = guessCharges({ ...rules, guessesPerNumber: [{ max, windowSeconds }], guessesInARow: 1000 }, payer);
        const judgedAt: number[] = [];
        let now = 1_800_000_000_000;
        for (const pause of schedule) {
          now += pause;
          const held = judgedAt.filter((at) => now < at + windowSeconds * 1000).length;
          const taken = await challenges.take({ hits, cooldown: null, now });
          expect(taken.is).toBe(held < max ? 'taken' : 'limited');
          if (taken.is === 'limited') {
            now = taken.retryAt;
            expect((await challenges.take({ hits, cooldown: null, now })).is).toBe('taken');
          }
          judgedAt.push(now);
        }
      }),
      { numRuns: 200 },
    );
  });
});
