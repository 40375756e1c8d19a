import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { type IoredisClient, type RedisStorage, redisStorage } from '../../adapters/storage/redis.ts';
import { NOW, tally } from '../conformance/case.ts';
import {
  earned,
  issued,
  issueInput,
  redeemInput,
  roomFor,
  someChallenge,
  someHit,
  spendInput,
  wrongInput,
} from '../conformance/challenge-fixture.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';
import { cli, HAS_REDIS, type RedisServer, type RedisServerOptions, startRedis } from './redis-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function started(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  closing.push(server.stop);
  return server;
}

async function opened(port: number, driver: 'ioredis' | 'redis' = 'ioredis'): Promise<OpenClient> {
  const open = await REDIS_DRIVERS[driver].open(port);
  closing.push(open.close);
  return open;
}

const take = (storage: RedisStorage, max = 1) =>
  storage.challenges.take({ hits: [someHit({ key: '{a}b', max })], cooldown: null, now: NOW });

describe.skipIf(!HAS_REDIS)('a Redis that may forget', () => {
  it.each(REDIS_DRIVER_NAMES)('is refused by every verb, named, and used without a restart once it is set right (%s)', async (driver) => {
    for (const maxmemoryPolicy of ['allkeys-lru', 'volatile-ttl']) {
      const server = await started({ maxmemoryPolicy });
      const storage = redisStorage((await opened(server.port, driver)).client);
      await expect(take(storage)).rejects.toThrow(`"${maxmemoryPolicy}"`);
      await expect(storage.sessions.find({ sessionId: 'x', now: NOW })).rejects.toThrow('allowEviction');
      await expect(storage.durability()).rejects.toThrow('noeviction');
      await cli('-p', String(server.port), 'config', 'set', 'maxmemory-policy', 'noeviction');
      expect((await take(storage)).is).toBe('taken');
    }
  });

  it('is used when that is allowed', async () => {
    const { port } = await started({ maxmemoryPolicy: 'allkeys-lru' });
    const storage = redisStorage((await opened(port)).client, { allowEviction: true });
    expect((await take(storage)).is).toBe('taken');
    expect((await storage.durability()).class).toBe('none');
  });

  it('is refused too when it does not tell, unless that is allowed', async () => {
    const { port } = await started();
    await cli('-p', String(port), 'acl', 'setuser', 'app', 'on', '>secret', '~ringlatch:*', '+@all', '-info', '-config');
    const redis = new Redis(port, { username: 'app', password: 'secret', enableReadyCheck: false });
    closing.push(() => redis.disconnect());
    await expect(take(redisStorage(redis))).rejects.toThrow('INFO');
    const storage = redisStorage(redis, { allowEviction: true });
    expect((await take(storage)).is).toBe('taken');
    expect((await issued(storage.challenges)).sends).toBe(1);
  });

  it('is asked through the driver where scripts may not ask', async () => {
    const { port } = await started({ maxmemoryPolicy: 'allkeys-random' });
    const redis = new Redis(port);
    closing.push(() => redis.disconnect());
    const refusing = withoutInfoInScripts(redis);
    await expect(take(redisStorage(refusing))).rejects.toThrow('allkeys-random');
    await cli('-p', String(port), 'config', 'set', 'maxmemory-policy', 'noeviction');
    expect((await take(redisStorage(refusing))).is).toBe('taken');
  });
});

// As some hosts are.
function withoutInfoInScripts(redis: Redis): IoredisClient & { readonly info: (section: string) => Promise<string> } {
  return {
    evalsha: () => Promise.reject(new Error('NOSCRIPT')),
    eval: (script, count, ...words) =>
      script.includes("'INFO'")
        ? Promise.reject(new Error('This Redis command is not allowed from script'))
        : redis.eval(script, count, ...words),
    info: (section) => redis.info(section),
  };
}

