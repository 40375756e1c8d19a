import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisClient } from '../../adapters/storage/redis.ts';

/** A client that can be closed, also while it is trying to connect. */
export interface OpenClient {
  readonly client: RedisClient;
  readonly close: () => void;
}

/** How a driver opens a server, and a cluster of which it is told some nodes. */
export interface RedisDriver {
  readonly open: (port: number) => Promise<OpenClient>;
  readonly openCluster: (ports: readonly number[]) => Promise<OpenClient>;
}

export type RedisDriverName = 'ioredis' | 'redis';

/** Both drivers, by the name of their package. */
export const REDIS_DRIVERS: Readonly<Record<RedisDriverName, RedisDriver>> = {
  ioredis: {
    async open(port) {
      const client = new Redis(port, { maxRetriesPerRequest: 0 });
      client.on('error', ignore);
      return { client, close: () => client.disconnect() };
    },
    async openCluster(ports) {
      const client = new Cluster(
        ports.map((port) => ({ host: '127.0.0.1', port })),
        { retryDelayOnFailover: 0 },
      );
      client.on('error', ignore);
      return { client, close: () => client.disconnect() };
    },
  },
  redis: {
    async open(port) {
      const client = createClient({ url: `redis://127.0.0.1:${port}` });
      client.on('error', ignore);
      await client.connect();
      return { client, close: () => client.destroy() };
    },
    async openCluster(ports) {
      const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
      client.on('error', ignore);
      await client.connect();
      return { client, close: () => client.destroy() };
    },
  },
};

export const REDIS_DRIVER_NAMES: readonly RedisDriverName[] = ['ioredis', 'redis'];

// What a connection suffers is heard from the calls on it.
function ignore(): void {}
