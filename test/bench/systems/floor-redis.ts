import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { freshRedis } from '../connections.ts';
import { floorTables } from './floor-postgres.ts';
import { CODE_MILLISECONDS, type FloorStore, MAX_ATTEMPTS, REFRESH_MILLISECONDS } from './floor-store.ts';

const PUT = `redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'attempts', 0) redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const PAY = `local code = redis.call('HMGET', KEYS[1], 'digest', 'attempts')
if not code[1] or tonumber(code[2]) >= ${MAX_ATTEMPTS} then return false end
if code[1] ~= ARGV[1] then redis.call('HINCRBY', KEYS[1], 'attempts', 1) return false end
redis.call('DEL', KEYS[1])`;

const CONSUME = `${PAY}
local id = redis.call('GET', KEYS[3])
if not id then id = ARGV[2] redis.call('SET', KEYS[3], id) end
redis.call('SET', KEYS[2], id, 'PX', ARGV[3])
return id`;

const CONSUME_FOR = `${PAY}
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return ARGV[2]`;

type Run = (keys: readonly string[], values: readonly (string | number)[]) => Promise<unknown>;

// By its digest, as a driver would; the server learns the script once.
async function scriptOf(redis: Redis, script: string): Promise<Run> {
  await redis.script('LOAD', script);
  const digest = createHash('sha1').update(script).digest('hex');
  return (keys, values) => redis.evalsha(digest, keys.length, ...keys, ...values);
}

/** One script per verb; users are keys too. */
export async function floorRedis(): Promise<FloorStore> {
  const redis = await freshRedis();
  const [put, consume] = [await scriptOf(redis, PUT), await scriptOf(redis, CONSUME)];
  return {
    put: async (phoneNumber, digest) => void (await put([`code:${phoneNumber}`], [digest, CODE_MILLISECONDS])),
    async consume({ phoneNumber, digest, newUserId, refreshHash }) {
      const keys = [`code:${phoneNumber}`, `session:${refreshHash}`, `user:${phoneNumber}`];
      return (await consume(keys, [digest, newUserId, REFRESH_MILLISECONDS])) as string | null;
    },
    close: async () => void (await redis.quit()),
  };
}

/** Codes and sessions in Redis, users in Postgres: two trips, three for a new number. */
export async function floorRedisAndPostgres(): Promise<FloorStore> {
  const [redis, pool] = [await freshRedis(), await floorTables()];
  const [put, consume] = [await scriptOf(redis, PUT), await scriptOf(redis, CONSUME_FOR)];
  return {
    put: async (phoneNumber, digest) => void (await put([`code:${phoneNumber}`], [digest, CODE_MILLISECONDS])),
    async consume({ phoneNumber, digest, now, newUserId, refreshHash }) {
      const found = { name: 'find', text: 'select id from users where phone = $1', values: [phoneNumber] };
      const known = (await pool.query<{ id: string }>(found)).rows[0]?.id;
      const keys = [`code:${phoneNumber}`, `session:${refreshHash}`];
      const userId = (await consume(keys, [digest, known ?? newUserId, REFRESH_MILLISECONDS])) as string | null;
      if (userId !== null && known === undefined) {
        const values = [phoneNumber, userId, now];
        await pool.query({ name: 'add', text: 'insert into users values ($1, $2, $3) on conflict do nothing', values });
      }
      return userId;
    },
    async close() {
      await redis.quit();
      await pool.end();
    },
  };
}
