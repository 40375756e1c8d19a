import type { IoredisClient, NodeRedisClient, RedisClient } from '../../adapters/storage/redis.ts';

/** A call of a script, as the driver was told. */
export interface Trip {
  readonly keys: readonly string[];
  /** Trips that had been answered when this one began: those that are made at once have the same. */
  readonly after: number;
}

/** A client between the storage and another client. */
export interface Spied {
  readonly client: RedisClient;
  /** The trips that were made so far. */
  readonly trips: Trip[];
}

/** How a trip goes wrong: the connection is lost `before` the server has done it, or `after`; or the server says no. */
export type Fault = 'before' | 'after' | Error;

/** What befalls trips. */
export interface Fate {
  /** Lets some of them fail. */
  readonly fail?: ((index: number, keys: readonly string[]) => Fault | null) | undefined;
  /** Holds up a trip, before the server has it and before its answer is heard. */
  readonly hold?: ((trip: Trip) => Promise<void>) | undefined;
}

/** Notes every trip, and lets things happen to them. */
export function spied(client: RedisClient, { fail = () => null, hold = async () => {} }: Fate = {}): Spied {
  const trips: Trip[] = [];
  const unheard: Trip[] = [];
  let answered = 0;
  // A script that the server does not know yet is sent whole: that is the same trip, begun anew.
  const begin = (keys: readonly string[]): Trip => {
    const again = unheard.findIndex((trip) => trip.keys.join() === keys.join());
    const [trip = { keys, after: answered }] = again < 0 ? [] : unheard.splice(again, 1);
    if (again < 0) trips.push(trip);
    return trip;
  };
  const through = async (keys: readonly string[], call: () => Promise<unknown>): Promise<unknown> => {
    const trip = begin(keys);
    const fault = fail(trips.indexOf(trip), keys);
    if (fault instanceof Error) throw fault;
    if (fault === 'before') throw new Error('the connection is lost');
    await hold(trip);
    const answer = await call().catch((error: unknown) => {
      if (String(error).includes('NOSCRIPT')) unheard.push(trip);
      throw error;
    });
    await hold(trip);
    answered += 1;
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
