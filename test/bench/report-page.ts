import { flowTable, passwordTable, ratioTable } from './flow-tables.ts';
import { goalsOf, type Measured } from './goals.ts';
import { section } from './markdown-table.ts';
import { footprintTable, goalTable, growthTable, loadTable, startupTable, tripsTable } from './other-tables.ts';
import type { Setup } from './results.ts';

const MICROSECONDS = 'CPU of the application in µs per operation, median and range over rounds.';

/** The report as Markdown. */
export function reportPage(measured: Measured, setup: Setup | null, quick: boolean): string {
  const { flows, trips, growth, footprint, startup, load } = measured;
  const alone = ({ workers }: { readonly workers: number }): boolean => workers === 1;
  return [
    quick ? '# A glance at speed' : '# Speed, measured side by side',
    '',
    quick
      ? 'Few visitors and few rounds: good for orders of magnitude, not for comparisons.'
      : 'Written by `npm run bench`; README.md beside it says what is measured, how, and what cannot be compared. Trust the ratios: they pair runs of the same round.',
    '',
    ...(setup === null ? [] : [setupLine(setup), '']),
    ...section('Goals', '', goalTable(goalsOf(measured))),
    ...section(
      'In process, 64 waiting',
      MICROSECONDS,
      flowTable(flows, (one) => one.mode === 'in process'),
    ),
    ...section(
      'Over Fastify, 64 connections',
      MICROSECONDS,
      flowTable(flows, (one) => one.mode === 'fastify' && one.store !== 'none' && !alone(one)),
    ),
    ...section(
      'Over Express, 64 connections',
      MICROSECONDS,
      flowTable(flows, (one) => one.mode === 'express' && one.store !== 'none'),
    ),
    ...section(
      'Over fetch (Hono on Node), 64 connections',
      MICROSECONDS,
      flowTable(flows, (one) => one.mode === 'fetch' && one.store !== 'none'),
    ),
    ...section('One client alone', `Postgres, Fastify. ${MICROSECONDS}`, flowTable(flows, alone)),
    ...section(
      'Host adapters',
      `The library's routes over functions that answer a constant (stub), and routes by hand that answer the same (bare). ${MICROSECONDS}`,
      flowTable(flows, (one) => one.store === 'none'),
    ),
    ...section('Login with password', 'Argon2id with the default parameters, in process.', passwordTable(flows)),
    ...section('Ratios, paired by round', 'A request and a login of a known number.', ratioTable(flows)),
    ...section('Round trips', 'Counted at the drivers; a statement of SQLite is a call in the same process.', tripsTable(trips)),
    ...section('Growth', 'CPU of one login in µs.', growthTable(growth)),
    ...section(
      'Footprint',
      'Bytes in the store for each visitor, indexes included: 20,000 strangers with a number and an address of their own.',
      footprintTable(footprint),
    ),
    ...section('Start-up', '', startupTable(startup)),
    ...section('Load', 'Constant arrival, in process: latencies from the moment of arrival.', loadTable(load)),
  ].join('\n');
}

function setupLine({ date, processor, cores, versions }: Setup): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date}, ${cores} shared cores (${processor}). ${names.join(', ')}.`;
}
