import { describe, test } from 'vitest';
import { HTTP_CASES, testAuthOf, worldOf } from './cases.ts';
import { HOSTS } from './hosts.ts';

describe.each(HOSTS)('$name', ({ open }) => {
  test.each(HTTP_CASES)('$name', async (one) => {
    const made = testAuthOf(one);
    const host = await open(made.auth, one.options, one.guard);
    try {
      await one.run(worldOf(made, host.call));
    } finally {
      await host.close();
    }
  });
});
