import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { StoreName } from './systems/system.ts';

/** What visitors of a load run do, with its share of a hundred. */
export const LOAD_SHARES = { verify: 70, refresh: 15, request: 10, redeem: 5 } as const;
export type LoadKind = keyof typeof LOAD_SHARES;

/** One kind of call. */
export interface KindFigures {
  readonly perSecond: number;
  /** From the moment when the call was due, so that what holds up the process counts. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** A load run. */
export interface LoadRow {
  readonly date: string;
  readonly store: StoreName;
  readonly minutes: number;
  readonly rate: number;
  readonly kinds: Readonly<Partial<Record<LoadKind, KindFigures>>>;
  /** By code of the library, or by the name of another error. */
  readonly errors: Readonly<Record<string, number>>;
  /** Memory of the process at the end, and what it grows by after the warm-up. */
  readonly rssMegabytes: number;
  readonly rssMegabytesPerHour: number;
  /** The same of what is alive on the heap. */
  readonly liveMegabytesPerHour: number;
  readonly swept: number;
  readonly rotations: number;
}

/** Counts calls in constant memory. */
export interface LoadFigures {
  readonly note: (kind: LoadKind, milliseconds: number) => void;
  readonly noteError: (kind: LoadKind, error: unknown) => void;
  readonly kinds: (seconds: number) => LoadRow['kinds'];
  readonly errors: () => LoadRow['errors'];
}

const KINDS = Object.keys(LOAD_SHARES) as readonly LoadKind[];

/** What a load run measures. */
export function loadFigures(): LoadFigures {
  const times = new Map<LoadKind, RecordableHistogram>(KINDS.map((kind) => [kind, createHistogram({ figures: 3 })]));
  const failed = new Map<LoadKind, number>();
  const errors = new Map<string, number>();
  return {
    note: (kind, milliseconds) => times.get(kind)?.record(Math.max(1, Math.round(milliseconds * 1000))),
    noteError(kind, error) {
      const name = nameOf(error);
      failed.set(kind, (failed.get(kind) ?? 0) + 1);
      errors.set(name, (errors.get(name) ?? 0) + 1);
    },
    kinds: (seconds) =>
      Object.fromEntries(
        [...times].map(([kind, histogram]) => [
          kind,
          {
            perSecond: histogram.count / seconds,
            p50Ms: histogram.percentile(50) / 1000,
            p99Ms: histogram.percentile(99) / 1000,
            failed: failed.get(kind) ?? 0,
          },
        ]),
      ),
    errors: () => Object.fromEntries(errors),
  };
}

function nameOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}
