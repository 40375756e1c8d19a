import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { type BudgetMark, marksPassed } from '../../src/core/budget.ts';
import { type Payer, sendCharges } from '../../src/core/charges.ts';
import type { Hit, LimitRules } from '../../src/core/limits.ts';

const DAY = 86_400;
const none = { sendsPerNumber: [], guessesPerNumber: [], passwordsPerNumber: [] };
const rules: LimitRules = {
  ...none,
  knownDevice: none,
  guessesInARow: 100,
  resendAfterSeconds: [30],
  sendsPerIp: [],
  guessesPerIp: [],
  passwordsPerIp: [],
  lookupsPerIp: [],
  sendsPerPrefix: [],
  sendsPerCountry: {},
  smsPerDay: 10,
  spend: { perDay: 2, pricePerSms: { IR: 0.1, US: 0.25, default: 1 } },
};
const owner: Payer = { phoneKey: 'PHONEKEY', isTest: false, isSent: true, isPaced: true, lane: 'known', networks: [] };
const hit = (limit: Hit['limit'], amount?: number): Hit => ({
  key: `{system}${limit}`,
  limit,
  max: 1e9,
  windowSeconds: DAY,
  when: 'always',
  amount,
});
const percents = (marks: readonly BudgetMark[]): readonly number[] => marks.map((mark) => mark.percent);

describe('a mark of the messages of the day', () => {
  it.each([
    [4, []],
    [5, [50]],
    [6, []],
    [7, []],
    [8, [80]],
    [9, []],
    [10, [100]],
    [11, []],
  ])('is passed by message %i: %j', (count, passed) => {
    expect(percents(marksPassed(rules, [hit('smsPerDay')], [count]))).toEqual(passed);
  });

  it('says how much is used, and of how much', () => {
    expect(marksPassed(rules, [hit('smsPerDay')], [8])).toEqual([{ limit: 'smsPerDay', percent: 80, used: 8, max: 10 }]);
    expect(marksPassed(rules, [hit('spend', 600_000)], [1_500_000])).toEqual([{ limit: 'spend', percent: 50, used: 1.5, max: 2 }]);
  });

  it('of a budget of one message are all three', () => {
    expect(percents(marksPassed({ ...rules, smsPerDay: 1 }, [hit('smsPerDay')], [1]))).toEqual([50, 80, 100]);
  });

  it('is of what all share: no other limit has one, nor has money without a price table', () => {
    const others = ['sendsPerNumber', 'sendsPerIp', 'sendsPerPrefix', 'sendsPerCountry', 'guessesPerNumber'] as const;
    expect(
      marksPassed(
        rules,
        others.map((limit) => hit(limit)),
        [5, 5, 5, 5, 5],
      ),
    ).toEqual([]);
    expect(marksPassed({ ...rules, spend: null }, [hit('spend', 1_000_000)], [1_000_000])).toEqual([]);
  });

  it('is told by nobody who charged nothing', () => {
    expect(marksPassed(rules, [hit('smsPerDay', 0), hit('spend', 0)], [5, 1_000_000])).toEqual([]);
    expect(marksPassed(rules, [hit('smsPerDay')], [])).toEqual([]);
  });
});

describe('every mark', () => {
  // prices such as 0.1 and 0.7, which no binary fraction equals
  const price = fc.oneof(
    fc.integer({ min: 1, max: 30 }).map((tenths) => tenths / 10),
    fc.integer({ min: 1, max: 2_000_000 }).map((units) => units / 1_000_000),
  );

  it('of the messages is passed once, whatever the maximum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (smsPerDay) => {
        const told = Array.from({ length: smsPerDay + 5 }, (_, i) => marksPassed({ ...rules, smsPerDay }, [hit('smsPerDay')], [i + 1]));
        expect(percents(told.flat())).toEqual([50, 80, 100]);
      }),
    );
  });

  it('of the money is passed once, over any sequence of amounts', () => {
    fc.assert(
      fc.property(price, fc.array(price, { minLength: 1, maxLength: 40 }), (perDay, prices) => {
        const spend = { perDay, pricePerSms: {} };
        let count = 0;
        const told = prices.flatMap((one) => {
          const amount = Math.round(one * 1_000_000);
          count += amount;
          return marksPassed({ ...rules, spend }, [hit('spend', amount)], [count]);
        });
        const expected = [50, 80, 100].filter((percent) => count * 100 >= Math.round(perDay * 1_000_000) * percent);
        expect(percents(told)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('is seen by one of those who charge at once', async () => {
    const { challenges } = memoryStorage();
    const now = 1_800_000_000_000;
    const { hits } = sendCharges(rules, owner, { prefix: '+98912111', country: 'IR' });
    const taken = await Promise.all(Array.from({ length: 30 }, () => challenges.take({ hits, cooldown: null, now })));
    const told = taken.flatMap((one) => (one.is === 'taken' ? marksPassed(rules, hits, one.counts) : []));
    // ten messages cost half of the money
    expect(told.map(({ limit, percent }) => `${limit} ${percent}`)).toEqual(['smsPerDay 50', 'smsPerDay 80', 'smsPerDay 100', 'spend 50']);
  });
});
