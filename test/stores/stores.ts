import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { DRIVERS, type Driver } from '../adapters/sqlite-drivers.ts';
import { type RecordableStores, startStoreProcesses } from '../conformance/index.ts';
import { SERVED_STORES } from './served-stores.ts';

/** A store that is open. */
export interface OpenStores {
  /** One or several ways to the same data: connections or processes, over which races are spread. A port may be missing. */
  readonly handles: readonly [RecordableStores, ...RecordableStores[]];
  readonly close: () => void | Promise<void>;
}

/** A store that the long run tries. */
export interface StoreUnderTest {
  readonly name: string;
  /** Why it cannot be opened on this machine; `null` when it can. @default it always can */
  readonly missing?: (() => Promise<string | null>) | undefined;
  /** Opens it; all its races run on it, on rows of their own. */
  readonly open: () => OpenStores | Promise<OpenStores>;
}

/** Every store of the package, on everything that it runs on. */
export const STORES: readonly StoreUnderTest[] = [
  { name: 'memory', open: () => ({ handles: [memoryStorage()], close: () => {} }) },
  { name: 'node:sqlite', open: () => sqliteOver('node:sqlite') },
  { name: 'better-sqlite3', open: () => sqliteOver('better-sqlite3') },
  { name: 'sqlite in 3 processes', open: sqliteInProcesses },
  ...SERVED_STORES,
];

function sqliteOver(driver: Driver): OpenStores {
  const { path, remove } = databaseFile();
  const databases = [DRIVERS[driver](path), DRIVERS[driver](path)] as const;
  return {
    handles: [sqliteStorage(databases[0]), sqliteStorage(databases[1])],
    close() {
      for (const database of databases) database.close();
      remove();
    },
  };
}

async function sqliteInProcesses(): Promise<OpenStores> {
  const { path, remove } = databaseFile();
  const processes = await startStoreProcesses<RecordableStores>({
    module: new URL('../adapters/sqlite-process.ts', import.meta.url),
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return {
    handles: await processes.open(path),
    async close() {
      await processes.close();
      remove();
    },
  };
}

function databaseFile(): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-'));
  return { path: join(folder, 'app.db'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
