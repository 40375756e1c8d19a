import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { serverAddresses } from './server-addresses.ts';

/** What is used of better-sqlite3, which ships no types. */
export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): void;
}

/** A prepared statement of {@link Database}. */
export interface Statement {
  readonly reader: boolean;
  run(...values: readonly unknown[]): { readonly changes: number };
  get(...values: readonly unknown[]): Readonly<Record<string, unknown>> | undefined;
  all(...values: readonly unknown[]): unknown[];
}

/** An empty database file. Everybody who opens one writes ahead and flushes each commit, as the library insists. */
export function freshSqlite(name: string): Database {
  for (const ending of ['', '-wal', '-shm']) rmSync(fileOf(name) + ending, { force: true });
  const database = sameSqlite(name);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  return database;
}

/** Another connection to a file; by the same driver, for two of them in one process do not see each other's locks. */
export function sameSqlite(name: string): Database {
  const BetterSqlite3 = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => Database;
  return new BetterSqlite3(fileOf(name));
}

/** Where the file of that name lies. */
export function fileOf(name: string): string {
  return join(serverAddresses().folder, `${name}.sqlite`);
}

/** Ten connections to an empty database. */
export async function freshPostgres(): Promise<Pool> {
  const { Pool } = await import('pg');
  const pool = new Pool({ connectionString: serverAddresses().postgresUrl, max: 10 });
  // Connections that are closing see the server go.
  pool.on('error', () => undefined);
  await pool.query('drop schema if exists ringlatch cascade; drop schema public cascade; create schema public');
  return pool;
}

/** One connection to an empty server; commands that wait in the same turn travel together. */
export async function freshRedis(): Promise<Redis> {
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(serverAddresses().redisUrl, { maxRetriesPerRequest: 0, enableAutoPipelining: true });
  await redis.flushall();
  return redis;
}
