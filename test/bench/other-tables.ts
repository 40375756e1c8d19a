import type { Counts } from './driver-counts.ts';
import { hasServer } from './flow-rows.ts';
import type { FootprintRow } from './footprint.ts';
import { type Goal, isReached } from './goal.ts';
import type { GrowthRow } from './growth.ts';
import type { LoadRow } from './load-figures.ts';
import { markdownTable } from './markdown-table.ts';
import type { StartupRow } from './startup.ts';
import { groupedBy, medianOf, shown, shownSpread, spreadOf } from './statistics.ts';
import type { TripsRow } from './trips.ts';

/** What must hold, and whether it does. */
export function goalTable(goals: readonly Goal[]): readonly string[] {
  return markdownTable(
    ['what', 'goal', 'measured', 'reached'],
    goals.map((goal) => [
      goal.what,
      `${goal.must === 'be at most' ? 'at most' : 'at least'} ${goal.limit}`,
      shownSpread(goal.measured),
      isReached(goal) ? 'yes' : '**no**',
    ]),
  );
}

/** Statements and commands per operation. */
export function tripsTable(trips: readonly TripsRow[]): readonly string[] {
  return markdownTable(
    ['system', 'operation', 'one alone', 'each of 64 waiting'],
    trips.map(({ system, store, operation, alone, together }) => [
      `${system}, ${store}`,
      operation,
      countsText(alone),
      together === null ? '–' : countsText(together),
    ]),
  );
}

function countsText({ postgres, redis, sqlite, sqliteTransactions }: Counts): string {
  const parts = [
    ...(postgres > 0 ? [`${shown(postgres)} Postgres`] : []),
    ...(redis > 0 ? [`${shown(redis)} Redis`] : []),
    ...(sqlite > 0 ? [`${shown(sqlite)} statement${sqlite === 1 ? '' : 's'}`] : []),
    ...(sqliteTransactions > 0 ? [`${shown(sqliteTransactions)} transaction${sqliteTransactions === 1 ? '' : 's'}`] : []),
  ];
  return parts.length === 0 ? '0' : parts.join(', ');
}

/** CPU of a login beside what is stored. */
export function growthTable(growth: readonly GrowthRow[]): readonly string[] {
  const points = groupedBy(growth, ({ system, store, stored }) => `${system}|${store}|${stored}`);
  const order = [...points.values()].toSorted(
    ([a], [b]) =>
      (a?.store ?? '').localeCompare(b?.store ?? '') ||
      (a?.system ?? '').localeCompare(b?.system ?? '') ||
      (a?.stored ?? 0) - (b?.stored ?? 0),
  );
  return markdownTable(
    ['system', 'stored', 'app CPU', 'store CPU'],
    order.flatMap((rows) => {
      const [first] = rows;
      if (first === undefined) return [];
      const what = first.store === 'memory' ? 'users' : 'codes outstanding';
      return [
        [
          `${first.system}, ${first.store}`,
          `${first.stored.toLocaleString('en-US')} ${what}`,
          shownSpread(spreadOf(rows.map(({ appMicroseconds }) => appMicroseconds))),
          hasServer(first.store) ? shownSpread(spreadOf(rows.map(({ storeMicroseconds }) => storeMicroseconds))) : '–',
        ],
      ];
    }),
  );
}

/** What stays of those who ask and sign up. */
export function footprintTable(footprint: readonly FootprintRow[]): readonly string[] {
  return markdownTable(
    ['store', 'a request', 'signing up adds', 'account and session alone'],
    footprint.map(({ store, requested, signedUp, lasting }) => [
      store,
      shown(requested),
      shown(signedUp),
      lasting === null ? '–' : shown(lasting),
    ]),
  );
}

/** What imports cost. */
export function startupTable(startup: readonly StartupRow[]): readonly string[] {
  return markdownTable(
    ['import in a fresh process', 'ms', 'CPU ms', 'RSS MB'],
    [...groupedBy(startup, ({ what }) => what)].map(([what, rows]) => [
      what,
      shownSpread(spreadOf(rows.map(({ wallMs }) => wallMs))),
      shown(medianOf(rows, ({ cpuMs }) => cpuMs)),
      shown(medianOf(rows, ({ rssMegabytes }) => rssMegabytes)),
    ]),
  );
}

/** Long runs at a constant rate. */
export function loadTable(load: readonly LoadRow[]): readonly string[] {
  return markdownTable(
    ['store', 'what', 'per second', 'p50 ms', 'p99 ms', 'errors'],
    load.flatMap(({ store, minutes, rssMegabytes, rssMegabytesPerHour, kinds, errors, swept, rotations }) => [
      ...Object.entries(kinds).map(([kind, { perSecond, p50Ms, p99Ms, failed }]) => [
        store,
        kind,
        shown(perSecond),
        shown(p50Ms),
        shown(p99Ms),
        String(failed),
      ]),
      [
        store,
        `${minutes} min: RSS ${shown(rssMegabytes)} MB, ${shown(rssMegabytesPerHour)} MB/h; ${swept} rows swept, secrets rotated ${rotations} times`,
        '',
        '',
        '',
        Object.entries(errors)
          .map(([code, count]) => `${code} ${count}`)
          .join(', ') || '0',
      ],
    ]),
  );
}
