import { parseArgs } from 'node:util';
import { reasonNotToRun } from './missing-needs.ts';
import { treeOf } from './process-tree.ts';
import { type Figures, LONG_FORM, type Scenario, SHORT_FORM, verdictOn } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { wordsFor } from './storm.ts';

// `npm run test:faults -- --cycles 20 --only SIGSTOP`; with `--short` as `npm test` runs it.
const { values } = parseArgs({
  options: { cycles: { type: 'string' }, only: { type: 'string', default: '' }, short: { type: 'boolean', default: false } },
});
const form = values.short ? SHORT_FORM : LONG_FORM;
const cycles = Number(values.cycles ?? form.cycles);
const chosen = SCENARIOS.filter(({ name }) => (values.short ? name === values.only : name.includes(values.only)));
if (!Number.isSafeInteger(cycles) || cycles < 1) misuse('--cycles must be a positive integer');
if (chosen.length === 0) misuse(`no scenario is called ${values.only}; there are:\n  ${SCENARIOS.map(({ name }) => name).join('\n  ')}`);

const WIDTH = Math.max(...SCENARIOS.map(({ name }) => name.length));
const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => void unhandled.push(reason));
let failed = 0;

// Servers of a scenario that did not come to its end.
process.on('exit', () => {
  for (const pid of treeOf(process.pid).slice(1).toReversed()) killIfAlive(pid);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

print(row('scenario', 'cycles', 'acknowledged', 'missing', 'recovery s'));
for (const scenario of chosen) {
  const reason = reasonNotToRun(scenario);
  if (reason === null) await tryOut(scenario);
  else print(`${scenario.name}: ${reason}`);
}
print(`\n${failed} of ${chosen.length} scenarios went wrong, ${unhandled.length} rejections were not handled`);
process.exit(failed > 0 || unhandled.length > 0 ? 1 : 0);

async function tryOut(scenario: Scenario): Promise<void> {
  let verdict: readonly string[];
  try {
    const figures = await scenario.run({ ...form, cycles });
    verdict = verdictOn(scenario, figures);
    report(scenario, figures);
  } catch (error) {
    verdict = [wordsFor(error)];
    print(scenario.name);
  }
  for (const problem of verdict.slice(0, 5)) print(`  wrong: ${problem}`);
  if (verdict.length > 5) print(`  and ${verdict.length - 5} more`);
  if (verdict.length > 0) failed += 1;
}

function report({ name }: Scenario, { cycles: done, acknowledged, missing, recoverySeconds, remarks }: Figures): void {
  print(row(name, done, acknowledged, missing, recoverySeconds.toFixed(2)));
  for (const remark of remarks.slice(0, 4)) print(`  ${remark}`);
  if (remarks.length > 4) print(`  and ${remarks.length - 4} more of the kind`);
}

function row(name: string, ...figures: readonly (string | number)[]): string {
  return [name.padEnd(WIDTH), ...figures.map((figure) => String(figure).padStart(12))].join(' ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}

function misuse(problem: string): never {
  process.stderr.write(`test:faults: ${problem}\n`);
  process.exit(2);
}
