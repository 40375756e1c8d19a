import { createRequire } from 'node:module';
import type { Database, Statement } from './connections.ts';

/** Counts what leaves for a store, at its driver. */
export interface DriverCounts {
  /** What was counted since the last time it was taken: statements of Postgres, commands of Redis, statements of SQLite, begins of its transactions. */
  readonly take: () => Counts;
}

export interface Counts {
  readonly postgres: number;
  readonly redis: number;
  readonly sqlite: number;
  readonly sqliteTransactions: number;
}

const NONE: Counts = { postgres: 0, redis: 0, sqlite: 0, sqliteTransactions: 0 };

/** Wraps the drivers of this process. */
export async function countDrivers(): Promise<DriverCounts> {
  let counts = NONE;
  const add = (key: keyof Counts): void => {
    counts = { ...counts, [key]: counts[key] + 1 };
  };
  const [{ Client }, { Redis }] = [await import('pg'), await import('ioredis')];
  wrap(Client.prototype, 'query', () => add('postgres'));
  wrap(Redis.prototype, 'sendCommand', () => add('redis'));
  countSqlite(add);
  return {
    take() {
      const taken = counts;
      counts = NONE;
      return taken;
    },
  };
}

function countSqlite(add: (key: keyof Counts) => void): void {
  const BetterSqlite3 = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => Database;
  const probe = new BetterSqlite3(':memory:');
  const statements = Object.getPrototypeOf(probe.prepare('select 1')) as Statement;
  const count = (sql: string): void => add(/^\s*begin/i.test(sql) ? 'sqliteTransactions' : 'sqlite');
  for (const method of ['run', 'get', 'all', 'iterate'])
    wrap(statements, method, function (this: unknown) {
      const { source } = this as { readonly source: string };
      if (!/^\s*(commit|rollback)/i.test(source)) count(source);
    });
  wrap(Object.getPrototypeOf(probe) as Database, 'exec', function (this: unknown, sql: unknown) {
    if (!/^\s*(commit|rollback)/i.test(String(sql))) count(String(sql));
  });
  probe.close();
}

function wrap(owner: object, name: string, before: (this: unknown, ...args: unknown[]) => void): void {
  const whole = owner as Record<string, (...args: unknown[]) => unknown>;
  const original = whole[name];
  if (original === undefined) throw new Error(`The driver has no ${name}.`);
  whole[name] = function (this: unknown, ...args: unknown[]) {
    before.apply(this, args);
    return original.apply(this, args);
  };
}
