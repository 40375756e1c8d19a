import { parseArgs } from 'node:util';
import { type Figures, longRaces } from './long-race.ts';
import { STORES, type StoreUnderTest } from './stores.ts';

// The long form of the races: `npm run test:stores -- --rounds 1000 --parallel 64 --store memory --store node:sqlite`.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    parallel: { type: 'string', default: '64' },
    store: { type: 'string', multiple: true, default: [] },
  },
});
const rounds = countOf('rounds', values.rounds);
const parallel = countOf('parallel', values.parallel);
const unknown = values.store.filter((name) => !STORES.some((store) => store.name === name));
if (unknown.length > 0) misuse(`no store is called ${unknown.join(', ')}; there are: ${STORES.map(({ name }) => name).join(', ')}`);

const WIDTHS = [25, 20, 8, 10, 11, 9] as const;
const figures: Figures[] = [];
const notRun: string[] = [];

print(row(['store', 'operation', 'rounds', 'calls', 'violations', 'seconds']));
for (const store of STORES.filter(({ name }) => values.store.length === 0 || values.store.includes(name))) {
  const reason = (await store.missing?.()) ?? null;
  if (reason === null) await run(store);
  else notRun.push(`${store.name}: ${reason}`);
}
const violations = figures.flatMap((one) => one.violations);
const calls = figures.reduce((sum, one) => sum + one.calls, 0);
print(`\n${figures.length} races, ${calls} calls, ${parallel} at once, ${violations.length} violations`);
for (const line of notRun) print(`not run: ${line}`);
if (violations.length > 0 || figures.length === 0 || (notRun.length > 0 && process.env.CI === 'true')) process.exitCode = 1;

async function run(store: StoreUnderTest): Promise<void> {
  for await (const one of longRaces(store, { rounds, parallel })) {
    figures.push(one);
    print(row([one.store, one.operation, one.rounds, one.calls, one.violations.length, one.seconds.toFixed(1)]));
    for (const violation of one.violations.slice(0, 3)) print(`  ${violation.split('\n')[0]}`);
  }
}

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, index) => (index < 2 ? String(cell).padEnd(WIDTHS[index] ?? 0) : String(cell).padStart(WIDTHS[index] ?? 0)))
    .join(' ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) misuse(`--${name} must be a positive integer`);
  return count;
}

function misuse(problem: string): never {
  process.stderr.write(`test:stores: ${problem}\n`);
  process.exit(2);
}
