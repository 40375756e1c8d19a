import { Cluster, Redis } from 'ioredis';
import { type createClient, type createClientPool, createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { type RedisClient, redisStorage } from '../../adapters/storage/redis.ts';
import { NOW, randomText } from '../conformance/case.ts';
import {
  earned,
  issued,
  issueInput,
  newIdFor,
  redeemInput,
  someChallenge,
  someCooldown,
  someHit,
  someOwner,
  spendInput,
  wrongInput,
} from '../conformance/challenge-fixture.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';
import { cli, HAS_REDIS, type RedisServer, startRedis } from './redis-server.ts';
import { spied } from './redis-spy.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const someSession = (owner: string, at: number) => ({
  ...{ id: `${owner}${randomText(16)}`, userKey: owner, userId: `user ${owner}`, userAgent: 'Mozilla', ip: '203.0.113.7', amr: 'sms' },
  ...{ currentHash: 'h0', authTime: at, createdAt: at, idleExpiresAt: at + 30 * DAY, absoluteExpiresAt: at + 180 * DAY },
});

describe.skipIf(!HAS_REDIS)('the Redis store on one server', () => {
  const clients: OpenClient[] = [];
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
    for (const name of REDIS_DRIVER_NAMES) clients.push(await REDIS_DRIVERS[name].open(server.port));
  });
  afterAll(async () => {
    for (const { close } of clients) close();
    await server.stop();
  });

  const keysLike = async (pattern: string): Promise<readonly string[]> =>
    (await cli('-p', String(server.port), '--scan', '--pattern', pattern)).split('\n').filter((key) => key !== '');
  const ttlOf = async (key: string): Promise<number> => Number(await cli('-p', String(server.port), 'pttl', key));
  const clientAt = (index: number): RedisClient => clients[index]?.client ?? expect.fail('no client');

  it.each([0, 1])('makes one trip for each verb, whatever it charges (driver %i)', async (index) => {
    const { client, trips } = spied(clientAt(index));
    const { challenges, sessions } = redisStorage(client, { prefix: `trips ${index}:` });
    const ip = someHit({ key: '{203.0.113.7}sends', limit: 'sendsPerIp' });
    const hits = [ip, someHit({ key: '{system}spend', max: 1000, amount: 70 }), someHit({ when: 'wrong' }), someHit({ amount: 0 })];
    const [challenge, session] = [someChallenge({ idempotencyHash: 'a' }), someSession(randomText(12), NOW)];
    const next = { sessionId: session.id, presentedHash: 'h0', nextHash: 'h1', graceSeconds: 30, idleExpiresAt: NOW + DAY } as const;
    const proof = { hash: randomText(32), expiresAt: NOW + HOUR };
    await challenges.clear(['{warm}up']);
    const verbs: readonly (() => Promise<unknown>)[] = [
      () => challenges.issue(issueInput(challenge, { hits, cooldown: someCooldown() })),
      () => challenges.redeem(wrongInput(challenge, { hits })),
      () => challenges.redeem(redeemInput(challenge, { hits, clears: ['{a}b', '{c}d'], proof })),
      () => challenges.spend(spendInput(challenge, proof)),
      () => challenges.take({ hits, cooldown: someCooldown(), now: NOW }),
      () => challenges.clear(hits.map(({ key }) => key)),
      () => challenges.recordDelivery({ id: challenge.id, send: 1, state: 'delivered', now: NOW }),
      () => sessions.create({ session, maxPerUser: 20, now: NOW }),
      () => sessions.find({ sessionId: session.id, now: NOW }),
      () => sessions.rotate({ ...next, onReuse: 'revoke', now: NOW }),
      () => sessions.listOf({ ...session, now: NOW }),
      () => sessions.revokeAllOf({ ...session, exceptSessionId: session.id, now: NOW }),
      () => sessions.revoke({ sessionId: session.id, now: NOW }),
    ];
    for (const verb of verbs) {
      trips.length = 0;
      await verb();
      expect(trips.length, String(verb)).toBe(1);
    }
    trips.length = 0;
    expect([await challenges.sweep({ now: NOW, max: 5 }), await sessions.sweep({ now: NOW, max: 5 })]).toEqual([0, 0]);
    expect(trips).toEqual([]);
  });

  it('names every key it touches, and keeps all of a number and all of a user in one slot each', async () => {
    const { client, trips } = spied(clientAt(0));
    const { challenges, sessions } = redisStorage(client, { prefix: 'named:' });
    const challenge = await issued(challenges, someOwner());
    await earned(challenges, challenge);
    const session = someSession(randomText(12), NOW);
    await sessions.create({ session, maxPerUser: 20, now: NOW });
    const found = await keysLike('named:*');
    expect(found.filter((key) => !trips.some(({ keys }) => keys.includes(key)))).toEqual([]);
    expect(new Set(found.map((key) => /\{([^}]+)\}/.exec(key)?.[1]))).toEqual(new Set([challenge.phoneKey, session.userKey]));
    expect(found.join()).not.toContain(challenge.phoneNumber);
  });

  it('lets Redis drop everything an hour after it is over, counters without a window excepted', async () => {
    const { challenges, sessions } = redisStorage(clientAt(1), { prefix: 'ttl:' });
    const short = [someHit({ key: '{w}short', windowSeconds: 60 }), someHit({ key: '{e}short', windowSeconds: 60 })];
    const hits = [...short, someHit({ key: '{w}long', windowSeconds: 600 }), someHit({ key: '{s}sliced', windowSeconds: 2400, max: 100 })];
    const endless = someHit({ key: '{e}endless', windowSeconds: null });
    const cooldown = someCooldown({ key: '{c}ladder', windowSeconds: 1800 });
    const challenge = await issued(challenges, {}, { hits: [...hits, endless], cooldown });
    const other = await issued(challenges);
    await earned(challenges, other);
    const session = someSession(randomText(12), NOW);
    await sessions.create({ session, maxPerUser: 20, now: NOW });
    const expected: Readonly<Record<string, number>> = {
      [`ttl:challenges:{${challenge.phoneKey}}`]: 300_000 + DAY + HOUR,
      [`ttl:proof:{${other.phoneKey}}`]: 600_000 + HOUR,
      'ttl:counters:{w}': 600_000 + HOUR,
      'ttl:counters:{s}': 2_400_000 + HOUR,
      'ttl:counters:{c}': 1_800_000 + HOUR,
      [`ttl:sessions:{${session.userKey}}`]: 181 * DAY + HOUR,
    };
    const found = await keysLike('ttl:*');
    for (const [name, ms] of Object.entries(expected)) {
      const key = found.find((candidate) => candidate.startsWith(name)) ?? expect.fail(name);
      const ttl = await ttlOf(key);
      expect(ttl, key).toBeGreaterThan(ms - 20_000);
      expect(ttl, key).toBeLessThanOrEqual(ms + 100_000);
    }
    expect(await ttlOf('ttl:counters:{e}')).toBe(-1);
    await challenges.clear([endless.key]);
    expect(await ttlOf('ttl:counters:{e}')).toBeGreaterThan(60_000 + HOUR - 20_000);
    await challenges.clear([short[1]?.key ?? '']);
    expect(await keysLike('ttl:counters:{e}')).toEqual([]);
  });

  it('makes no key for a hit that counts nothing', async () => {
    const { challenges } = redisStorage(clientAt(0), { prefix: 'nothing:' });
    const hits = [someHit({ amount: 0 }), someHit({ amount: 0, max: 100 }), someHit({ amount: 0, windowSeconds: null })];
    const challenge = await issued(challenges, {}, { hits });
    expect(await challenges.take({ hits, cooldown: null, now: NOW })).toEqual({ is: 'taken', counts: [0, 0, 0] });
    expect((await challenges.redeem(wrongInput(challenge, { hits }))).is).toBe('wrong');
    expect(await keysLike('nothing:*')).toEqual([`nothing:challenges:{${challenge.phoneKey}}`]);
  });

  it('forgets nothing early when its clock is far from the clock of the server, or stands still', async () => {
    for (const at of [1_000_000, NOW, 8_000_000_000_000]) {
      const { challenges } = redisStorage(clientAt(0), { prefix: `clock ${at}:` });
      const hit = someHit({ max: 1, windowSeconds: 1 });
      const challenge = await issued(challenges, { createdAt: at, expiresAt: at + 5 }, { hits: [hit] });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect((await challenges.take({ hits: [hit], cooldown: null, now: at + 999 })).is).toBe('limited');
      expect((await challenges.redeem(wrongInput(challenge, { now: at + 4 }))).is).toBe('wrong');
      expect((await challenges.redeem(redeemInput(challenge, { now: at + 5 + DAY - 1 }))).is).toBe('expired');
      expect((await challenges.redeem(redeemInput(challenge, { now: at + 5 + DAY }))).is).toBe('unknown');
    }
  });

  it('keeps the key of a number small, however often it asks', async () => {
    const { challenges } = redisStorage(clientAt(1), { prefix: 'crowd:' });
    const owner = someOwner();
    for (let day = 0; day < 90; day++) {
      const createdAt = NOW + day * 2 * DAY;
      await issued(challenges, { ...owner, id: newIdFor(owner), createdAt });
    }
    expect(Number(await cli('-p', String(server.port), 'hlen', `crowd:challenges:{${owner.phoneKey}}`))).toBeLessThanOrEqual(17);
  });

  it('records what became of a send beside the challenge, the final word for good', async () => {
    const { challenges } = redisStorage(clientAt(0), { prefix: 'delivery:' });
    const { id, phoneKey } = await issued(challenges);
    for (const [send, state] of [
      [1, 'accepted'],
      [1, 'delivered'],
      [1, 'unknown'],
      [2, 'failed'],
    ] as const) {
      await challenges.recordDelivery({ id, send, state, now: NOW + send });
    }
    const row = JSON.parse(await cli('-p', String(server.port), 'hget', `delivery:challenges:{${phoneKey}}`, id));
    expect(Object.entries(row).filter(([field]) => field.startsWith('delivery'))).toEqual([['delivery 1', `delivered ${NOW + 1}`]]);
  });

  it('takes halves of characters for what UTF-8 makes of them, wherever they stand', async () => {
    const { challenges, sessions } = redisStorage(clientAt(1), { prefix: 'halves:' });
    const hit = someHit({ key: '{a}\ud800', max: 1 });
    const challenge = await issued(challenges, { context: '\udc00 \\ud800 🙂', idempotencyHash: 'one' }, { hits: [hit] });
    expect((await challenges.issue(issueInput({ ...challenge, idempotencyHash: 'two' }))).is).toBe('resent');
    expect(await challenges.redeem(redeemInput(challenge))).toMatchObject({ is: 'accepted', challenge: { context: '\ufffd \\ud800 🙂' } });
    expect((await challenges.take({ hits: [hit], cooldown: null, now: NOW })).is).toBe('limited');
    const session = { ...someSession(randomText(12), NOW), userAgent: 'a\ud800' };
    await sessions.create({ session, maxPerUser: 20, now: NOW });
    expect(await sessions.find({ sessionId: session.id, now: NOW })).toMatchObject({ userAgent: 'a\ufffd' });
  });

  it('counts on when its clock is set back, and when a slice that was counted comes again', async () => {
    const { challenges } = redisStorage(clientAt(0), { prefix: 'back:' });
    const memory = memoryStorage().challenges;
    const [exact, sliced] = [someHit({ max: 9, windowSeconds: 60 }), someHit({ max: 90, windowSeconds: 2400, amount: 3 })];
    const cooldown = someCooldown({ ladderSeconds: [0] });
    for (const seconds of [0, 0, 200, 100, 230, 20, 200, 2500, 90, 2450, 2400, 5, 4900, 2600]) {
      const call = { hits: [exact, sliced], cooldown, now: NOW + seconds * 1000 };
      expect(await challenges.take(call)).toEqual(await memory.take(call));
    }
  });

  it('works under a keyPrefix of ioredis, and apart from another prefix', async () => {
    const redis = new Redis(server.port, { keyPrefix: 'tenant {7}:' });
    const { challenges } = redisStorage(redis, { prefix: 'p:' });
    const hit = someHit({ max: 1 });
    const challenge = await issued(challenges, {}, { hits: [hit] });
    await issued(challenges, { ...challenge, id: newIdFor(challenge) });
    expect((await challenges.redeem(redeemInput(challenge))).is).toBe('accepted');
    expect((await redisStorage(redis, { prefix: 'q:' }).challenges.redeem(redeemInput(challenge))).is).toBe('unknown');
    expect((await challenges.take({ hits: [hit], cooldown: null, now: NOW })).is).toBe('limited');
    redis.disconnect();
  });

  it('refuses clients and options that it does not know or cannot use', () => {
    const client = clientAt(0);
    for (const options of [{ prefixes: 'a' }, { prefix: '{a}' }, { prefix: 5 }, { cluster: 'yes' }, { allowEviction: 1 }]) {
      expect(() => redisStorage(client, options as never)).toThrow(TypeError);
    }
    for (const wrong of [null, undefined, {}, 'redis://localhost', { eval: () => null }]) {
      expect(() => redisStorage(wrong as never)).toThrow(TypeError);
    }
  });
});

describe('the types of the Redis store', () => {
  it('fit both drivers as they are', () => {
    expectTypeOf<Redis>().toExtend<RedisClient>();
    expectTypeOf<Cluster>().toExtend<RedisClient>();
    expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>();
    expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>();
    expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>();
    for (const cluster of [new Cluster([{ port: 1 }], { lazyConnect: true }), createCluster({ rootNodes: [] })]) {
      expect(() => redisStorage(cluster)).not.toThrow();
    }
  });
});
