import { createHash } from 'node:crypto';

/** Runs one Lua script as one atomic step of the server. The digests of scripts are made by Node's `crypto`. */
export type Evaluate = (script: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/** The part of `ioredis` that is used: a `Redis` or `Cluster` fits as it is. */
export interface IoredisClient {
  readonly isCluster?: boolean;
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(digest: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** The part of `redis` (node-redis) that is used: what `createClient`, `createClientPool` and `createCluster` give fits as it is. */
export interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  evalSha(digest: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** A connected client of either driver. */
export type RedisClient = IoredisClient | NodeRedisClient;

/** What a client may be able to say about its server, beside running scripts. */
export interface ServerCommands {
  readonly info?: ((section: string) => Promise<unknown>) | undefined;
  /** ioredis. */
  readonly config?: ((verb: 'GET', name: string) => Promise<unknown>) | undefined;
  /** node-redis. */
  readonly configGet?: ((name: string) => Promise<unknown>) | undefined;
}

/**
 * One shape for both drivers. Scripts are named by their digest, and sent whole to a server that does not know them: it says so before it runs
 * anything, so that each node of a cluster learns them by itself, also after a failover.
 *
 * @throws {TypeError} for anything that is neither
 */
export function evaluatorOf(client: RedisClient): Evaluate {
  if (isIoredis(client)) {
    return digestFirst(
      (digest, keys, args) => client.evalsha(digest, keys.length, ...keys, ...args),
      (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
    );
  }
  if (isNodeRedis(client)) {
    return digestFirst(
      (digest, keys, args) => client.evalSha(digest, { keys: [...keys], arguments: [...args] }),
      (script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }),
    );
  }
  throw new TypeError('redisStorage: the client must be one of ioredis or of redis (node-redis).');
}

/** Whether a client speaks to a Redis Cluster, as far as it says so. */
export function isClusterClient(client: RedisClient): boolean {
  return isIoredis(client) ? client.isCluster === true : 'masters' in client;
}

function digestFirst(byDigest: Evaluate, whole: Evaluate): Evaluate {
  const digests = new Map<string, string>();
  return async (script, keys, args) => {
    const digest = digests.get(script) ?? createHash('sha1').update(script).digest('hex');
    digests.set(script, digest);
    try {
      return await byDigest(digest, keys, args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return whole(script, keys, args);
    }
  };
}

function isIoredis(client: unknown): client is IoredisClient {
  return hasFunctions(client, ['eval', 'evalsha']);
}

function isNodeRedis(client: unknown): client is NodeRedisClient {
  return hasFunctions(client, ['eval', 'evalSha']);
}

function hasFunctions(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}
