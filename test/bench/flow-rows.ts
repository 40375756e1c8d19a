import { type Configuration, type Mode, nameOf } from './configurations.ts';
import type { PhaseName } from './measure-flow.ts';
import type { FlowRow } from './measure-parts.ts';
import { groupedBy } from './statistics.ts';
import type { StoreName } from './systems/system.ts';
import type { SystemName } from './systems/systems.ts';

/** The measured runs, found by what was measured. */
export interface FlowRows {
  /** In the order in which they were first measured. */
  readonly configurations: readonly Configuration[];
  of(system: SystemName, store: StoreName, mode: Mode, workers?: number): readonly FlowRow[];
}

/** Sorts rows by their configuration. */
export function flowRowsOf(rows: readonly FlowRow[]): FlowRows {
  const byName = groupedBy(rows, nameOf);
  return {
    configurations: [...byName.values()].flatMap(([first]) => (first === undefined ? [] : [first])),
    of: (system, store, mode, workers = 64) => byName.get(nameOf({ system, store, mode, workers })) ?? [],
  };
}

/** CPU of the application in microseconds, for a request and a login of a known number. */
export function appOfFlow({ phases }: FlowRow): number {
  return (phases.request?.appMicroseconds ?? Number.NaN) + (phases.login?.appMicroseconds ?? Number.NaN);
}

// Their work is done in the process itself; what idle servers use is nothing of theirs.
const HAVE_NO_SERVER: ReadonlySet<StoreName> = new Set(['none', 'memory', 'sqlite']);

/** Whether a store is a process of its own. */
export function hasServer(store: StoreName): boolean {
  return !HAVE_NO_SERVER.has(store);
}

/** CPU of the store in microseconds, for the same. */
export function storeOfFlow({ store, phases }: FlowRow): number {
  if (!hasServer(store)) return 0;
  return (phases.request?.storeMicroseconds ?? Number.NaN) + (phases.login?.storeMicroseconds ?? Number.NaN);
}

/** Requests with their logins in a second. */
export function flowsPerSecond({ phases, visitors }: FlowRow): number {
  return (visitors * 1000) / ((phases.request?.wallMs ?? Number.NaN) + (phases.login?.wallMs ?? Number.NaN));
}

/** CPU of the application for one kind of operation. */
export function appOf(phase: PhaseName): (row: FlowRow) => number {
  return ({ phases }) => phases[phase]?.appMicroseconds ?? Number.NaN;
}
