import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RedisStorage, redisStorage } from '../../adapters/storage/redis.ts';
import { slotOf } from '../../adapters/storage/redis-keys.ts';
import type { Hit } from '../../src/core/limits.ts';
import { NOW, randomText } from '../conformance/case.ts';
import { issued, issueInput, redeemInput, roomFor, someChallenge, someHit, wrongInput } from '../conformance/challenge-fixture.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';
import { cli, HAS_REDIS, type RedisCluster, startRedisCluster } from './redis-server.ts';
import { type Fate, type Fault, spied, type Trip } from './redis-spy.ts';

describe.skipIf(!HAS_REDIS).each(REDIS_DRIVER_NAMES)('the Redis store on a cluster, through %s', (driver) => {
  let cluster: RedisCluster;
  let open: OpenClient;
  let storage: RedisStorage;
  let trips: Trip[];
  let [ip, prefix, system, own]: Hit[] = [];
  let challenge = someChallenge();

  const spyOn = (fail?: Fate['fail']): RedisStorage => {
    const spy = spied(open.client, { fail });
    trips = spy.trips;
    return redisStorage(spy.client, { allowEviction: true });
  };
  const failingIn = (slot: string, fault: Fault): RedisStorage => spyOn((_, [key]) => (key?.includes(`{${slot}}`) ? fault : null));
  const room = (hit: Hit | undefined): Promise<number> => roomFor(redisStorage(open.client).challenges, hit ?? expect.fail('no hit'), NOW);
  const all = (): readonly Hit[] => [ip, own, prefix, system].filter((hit) => hit !== undefined);

  beforeAll(async () => {
    cluster = await startRedisCluster();
    open = await REDIS_DRIVERS[driver].openCluster(cluster.nodes.map(({ port }) => port));
  });
  afterAll(async () => {
    open.close();
    await cluster.stop();
  });
  beforeEach(() => {
    const run = randomText(6);
    challenge = someChallenge();
    ip = someHit({ key: `{ip ${run}}sends`, limit: 'sendsPerIp', max: 5 });
    prefix = someHit({ key: `{prefix ${run}}sends`, max: 5 });
    system = someHit({ key: `{system ${run}}sms`, max: 5 });
    own = someHit({ key: `{${challenge.phoneKey}}sends`, max: 5 });
    storage = spyOn();
  });

  it('charges nothing anywhere when it refuses, wherever the refusal comes from', async () => {
    for (const full of all()) {
      const { challenges } = redisStorage(open.client);
      await challenges.take({ hits: Array.from({ length: 5 }, () => full), cooldown: null, now: NOW });
      const answer = await challenges.issue(issueInput(challenge, { hits: all() }));
      expect(answer).toEqual({ is: 'limited', limit: full.limit, retryAt: NOW + 600_000 });
      await challenges.clear([full.key]);
      for (const hit of all()) {
        expect(await room(hit)).toBe(5);
        await challenges.clear([hit.key]);
      }
    }
  });

  it('gives wrong hits back for a right code, and keeps them for a wrong one', async () => {
    await issued(storage.challenges, challenge);
    const hits = [{ ...ip, when: 'wrong' }, system] as Hit[];
    await storage.challenges.redeem(wrongInput(challenge, { hits }));
    trips.length = 0;
    await storage.challenges.redeem(redeemInput(challenge, { hits }));
    expect(trips.length).toBe(4);
    expect([await room(ip), await room(system)]).toEqual([4, 3]);
  });

  it('looks before it pays for a send that nobody asked for, and gives back what is paid in vain', async () => {
    const { id, createdAt, sends } = await issued(storage.challenges, challenge);
    const next = { id, createdAt, send: sends, hits: all(), now: NOW };
    await storage.challenges.recordDelivery({ id, send: 1, state: 'delivered', now: NOW });
    trips.length = 0;
    expect(await storage.challenges.nextSend(next)).toEqual({ is: 'settled' });
    expect(trips.length).toBe(1);
    const other = await issued(storage.challenges);
    const again = { ...next, id: other.id, hits: [prefix, system] as Hit[] };
    expect(await Promise.all([storage.challenges.nextSend(again), storage.challenges.nextSend(again)])).toMatchObject(
      expect.arrayContaining([{ is: 'settled' }, expect.objectContaining({ is: 'next' })]),
    );
    expect([await room(own), await room(prefix), await room(system)]).toEqual([5, 4, 4]);
  });

  it('charges too much and never too little when a call is lost on its way', async () => {
    for (const fault of ['before', 'after'] as const) {
      for (const slot of [ip, prefix, system, own].map((hit) => slotOf(hit?.key ?? ''))) {
        const { challenges } = redisStorage(open.client);
        const fresh = someChallenge({ phoneKey: challenge.phoneKey, phoneNumber: challenge.phoneNumber });
        await expect(failingIn(slot, fault).challenges.issue(issueInput(fresh, { hits: all() }))).rejects.toThrow('lost');
        const isOwn = slot === challenge.phoneKey;
        const isWritten = (await challenges.redeem(wrongInput(fresh))).is === 'wrong';
        expect(isWritten).toBe(isOwn && fault === 'after');
        for (const hit of all()) {
          const charged = 5 - (await room(hit));
          if (isWritten) expect(charged).toBe(1);
          // Before its own slot was asked nothing can have been done, and what is known to be charged is given back.
          else expect(charged).toBe((isOwn && hit !== own) || (slotOf(hit.key) === slot && fault === 'after') ? 1 : 0);
          await challenges.clear([hit.key]);
        }
      }
    }
  });

  it('forgets counters of other slots for a right code alone, and no sooner', async () => {
    await issued(storage.challenges, challenge);
    const hits = [
      { ...ip, when: 'wrong' },
      { ...prefix, when: 'wrong' },
    ] as Hit[];
    const clears = [ip?.key ?? '', system?.key ?? ''];
    await storage.challenges.take({ hits: all(), cooldown: null, now: NOW });
    const lossy = spyOn((index) => (index === 1 ? 'before' : null));
    await expect(lossy.challenges.redeem(redeemInput(challenge, { hits, clears }))).rejects.toThrow('lost');
    expect((await storage.challenges.redeem(wrongInput(challenge, { hits, clears }))).is).toBe('wrong');
    expect([await room(system), await room(ip)]).toEqual([4, 3]);
    await storage.challenges.clear([ip?.key ?? '']);
    expect((await storage.challenges.redeem(redeemInput(challenge, { hits, clears }))).is).toBe('accepted');
    expect([await room(system), await room(ip), await room(prefix)]).toEqual([5, 5, 3]);
  });

  it('gives back what was charged elsewhere when the server of the number takes no writes', async () => {
    for (const message of ['OOM command not allowed', 'ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed']) {
      const lossy = failingIn(challenge.phoneKey, new Error(message));
      await expect(lossy.challenges.issue(issueInput(challenge, { hits: all() }))).rejects.toThrow('OOM');
      for (const hit of all()) {
        expect(await room(hit)).toBe(5);
        await redisStorage(open.client).challenges.clear([hit.key]);
      }
    }
  });

  it('answers what it knows when giving back fails', async () => {
    await issued(storage.challenges, challenge);
    const lossy = spyOn((index) => (index >= 2 ? 'before' : null));
    const answer = await lossy.challenges.redeem(redeemInput(challenge, { hits: [{ ...ip, when: 'wrong' }] as Hit[] }));
    expect([answer.is, trips.length]).toEqual(['accepted', 3]);
    expect(await room(ip)).toBe(4);
  });

  it('charges calls with one idempotency key once, whichever of them comes first and last', async () => {
    const hits = [{ ...system, max: 1 }] as Hit[];
    const request = { ...challenge, idempotencyHash: 'key' };
    const answers = await Promise.all(Array.from({ length: 64 }, () => storage.challenges.issue(issueInput(request, { hits }))));
    expect(answers.filter(({ is }) => is === 'issued').length).toBe(1);
    expect(answers.filter(({ is }) => is === 'repeated').length).toBe(63);
    expect(await room(hits[0])).toBe(0);
    const blocked = [{ ...prefix }, { ...own, max: 0 }] as Hit[];
    const other = { ...someChallenge(challenge), id: `${challenge.phoneKey}other`, idempotencyHash: 'other' };
    const refused = await Promise.all(Array.from({ length: 64 }, () => storage.challenges.issue(issueInput(other, { hits: blocked }))));
    expect(new Set(refused.map(({ is }) => is))).toEqual(new Set(['limited']));
    expect(await room(prefix)).toBe(5);
  });

  it('asks every master whether it may forget', async () => {
    for (const { port } of cluster.nodes) {
      await cli('-p', String(port), 'config', 'set', 'maxmemory-policy', 'allkeys-lru');
      await expect(redisStorage(open.client).durability()).rejects.toThrow('allkeys-lru');
      await cli('-p', String(port), 'config', 'set', 'maxmemory-policy', 'noeviction');
    }
    expect(await redisStorage(open.client).durability()).toMatchObject({ class: 'none', appendfsync: null });
  });
});
