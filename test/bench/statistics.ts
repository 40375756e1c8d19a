/** The middle value; `NaN` of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The middle of a figure over rows. */
export function medianOf<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return median(rows.map(figure));
}

/** A median with what it was drawn from. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Median, least and most of some values. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length };
}

/** Something that was measured in a round. */
export interface InRound {
  readonly round: number;
}

/** The ratio of a figure of two rows in each round that has both: what was measured at another time says nothing about a ratio. */
export function pairedRatios<Row extends InRound>(
  above: readonly Row[],
  below: readonly Row[],
  figure: (row: Row) => number,
): readonly number[] {
  const byRound = new Map(below.map((row) => [row.round, row]));
  return above.flatMap((row) => {
    const other = byRound.get(row.round);
    return other === undefined ? [] : [figure(row) / figure(other)];
  });
}

/** What grows by how much per unit of `x`, by least squares; `NaN` for less than two points. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** A figure as a reader wants it: three digits that count, thousands with a comma, `–` for none. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 0 });
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}

/** A median with its spread: `2.1 (2..2.3)`. */
export function shownSpread({ median: middle, min, max, count }: Spread): string {
  if (count === 0) return '–';
  return count === 1 ? shown(middle) : `${shown(middle)} (${shown(min)}..${shown(max)})`;
}

/** Rows that share a key, in the order in which the keys came first. */
export function groupedBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
