import type { RedisDriverName } from '../adapters/redis-clients.ts';
import { cli, type RedisServer, startRedisCluster } from '../adapters/redis-server.ts';
import { openRedisCluster } from './open-stores.ts';
import { type Figures, type Scenario, sumOf } from './scenario.ts';
import { serviceOver } from './service-under-load.ts';
import { weather } from './storm.ts';
import { until } from './waiting.ts';

interface Member {
  readonly port: number;
  readonly isMaster: boolean;
  readonly hasFailed: boolean;
}

async function membersSeenBy({ port }: RedisServer): Promise<readonly Member[]> {
  const lines = (await cli('-p', String(port), 'cluster', 'nodes')).trim().split('\n');
  return lines.map((line) => {
    const [, address = '', flags = ''] = line.split(' ');
    return {
      port: Number(/:(\d+)@/.exec(address)?.[1]),
      isMaster: flags.includes('master'),
      hasFailed: flags.includes('fail'),
    };
  });
}

// Each node comes to know by itself.
async function isServedBy(nodes: readonly RedisServer[]): Promise<boolean> {
  const views = await Promise.all(
    nodes.map(async (node) => ({ state: await cli('-p', String(node.port), 'cluster', 'info'), members: await membersSeenBy(node) })),
  );
  const ports = new Set(nodes.map(({ port }) => port));
  return views.every(({ state, members }) => {
    const masters = members.filter((one) => one.isMaster && !one.hasFailed);
    return state.includes('cluster_state:ok') && masters.length === 3 && masters.every(({ port }) => ports.has(port));
  });
}

// A replica that has not yet copied its master would take over less than it could.
async function areReplicasLinked(nodes: readonly RedisServer[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map(({ port }) => cli('-p', String(port), 'info', 'replication')));
  return infos.every((info) => info.includes('role:master') || info.includes('master_link_status:up'));
}

function failover(driver: RedisDriverName, title: string): Omit<Scenario, 'onlyLong'> {
  return {
    name: `failover of a Redis Cluster of 6 (${title})`,
    needs: ['redis'],
    loses: 'little',
    recoverySeconds: 15,
    async run(form) {
      const cluster = await startRedisCluster({ masters: 3, replicas: 1, server: { appendonly: true } });
      const { nodes } = cluster;
      // A failure is noticed sooner than the servers' own 15 s.
      await Promise.all(nodes.map(({ port }) => cli('-p', String(port), 'config', 'set', 'cluster-node-timeout', '1000')));
      const { stores, close } = await openRedisCluster(
        nodes.map(({ port }) => port),
        driver,
      );
      const figures: Figures[] = [];
      let slowest = 0;
      try {
        const service = serviceOver(stores);
        for (let cycle = 0; cycle < form.cycles; cycle++) {
          await until(() => isServedBy(nodes), 'the cluster to be whole', 60);
          await until(() => areReplicasLinked(nodes), 'the replicas to follow', 60);
          const masters = (await membersSeenBy(nodes[0] as RedisServer)).filter((one) => one.isMaster);
          const victim = nodes.find(({ port }) => port === masters[cycle % masters.length]?.port) as RedisServer;
          const others = nodes.filter((node) => node !== victim);
          const strike = async (): Promise<void> => {
            const killedAt = performance.now();
            await victim.kill9();
            await until(() => isServedBy(others), 'a replica to take over');
            slowest = Math.max(slowest, performance.now() - killedAt);
          };
          figures.push(await weather({ service, pace: form, loses: 'little', strike }));
          await victim.restart();
        }
        const { remarks, ...sum } = sumOf(figures);
        return { ...sum, remarks: [...remarks, `a replica took over within ${(slowest / 1000).toFixed(1)} s`] };
      } finally {
        await close();
        await cluster.stop();
      }
    },
  };
}

/** A master of a cluster is killed, and its replica takes over. */
export const CLUSTER_FAILOVER: readonly Scenario[] = [
  failover('ioredis', 'ioredis'),
  { ...failover('redis', 'node-redis'), onlyLong: true },
];
