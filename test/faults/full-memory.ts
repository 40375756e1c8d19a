import type { Hit } from '../../src/core/limits.ts';
import type { RedisDriverName } from '../adapters/redis-clients.ts';
import { cli, startRedis } from '../adapters/redis-server.ts';
import { openRedis } from './open-stores.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { type Service, serviceOver } from './service-under-load.ts';
import { weather } from './storm.ts';
import { newVisit, proceed } from './visit.ts';
import { pause, until } from './waiting.ts';

async function filledAgainAndAgain(service: Service, port: number, form: Form): Promise<Figures> {
  const { challenges } = service.stores;
  const figures: Figures[] = [];
  for (let cycle = 0; cycle < form.cycles; cycle++) {
    const problems: string[] = [];
    const hit: Hit = { key: `{full}${cycle}`, limit: 'sendsPerIp', max: 1, windowSeconds: 86_400, when: 'always' };
    const isLimited = async (): Promise<boolean> =>
      (await challenges.take({ hits: [hit], cooldown: null, now: Date.now() })).is === 'limited';
    if (await isLimited()) problems.push('a fresh counter was full');
    const strike = async (): Promise<void> => {
      const [, used = ''] = /used_memory:(\d+)/.exec(await cli('-p', String(port), 'info', 'memory')) ?? [];
      await cli('-p', String(port), 'config', 'set', 'maxmemory', String(Number(used) + 50_000));
      await until(() => isRefused(service), 'the memory to be full');
      await pause(300);
      if (!(await isLimited())) problems.push('a counter was forgotten');
      if (!/evicted_keys:0\b/.test(await cli('-p', String(port), 'info', 'stats'))) problems.push('keys were evicted');
      await cli('-p', String(port), 'config', 'set', 'maxmemory', '0');
    };
    const one = await weather({ service, pace: form, loses: 'nothing', strike });
    if (!(await isLimited())) problems.push('a counter was forgotten later');
    figures.push({ ...one, problems: [...one.problems, ...problems] });
  }
  return sumOf(figures);
}

async function isRefused(service: Service): Promise<boolean> {
  return proceed(service, newVisit()).then(
    () => false,
    () => true,
  );
}

function fullRedis(driver: RedisDriverName, title: string): Scenario {
  return {
    name: `maxmemory of Redis reached (${title})`,
    needs: ['redis'],
    loses: 'nothing',
    recoverySeconds: 5,
    async run(form) {
      const server = await startRedis({ maxmemoryPolicy: 'noeviction' });
      const { stores, close } = await openRedis(server.port, driver);
      try {
        return await filledAgainAndAgain(serviceOver(stores), server.port, form);
      } finally {
        await close();
        await server.stop();
      }
    },
  };
}

/** A Redis that must not forget and has no room for more. */
export const FULL_MEMORY: readonly Scenario[] = [fullRedis('ioredis', 'ioredis'), fullRedis('redis', 'node-redis')];