describe.skipIf(!HAS_REDIS)('a Redis that is full', () => {
  it('refuses writes whole, forgets no counter, and still ends what must end', async () => {
    const { port } = await started({ maxmemory: '3mb' });
    const { challenges, sessions } = redisStorage((await opened(port)).client);
    const victim = someHit({ max: 1, windowSeconds: 86_400 });
    const free = someHit({ max: 5 });
    const [kept, cleared] = [someHit({ key: '{full}kept' }), someHit({ key: '{full}cleared' })];
    await challenges.take({ hits: [kept, cleared], cooldown: null, now: NOW });
    expect((await challenges.take({ hits: [victim], cooldown: null, now: NOW })).is).toBe('taken');
    const [live, proven] = [await issued(challenges), await issued(challenges)];
    const proof = await earned(challenges, proven);
    const session = {
      ...{ id: 's'.repeat(38), userKey: 's'.repeat(16), userId: 'u', currentHash: 'h', amr: 'sms', userAgent: null, ip: null },
      ...{ authTime: NOW, createdAt: NOW, idleExpiresAt: NOW + 1e6, absoluteExpiresAt: NOW + 1e6 },
    };
    await sessions.create({ session, maxPerUser: 9, now: NOW });
    const profile = 'x'.repeat(20_000);
    const flood = async (): Promise<never> => {
      for (;;) await issued(challenges, { profile });
    };
    await expect(flood()).rejects.toThrow('OOM');
    // What connections hold varies; from here on nothing fits for certain.
    await cli('-p', String(port), 'config', 'set', 'maxmemory', '1mb');

    const refused = someChallenge();
    await expect(challenges.issue(issueInput(refused, { hits: [free] }))).rejects.toThrow('OOM');
    await expect(challenges.redeem(wrongInput(live, { hits: [free] }))).rejects.toThrow('OOM');
    await expect(challenges.redeem(redeemInput(live, { hits: [free] }))).rejects.toThrow('OOM');
    expect((await challenges.take({ hits: [victim], cooldown: null, now: NOW + 1 })).is).toBe('limited');
    const read = [
      { ...victim, amount: 0 },
      { ...free, amount: 0 },
    ];
    expect(await challenges.take({ hits: read, cooldown: null, now: NOW + 1 })).toEqual({ is: 'taken', counts: [1, 0] });
    expect((await challenges.spend(spendInput(proven, proof))).is).toBe('spent');
    expect((await challenges.spend(spendInput(proven, proof))).is).toBe('refused');
    expect(await sessions.revoke({ sessionId: session.id, now: NOW })).toBe(true);
    await challenges.clear([cleared.key]);
    const left = [kept, cleared].map((hit) => ({ ...hit, amount: 0 }));
    expect(await challenges.take({ hits: left, cooldown: null, now: NOW + 1 })).toEqual({ is: 'taken', counts: [1, 0] });

    await cli('-p', String(port), 'config', 'set', 'maxmemory', '100mb');
    expect((await challenges.redeem(redeemInput(refused))).is).toBe('unknown');
    expect(await challenges.redeem(redeemInput(live))).toMatchObject({ is: 'accepted', challenge: { attemptsLeft: 4, sends: 1 } });
    expect(await roomFor(challenges, free, NOW)).toBe(5);
    expect((await challenges.take({ hits: [victim], cooldown: null, now: NOW + 86_399_999 })).is).toBe('limited');
  });
});

describe.skipIf(!HAS_REDIS)('a Redis that dies', () => {
  it.each(REDIS_DRIVER_NAMES)('keeps what was answered when every write is flushed, and is used again by itself (%s)', async (driver) => {
    const server = await started({ appendonly: true });
    const { client } = await opened(server.port, driver);
    const { challenges } = redisStorage(client);
    const hit = someHit({ max: 40, windowSeconds: null });
    const all = await Promise.all(Array.from({ length: 400 }, () => issued(challenges, {}, { hits: [{ ...hit, max: 1000 }] })));
    const answers: { readonly is: string }[] = [];
    const settled = Promise.allSettled(
      all.map((challenge) => challenges.redeem(redeemInput(challenge)).then((answer) => answers.push(answer))),
    );
    while (answers.length < 20) await new Promise((resolve) => setImmediate(resolve));
    await server.kill9();
    const outcomes = await settled;
    const answered = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(tally(answers)).toEqual({ accepted: answered });

    await server.restart();
    let again: readonly { readonly is: string }[] = [];
    for (let tries = 0; again.length === 0 && tries < 200; tries++) {
      again = await Promise.all(all.map((challenge) => challenges.redeem(wrongInput(challenge)))).catch(() => []);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    for (const [index, { status }] of outcomes.entries()) {
      if (status === 'fulfilled') expect(again[index]?.is).toBe('used');
    }
    expect((await challenges.take({ hits: [{ ...hit, max: 400 }], cooldown: null, now: NOW })).is).toBe('limited');
  });

  it('says beforehand what it would lose', async () => {
    for (const [options, expected] of [
      [{}, { class: 'none', appendfsync: null }],
      [{ save: '3600 1' }, { class: 'snapshot', appendfsync: null }],
      [{ appendonly: true }, { class: 'aof', appendfsync: 'always' }],
      [
        { appendonly: true, appendfsync: 'everysec' },
        { class: 'aof', appendfsync: 'everysec' },
      ],
    ] as const) {
      const { port } = await started(options);
      for (const driver of REDIS_DRIVER_NAMES) {
        const { text, ...told } = await redisStorage((await opened(port, driver)).client).durability();
        expect(told).toEqual(expected);
        expect(text).toContain('failover');
      }
    }
  });

  it('is a clear error when it was never there', async () => {
    const redis = new Redis(1, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined);
    await expect(redisStorage(redis).durability()).rejects.toThrow('Is Redis there');
    redis.disconnect();
  });
});
