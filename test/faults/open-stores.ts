import { Pool } from 'pg';
import postgres from 'postgres';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { fromPostgresJs, type PostgresDatabase, postgresStorage } from '../../adapters/storage/postgres.ts';
import { type RedisClient, redisStorage } from '../../adapters/storage/redis.ts';
import { REDIS_DRIVERS, type RedisDriverName } from '../adapters/redis-clients.ts';
import type { Stores } from './acknowledged.ts';

/** Stores that lead to a server. */
export interface OpenStores {
  readonly stores: Stores;
  readonly close: () => Promise<void>;
}

/** The drivers of PostgreSQL, by the name of their package. */
export type PostgresDriver = 'pg' | 'postgres';

export interface OpenPostgres extends OpenStores {
  readonly database: PostgresDatabase;
}

/** How PostgreSQL is opened. */
export interface OpenPostgresOptions {
  /** @default 'pg' */
  readonly driver?: PostgresDriver;
  /** @default 10 */
  readonly connections?: number;
  /** @default false */
  readonly coalesce?: boolean;
}

/** Opens PostgreSQL as an application does; nothing is migrated. */
export function openPostgres(port: number, { driver = 'pg', connections = 10, coalesce = false }: OpenPostgresOptions = {}): OpenPostgres {
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  if (driver === 'postgres') {
    const sql = postgres(url, { max: connections, onnotice: () => undefined });
    return over(fromPostgresJs(sql), coalesce, () => sql.end({ timeout: 1 }));
  }
  const pool = new Pool({ connectionString: url, max: connections });
  pool.on('error', () => undefined);
  return over(pool, coalesce, () => pool.end());
}

function over(database: PostgresDatabase, coalesce: boolean, close: () => Promise<void>): OpenPostgres {
  return { database, stores: postgresStorage(database, { coalesce }), close };
}

/** Opens Redis for challenges and sessions; the users are elsewhere, in a place that does not fail. */
export async function openRedis(port: number, driver: RedisDriverName = 'ioredis'): Promise<OpenStores> {
  const { client, close } = await REDIS_DRIVERS[driver].open(port);
  return overRedis(client, close);
}

/** The same for a cluster, of which some nodes are told. */
export async function openRedisCluster(ports: readonly number[], driver: RedisDriverName): Promise<OpenStores> {
  const { client, close } = await REDIS_DRIVERS[driver].openCluster(ports);
  return overRedis(client, close);
}

function overRedis(client: RedisClient, close: () => void): OpenStores {
  const { challenges, sessions } = redisStorage(client);
  return { stores: { challenges, sessions, users: memoryStorage().users }, close: async () => close() };
}
