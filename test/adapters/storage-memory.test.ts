import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { issued, issueInput, redeemInput, someChallenge, someHit, someProof, spendInput } from '../conformance/challenge-fixture.ts';
import { challengeStoreCases, joinedStoreCases, sessionStoreCases, userStoreCases } from '../conformance/index.ts';
import { disableUser } from './disable-user.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

describe('the memory store', () => {
  for (const conformance of [
    ...challengeStoreCases(() => ({ store: memoryStorage().challenges })),
    ...sessionStoreCases(() => ({ store: memoryStorage().sessions })),
    ...userStoreCases(() => ({ store: memoryStorage().users })),
    ...joinedStoreCases(() => ({ store: memoryStorage().joined }), { disable: disableUser }),
    ...joinedStoreCases(() => ({ store: memoryStorage<{ username: string }>({ unique: ['username'] }).joined }), {
      profile: () => ({ username: crypto.randomUUID() }),
      rounds: 10,
    }),
  ]) {
    it(`${conformance.id} ${conformance.name}`, () => conformance.run());
  }

  it('refuses what is new when it is full, and forgets no live counter', async () => {
    const { challenges } = memoryStorage({ maxEntries: 50 });
    const victim = someHit({ max: 1, windowSeconds: 3600 });
    expect((await challenges.take({ hits: [victim], cooldown: null, now: NOW })).is).toBe('taken');
    const flood = Array.from({ length: 100 }, (_, at) => challenges.take({ hits: [someHit()], cooldown: null, now: NOW + at }));
    const outcomes = await Promise.allSettled(flood);
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(50);
    await expect(challenges.issue(issueInput(someChallenge({ createdAt: NOW })))).rejects.toThrow(Error);
    await challenges.clear([]);
    const after = NOW + 601_000;
    expect((await challenges.take({ hits: [someHit()], cooldown: null, now: after })).is).toBe('taken');
    expect((await challenges.take({ hits: [victim], cooldown: null, now: after })).is).toBe('limited');
  });

  it('writes nothing when it refuses for want of room', async () => {
    const { challenges } = memoryStorage({ maxEntries: 8 });
    const first = await issued(challenges, { createdAt: NOW });
    const hits = Array.from({ length: 7 }, () => someHit({ max: 1 }));
    await expect(challenges.issue(issueInput(first, { hits }))).rejects.toThrow(Error);
    for (const hit of hits.slice(0, 5)) expect((await challenges.take({ hits: [hit], cooldown: null, now: NOW })).is).toBe('taken');
    const answer = await challenges.redeem(redeemInput(first));
    expect(answer).toMatchObject({ is: 'accepted', challenge: { sends: 1 } });
  });

  it('lets counters be read when it is full', async () => {
    const { challenges } = memoryStorage({ maxEntries: 2 });
    const held = [someHit(), someHit()];
    expect((await challenges.take({ hits: held, cooldown: null, now: NOW })).is).toBe('taken');
    await expect(challenges.take({ hits: [someHit()], cooldown: null, now: NOW })).rejects.toThrow(Error);
    const hits = [...held, someHit()].map((hit) => ({ ...hit, amount: 0 }));
    expect(await challenges.take({ hits, cooldown: null, now: NOW })).toEqual({ is: 'taken', counts: [1, 1, 0] });
  });

  it('makes room by itself once entries are dead', async () => {
    const { challenges, sessions } = memoryStorage({ maxEntries: 100 });
    for (let day = 0; day < 40; day++) {
      for (let count = 0; count < 30; count++) await issued(challenges, { createdAt: NOW + day * 3 * DAY });
    }
    expect(await sessions.sweep({ now: NOW, max: 10 })).toBe(0);
  });

  it('has one bound for everything that it holds', async () => {
    const { challenges, sessions, users } = memoryStorage({ maxEntries: 4 });
    const create = (phoneNumber: string) =>
      users.create({ phoneNumber: phoneNumber as PhoneNumber, profile: {}, passwordHash: null, now: NOW });
    await issued(challenges, { createdAt: NOW });
    for (const number of ['+1', '+2', '+3']) expect((await create(number)).is).toBe('created');
    await expect(create('+4')).rejects.toThrow(Error);
    const session = { id: 's', userId: 'u', userKey: 'k', currentHash: 'h', amr: 'sms', userAgent: null, ip: null };
    const times = { authTime: NOW, createdAt: NOW, idleExpiresAt: NOW + DAY, absoluteExpiresAt: NOW + DAY };
    await expect(sessions.create({ session: { ...session, ...times }, maxPerUser: 1, now: NOW })).rejects.toThrow(Error);
    expect((await create('+3')).is).toBe('phone_number_taken');
  });

  it('counts deliveries among what it holds, until their challenge goes', async () => {
    const { challenges } = memoryStorage({ maxEntries: 3 });
    const challenge = await issued(challenges, { createdAt: NOW });
    await challenges.issue(issueInput(challenge));
    const delivered = (send: number) => challenges.recordDelivery({ id: challenge.id, send, state: 'delivered', now: NOW });
    expect([(await delivered(1)).is, (await delivered(2)).is]).toEqual(['recorded', 'recorded']);
    await expect(challenges.issue(issueInput(someChallenge({ createdAt: NOW })))).rejects.toThrow(Error);
    expect(await challenges.sweep({ now: challenge.expiresAt + DAY, max: 10 })).toBe(1);
    for (let count = 0; count < 3; count++) await issued(challenges, { createdAt: NOW });
    await expect(challenges.issue(issueInput(someChallenge({ createdAt: NOW })))).rejects.toThrow(Error);
  });

  it('keeps unique profile fields unique, and frees them with the user', async () => {
    const { users } = memoryStorage<{ username?: string | null; age: number }>({ unique: ['username'] });
    const create = (number: string, profile: { username?: string | null; age: number }) =>
      users.create({ phoneNumber: number as PhoneNumber, profile, passwordHash: null, now: NOW });
    const first = await create('+1', { username: 'ada', age: 1 });
    expect(first).toMatchObject({ is: 'created', user: { disabled: false, createdAt: NOW, phoneNumberVerifiedAt: NOW } });
    expect(await create('+2', { username: 'ada', age: 1 })).toMatchObject({ is: 'refused', issues: [{ path: 'profile.username' }] });
    expect(await users.findByPhoneNumber({ phoneNumber: '+2' as PhoneNumber })).toBeNull();
    for (const [number, profile] of [
      ['+3', { age: 1 }],
      ['+4', { age: 1 }],
      ['+5', { username: null, age: 1 }],
    ] as const) {
      expect((await create(number, profile)).is).toBe('created');
    }
    const userId = first.is === 'created' ? first.user.id : '';
    expect([await users.delete({ userId }), await users.delete({ userId })]).toEqual([true, false]);
    expect((await create('+1', { username: 'ada', age: 2 })).is).toBe('created');
  });

  it('disables users, and hands out nothing that could change what is stored', async () => {
    const { users, challenges } = memoryStorage<{ tags: string[] }>();
    const profile = { tags: ['a'] };
    const created = await users.create({ phoneNumber: '+1' as PhoneNumber, profile, passwordHash: null, now: NOW });
    const userId = created.is === 'created' ? created.user.id : '';
    profile.tags.push('b');
    (await users.findById({ userId }))?.profile.tags.push('c');
    expect(await users.setDisabled({ userId, disabled: true })).toBe(true);
    expect(await users.setDisabled({ userId: 'nobody', disabled: true })).toBe(false);
    expect(await users.findById({ userId })).toMatchObject({ disabled: true, profile: { tags: ['a'] } });
    const challenge = await issued(challenges, { createdAt: NOW });
    Object.assign(challenge, { attemptsLeft: 99 });
    expect(await challenges.redeem(redeemInput({ ...challenge, digest: 'no' }))).toEqual({ is: 'wrong', attemptsLeft: 4 });
  });

  it('answers by time and not by sweeping once a challenge is long dead', async () => {
    const { challenges } = memoryStorage();
    const challenge = await issued(challenges, { createdAt: NOW, idempotencyHash: 'key' });
    const proof = someProof(NOW);
    await challenges.redeem(redeemInput(challenge, { proof }));
    expect((await challenges.redeem(redeemInput(challenge, { now: challenge.expiresAt + DAY - 1 }))).is).toBe('used');
    expect((await challenges.redeem(redeemInput(challenge, { now: challenge.expiresAt + DAY }))).is).toBe('unknown');
    expect(await challenges.sweep({ now: challenge.expiresAt + DAY, max: 10 })).toBe(2);
    expect((await challenges.spend(spendInput(challenge, proof, { now: NOW }))).is).toBe('refused');
  });

  it('refuses options that it does not know or cannot use', () => {
    for (const options of [
      { maxEntry: 5 },
      { maxEntries: 0 },
      { maxEntries: 1.5 },
      { maxEntries: '5' },
      { unique: 'username' },
      { unique: [1] },
    ]) {
      expect(() => memoryStorage(options as never)).toThrow(TypeError);
    }
  });
});
