import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { conversionHits, conversionsIn, type Tally } from '../../src/core/conversion.ts';

const iran = { prefix: '+98912111', country: 'IR' };
const tally: Tally = { to: iran, sent: 3, redeemed: 2 };

describe('the codes of a destination', () => {
  it('are counted by prefix and by country, for an hour, without a maximum', () => {
    const common = { max: Number.MAX_SAFE_INTEGER, windowSeconds: 3600, when: 'always' };
    expect(conversionHits(tally)).toEqual([
      { key: '{+98912111}sent', limit: 'sendsPerPrefix', amount: 3, ...common },
      { key: '{+98912111}redeemed', limit: 'sendsPerPrefix', amount: 2, ...common },
      { key: '{IR}sent', limit: 'sendsPerCountry', amount: 3, ...common },
      { key: '{IR}redeemed', limit: 'sendsPerCountry', amount: 2, ...common },
    ]);
  });

  it('say how many came back, of prefix and country', () => {
    expect(conversionsIn(tally, [40, 1, 500, 450])).toEqual([
      { by: 'prefix', name: '+98912111', sent: 40, redeemed: 1, windowSeconds: 3600 },
      { by: 'country', name: 'IR', sent: 500, redeemed: 450, windowSeconds: 3600 },
    ]);
  });

  it.each([
    [[9, 0, 49, 0], []],
    [[10, 0, 49, 0], ['prefix']],
    [[9, 0, 50, 0], ['country']],
    [
      [10, 10, 50, 50],
      ['prefix', 'country'],
    ],
    [[], []],
  ])('say nothing where they are few: %j', (counts, by) => {
    expect(conversionsIn(tally, counts).map((one) => one.by)).toEqual(by);
  });

  it('are counted whatever else is charged, several destinations at once', async () => {
    const to = (prefix: string, country: string): Tally['to'] => ({ prefix, country });
    const tallies = fc.array(
      fc.record({
        to: fc.constantFrom(to('+98912111', 'IR'), to('+98912112', 'IR'), to('+1201555', 'US')),
        sent: fc.nat(40),
        redeemed: fc.nat(40),
      }),
      { minLength: 1, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(tallies, async (list) => {
        const { challenges } = memoryStorage();
        const taken = await challenges.take({ hits: list.flatMap(conversionHits), cooldown: null, now: 1_800_000_000_000 });
        const counts = taken.is === 'taken' ? taken.counts : [];
        const total = (isOne: (one: Tally) => boolean, name: 'sent' | 'redeemed'): number =>
          list.filter(isOne).reduce((sum, one) => sum + one[name], 0);
        for (const [index, one] of list.entries()) {
          const isOfPrefix = (other: Tally): boolean => other.to.prefix === one.to.prefix;
          const isOfCountry = (other: Tally): boolean => other.to.country === one.to.country;
          expect(counts.slice(index * 4, index * 4 + 4)).toEqual([
            total(isOfPrefix, 'sent'),
            total(isOfPrefix, 'redeemed'),
            total(isOfCountry, 'sent'),
            total(isOfCountry, 'redeemed'),
          ]);
        }
      }),
    );
  });
});
