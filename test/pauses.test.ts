import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createPauses } from '../src/pauses.ts';

const MODULE = fileURLToPath(new URL('../src/pauses.ts', import.meta.url));

describe('a pause', () => {
  it('goes by', async () => {
    expect(await createPauses().wait(0.01)).toBe(true);
  });

  it('is cut short, with all that are waited for, and none that come after', async () => {
    const pauses = createPauses();
    const waiting = [pauses.wait(300), pauses.wait(300)];
    pauses.cutShort();
    expect(await Promise.all(waiting)).toEqual([false, false]);
    const next = pauses.wait(0.01);
    pauses.cutShort();
    pauses.cutShort();
    expect(await next).toBe(false);
    expect(await pauses.wait(0.01)).toBe(true);
  });

  it('keeps no process alive', async () => {
    const program = `const { createPauses } = await import(${JSON.stringify(MODULE)}); createPauses().wait(300); console.log('waits');`;
    const began = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toBe('waits\n');
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
