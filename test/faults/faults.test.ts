import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { reasonNotToRun } from './missing-needs.ts';
import { SCENARIOS } from './scenarios.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const AT_ONCE = 3;

const children = new Set<ChildProcess>();
const waiting: (() => void)[] = [];
let free = AT_ONCE;

/** The short form of a scenario in a process of its own, so that none starves another one; gives what it prints. */
async function outputOf(name: string): Promise<string> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', RUN, '--short', '--only', name]);
  children.add(child);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  children.delete(child);
  const next = waiting.shift();
  if (next === undefined) free += 1;
  else next();
  return output + errors;
}

describe.concurrent('a store that fails', { timeout: 180_000 }, () => {
  afterAll(() => {
    for (const child of children) child.kill('SIGTERM');
  });

  for (const scenario of SCENARIOS.filter(({ onlyLong }) => onlyLong !== true)) {
    const reason = reasonNotToRun(scenario);
    it.skipIf(reason !== null)(reason === null ? scenario.name : `${scenario.name}: ${reason}`, async () => {
      expect(await outputOf(scenario.name)).toContain('\n0 of 1 scenarios went wrong, 0 rejections were not handled');
    });
  }
});
