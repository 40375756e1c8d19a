// What an operation costs beside what is stored already: node test/bench/growth.ts '{"system":"ringlatch","store":"memory","stored":1000}' prints JSON.
import { closedLoop } from './closed-loop.ts';
import { ownCpuMicroseconds } from './own-cpu.ts';
import { serverAddresses } from './server-addresses.ts';
import { median } from './statistics.ts';
import { storeCpuMicroseconds } from './store-cpu.ts';
import type { StoreName } from './systems/system.ts';
import { loadSystem, type SystemName } from './systems/systems.ts';
import { type Visitor, visitorOf } from './visitor.ts';

/** What is measured in one process. */
export interface GrowthConfiguration {
  readonly system: SystemName;
  readonly store: StoreName;
  /** Users who have an account in memory, or codes in Postgres that nobody has used. */
  readonly stored: number;
  /** Visitors who log in; twice each. */
  readonly visitors: number;
}

/** CPU time of one login. */
export interface GrowthRow extends GrowthConfiguration {
  readonly round: number;
  readonly appMicroseconds: number;
  readonly storeMicroseconds: number;
}

const WORKERS = 64;
const SAMPLES = 4;
// Where the codes lie that nobody uses; below are those who log in.
const OTHERS = 5_000_000;

const configuration = JSON.parse(process.argv[2] ?? '') as GrowthConfiguration;
const { store, stored, visitors } = configuration;
const open = await (await loadSystem(configuration.system)).open(store);
const { operations } = open;
if (operations === null) throw new TypeError(`${configuration.system} is only served.`);
const addresses = serverAddresses();

const signIn = async (visitor: Visitor): Promise<void> => {
  await operations.requestCode(visitor);
  await operations.signIn(visitor, await codeFor(visitor));
};
await closedLoop(store === 'memory' ? Math.max(stored, visitors) : visitors, WORKERS, (index) => signIn(visitorOf(index)));
if (store === 'postgres') {
  await closedLoop(stored, WORKERS, (index) => operations.requestCode(visitorOf(OTHERS + index)));
  await open.settle();
  await tidyPostgres();
}
const samples: { readonly app: number; readonly store: number }[] = [];
const passes = store === 'memory' ? SAMPLES : 2;
const perPass = (visitors * 2) / passes;
for (let pass = 0; pass < passes; pass++) samples.push(await logins(pass));
const figures = {
  appMicroseconds: median(samples.map(({ app }) => app)),
  storeMicroseconds: median(samples.map((sample) => sample.store)),
};
process.stdout.write(`${JSON.stringify({ ...configuration, ...figures })}\n`);
await open.close();

async function logins(pass: number): Promise<{ readonly app: number; readonly store: number }> {
  const some = Array.from({ length: perPass }, (_, index) => visitorOf(chosen(pass * perPass + index)));
  await closedLoop(perPass, WORKERS, (index) => operations?.requestCode(some[index] as Visitor) ?? Promise.reject());
  await open.settle();
  const [appBefore, storeBefore] = [ownCpuMicroseconds(), storeCpuMicroseconds(addresses)];
  await closedLoop(perPass, WORKERS, async (index) => {
    const visitor = some[index] as Visitor;
    await operations?.signIn(visitor, open.codeFor(visitor.phoneNumber));
  });
  await open.settle();
  return { app: (ownCpuMicroseconds() - appBefore) / perPass, store: (storeCpuMicroseconds(addresses) - storeBefore) / perPass };
}

// Spread over all who have an account; nobody more than twice, which is what the limit of a number allows after signing up.
function chosen(turn: number): number {
  const among = store === 'memory' ? Math.max(stored, visitors) : visitors;
  return Math.floor(((turn % visitors) * among) / visitors);
}

async function codeFor(visitor: Visitor): Promise<string> {
  if (open.codeFor(visitor.phoneNumber) === '') await open.settle();
  return open.codeFor(visitor.phoneNumber);
}

// What the server does by itself after so much was written must not fall into what is measured.
async function tidyPostgres(): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: addresses.postgresUrl });
  await client.connect();
  await client.query('vacuum analyze');
  await client.query('checkpoint');
  await client.end();
}
