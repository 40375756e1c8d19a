import { PGlite } from '@electric-sql/pglite';
import { Pool } from 'pg';
import postgres from 'postgres';
import { fromPostgresJs, migrate, type PostgresDatabase, postgresStorage } from '../../adapters/storage/postgres.ts';
import { redisStorage } from '../../adapters/storage/redis.ts';
import { HAS_POSTGRES } from '../adapters/postgres-databases.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import { type OpenClient, REDIS_DRIVERS, type RedisDriverName } from '../adapters/redis-clients.ts';
import { HAS_REDIS, startRedis, startRedisCluster } from '../adapters/redis-server.ts';
import { type RecordableStores, startStoreProcesses } from '../conformance/index.ts';
import type { OpenStores, StoreUnderTest } from './stores.ts';

const noPostgres = async (): Promise<string | null> => (HAS_POSTGRES ? null : 'no PostgreSQL on this machine');
const noRedis = async (): Promise<string | null> => (HAS_REDIS ? null : 'no redis-server on this machine');

/** The stores behind a server, each on one of its own, and Postgres in its embedded form. */
export const SERVED_STORES: readonly StoreUnderTest[] = [
  { name: 'PGlite', open: pglite },
  { name: 'Postgres, pg', missing: noPostgres, open: () => postgresThrough('pg') },
  { name: 'Postgres, postgres.js', missing: noPostgres, open: () => postgresThrough('postgres.js') },
  { name: 'Postgres, coalescing', missing: noPostgres, open: () => postgresThrough('pg', { coalesce: true }) },
  { name: 'Postgres in 3 processes', missing: noPostgres, open: postgresInProcesses },
  { name: 'Redis, ioredis', missing: noRedis, open: () => redisThrough('ioredis') },
  { name: 'Redis, node-redis', missing: noRedis, open: () => redisThrough('redis') },
  { name: 'Cluster, ioredis', missing: noRedis, open: () => clusterThrough('ioredis') },
  { name: 'Cluster, node-redis', missing: noRedis, open: () => clusterThrough('redis') },
];

async function pglite(): Promise<OpenStores> {
  const database = new PGlite();
  await migrate(database);
  return { handles: [postgresStorage(database)], close: () => database.close() };
}

async function postgresThrough(driver: 'pg' | 'postgres.js', options: { readonly coalesce?: boolean } = {}): Promise<OpenStores> {
  const server = await startPostgres();
  const { database, close } = connected(driver, server.url);
  await migrate(database);
  return {
    handles: [postgresStorage(database, options)],
    async close() {
      await close();
      await server.stop();
    },
  };
}

function connected(
  driver: 'pg' | 'postgres.js',
  url: string,
): { readonly database: PostgresDatabase; readonly close: () => Promise<void> } {
  if (driver === 'pg') {
    const pool = new Pool({ connectionString: url, max: 10 });
    // the server says goodbye to connections that the pool has let go of already
    pool.on('error', () => undefined);
    return { database: pool, close: () => pool.end() };
  }
  const sql = postgres(url, { max: 10 });
  return { database: fromPostgresJs(sql), close: () => sql.end() };
}

async function postgresInProcesses(): Promise<OpenStores> {
  const server = await startPostgres();
  const { database, close } = connected('pg', server.url);
  await migrate(database);
  await close();
  const processes = await startStoreProcesses<RecordableStores>({ module: new URL('../adapters/postgres-process.ts', import.meta.url) });
  return {
    handles: await processes.open(`${server.url} ringlatch`),
    async close() {
      await processes.close();
      await server.stop();
    },
  };
}

async function redisThrough(driver: RedisDriverName): Promise<OpenStores> {
  const server = await startRedis({ appendonly: true });
  return overClients([await REDIS_DRIVERS[driver].open(server.port), await REDIS_DRIVERS[driver].open(server.port)], () => server.stop());
}

async function clusterThrough(driver: RedisDriverName): Promise<OpenStores> {
  const cluster = await startRedisCluster({ masters: 3 });
  const ports = cluster.nodes.map(({ port }) => port);
  return overClients([await REDIS_DRIVERS[driver].openCluster(ports)], () => cluster.stop());
}

function overClients(clients: readonly [OpenClient, ...OpenClient[]], stop: () => Promise<void>): OpenStores {
  const [first, ...others] = clients.map(({ client }) => storesOf(client));
  return {
    handles: [first as RecordableStores, ...others],
    async close() {
      for (const { close } of clients) close();
      await stop();
    },
  };
}

function storesOf(client: OpenClient['client']): RecordableStores {
  const { challenges, sessions } = redisStorage(client);
  return { challenges, sessions };
}
