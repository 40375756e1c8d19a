import { describe, it } from 'vitest';
import { httpHostCases } from '../conformance/index.ts';
import { HOSTS } from './hosts.ts';

describe.each(HOSTS)('$name', ({ open, hasOwnParser = false }) => {
  for (const { id, name, run } of httpHostCases(open, { hasOwnParser })) it(`${id} ${name}`, run);
});
