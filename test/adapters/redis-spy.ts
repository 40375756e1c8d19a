import type { IoredisClient, NodeRedisClient, RedisClient } from '../../adapters/storage/redis.ts';

/** A call of a script, as the driver was told. */
export interface Trip {
  readonly keys: readonly string[];
}

/** A client between the storage and another client. */
export interface Spied {
  readonly client: RedisClient;
  /** The trips that were made so far. */
  readonly trips: Trip[];
}

/** How a trip goes wrong: the connection is lost `before` the server has done it, or `after`; or the server says no. */
export type Fault = 'before' | 'after' | Error;

/** Notes every trip, and lets some of them fail. */
export function spied(client: RedisClient, fail: (index: number) => Fault | null = () => null): Spied {
  const trips: Trip[] = [];
  const through = async (keys: readonly string[], call: () => Promise<unknown>): Promise<unknown> => {
    const fault = fail(trips.length);
    trips.push({ keys });
    if (fault instanceof Error) throw fault;
    if (fault === 'before') throw new Error('the connection is lost');
    const answer = await call().catch((error: unknown) => {
      // Not a trip of its own kind: the script is sent whole once.
      if (String(error).includes('NOSCRIPT')) trips.pop();
      throw error;
    });
    if (fault === 'after') throw new Error('the connection is lost');
    return answer;
  };
  if ('evalSha' in client) {
    const spy: NodeRedisClient = {
      eval: (script, options) => through(options.keys, () => client.eval(script, options)),
      evalSha: (digest, options) => through(options.keys, () => client.evalSha(digest, options)),
    };
    return { client: 'masters' in client ? Object.assign(spy, { masters: [] }) : spy, trips };
  }
  const spy: IoredisClient = {
    isCluster: client.isCluster === true,
    eval: (script, count, ...words) => through(words.slice(0, count), () => client.eval(script, count, ...words)),
    evalsha: (digest, count, ...words) => through(words.slice(0, count), () => client.evalsha(digest, count, ...words)),
  };
  return { client: spy, trips };
}
