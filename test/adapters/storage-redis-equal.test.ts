import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { type RedisClient, redisStorage } from '../../adapters/storage/redis.ts';
import { NOW } from '../conformance/case.ts';
import { CALLS } from './random-calls.ts';
import { REDIS_DRIVERS } from './redis-clients.ts';
import { HAS_REDIS, startRedis, startRedisCluster } from './redis-server.ts';

const PAUSES = [0, 1, 999, 30_000, 60_000, 300_000, 86_400_000] as const;
const STORY = fc.array(fc.tuple(fc.oneof(...CALLS), fc.constantFrom(...PAUSES)), { minLength: 5, maxLength: 40 });

async function answersAlike(client: RedisClient, runs: number, told: (answer: unknown) => unknown = (answer) => answer): Promise<void> {
  let world = 0;
  await fc.assert(
    fc.asyncProperty(STORY, async (story) => {
      const redis = redisStorage(client, { prefix: `world ${world++}:` });
      const memory = memoryStorage();
      let now = NOW;
      for (const [call, pause] of story) {
        now += pause;
        expect(told(await call(redis, now))).toEqual(told(await call(memory, now)));
      }
    }),
    { numRuns: runs },
  );
}

function isLimited(answer: unknown): answer is { readonly retryAt: number } {
  return typeof answer === 'object' && answer !== null && 'retryAt' in answer;
}

describe.skipIf(!HAS_REDIS)('the Redis store answers as the memory store does, whatever is called with whatever', () => {
  const closing: (() => unknown)[] = [];
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });
  const ports: number[] = [];
  beforeAll(async () => {
    const [server, cluster] = [await startRedis(), await startRedisCluster()];
    closing.push(server.stop, cluster.stop);
    ports.push(server.port, ...cluster.nodes.map(({ port }) => port));
  });

  it('on one server', async () => {
    const { client, close } = await REDIS_DRIVERS.ioredis.open(ports[0] ?? 0);
    closing.push(close);
    await answersAlike(client, 500);
  });

  it('on a cluster', async () => {
    const { client, close } = await REDIS_DRIVERS.redis.openCluster(ports.slice(1));
    closing.push(close);
    // Of two refusals that last equally long the one of the slot that was asked first is named.
    await answersAlike(client, 200, (answer) => (isLimited(answer) ? answer.retryAt : answer));
  });
});
