import { describe, expect, it } from 'vitest';
import { figuresOfLines } from './drawings/drawing.ts';
import { moneyOfOneNumber } from './drawings/money-of-one-number.ts';
import { svgOf } from './drawings/svg.ts';
import { DEFAULT_SEED, type Figure, faultOf, REDUCED_SIZE, type Size } from './figure.ts';
import { CODE_LENGTHS, SCENARIOS } from './jobs.ts';
import { figuresOfOneTarget, oneTargetTable } from './one-target-table.ts';
import { figuresOfSpray, sprayRow } from './spray-table.ts';
import { mostWithin, poissonInterval } from './statistics.ts';

const size: Size = { ...REDUCED_SIZE, seed: DEFAULT_SEED };

function faultsIn(figures: readonly Figure[]): readonly string[] {
  return figures.flatMap((figure) => faultOf(figure) ?? []);
}

describe('the attacks', () => {
  it.each(SCENARIOS)('come as far as predicted: $name', async ({ run }) => {
    const figures = await run(size);
    expect(figures.length).toBeGreaterThan(1);
    expect(faultsIn(figures)).toEqual([]);
  });
});

describe('the tables', () => {
  it('of one target are reproduced, whatever the number of addresses', async () => {
    expect(faultsIn(figuresOfOneTarget(size, await oneTargetTable(size)))).toEqual([]);
  });

  it.each(CODE_LENGTHS)('of any target are reproduced at %i digits', async (codeLength) => {
    expect(faultsIn(figuresOfSpray(await sprayRow(size, { challenges: 1000, codeLength })))).toEqual([]);
  });
});

describe('a drawing', () => {
  it('shows what each defence is worth, by as much as predicted', async () => {
    const lines = await moneyOfOneNumber.lines(size);
    expect(faultsIn(figuresOfLines(moneyOfOneNumber, lines))).toEqual([]);
    const ends = lines.map(({ values }) => values.at(-1) ?? 0);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
  });

  it('is an SVG of its own, small enough for a page, with a path and a name for each line', () => {
    const line = { formula: '', predicted: 1, values: Array.from({ length: 120 }, (_, index) => index / 7) };
    const names = ['one & all', 'two', 'three', 'four', 'five'];
    const svg = svgOf({
      title: 'Title',
      label: 'money',
      time: { unit: 'days', length: 30 },
      lines: names.map((name) => ({ ...line, name })),
    });
    expect(svg.match(/<path class="line l\d" d="M76 /g)).toHaveLength(names.length);
    expect(svg).toContain('one &amp; all');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(Buffer.byteLength(svg)).toBeLessThan(30 * 1024);
  });
});

describe('a measurement', () => {
  it('finds the fullest window wherever it begins, its end excluded', () => {
    const moments = [0, 9_000, 10_000, 11_000, 19_999, 30_000].map((at) => ({ at, amount: 1 }));
    expect(mostWithin(moments, 10)).toBe(3);
    expect(mostWithin(moments, 11)).toBe(4);
    expect(mostWithin([], 10)).toBe(0);
  });

  it('knows where luck ends', () => {
    expect(poissonInterval(2)).toEqual({ from: 0, to: 6 });
    expect(poissonInterval(20)).toEqual({ from: 10, to: 32 });
  });

  it('is out of tolerance by more than a twentieth, or at all', () => {
    const figure = { what: 'a figure', formula: '', predicted: 20, measured: 21 } as const;
    expect(faultOf({ ...figure, must: 'be close' })).toBeNull();
    expect(faultOf({ ...figure, measured: 21.1, must: 'be close' })).toContain('a figure');
    expect(faultOf({ ...figure, must: 'equal' })).toContain('21');
    expect(faultOf({ ...figure, must: 'not exceed' })).toContain('20');
    expect(faultOf({ ...figure, must: 'reach' })).toBeNull();
  });
});
