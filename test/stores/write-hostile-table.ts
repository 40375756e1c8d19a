import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tableOfVariants } from '../adapters/hostile-variants.ts';

// Writes docs/hostile-stores.md: which case catches which broken adapter.
writeFileSync(fileURLToPath(new URL('../../docs/hostile-stores.md', import.meta.url)), await tableOfVariants());
