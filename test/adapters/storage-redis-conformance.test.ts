import { afterAll, beforeAll, describe, it } from 'vitest';
import { type RedisClient, type RedisStorage, redisStorage } from '../../adapters/storage/redis.ts';
import { type ConformanceCase, challengeStoreCases, type Opened, type RaceOptions, sessionStoreCases } from '../conformance/index.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS, type RedisDriverName } from './redis-clients.ts';
import { HAS_REDIS, startRedis, startRedisCluster } from './redis-server.ts';

let opened = 0;

// Keys of its own are as good as a server of its own.
function casesOf(clients: () => readonly [RedisClient, RedisClient], races: RaceOptions): readonly ConformanceCase[] {
  const fresh = <Store>(pick: (storage: RedisStorage) => Store): Opened<Store> => {
    const prefix = `case ${opened++}:`;
    const [one, two] = clients();
    return { store: pick(redisStorage(one, { prefix })), peers: [pick(redisStorage(two, { prefix }))] };
  };
  return [
    ...challengeStoreCases(() => fresh((storage) => storage.challenges), races),
    ...sessionStoreCases(() => fresh((storage) => storage.sessions), races),
  ];
}

// Each driver races a connection of its own kind, and at the end of one of the other kind.
function pairOf(clients: Readonly<Partial<Record<string, OpenClient>>>, one: string, two: string): readonly [RedisClient, RedisClient] {
  const [first, second] = [clients[one], clients[two]];
  if (first === undefined || second === undefined) throw new Error('no client');
  return [first.client, second.client];
}

describe.skipIf(!HAS_REDIS)('the Redis store on one server', () => {
  const clients: Record<string, OpenClient> = {};
  let stop: () => Promise<void> = async () => {};

  beforeAll(async () => {
    const server = await startRedis();
    stop = server.stop;
    for (const name of REDIS_DRIVER_NAMES) {
      for (const index of [1, 2]) clients[`${name} ${index}`] = await REDIS_DRIVERS[name].open(server.port);
    }
  });
  afterAll(async () => {
    for (const { close } of Object.values(clients)) close();
    await stop();
  });

  describe.each(REDIS_DRIVER_NAMES)('through two connections of %s', (name: RedisDriverName) => {
    for (const conformance of casesOf(() => pairOf(clients, `${name} 1`, `${name} 2`), { rounds: 20 })) {
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
    }
  });

  describe('through one connection of each driver', () => {
    for (const conformance of casesOf(() => pairOf(clients, 'redis 1', 'ioredis 1'), { rounds: 2 })) {
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
    }
  });
});

describe.skipIf(!HAS_REDIS)('the Redis store on a cluster of three masters', () => {
  const clients: Record<string, OpenClient> = {};
  let stop: () => Promise<void> = async () => {};

  beforeAll(async () => {
    const cluster = await startRedisCluster({ masters: 3 });
    stop = cluster.stop;
    for (const name of REDIS_DRIVER_NAMES) clients[name] = await REDIS_DRIVERS[name].openCluster(cluster.nodes.map(({ port }) => port));
  });
  afterAll(async () => {
    for (const { close } of Object.values(clients)) close();
    await stop();
  });

  describe.each([
    ['ioredis', 'redis'],
    ['redis', 'ioredis'],
  ])('through %s, raced by %s', (one, two) => {
    for (const conformance of casesOf(() => pairOf(clients, one, two), { rounds: 5 })) {
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
    }
  });
});
