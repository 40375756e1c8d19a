import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redisStorage } from '../../adapters/storage/redis.ts';
import { slotOf } from '../../adapters/storage/redis-keys.ts';
import type { Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { NOW } from '../conformance/case.ts';
import { issued, issueInput, redeemInput, someChallenge, someCooldown, wrongInput } from '../conformance/challenge-fixture.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';
import { fill, held, slotsOf, someHits, stagesOf, whenWrong } from './redis-hits.ts';
import { HAS_REDIS, type RedisCluster, startRedisCluster } from './redis-server.ts';
import { type Fate, spied, type Trip } from './redis-spy.ts';

describe.skipIf(!HAS_REDIS)('the order in which the Redis store charges the slots of a cluster', () => {
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
    let cooldown = someCooldown();

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
      cooldown = someCooldown({ key: `{${challenge.phoneKey}}ladder` });
    });

    it('takes three trips to issue: to the networks at once, to what all share at once, to the number', async () => {
      const { narrow, wide, own, prefix, country, sms } = hits;
      const store = spyOn();
      expect((await store.issue(issueInput(challenge, { hits: Object.values(hits), cooldown }))).is).toBe('issued');
      expect(stagesOf(trips)).toEqual([slotsOf(narrow, wide), slotsOf(prefix, country, sms), slotsOf(own)]);
    });

    it('takes two where no network pays, and one where only the number does', async () => {
      const { own, prefix, country, sms, spend } = hits;
      const shared = spyOn();
      await shared.issue(issueInput(challenge, { hits: [own, prefix, country, sms, spend], cooldown }));
      expect(stagesOf(trips)).toEqual([slotsOf(prefix, country, sms), slotsOf(own)]);
      const alone = spyOn();
      const clears = [cooldown.key, `{${challenge.phoneKey}}row`];
      expect((await alone.redeem(redeemInput(challenge, { hits: whenWrong(own, { ...own, key: `${own.key}2` }), clears }))).is).toBe(
        'accepted',
      );
      expect(stagesOf(trips)).toEqual([slotsOf(own)]);
    });

    it('takes two to redeem where networks pay, and one to give it back for a right code', async () => {
      const { narrow, wide, own } = hits;
      await issued(plain, challenge);
      const store = spyOn();
      const charged = { hits: whenWrong(narrow, wide, own) };
      await store.redeem(wrongInput(challenge, charged));
      expect(stagesOf(trips)).toEqual([slotsOf(narrow, wide), slotsOf(own)]);
      trips.length = 0;
      expect(await store.redeem(redeemInput(challenge, charged))).toMatchObject({ is: 'accepted', counts: [1, 1, 1] });
      expect(stagesOf(trips)).toEqual([slotsOf(narrow, wide), slotsOf(own), slotsOf(narrow, wide)]);
      expect(await held(plain, narrow, wide, own)).toEqual([1, 1, 1]);
    });

    it('takes hits that have no number of their own, or are all of one slot', async () => {
      const { narrow, wide, own, prefix, sms, spend } = hits;
      const store = spyOn();
      for (const [charged, pace, expected] of [
        [[narrow, wide], null, [slotsOf(narrow, wide)]],
        [[narrow], null, [slotsOf(narrow)]],
        [[prefix, sms], null, [slotsOf(prefix, sms)]],
        [[sms, spend], null, [slotsOf(sms)]],
        [[own], cooldown, [slotsOf(own)]],
        [[], { ...cooldown, key: `{${challenge.phoneKey}}other` }, [slotsOf(own)]],
        [[narrow, own, sms], null, [slotsOf(narrow), slotsOf(own, sms)]],
      ] as const) {
        trips.length = 0;
        expect((await store.take({ hits: charged, cooldown: pace, now: NOW })).is).toBe('taken');
        expect(stagesOf(trips)).toEqual(expected);
      }
      expect(await held(plain, narrow, wide, own, prefix, sms, spend)).toEqual([3, 1, 2, 1, 3, 70_000]);
      await fill(plain, wide);
      expect(await store.take({ hits: [narrow, wide], cooldown: null, now: NOW })).toMatchObject({ is: 'limited', limit: 'sendsPerIp' });
      expect((await store.take({ hits: [own, sms], cooldown, now: NOW })).is).toBe('limited');
      expect(await held(plain, narrow, wide, own, sms)).toEqual([3, 40, 2, 3]);
    });

    it('never charges what others need for a request that its own network refuses, not even for a moment', async () => {
      const { narrow, wide, own, prefix, country, sms, spend } = hits;
      const others = [own, prefix, country, sms, spend];
      const earlier = await issued(plain, { ...challenge, id: `${challenge.phoneKey}earlier` });
      await fill(plain, narrow);
      const all = Object.values(hits);
      for (const [ask, last] of [
        [(store) => store.issue(issueInput(challenge, { hits: all, cooldown })), own],
        [(store) => store.redeem(wrongInput(earlier, { hits: whenWrong(...all) })), own],
        [(store) => store.take({ hits: all, cooldown, now: NOW }), sms],
      ] as readonly (readonly [(store: ChallengeStore) => Promise<{ readonly is: string }>, Hit])[]) {
        const seen: (readonly number[])[] = [];
        const store = spyOn({
          async hold({ keys: [key = ''] }) {
            if (slotOf(key) === slotOf(narrow.key)) await new Promise((resolve) => setTimeout(resolve, 25));
            // What was held up has not been overtaken.
            if (slotOf(key) === slotOf(narrow.key)) expect(stagesOf(trips)).toEqual([slotsOf(narrow, wide)]);
            seen.push(await held(plain, ...others));
          },
        });
        expect(await ask(store)).toMatchObject({ is: 'limited', limit: 'sendsPerIp' });
        expect(stagesOf(trips).flat()).toContain(slotOf(last.key));
        expect(seen.length).toBeGreaterThan(8);
        expect(new Set(seen.flat())).toEqual(new Set([0]));
        expect(await held(plain, narrow, wide)).toEqual([5, 0]);
      }
    });

    it('answers the refusal that lasts longest, whichever slot it comes from', async () => {
      const { narrow, own, prefix, spend } = hits;
      const refusing = [narrow, own, prefix, { ...spend, max: 1, amount: 1 }];
      for (const hit of refusing) await fill(plain, hit);
      for (const [index, { key, limit }] of refusing.entries()) {
        const lasting = { ...refusing[index], key: `${key} lasting`, windowSeconds: 900 } as Hit;
        await fill(plain, lasting);
        const charged = refusing.map((hit, at) => (at === index ? lasting : hit));
        const limited = { is: 'limited', limit, retryAt: NOW + 900_000 };
        expect(await spyOn().issue(issueInput(challenge, { hits: charged }))).toEqual(limited);
        expect(await spyOn().take({ hits: charged, cooldown: null, now: NOW })).toEqual(limited);
      }
    });
  });
});
