import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import type { SqliteDatabase } from '../../adapters/storage/sqlite.ts';

/** A connection that can be closed, as both drivers give it. */
export type ClosableDatabase = SqliteDatabase & { close(): void };

// better-sqlite3 ships no types; the library needs none of it.
const require = createRequire(import.meta.url);
const BetterSqlite3 = require('better-sqlite3') as new (path: string) => ClosableDatabase;

/** Both drivers, by the name of their package. */
export const DRIVERS: Readonly<Record<'node:sqlite' | 'better-sqlite3', (path: string) => ClosableDatabase>> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new BetterSqlite3(path),
};

export type Driver = keyof typeof DRIVERS;

export const DRIVER_NAMES: readonly Driver[] = ['node:sqlite', 'better-sqlite3'];
