// Ten minutes at a constant rate: npm run bench:load -- --minutes 10 --store postgres --rate 200
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startBenchServers } from './bench-servers.ts';
import type { LoadRow } from './load-figures.ts';
import type { LoadConfiguration } from './load-run.ts';
import { loadTable } from './other-tables.ts';
import { prepare } from './prepare.ts';
import { linesOf, resultsIn } from './results.ts';
import { environmentOf } from './server-addresses.ts';
import { STORES, type StoreName } from './systems/system.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    store: { type: 'string', multiple: true, default: ['sqlite', 'postgres', 'redis+postgres'] },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
if (!(minutes > 0 && rate > 0)) misuse('--minutes and --rate must be positive');
const stores = values.store.map(storeNamed);

prepare();
const results = resultsIn('full');
for (const store of stores) {
  const row = await run({ store, minutes, rate });
  results.add('load', row);
  process.stdout.write(`${loadTable([row]).join('\n')}live heap grows by ${row.liveMegabytesPerHour.toFixed(2)} MB/h\n\n`);
}

/** Each store on servers of its own. */
async function run(configuration: LoadConfiguration): Promise<LoadRow> {
  process.stderr.write(`load  ${configuration.store}, ${configuration.rate} per second for ${configuration.minutes} minutes\n`);
  const servers = await startBenchServers();
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'load-run.ts'), JSON.stringify(configuration)],
      { env: { ...process.env, ...environmentOf(servers.addresses), NODE_ENV: 'production' } },
    );
    const [row] = linesOf<LoadRow>(stdout);
    if (row === undefined) throw new Error('The load run told nothing.');
    return row;
  } finally {
    await servers.stop();
  }
}

function storeNamed(name: string): StoreName {
  const store = STORES.find((one) => one === name && one !== 'none');
  if (store === undefined) misuse(`--store must be one of ${STORES.join(', ')}`);
  return store;
}

function misuse(problem: string): never {
  process.stderr.write(`bench:load: ${problem}\n`);
  process.exit(2);
}
