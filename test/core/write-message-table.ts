import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageTable } from './message-table.ts';

// Writes the table of docs/messages.md: every built-in text and what it costs.
const page = fileURLToPath(new URL('../../docs/messages.md', import.meta.url));
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(
    /(<!-- texts -->\n\n).*?(\n\n<!-- end of texts -->)/s,
    (_, before, after) => `${before}${messageTable()}${after}`,
  ),
);
