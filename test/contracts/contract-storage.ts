import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Pool } from 'pg';
import { type MemoryStorage, memoryStorage } from '../../adapters/storage/memory.ts';
import { migrate, postgresStorage } from '../../adapters/storage/postgres.ts';
import { redisStorage } from '../../adapters/storage/redis.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import { REDIS_DRIVERS } from '../adapters/redis-clients.ts';
import { startRedis } from '../adapters/redis-server.ts';

/** A storage as every starter takes it. */
export type ContractStorage = Omit<Whole, 'joined'> & { readonly joined?: Whole['joined'] | undefined };
type Whole = MemoryStorage<Record<string, unknown>>;

/** A storage, and its end. */
export interface OpenStorage {
  readonly storage: ContractStorage;
  readonly close: () => void | Promise<void>;
}

/** Profile fields that no two users share. */
export type UniqueFields = readonly string[];

/** Stores that need no server: a fresh one at each call. */
export const LOCAL_STORAGES: Readonly<Record<'memory' | 'SQLite', (unique: UniqueFields) => OpenStorage>> = {
  memory: (unique) => ({ storage: memoryStorage({ unique }), close: () => undefined }),
  SQLite(unique) {
    const folder = mkdtempSync(join(tmpdir(), 'ringlatch-contract-'));
    const database = new DatabaseSync(join(folder, 'data.sqlite'));
    return {
      storage: sqliteStorage(database, { unique }),
      close() {
        database.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Everything in Postgres, on a server of its own. */
export async function storageOnPostgres(unique: UniqueFields): Promise<OpenStorage> {
  const server = await startPostgres();
  const pool = new Pool({ connectionString: server.url, max: 10 });
  // the server says goodbye to connections that the pool has let go of already
  pool.on('error', () => undefined);
  await migrate(pool, { unique });
  return {
    storage: postgresStorage(pool, { unique }),
    async close() {
      await pool.end();
      await server.stop();
    },
  };
}

/** Challenges and sessions in Redis, users in Postgres, each on a server of its own. */
export async function storageOnRedis(unique: UniqueFields): Promise<OpenStorage> {
  const [inPostgres, server] = await Promise.all([storageOnPostgres(unique), startRedis({ appendonly: true })]);
  const { client, close } = await REDIS_DRIVERS.ioredis.open(server.port);
  return {
    storage: { ...redisStorage(client), users: inPostgres.storage.users },
    async close() {
      close();
      await Promise.all([server.stop(), inPostgres.close()]);
    },
  };
}
