import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { SOUND, tableOfVariants, VARIANTS, verdicts } from './hostile-variants.ts';

describe('the conformance cases', () => {
  // all of them over everything that is broken: ten seconds on a machine that does nothing else
  beforeAll(() => verdicts(), 180_000);

  for (const { port, fault } of VARIANTS) {
    it(`catch, of ${port}s, one that ${fault}`, async () => {
      const verdict = (await verdicts()).find((one) => one.port === port && one.fault === fault);
      expect(verdict?.caughtBy).not.toEqual([]);
    });
  }

  it.each(SOUND)('find nothing in what the faults are laid over: $id', ({ run }) => run());

  it('are each needed: every MUST catches something', async () => {
    const caught = new Set((await verdicts()).flatMap(({ caughtBy }) => caughtBy));
    const musts = new Set(SOUND.filter(({ name }) => name.startsWith('MUST ')).map(({ id }) => id));
    expect([...musts].filter((id) => !caught.has(id))).toEqual([]);
  });

  it('catch what the documentation says that they catch', async () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/hostile-stores.md', import.meta.url)), 'utf8');
    expect(page).toBe(await tableOfVariants());
  });

  it('have unique ids and names that begin with MUST or SHOULD', () => {
    for (const { id, name } of SOUND) {
      expect(id).toMatch(/^[CSUJTPMH]-[A-Z]+-\d{2}$/);
      expect(name).toMatch(/^(MUST|SHOULD) /);
    }
    const names = new Map(SOUND.map(({ id, name }) => [id, name]));
    expect(new Set(SOUND.map(({ id, name }) => `${id} ${name}`)).size).toBe(names.size);
  });
});
