import { allConfigurations, type Configuration, nameOf, quickConfigurations } from './configurations.ts';
import type { FootprintConfiguration, FootprintRow } from './footprint.ts';
import type { GrowthConfiguration, GrowthRow } from './growth.ts';
import { growthConfigurations } from './growth-configurations.ts';
import { interleaved } from './interleaved.ts';
import type { FlowFigures } from './measure-flow.ts';
import { measured, type Outcome } from './measured.ts';
import type { Results } from './results.ts';
import type { ServerAddresses } from './server-addresses.ts';
import { startupCases, startupOf } from './startup.ts';
import type { InRound } from './statistics.ts';
import type { StoreName } from './systems/system.ts';
import type { SystemName } from './systems/systems.ts';
import type { TripsConfiguration, TripsRow } from './trips.ts';

/** One run of the benchmark. */
export interface Session {
  readonly results: Results;
  readonly addresses: ServerAddresses;
  readonly quick: boolean;
  /** @default what the part needs */
  readonly rounds: number | undefined;
  /** Measures what has such a name. */
  readonly only: RegExp;
  /** The most users in memory that growth is measured with. */
  readonly users: number;
}

/** A measured run of a configuration. */
export interface FlowRow extends Configuration, InRound {
  readonly phases: FlowFigures;
}

/** Interleaved rounds of sign-ups, sign-ins and refreshes. */
export async function measureFlows({ results, addresses, quick, rounds = quick ? 2 : 5, only }: Session): Promise<void> {
  const configurations = (quick ? quickConfigurations() : allConfigurations()).filter((one) => only.test(nameOf(one)));
  const first = nextRound(results.rows<FlowRow>('flows'));
  const missing = new Set<string>();
  let done = 0;
  for (const { round, item } of interleaved(configurations, rounds)) {
    const name = nameOf(item);
    say(`flows ${++done}/${configurations.length * rounds}  ${name}`);
    if (missing.has(name)) continue;
    const outcome = await measured<Omit<FlowRow, 'round'>>('flow.ts', item, addresses);
    if (outcome.is === 'measured') results.add('flows', ...outcome.rows.map((row) => ({ round: first + round, ...row })));
    else missing.add(tell(name, outcome));
  }
}

const COUNTED: readonly (readonly [SystemName, readonly StoreName[]])[] = [
  ['ringlatch', ['sqlite', 'postgres', 'redis', 'redis+postgres']],
  ['ringlatch, coalescing', ['sqlite', 'postgres']],
  ['ringlatch, passwords', ['sqlite', 'postgres', 'redis+postgres']],
  ['floor', ['sqlite', 'postgres', 'redis', 'redis+postgres']],
  ['floor, coalescing', ['sqlite', 'postgres']],
  ['better-auth', ['sqlite', 'postgres', 'redis+postgres']],
];

/** Round trips, counted at the drivers. */
export async function measureTrips({ results, addresses, only }: Session): Promise<void> {
  const configurations = COUNTED.flatMap(([system, stores]) => stores.map((store): TripsConfiguration => ({ system, store })));
  for (const one of configurations) {
    const name = `${one.system} | ${one.store}`;
    if (!only.test(name)) continue;
    say(`trips  ${name}`);
    const outcome = await measured<TripsRow>('trips.ts', one, addresses);
    if (outcome.is === 'measured') results.add('trips', ...outcome.rows);
    else tell(name, outcome);
  }
}

/** What an operation costs as the stores fill. */
export async function measureGrowth({ results, addresses, quick, rounds = quick ? 1 : 3, only, users }: Session): Promise<void> {
  const nameOfPoint = ({ system, store, stored }: GrowthConfiguration): string => `${system} | ${store} | ${stored}`;
  const configurations = growthConfigurations(quick, users).filter((one) => only.test(nameOfPoint(one)));
  const first = nextRound(results.rows<GrowthRow>('growth'));
  for (const { round, item } of interleaved(configurations, rounds)) {
    const name = nameOfPoint(item);
    say(`growth round ${round + 1}  ${name}`);
    const outcome = await measured<Omit<GrowthRow, 'round'>>('growth.ts', item, addresses);
    if (outcome.is === 'measured') results.add('growth', ...outcome.rows.map((row) => ({ round: first + round, ...row })));
    else tell(name, outcome);
  }
}

/** Bytes that each visitor takes up. */
export async function measureFootprint({ results, addresses, only }: Session): Promise<void> {
  for (const store of (['memory', 'sqlite', 'postgres', 'redis'] as const).filter((one) => only.test(one))) {
    say(`footprint  ${store}`);
    const configuration: FootprintConfiguration = { store, visitors: 20_000 };
    const outcome = await measured<FootprintRow>('footprint.ts', configuration, addresses);
    if (outcome.is === 'measured') results.add('footprint', ...outcome.rows);
    else tell(store, outcome);
  }
}

/** Imports in fresh processes. */
export async function measureStartup({ results, quick, rounds = quick ? 3 : 9, only }: Session): Promise<void> {
  const cases = Object.entries(startupCases()).filter(([what]) => only.test(what));
  say(`startup  ${cases.length} imports, ${rounds} times each`);
  for (const { round, item } of interleaved(cases, rounds)) results.add('startup', startupOf(item[0], item[1], round));
}

// Rounds of an earlier run are others: nothing is paired across runs.
function nextRound(rows: readonly InRound[]): number {
  return rows.reduce((last, { round }) => Math.max(last, round), -1) + 1;
}

function tell(name: string, outcome: Exclude<Outcome<unknown>, { readonly is: 'measured' }>): string {
  say(`${outcome.is}: ${name}: ${outcome.why}`);
  return name;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
