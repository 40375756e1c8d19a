import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { redisChallenges } from './redis-challenges.ts';
import { type Evaluate, evaluatorOf, isClusterClient, type RedisClient } from './redis-client.ts';
import { askServers, durabilityOf, type RedisDurability, refuseEviction } from './redis-durability.ts';
import { redisKeys } from './redis-keys.ts';
import { redisSessions } from './redis-sessions.ts';

export type { IoredisClient, NodeRedisClient, RedisClient } from './redis-client.ts';
export type { RedisDurability } from './redis-durability.ts';

/** What {@link redisStorage} takes beside a client. */
export interface RedisStorageOptions {
  /** Stands before every key. No braces: those choose the slot. @default 'ringlatch:' */
  readonly prefix?: string | undefined;
  /** A script reaches one slot only, as on a Redis Cluster. @default what the client says of itself */
  readonly cluster?: boolean | undefined;
  /** Works with a `maxmemory-policy` under which Redis forgets counters, and does not ask for it. @default false */
  readonly allowEviction?: boolean | undefined;
}

/** What {@link redisStorage} gives. */
export interface RedisStorage {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  /** What a crash would lose, found out by asking; rejects like a verb does. Good to log at start, which also tells a wrong connection. */
  durability(): Promise<RedisDurability>;
}

/**
 * Keeps challenges, limits and sessions in Redis 6.2 or newer, one server or a Redis Cluster, through a connected client of `ioredis` or of
 * `redis` (node-redis). Users come from elsewhere: Postgres, SQLite, your own.
 *
 * Every verb is one Lua script and one round trip. Everything that belongs to a number, or to a user, lies in one slot. On a cluster limits
 * of other slots are charged before: those of the requester's network in one trip, prefix, country and system in the next; and one more
 * gives back what was charged in vain.
 *
 * Durability: that of the server. With `appendonly yes` and `appendfsync always` what was answered survives `kill -9`; with anything less the
 * last writes may be lost, and with them that a code was used. `WAIT` is not used: a failover may lose answered writes. Before its first call
 * the storage reads `maxmemory-policy` and refuses one that forgets; a full Redis then refuses writes, which the core answers as `unavailable`.
 *
 * With ioredis set `maxRetriesPerRequest: 0` (a `Cluster`: `retryDelayOnFailover: 0`). Otherwise it repeats what was under way when a connection
 * broke, and finds a code used that was accepted a moment before; so the call fails at once and the user keeps the proof.
 *
 * @throws {TypeError} for options or clients that it cannot use
 * @throws {Error} from the verbs: of the driver, and while `maxmemory-policy` is not `noeviction`
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 *
 * @example
 * ```ts
 * import { DatabaseSync } from 'node:sqlite';
 * import { Redis } from 'ioredis';
 * import { redisStorage } from 'ringlatch/redis';
 * import { sqliteStorage } from 'ringlatch/sqlite';
 *
 * const redis = new Redis({ maxRetriesPerRequest: 0 });
 * const { challenges, sessions } = redisStorage(redis);
 * const { users } = sqliteStorage<{ name: string }>(new DatabaseSync('users.db'));
 * const storage = { challenges, sessions, users };
 * ```
 */
export function redisStorage(client: RedisClient, options: RedisStorageOptions = {}): RedisStorage {
  const evaluate = evaluatorOf(client);
  const { prefix, isCluster, allowEviction } = readOptions(client, options);
  const servers = () => askServers(evaluate, client, prefix, isCluster);

  let checked: Promise<void> | null = null;
  const check = async (): Promise<void> => refuseEviction(await servers());
  const ready = (): Promise<void> => {
    // Forgotten when it fails, so that a server which is back, or was set right, is used without a restart.
    checked ??= check().catch((error: unknown) => {
      checked = null;
      throw error;
    });
    return checked;
  };
  const whenReady: Evaluate = async (script, keys, args) => {
    await ready();
    return evaluate(script, keys, args);
  };
  const place = { evaluate: allowEviction ? evaluate : whenReady, keys: redisKeys(prefix), isCluster };

  return {
    challenges: redisChallenges(place),
    sessions: redisSessions(place),
    async durability() {
      if (!allowEviction) await ready();
      return durabilityOf(client, await servers(), isCluster);
    },
  };
}

function readOptions(
  client: RedisClient,
  options: RedisStorageOptions,
): { readonly prefix: string; readonly isCluster: boolean; readonly allowEviction: boolean } {
  const { prefix = 'ringlatch:', cluster = isClusterClient(client), allowEviction = false, ...unknown } = options;
  for (const name of Object.keys(unknown)) throw new TypeError(`redisStorage: unknown option "${name}".`);
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) throw new TypeError('redisStorage: prefix must be a string without braces.');
  if (typeof cluster !== 'boolean') throw new TypeError('redisStorage: cluster must be true or false.');
  if (typeof allowEviction !== 'boolean') throw new TypeError('redisStorage: allowEviction must be true or false.');
  return { prefix, isCluster: cluster, allowEviction };
}
