import type { Span } from './history.ts';

/** Whether one call was over before another began: then it happened first, whatever the store did. */
export function isBefore(a: Span, b: Span): boolean {
  return a.ended !== null && a.ended < b.began;
}

/** Whether a call may have happened while this span lasted. */
export function mayLieWithin(operation: Span, span: Span): boolean {
  return (span.ended === null || operation.began < span.ended) && (operation.ended === null || operation.ended > span.began);
}

/** From the beginning of the one that began first to the end of the one that ended last. */
export function hullOf(a: Span, b: Span): Span {
  return { began: Math.min(a.began, b.began), ended: a.ended === null || b.ended === null ? null : Math.max(a.ended, b.ended) };
}

/**
 * Parts calls at borders (what makes a row anew, or clears a counter): in each stretch lie calls that all happened between the same two.
 * A call that overlaps a border may belong to either side and is left out, so that nothing is blamed on a guess.
 */
export function stretchesOf<Operation extends Span>(
  operations: readonly Operation[],
  borders: readonly Span[],
): readonly (readonly Operation[])[] {
  const stretches = new Map<number, Operation[]>();
  for (const operation of operations) {
    if (borders.some((border) => mayLieWithin(border, operation))) continue;
    const index = borders.filter((border) => isBefore(border, operation)).length;
    const stretch = stretches.get(index);
    if (stretch === undefined) stretches.set(index, [operation]);
    else stretch.push(operation);
  }
  return [...stretches.values()];
}

/** Groups by a key; what has none is left out. */
export function groupsOf<Value>(values: readonly Value[], keyOf: (value: Value) => string | null): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
