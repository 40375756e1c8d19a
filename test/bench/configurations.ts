import type { FlowSize } from './measure-flow.ts';
import { HOSTS, type HostName, type StoreName } from './systems/system.ts';
import type { SystemName } from './systems/systems.ts';

/** What is measured in one run. */
export interface Configuration extends FlowSize {
  readonly system: SystemName;
  readonly store: StoreName;
  readonly mode: Mode;
}

/** How a system is used. */
export type Mode = 'in process' | HostName;

/** What two rows must share to be rows of the same thing. */
export function nameOf({ system, store, mode, workers }: Pick<Configuration, 'system' | 'store' | 'mode' | 'workers'>): string {
  return `${system} | ${store} | ${mode}${workers === 1 ? ' | one client' : ''}`;
}

const WORKERS = 64;
const DURABLE = ['sqlite', 'postgres', 'redis', 'redis+postgres'] as const;
const OF_BETTER_AUTH = ['sqlite', 'postgres', 'redis+postgres'] as const;

// What is fast gets more visitors, so that each run lasts long enough. With fewer before them the compiler's own work would be measured: it
// settles after some ten thousand operations.
const FASTEST = { visitors: 8000, warmUp: 12_000, workers: WORKERS };
const FAST = { visitors: 4000, warmUp: 6000, workers: WORKERS };
const SLOW = { visitors: 1000, warmUp: 2000, workers: WORKERS };
// Its memory adapter copies everything at each call.
const SLOWEST = { visitors: 300, warmUp: 200, workers: WORKERS };
const ROUTES = { visitors: 10_000, warmUp: 5000, workers: WORKERS };
const ALONE = { visitors: 400, warmUp: 600, workers: 1 };
const PASSWORDS = { visitors: 64, warmUp: 16, workers: 8 };

function run(system: SystemName, store: StoreName, mode: Mode, size: FlowSize): Configuration {
  return { system, store, mode, ...size };
}

function sizeOn(store: StoreName): FlowSize {
  return store === 'memory' ? FASTEST : FAST;
}

/** Every run of the full benchmark. */
export function allConfigurations(): readonly Configuration[] {
  const [inProcess, fastify] = ['in process', 'fastify'] as const;
  return [
    ...[inProcess, fastify].flatMap((mode) => [
      ...(['memory', ...DURABLE] as const).flatMap((store) => [
        run('ringlatch', store, mode, sizeOn(store)),
        run('floor', store, mode, sizeOn(store)),
      ]),
      ...(['sqlite', 'postgres'] as const).flatMap((store) => [
        run('ringlatch, coalescing', store, mode, FAST),
        run('floor, coalescing', store, mode, FAST),
      ]),
      ...OF_BETTER_AUTH.map((store) => run('better-auth', store, mode, SLOW)),
    ]),
    run('better-auth', 'memory', inProcess, SLOWEST),
    ...OF_BETTER_AUTH.map((store) => run('better-auth, limiter on', store, fastify, SLOW)),
    ...(['express', 'fetch'] as const).flatMap((mode) => [
      ...(['memory', 'postgres'] as const).flatMap((store) => [
        run('ringlatch', store, mode, sizeOn(store)),
        run('floor', store, mode, sizeOn(store)),
      ]),
      run('better-auth', 'postgres', mode, SLOW),
    ]),
    ...HOSTS.flatMap((mode) => [run('stub', 'none', mode, ROUTES), run('bare', 'none', mode, ROUTES)]),
    ...(['ringlatch', 'ringlatch, coalescing', 'floor', 'better-auth'] as const).map((system) => run(system, 'postgres', fastify, ALONE)),
    run('ringlatch, passwords', 'memory', inProcess, PASSWORDS),
    run('ringlatch, passwords', 'postgres', inProcess, PASSWORDS),
  ];
}

/** A glance: each store in process and over Fastify, and the host adapters. */
export function quickConfigurations(): readonly Configuration[] {
  const few = { visitors: 500, warmUp: 200, workers: WORKERS };
  const fewest = { visitors: 100, warmUp: 64, workers: WORKERS };
  return allConfigurations()
    .filter(
      ({ mode, workers, system }) => workers > 1 && (mode === 'in process' || mode === 'fastify') && !/limiter|passwords/.test(system),
    )
    .map((one) => ({ ...one, ...(one.system === 'better-auth' ? fewest : few) }));
}
