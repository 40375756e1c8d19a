import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** Makes a secret once and keeps it in a file that only this user can read. In production the secret comes from the environment. */
export function developmentSecret(file: string): string {
  if (process.env.NODE_ENV === 'production') {
    throw new Error('This is for development only. Set RINGLATCH_SECRET, for example to the output of `openssl rand -base64 32`.');
  }
  try {
    writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8');
}
