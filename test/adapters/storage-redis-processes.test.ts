import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisStorage } from '../../adapters/storage/redis.ts';
import {
  challengeStoreCases,
  checkHistory,
  type History,
  type Opened,
  recordHistory,
  type StoreProcesses,
  sessionStoreCases,
  startStoreProcesses,
} from '../conformance/index.ts';
import { HAS_REDIS, startRedis, startRedisCluster } from './redis-server.ts';

type Stores = Pick<RedisStorage, 'challenges' | 'sessions'>;

const closing: (() => Promise<void>)[] = [];

describe.skipIf(!HAS_REDIS)('the Redis store in two processes', () => {
  let processes: StoreProcesses<Stores>;
  const addresses: Record<string, string> = {};

  beforeAll(async () => {
    const [server, cluster] = [await startRedis(), await startRedisCluster()];
    addresses['one server'] = String(server.port);
    addresses['a cluster'] = cluster.nodes.map(({ port }) => port).join();
    processes = await startStoreProcesses<Stores>({ module: new URL('./redis-process.ts', import.meta.url), processes: 2 });
    closing.push(server.stop, cluster.stop, processes.close);
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });

  describe.each(['one server', 'a cluster'])('on %s', (where) => {
    let history: History = [];
    let opened = 0;
    const open = async <Store>(pick: (stores: Stores) => Store): Promise<Opened<Store>> => {
      const handles = await processes.open(`${addresses[where]}/case ${opened++}:`);
      history = [];
      const [store, ...peers] = handles.map((handle) => pick(recordHistory(handle, history).stores));
      return { store: store as Store, peers };
    };
    for (const { id, name, run } of [
      ...challengeStoreCases(() => open(({ challenges }) => challenges), { rounds: 3 }),
      ...sessionStoreCases(() => open(({ sessions }) => sessions), { rounds: 3 }),
    ]) {
      it(`${id} ${name}`, async () => {
        await run();
        expect(checkHistory(history)).toEqual([]);
      });
    }
  });
});
