import { statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fileOf, sameSqlite } from './connections.ts';
import { serverAddresses } from './server-addresses.ts';
import type { StoreName } from './systems/system.ts';

/** What a store takes up once its garbage is gone. */
export async function tidiedBytes(store: StoreName): Promise<number> {
  switch (store) {
    case 'memory':
      return bytesOfHeap();
    case 'sqlite':
      return bytesOfSqlite();
    case 'postgres':
      return bytesOfPostgres();
    case 'redis':
      return bytesOfRedis();
    default:
      throw new TypeError(`What ${store} takes up lies in several places.`);
  }
}

function bytesOfHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function bytesOfSqlite(): number {
  const database = sameSqlite('ringlatch');
  database.exec('vacuum; pragma wal_checkpoint(truncate)');
  database.close();
  return statSync(fileOf('ringlatch')).size;
}

async function bytesOfPostgres(): Promise<number> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: serverAddresses().postgresUrl });
  await client.connect();
  await client.query('vacuum full');
  const { rows } = await client.query<{ bytes: string }>(
    "select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relnamespace = 'ringlatch'::regnamespace",
  );
  await client.end();
  return Number(rows[0]?.bytes);
}

async function bytesOfRedis(): Promise<number> {
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(serverAddresses().redisUrl);
  const used = /^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1];
  await redis.quit();
  return Number(used);
}
