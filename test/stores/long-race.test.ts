import { describe, expect, it } from 'vitest';
import { HOSTILE_CHALLENGES } from '../adapters/hostile-challenges.ts';
import { type Figures, longRaces, RACES } from './long-race.ts';
import { STORES, type StoreUnderTest } from './stores.ts';

async function figuresOf(store: StoreUnderTest): Promise<readonly Figures[]> {
  const figures: Figures[] = [];
  for await (const one of longRaces(store, { rounds: 2, parallel: 64 })) figures.push(one);
  return figures;
}

describe('the long run in its short form', () => {
  for (const store of STORES) {
    it(`finds nothing in ${store.name}`, async ({ skip }) => {
      const missing = (await store.missing?.()) ?? null;
      if (missing !== null && process.env.CI !== 'true') skip(missing);
      const figures = await figuresOf(store);
      expect(figures.flatMap(({ violations }) => violations)).toEqual([]);
      expect(figures.length).toBeGreaterThanOrEqual(5);
      for (const { calls } of figures) expect(calls).toBeGreaterThanOrEqual(2 * 64);
    });
  }

  it('finds what a broken store does, by its case and in its history', async () => {
    const challenges = HOSTILE_CHALLENGES['forgets to consume'];
    if (challenges === undefined) throw new Error('The broken store is gone.');
    const figures = await figuresOf({ name: 'broken', open: () => ({ handles: [{ challenges: challenges() }], close: () => {} }) });
    expect(figures.map(({ operation }) => operation)).toEqual(
      RACES.filter(({ port }) => port === 'challenges').map(({ operation }) => operation),
    );
    const [redeem] = figures;
    expect(redeem?.violations).toEqual([expect.stringMatching(/^C-REDEEM-16: /), expect.stringMatching(/^I1: /)]);
  });
});
