import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Done, done } from './at-work.ts';
import { svgOf } from './drawings/svg.ts';
import { DEFAULT_SEED, FULL_SIZE, faultOf, type Size } from './figure.ts';
import { DRAWINGS, jobsOf, type Outcome } from './jobs.ts';
import { figure, oneTargetText, pageOf, sprayText } from './page.ts';

// `npm run simulate -- --seed 7 --only 'key flood' --full`
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(DEFAULT_SEED) },
    only: { type: 'string', default: '' },
    full: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) misuse('--seed must be a whole number');
const size: Size = { ...FULL_SIZE, seed, ...(values.full ? { sprays: [...FULL_SIZE.sprays, 1_000_000] } : {}) };
const jobs = jobsOf(size).filter(({ name }) => name.includes(values.only));
if (jobs.length === 0)
  misuse(
    `nothing is called ${values.only}; there are:\n  ${jobsOf(size)
      .map(({ name }) => name)
      .join('\n  ')}`,
  );

const startedAt = performance.now();
const outcomes = new Map<string, Outcome>();
let faults = 0;
print(`seed ${seed}; each figure: predicted, measured`);
for await (const one of done(jobs, size)) report(one);
if (values.only === '') {
  print(`\nOne target: predicted / measured\n\n${oneTargetText(outcomes)}`);
  print(`\nAny target, expected takeovers in a day: predicted / measured\n\n${sprayText(size, outcomes)}`);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
const gigabytes = (process.resourceUsage().maxRSS / 1e6).toFixed(1);
print(`\n${outcomes.size} of ${jobs.length} parts in ${seconds} s with ${gigabytes} GB, ${faults} figures out of tolerance, seed ${seed}`);
if (faults > 0) process.exitCode = 1;
else if (values.only === '') write();

function report({ name, seconds: taken, outcome }: Done): void {
  outcomes.set(name, outcome);
  print(`\n${name} (${taken.toFixed(1)} s)`);
  for (const one of outcome.figures) {
    const fault = faultOf(one);
    if (fault !== null) faults += 1;
    print(
      `${fault === null ? '  ' : 'X '}${figure(one.predicted).padStart(10)} ${figure(one.measured).padStart(10)}  ${one.what}  [${one.formula}]`,
    );
  }
}

function write(): void {
  const folder = fileURLToPath(new URL('../../docs/', import.meta.url));
  mkdirSync(`${folder}simulation`, { recursive: true });
  writeFileSync(`${folder}simulation.md`, pageOf(size, outcomes));
  for (const { file, title, label, time } of DRAWINGS) {
    const lines = outcomes.get(`drawing: ${title}`)?.lines ?? [];
    writeFileSync(`${folder}simulation/${file}.svg`, svgOf({ title, label, time: time(size), lines }));
  }
  print('wrote docs/simulation.md and docs/simulation/*.svg');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function misuse(problem: string): never {
  process.stderr.write(`simulate: ${problem}\n`);
  process.exit(2);
}
