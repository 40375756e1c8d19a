import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { type SqliteDatabase, sqliteStorage } from '../../adapters/storage/sqlite.ts';
import type { StoredUser, StoredUserStore } from '../../adapters/storage/stored-user.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';

/** Everything that an auth object keeps. */
export interface Storage {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: StoredUserStore;
  readonly joined: JoinedStore<StoredUser, Record<string, unknown>>;
}

/** The SQLite drivers that are tried. */
export type Driver = 'node:sqlite' | 'better-sqlite3';

/** Both of them. */
export const DRIVERS: readonly Driver[] = ['node:sqlite', 'better-sqlite3'];

/** A connection that can be closed. */
export type OpenDatabase = SqliteDatabase & { close(): void };

/** A fresh database file in a folder of its own. */
export interface DatabaseFile {
  readonly path: string;
  readonly remove: () => void;
}

// It ships no types; the part that is used is the part that the adapter names.
const BetterSqlite = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => OpenDatabase;

/** Opens a database file, or `:memory:`. */
export function openDatabase(driver: Driver, path: string): OpenDatabase {
  return driver === 'node:sqlite' ? new DatabaseSync(path) : new BetterSqlite(path);
}

/** A path for a database, on a disk. */
export function newDatabaseFile(): DatabaseFile {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-attack-'));
  return { path: join(folder, 'auth.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An open store and how to leave no trace of it. */
export interface OpenStore {
  readonly storage: Storage;
  readonly close: () => void;
}

/** Every store of this package, each fresh; the databases are files, durable as in production. */
export const STORES: readonly (readonly [name: string, open: () => OpenStore])[] = [
  ['memory', () => ({ storage: memoryStorage(), close: () => undefined })],
  ...DRIVERS.map((driver) => [driver, () => openFile(driver)] as const),
];

function openFile(driver: Driver): OpenStore {
  const file = newDatabaseFile();
  const database = openDatabase(driver, file.path);
  return {
    storage: sqliteStorage(database),
    close: () => {
      database.close();
      file.remove();
    },
  };
}
