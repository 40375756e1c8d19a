import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresBinaries, startPostgres } from '../adapters/postgres-server.ts';
import { startRedis } from '../adapters/redis-server.ts';
import type { ServerAddresses } from './server-addresses.ts';

/** A Postgres and a Redis of the benchmark's own, and a folder for SQLite. */
export interface BenchServers {
  readonly addresses: ServerAddresses;
  /** What runs, for the report. */
  readonly versions: { readonly postgres: string; readonly redis: string };
  /** Ends both by their process ids and removes what they kept. */
  readonly stop: () => Promise<void>;
}

/** Starts both on free ports; every write is flushed to the disk before it is answered, in both. */
export async function startBenchServers(): Promise<BenchServers> {
  const postgres = await startPostgres({ config: { shared_buffers: '256MB', max_wal_size: '4GB', fsync: 'on', synchronous_commit: 'on' } });
  try {
    const redis = await startRedis({ appendonly: true, appendfsync: 'always', maxmemoryPolicy: 'noeviction' });
    const folder = mkdtempSync(join(tmpdir(), 'ringlatch-bench-'));
    const stop = async (): Promise<void> => {
      await Promise.all([postgres.stop(), redis.stop()]);
      rmSync(folder, { recursive: true, force: true });
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().finally(() => process.exit(1)));
    return {
      addresses: {
        postgresUrl: postgres.url,
        postgresPid: postgres.pid,
        redisUrl: `redis://127.0.0.1:${redis.port}`,
        redisPid: redis.pid(),
        folder,
      },
      versions: {
        postgres: versionIn(execFileSync(join(postgresBinaries() ?? '', 'postgres'), ['--version'], { encoding: 'utf8' })),
        redis: versionIn(execFileSync('redis-server', ['--version'], { encoding: 'utf8' })),
      },
      stop,
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

function versionIn(text: string): string {
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? text.trim();
}
