import { flowGoals } from './flow-goals.ts';
import type { FlowRows } from './flow-rows.ts';
import type { FootprintRow } from './footprint.ts';
import { type Goal, goal } from './goal.ts';
import type { GrowthRow } from './growth.ts';
import type { LoadRow } from './load-figures.ts';
import type { StartupRow } from './startup.ts';
import { pairedRatios } from './statistics.ts';
import type { StoreName } from './systems/system.ts';
import type { SystemName } from './systems/systems.ts';
import type { TripsRow } from './trips.ts';

/** What was measured, of all kinds. */
export interface Measured {
  readonly flows: FlowRows;
  readonly trips: readonly TripsRow[];
  readonly growth: readonly GrowthRow[];
  readonly footprint: readonly FootprintRow[];
  readonly startup: readonly StartupRow[];
  readonly load: readonly LoadRow[];
}

/** The goals of which there are figures. */
export function goalsOf(all: Measured): readonly Goal[] {
  const goals = [...flowGoals(all.flows), ...ofTrips(all), ...ofGrowth(all), ...ofImport(all), ...ofLoad(all)];
  return goals.filter(({ measured }) => measured.count > 0);
}

function ofTrips({ trips }: Measured): readonly Goal[] {
  const of = (system: SystemName, operation: string): readonly TripsRow[] =>
    trips.filter((row) => row.system === system && row.store === 'postgres' && row.operation === operation);
  const operations = [...new Set(trips.map(({ operation }) => operation))];
  return [
    ...operations.map((operation) =>
      goal(
        `trips to postgres, ${operation}`,
        'be at most',
        operation.includes('password') ? 2 : 1,
        [...of('ringlatch', operation), ...of('ringlatch, passwords', operation)].map(({ alone }) => alone.postgres),
      ),
    ),
    ...operations.map((operation) =>
      goal(
        `statements per ${operation}, postgres, 64 waiting, coalescing`,
        'be at most',
        0.1,
        of('ringlatch, coalescing', operation).flatMap(({ together }) => (together === null ? [] : [together.postgres])),
      ),
    ),
  ];
}

function ofGrowth({ growth }: Measured): readonly Goal[] {
  const of = (store: StoreName, stored: number): readonly GrowthRow[] =>
    growth.filter((row) => row.system === 'ringlatch' && row.store === store && row.stored === stored);
  return [
    goal(
      'store CPU per login, 50,000 codes outstanding ÷ none',
      'be at most',
      1.2,
      pairedRatios(of('postgres', 50_000), of('postgres', 0), ({ storeMicroseconds }) => storeMicroseconds),
    ),
    goal(
      'app CPU per login, memory, 100,000 users ÷ 1,000',
      'be at most',
      1.3,
      pairedRatios(of('memory', 100_000), of('memory', 1000), ({ appMicroseconds }) => appMicroseconds),
    ),
  ];
}

function ofImport({ startup }: Measured): readonly Goal[] {
  const of = (what: string): readonly StartupRow[] => startup.filter((row) => row.what === what);
  const ratios = (figure: (row: StartupRow) => number): readonly number[] =>
    pairedRatios(of('ringlatch'), of('better-auth with its phone-number plugin'), figure);
  return [
    goal(
      'import time, ringlatch ÷ better-auth',
      'be at most',
      0.25,
      ratios(({ wallMs }) => wallMs),
    ),
    goal(
      'memory after import, ringlatch ÷ better-auth',
      'be at most',
      0.25,
      ratios(({ rssMegabytes }) => rssMegabytes),
    ),
  ];
}

function ofLoad({ load }: Measured): readonly Goal[] {
  return load.flatMap(({ store, minutes, errors, rssMegabytesPerHour, kinds }) => {
    const name = `${minutes} minutes of load, ${store}`;
    const count = Object.values(errors).reduce((sum, one) => sum + one, 0);
    return [
      goal(`errors, ${name}`, 'be at most', 0, [count]),
      goal(`growth of RSS in MB/h, ${name}`, 'be at most', 1, [rssMegabytesPerHour]),
      goal(`p99 of a token verification in ms, ${name}`, 'be at most', 2, kinds.verify === undefined ? [] : [kinds.verify.p99Ms]),
    ];
  });
}
