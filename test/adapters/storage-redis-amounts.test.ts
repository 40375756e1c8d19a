import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redisStorage } from '../../adapters/storage/redis.ts';
import { slotOf } from '../../adapters/storage/redis-keys.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { NOW } from '../conformance/case.ts';
import { issued, issueInput, redeemInput, someChallenge, wrongInput } from '../conformance/challenge-fixture.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';
import { fill, held, someHits, stagesOf, whenWrong } from './redis-hits.ts';
import { cli, HAS_REDIS, type RedisCluster, startRedisCluster } from './redis-server.ts';
import { type Fate, spied, type Trip } from './redis-spy.ts';

describe.skipIf(!HAS_REDIS)('amounts and counts in the slots of a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  describe.each(REDIS_DRIVER_NAMES)('through %s', (driver) => {
    let open: OpenClient;
    let plain: ChallengeStore;
    let trips: Trip[];
    let challenge = someChallenge();
    let hits = someHits(challenge);

    const spyOn = (fate?: Fate): ChallengeStore => {
      const spy = spied(open.client, fate);
      trips = spy.trips;
      return redisStorage(spy.client, { allowEviction: true }).challenges;
    };

    beforeAll(async () => {
      open = await REDIS_DRIVERS[driver].openCluster(cluster.nodes.map(({ port }) => port));
      plain = redisStorage(open.client).challenges;
    });
    afterAll(() => open.close());
    beforeEach(() => {
      challenge = someChallenge();
      hits = someHits(challenge);
    });

    it('gives back amounts, when the number refuses and when a slot is lost', async () => {
      const { own, prefix, country, sms, spend, narrow } = hits;
      const charged = [{ ...narrow, amount: 2 }, { ...prefix, amount: 3 }, { ...country, amount: 30 }, sms, spend];
      for (const hit of charged) await plain.take({ hits: [hit], cooldown: null, now: NOW });
      const before = [2, 3, 30, 1, 70_000];
      const fitting = [{ ...narrow, amount: 3 }, { ...prefix, amount: 2 }, { ...country, amount: 10 }, { ...sms, amount: 39 }, spend];
      await fill(plain, own);
      expect((await spyOn().issue(issueInput(challenge, { hits: [...fitting, own] }))).is).toBe('limited');
      expect(await held(plain, ...charged)).toEqual(before);
      const lossy = spyOn({ fail: (_, [key = '']) => (slotOf(key) === slotOf(country.key) ? 'before' : null) });
      await expect(lossy.issue(issueInput(challenge, { hits: fitting }))).rejects.toThrow('lost');
      expect(await held(plain, ...charged)).toEqual(before);
      await issued(plain, challenge);
      expect((await spyOn().redeem(redeemInput(challenge, { hits: whenWrong(...fitting) }))).is).toBe('accepted');
      expect(await held(plain, ...charged)).toEqual(before);
      expect((await spyOn().redeem(redeemInput(challenge, { hits: fitting }))).is).toBe('used');
      expect(await held(plain, ...charged)).toEqual(before);
    });

    it('answers what the counters of every slot hold, in the order of the hits', async () => {
      const { narrow, own, sms, spend } = hits;
      const charged = [spend, narrow, own, { ...sms, amount: 0 }, spend, { ...narrow, amount: 2 }];
      const store = spyOn();
      const request = { ...challenge, idempotencyHash: 'key' };
      expect(await store.issue(issueInput(request, { hits: charged }))).toMatchObject({
        is: 'issued',
        counts: [140_000, 3, 1, 0, 140_000, 3],
      });
      expect(await store.issue(issueInput(request, { hits: charged }))).not.toHaveProperty('counts');
      expect(await store.issue(issueInput({ ...request, idempotencyHash: 'other' }, { hits: [spend, own] }))).toMatchObject({
        is: 'resent',
        counts: [210_000, 2],
      });
      expect(await store.take({ hits: [own, sms, narrow], cooldown: null, now: NOW })).toEqual({ is: 'taken', counts: [3, 1, 4] });
      const guess = { hits: [...whenWrong(narrow, own, spend), sms], clears: [narrow.key, sms.key, own.key] };
      expect(await store.redeem(redeemInput(challenge, guess))).toMatchObject({ is: 'accepted', counts: [4, 3, 210_000, 2] });
      expect(await held(plain, narrow, own, spend, sms)).toEqual([0, 0, 210_000, 0]);
    });

    it('makes no key anywhere for hits that count nothing', async () => {
      const { own } = hits;
      const read = Object.values(hits).map((hit) => ({ ...hit, amount: 0 }));
      const store = redisStorage(open.client, { prefix: `nothing ${driver}:` }).challenges;
      const request = { ...challenge, idempotencyHash: 'key' };
      expect((await store.take({ hits: read, cooldown: null, now: NOW })).is).toBe('taken');
      expect((await store.issue(issueInput(request, { hits: read }))).is).toBe('issued');
      expect((await store.issue(issueInput(request, { hits: read }))).is).toBe('repeated');
      expect((await store.redeem(wrongInput(challenge, { hits: whenWrong(...read) }))).is).toBe('wrong');
      expect((await store.redeem(redeemInput(challenge, { hits: whenWrong(...read) }))).is).toBe('accepted');
      const found = await Promise.all(
        cluster.nodes.map(({ port }) => cli('-p', String(port), '--scan', '--pattern', `nothing ${driver}:*`)),
      );
      const names = found.flatMap((text) => text.split('\n')).filter((name) => name !== '');
      expect(names.map((name) => name.replace(/\}.*/, '}')).toSorted()).toEqual([
        `nothing ${driver}:challenges:{${slotOf(own.key)}}`,
        `nothing ${driver}:proof:{${slotOf(own.key)}}`,
      ]);
    });

    it('charges the amount of calls with one idempotency key once', async () => {
      const { narrow, own, spend } = hits;
      const request = { ...challenge, idempotencyHash: 'key' };
      const charged = [{ ...narrow, amount: 4 }, own, spend];
      const store = spyOn();
      const answers = await Promise.all(Array.from({ length: 64 }, () => store.issue(issueInput(request, { hits: charged }))));
      expect(answers.filter(({ is }) => is === 'issued').length).toBe(1);
      expect(answers.filter(({ is }) => is === 'repeated').length).toBe(63);
      expect(await held(plain, ...charged)).toEqual([4, 1, 70_000]);
    });

    it('charges no less because another call with the same idempotency key costs less', async () => {
      const { own, spend } = hits;
      const request = { ...challenge, idempotencyHash: 'key' };
      let release = (): void => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const slow = spyOn({ hold: ({ keys: [key = ''] }) => (slotOf(key) === slotOf(own.key) ? released : Promise.resolve()) });
      const first = slow.issue(issueInput(request, { hits: [{ ...spend, amount: 10_000 }] }));
      while (!stagesOf(trips).flat().includes(slotOf(own.key))) await new Promise((resolve) => setImmediate(resolve));
      expect((await plain.issue(issueInput(request, { hits: [spend] }))).is).toBe('issued');
      release();
      expect((await first).is).toBe('repeated');
      expect(await held(plain, spend)).toEqual([70_000]);
    });
  });
});
