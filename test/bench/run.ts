// Everything, with a report: npm run bench. A glance: npm run bench -- --quick. Some of it: npm run bench -- flows --only 'postgres' --rounds 7
import { parseArgs } from 'node:util';
import { startBenchServers } from './bench-servers.ts';
import { measureFlows, measureFootprint, measureGrowth, measureStartup, measureTrips, type Session } from './measure-parts.ts';
import { prepare } from './prepare.ts';
import { writeReport } from './report.ts';
import { RESULT_KINDS, resultsIn } from './results.ts';
import { setupOf } from './setup.ts';

const PARTS = {
  trips: measureTrips,
  startup: measureStartup,
  footprint: measureFootprint,
  flows: measureFlows,
  growth: measureGrowth,
} as const;
type Part = keyof typeof PARTS;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    users: { type: 'string', default: '100000' },
  },
});
const quick = values.quick;
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0)) misuse('--rounds must be a positive integer');
const unknown = positionals.filter((name) => name !== 'report' && !Object.hasOwn(PARTS, name));
if (unknown.length > 0) misuse(`there is no ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}, report`);

const results = resultsIn(quick ? 'quick' : 'full');
const wholly = positionals.length === 0;
const asked: readonly Part[] = wholly
  ? quick
    ? ['trips', 'flows']
    : ['trips', 'startup', 'footprint', 'flows', 'growth']
  : (Object.keys(PARTS) as Part[]).filter((name) => positionals.includes(name));

if (asked.length > 0) await measure();
// A glance shows what was just measured, the report all that ever was.
writeReport(results, { quick, parts: quick && asked.length > 0 ? asked : RESULT_KINDS });

async function measure(): Promise<void> {
  prepare();
  const servers = await startBenchServers();
  try {
    const session: Session = {
      results,
      addresses: servers.addresses,
      quick,
      rounds,
      only: new RegExp(values.only),
      users: Number(values.users),
    };
    results.remember(setupOf(servers.versions));
    for (const part of asked) {
      // What counts and what is imported has no rounds to be compared with: the last run of it stands.
      if (wholly || quick || part === 'trips' || part === 'startup' || part === 'footprint') results.forget(part);
      await PARTS[part](session);
    }
  } finally {
    await servers.stop();
  }
}

function misuse(problem: string): never {
  process.stderr.write(`bench: ${problem}\n`);
  process.exit(2);
}
