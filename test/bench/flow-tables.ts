import type { Configuration } from './configurations.ts';
import { appOf, appOfFlow, type FlowRows, flowsPerSecond, hasServer, storeOfFlow } from './flow-rows.ts';
import { markdownTable } from './markdown-table.ts';
import type { FlowRow } from './measure-parts.ts';
import { medianOf, pairedRatios, shown, shownSpread, spreadOf } from './statistics.ts';
import { HOSTS, STORES, type StoreName } from './systems/system.ts';
import { SYSTEM_NAMES, type SystemName } from './systems/systems.ts';

const HEAD = [
  'system',
  'request',
  'login',
  'sign-up',
  'refresh',
  'store CPU per flow',
  'flows/s',
  'request p50 / p99 ms',
  'login p50 / p99 ms',
];

/** What is measured one mode after the other: CPU of the application in microseconds per operation. */
export function flowTable(flows: FlowRows, isAsked: (one: Configuration) => boolean): readonly string[] {
  const asked = flows.configurations
    .filter(({ system }) => system !== 'ringlatch, passwords')
    .filter(isAsked)
    .toSorted(
      (a, b) => STORES.indexOf(a.store) - STORES.indexOf(b.store) || SYSTEM_NAMES.indexOf(a.system) - SYSTEM_NAMES.indexOf(b.system),
    );
  return markdownTable(
    HEAD,
    asked.map(({ system, store, mode, workers }) => {
      const rows = flows.of(system, store, mode, workers);
      const name = store === 'none' ? `${system}, ${mode}` : `${system}, ${store}`;
      return [name, ...cellsOf(rows)];
    }),
  );
}

function cellsOf(rows: readonly FlowRow[]): readonly string[] {
  const latency = (phase: 'request' | 'login'): string =>
    `${shown(medianOf(rows, ({ phases }) => phases[phase]?.p50Ms ?? Number.NaN))} / ${shown(medianOf(rows, ({ phases }) => phases[phase]?.p99Ms ?? Number.NaN))}`;
  return [
    spread(rows, appOf('request')),
    spread(rows, appOf('login')),
    shown(medianOf(rows, appOf('signUp'))),
    shown(medianOf(rows, appOf('refresh'))),
    rows.some(({ store }) => hasServer(store)) ? shown(medianOf(rows, storeOfFlow)) : '–',
    spread(rows, flowsPerSecond),
    latency('request'),
    latency('login'),
  ];
}

function spread(rows: readonly FlowRow[], figure: (row: FlowRow) => number): string {
  return shownSpread(spreadOf(rows.map(figure)));
}

/** Logins by password, which are all hash. */
export function passwordTable(flows: FlowRows): readonly string[] {
  return markdownTable(
    ['store', 'app CPU in ms', 'p50 in ms, 8 waiting', 'per second'],
    flows.configurations
      .filter(({ system }) => system === 'ringlatch, passwords')
      .map(({ system, store, mode, workers }) => {
        const rows = flows.of(system, store, mode, workers);
        const figure = (key: 'appMicroseconds' | 'p50Ms' | 'perSecond'): number =>
          medianOf(rows, ({ phases }) => phases.password?.[key] ?? Number.NaN);
        return [store, shown(figure('appMicroseconds') / 1000), shown(figure('p50Ms')), shown(figure('perSecond'))];
      }),
  );
}

/** Two systems over one store in one mode, paired by round. */
export function ratioTable(flows: FlowRows): readonly string[] {
  const pairs: readonly (readonly [SystemName, SystemName])[] = [
    ['better-auth', 'ringlatch'],
    ['better-auth, limiter on', 'ringlatch'],
    ['better-auth', 'ringlatch, coalescing'],
    ['ringlatch', 'floor'],
    ['ringlatch, coalescing', 'floor, coalescing'],
    ['ringlatch', 'ringlatch, coalescing'],
    ['better-auth', 'floor'],
    ['stub', 'bare'],
  ];
  const rows = pairs.flatMap(([above, below]) =>
    STORES.flatMap((store) =>
      (['in process', ...HOSTS] as const).flatMap((mode) =>
        [64, 1].flatMap((workers) => {
          const [a, b] = [flows.of(above, store, mode, workers), flows.of(below, store, mode, workers)];
          const of = (figure: (row: FlowRow) => number): string => shownSpread(spreadOf(pairedRatios(a, b, figure)));
          const back = shownSpread(spreadOf(pairedRatios(b, a, flowsPerSecond)));
          const name = `${above} ÷ ${below}, ${placeOf(store)}${mode}${workers === 1 ? ', one client' : ''}`;
          return pairedRatios(a, b, appOfFlow).length === 0
            ? []
            : [[name, of(appOfFlow), of((row) => appOfFlow(row) + storeOfFlow(row)), back]];
        }),
      ),
    ),
  );
  return markdownTable(['a ÷ b', 'app CPU per flow', 'app and store CPU', 'flows/s, b ÷ a'], rows);
}

function placeOf(store: StoreName): string {
  return store === 'none' ? '' : `${store}, `;
}
