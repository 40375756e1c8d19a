import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** The secret of the environment; in development one that is kept beside the database file, or, where there is none, drawn for this process. */
export function secretFor(databaseFile: string | null): string {
  if (process.env.RINGLATCH_SECRET) return process.env.RINGLATCH_SECRET;
  if (process.env.NODE_ENV === 'production')
    throw new Error('In production set RINGLATCH_SECRET, for example to the output of `openssl rand -base64 32`.');
  const drawn = randomBytes(32).toString('base64');
  if (databaseFile === null) return drawn;
  const file = `${databaseFile}-secret`;
  try {
    writeFileSync(file, drawn, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8');
}
