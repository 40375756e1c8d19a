import type { PhoneAuthConfig } from 'ringlatch';
import { freshPostgres, freshRedis, freshSqlite } from '../connections.ts';
import type { StoreName } from './system.ts';

/** Storage of the library, with its connections. */
export interface OpenStorage {
  readonly storage: PhoneAuthConfig['storage'];
  readonly close: () => Promise<void>;
}

/** @throws {TypeError} when the adapter does not know how to coalesce */
export async function openStorage(store: StoreName, coalesce: boolean): Promise<OpenStorage> {
  switch (store) {
    case 'memory': {
      const { memoryStorage } = await import('ringlatch/memory');
      return { storage: memoryStorage({ maxEntries: 50_000_000 }), close: async () => undefined };
    }
    case 'sqlite': {
      const { sqliteStorage } = await import('ringlatch/sqlite');
      const database = freshSqlite('ringlatch');
      const storage = sqliteStorage(database, { tablePrefix: 'ringlatch_', ...(coalesce && { coalesce }) });
      return { storage, close: async () => database.close() };
    }
    case 'postgres': {
      const { migrate, postgresStorage } = await import('ringlatch/postgres');
      const pool = await freshPostgres();
      await migrate(pool);
      return { storage: postgresStorage(pool, { schema: 'ringlatch', ...(coalesce && { coalesce }) }), close: () => pool.end() };
    }
    case 'redis': {
      const { redisStorage } = await import('ringlatch/redis');
      const { memoryStorage } = await import('ringlatch/memory');
      const redis = await freshRedis();
      const { challenges, sessions } = redisStorage(redis);
      return { storage: { challenges, sessions, users: memoryStorage().users }, close: async () => void (await redis.quit()) };
    }
    case 'redis+postgres': {
      const { redisStorage } = await import('ringlatch/redis');
      const { migrate, postgresStorage } = await import('ringlatch/postgres');
      const [redis, pool] = [await freshRedis(), await freshPostgres()];
      await migrate(pool);
      const { challenges, sessions } = redisStorage(redis);
      const close = async (): Promise<void> => {
        await redis.quit();
        await pool.end();
      };
      return { storage: { challenges, sessions, users: postgresStorage(pool).users }, close };
    }
    case 'none':
      throw new TypeError('The library needs a store.');
  }
}
