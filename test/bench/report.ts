import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flowRowsOf } from './flow-rows.ts';
import type { FootprintRow } from './footprint.ts';
import type { Measured } from './goals.ts';
import type { GrowthRow } from './growth.ts';
import type { LoadRow } from './load-figures.ts';
import type { FlowRow } from './measure-parts.ts';
import { reportPage } from './report-page.ts';
import type { ResultKind, Results } from './results.ts';
import { speedChart } from './speed-chart.ts';
import type { StartupRow } from './startup.ts';
import type { TripsRow } from './trips.ts';

/** What {@link writeReport} takes beside the results. */
export interface ReportOptions {
  readonly quick: boolean;
  /** What the report is to speak of. */
  readonly parts: readonly ResultKind[];
}

/** Writes the report and its drawing; a glance goes to the terminal, and the load runs into the report of full runs alone. */
export function writeReport(results: Results, { quick, parts }: ReportOptions): void {
  const rows = <Row>(kind: ResultKind): readonly Row[] => (parts.includes(kind) ? results.rows<Row>(kind) : []);
  const measured: Measured = {
    flows: flowRowsOf(rows<FlowRow>('flows')),
    trips: rows<TripsRow>('trips'),
    growth: rows<GrowthRow>('growth'),
    footprint: rows<FootprintRow>('footprint'),
    startup: rows<StartupRow>('startup'),
    // The last run of each store stands.
    load: [...new Map(rows<LoadRow>('load').map((row) => [row.store, row])).values()],
  };
  const page = reportPage(measured, results.setup(), quick);
  if (quick) {
    process.stdout.write(page);
    return;
  }
  writeFileSync(join(import.meta.dirname, 'REPORT.md'), page);
  const chart = speedChart(measured.flows);
  if (chart !== null) writeFileSync(join(import.meta.dirname, '../../docs/speed.svg'), chart);
  process.stderr.write(`wrote test/bench/REPORT.md${chart === null ? '' : ' and docs/speed.svg'}\n`);
}
