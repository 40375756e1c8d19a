import { type Spread, spreadOf } from './statistics.ts';

/** A figure that must not be missed. */
export interface Goal {
  readonly what: string;
  readonly must: 'be at most' | 'be at least';
  readonly limit: number;
  readonly measured: Spread;
}

/** A goal with what was measured. */
export function goal(what: string, must: Goal['must'], limit: number, values: readonly number[]): Goal {
  return { what, must, limit, measured: spreadOf(values) };
}

/** Whether the median keeps to the limit. */
export function isReached({ must, limit, measured }: Goal): boolean {
  return must === 'be at most' ? measured.median <= limit : measured.median >= limit;
}
