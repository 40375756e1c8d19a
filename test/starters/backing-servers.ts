import { postgresBinaries, startPostgres } from '../adapters/postgres-server.ts';
import { HAS_REDIS, startRedis } from '../adapters/redis-server.ts';

/** A Postgres and a Redis of the test's own. */
export interface BackingServers {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly stop: () => Promise<void>;
}

/** Which of them is not installed here; in CI none is let off. */
export function missingServers(): string | null {
  if (process.env.CI === 'true') return null;
  if (postgresBinaries() === null) return 'no PostgreSQL server is installed here';
  return HAS_REDIS ? null : 'no Redis server is installed here';
}

/** Starts both as durable as compose.yaml of the starter has them. */
export async function startBackingServers(): Promise<BackingServers> {
  const postgres = await startPostgres();
  try {
    const redis = await startRedis({ appendonly: true, appendfsync: 'always', maxmemoryPolicy: 'noeviction' });
    return {
      databaseUrl: postgres.url,
      redisUrl: `redis://127.0.0.1:${redis.port}`,
      stop: async () => void (await Promise.all([postgres.stop(), redis.stop()])),
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
