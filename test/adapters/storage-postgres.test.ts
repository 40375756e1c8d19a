import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import type { Client, Pool } from 'pg';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { memoryStorage, type StoredUser } from '../../adapters/storage/memory.ts';
import { type MappedUser, migrate, type PostgresDatabase, type PostgresJs, postgresStorage } from '../../adapters/storage/postgres.ts';
import type { PhoneAuthConfig } from '../../src/config.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { PhoneAuth, UserOf } from '../../src/create-phone-auth.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { NOW, randomText } from '../conformance/case.ts';
import {
  earned,
  issued,
  issueInput,
  redeemInput,
  someChallenge,
  someCooldown,
  someHit,
  someProof,
  spendInput,
  wrongInput,
} from '../conformance/challenge-fixture.ts';
import { counted, emptied, postgresCases } from './postgres-databases.ts';
import { CALLS } from './random-calls.ts';

const DAY = 86_400_000;

let db: PGlite;
beforeAll(async () => {
  db = new PGlite();
  await migrate(db);
});
afterAll(() => db.close());

let schemas = 0;
async function freshSchema(): Promise<string> {
  const schema = `fresh ${schemas++}`;
  await migrate(db, { schema });
  return schema;
}

async function rows(text: string): Promise<readonly unknown[]> {
  return (await db.query(text)).rows;
}

function number(digits: string | number): PhoneNumber {
  return `+98912${digits}` as PhoneNumber;
}

describe('the Postgres store on PGlite', () => {
  for (const conformance of postgresCases(() => [db], 'ringlatch', { rounds: 1 }))
    it(`${conformance.id} ${conformance.name}`, () => conformance.run());

  it('answers as the memory store does, whatever is called with whatever', async () => {
    const schema = await freshSchema();
    const pauses = fc.constantFrom(0, 1, 999, 30_000, 60_000, 300_000, DAY);
    const story = fc.array(fc.tuple(fc.oneof(...CALLS), pauses), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(story, async (calls) => {
        await emptied(db, schema);
        const [postgres, memory] = [postgresStorage(db, { schema }), memoryStorage()];
        let now = NOW;
        for (const [call, pause] of calls) {
          now += pause;
          expect(await call(postgres, now)).toEqual(await call(memory, now));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('makes one trip for each verb, whatever it charges', async () => {
    const { database, trips } = counted(db);
    const { challenges, sessions, users } = postgresStorage(database);
    const hits = [someHit({ key: '{203.0.113.7}sends' }), someHit({ key: '{system}sms', max: 1000 }), someHit({ when: 'wrong' })];
    const challenge = someChallenge({ idempotencyHash: 'a' });
    const proof = someProof();
    const session = someSession('s1');
    const { users: stored } = postgresStorage(db);
    const created = await stored.create({ phoneNumber: number(1), profile: {}, passwordHash: null, now: NOW });
    const userId = created.is === 'created' ? created.user.id : '';
    const refresh = { sessionId: 's1', presentedHash: 'h0', nextHash: 'h1', graceSeconds: 30, idleExpiresAt: NOW + DAY } as const;
    const verbs: readonly (() => Promise<unknown>)[] = [
      () => challenges.issue(issueInput(challenge, { hits, cooldown: someCooldown() })),
      () => challenges.redeem(wrongInput(challenge, { hits })),
      () => challenges.redeem(redeemInput(challenge, { hits, clears: ['{a}b', '{c}d'], proof })),
      () => challenges.spend(spendInput(challenge, proof)),
      () => challenges.take({ hits, cooldown: someCooldown(), now: NOW }),
      () => challenges.clear(hits.map(({ key }) => key)),
      () => challenges.recordDelivery({ id: challenge.id, send: 1, state: 'delivered', now: NOW }),
      () => sessions.create({ session, maxPerUser: 1, now: NOW }),
      () => sessions.find({ sessionId: 's1', now: NOW }),
      () => sessions.rotate({ ...refresh, onReuse: 'revoke', now: NOW }),
      () => sessions.listOf({ ...session, now: NOW }),
      () => sessions.revokeAllOf({ ...session, exceptSessionId: 's1', now: NOW }),
      () => sessions.revoke({ sessionId: 's1', now: NOW }),
      () => users.create({ phoneNumber: number(2), profile: {}, passwordHash: null, now: NOW }),
      () => users.create({ phoneNumber: number(2), profile: {}, passwordHash: null, now: NOW }),
      () => users.findById({ userId }),
      () => users.findByPhoneNumber({ phoneNumber: number(1) }),
      () => users.setPhoneNumber({ userId, phoneNumber: number(3), now: NOW }),
      () => users.setPhoneNumberVerifiedAt({ userId, phoneNumber: number(3), now: NOW + DAY }),
      () => users.setPasswordHash({ userId, passwordHash: 'a', replaces: null }),
      () => users.passwordHashOf({ userId }),
      () => users.setDisabled({ userId, disabled: true }),
      () => users.delete({ userId }),
    ];
    for (const [index, verb] of verbs.entries()) {
      await verb();
      expect(trips.length, String(verb)).toBe(index + 1);
    }
  });

  it('holds texts that PostgreSQL has no room for, wherever they are its own', async () => {
    const { challenges, sessions } = postgresStorage(db);
    for (const text of ['a\0b', '\ud800', '\udc00\ud800', '\u0001', '\u00010000', '\\u0000', '\\', '"\u2028🙂']) {
      const challenge = await issued(challenges, { userId: text, reference: text, context: text, contextHash: text, profile: text });
      const accepted = await challenges.redeem(redeemInput(challenge));
      expect(accepted).toEqual({ is: 'accepted', challenge: { ...challenge, attemptsLeft: 4 }, counts: [] });
      const session = someSession(randomText(8), { userId: text, userAgent: text, ip: text });
      await sessions.create({ session, maxPerUser: 20, now: NOW });
      expect(await sessions.listOf({ ...session, now: NOW })).toMatchObject([session]);
      const hit = someHit({ key: text, max: 1 });
      expect((await challenges.take({ hits: [hit], cooldown: null, now: NOW })).is).toBe('taken');
      expect((await challenges.take({ hits: [hit], cooldown: null, now: NOW })).is).toBe('limited');
    }
    expect((await challenges.take({ hits: [someHit({ key: '\u00010000', max: 2 })], cooldown: null, now: NOW })).is).toBe('taken');
  });

  it('sweeps in batches, deliveries with their challenge, and passes by what somebody holds', async () => {
    const schema = await freshSchema();
    const { challenges } = postgresStorage(db, { schema });
    const count = async (table: string): Promise<unknown> =>
      ((await rows(`select count(*)::int as count from "${schema}".${table}`))[0] as { count: number }).count;
    await db.query(`insert into "${schema}".proofs (hash, phone_key, phone_number, purpose, expires_at)
      select i::text, 'k', '+1', 'verify', i / 7 from generate_series(1, 1300) i`);
    const challenge = await issued(challenges, { createdAt: NOW });
    for (const [send, state] of [
      [1, 'delivered'],
      [1, 'unknown'],
      [2, 'failed'],
    ] as const)
      await challenges.recordDelivery({ id: challenge.id, send, state, now: NOW });
    expect(await rows(`select send, state from "${schema}".deliveries`)).toEqual([{ send: 1, state: 'delivered' }]);
    expect(await challenges.sweep({ now: NOW, max: 1200 })).toBe(1200);
    expect(await challenges.sweep({ now: NOW, max: 1_000_000 })).toBe(100);
    expect([await count('challenges'), await count('deliveries')]).toEqual([1, 1]);
    expect(await challenges.sweep({ now: challenge.expiresAt + DAY, max: 5 })).toBe(1);
    expect([await count('challenges'), await count('deliveries'), await count('proofs')]).toEqual([0, 0, 0]);
    expect(await challenges.sweep({ now: NOW + 3 * DAY, max: 1000 })).toBe(1);
    expect(await count('slots')).toBe(0);
  });

  it('lets a number go that has been cleared, a count without a window included', async () => {
    const schema = await freshSchema();
    const { challenges } = postgresStorage(db, { schema });
    const inARow = someHit({ key: '{k}row', windowSeconds: null, when: 'wrong' });
    const challenge = await issued(challenges, { phoneKey: 'k' });
    await challenges.redeem(wrongInput(challenge, { hits: [inARow] }));
    expect(await challenges.sweep({ now: NOW + 300 * DAY, max: 100 })).toBe(1);
    await challenges.clear([inARow.key]);
    expect(await challenges.sweep({ now: NOW, max: 100 })).toBe(1);
    const next = await issued(challenges, { phoneKey: 'k' });
    await challenges.redeem(wrongInput(next, { hits: [inARow] }));
    await earned(challenges, next, { clears: [inARow.key] });
    expect(await challenges.sweep({ now: NOW + 300 * DAY, max: 100 })).toBe(3);
    expect(await rows(`select * from "${schema}".slots`)).toEqual([]);
  });

  it('leaves nothing behind where it only looks at a counter, and writes no other row than those of what it counts', async () => {
    const schema = await freshSchema();
    const { challenges } = postgresStorage(db, { schema });
    const looks = ['{number}row', '{prefix}sent', '{system}sms'].map((key) => someHit({ key, amount: 0, windowSeconds: null }));
    const slots = (): Promise<readonly unknown[]> => rows(`select slot, counters, xmin::text from "${schema}".slots order by slot`);
    const challenge = await issued(challenges, { phoneKey: 'number' }, { hits: looks });
    expect(await slots()).toMatchObject([{ slot: 'number', counters: {} }]);
    await challenges.take({ hits: looks.map((hit) => ({ ...hit, amount: 1 })), cooldown: null, now: NOW });
    const before = await slots();
    for (const verb of [
      () => challenges.take({ hits: looks, cooldown: null, now: NOW }),
      () => challenges.issue(issueInput(challenge, { hits: looks })),
      () => challenges.redeem(wrongInput(challenge, { hits: looks })),
      () => challenges.redeem(redeemInput(challenge, { hits: [...looks, someHit({ key: '{system}wrong', when: 'wrong' })], keep: true })),
    ]) {
      await verb();
      expect(await slots(), String(verb)).toEqual(before);
    }
    await challenges.take({ hits: [...looks, someHit({ key: '{prefix}sends' })], cooldown: null, now: NOW });
    expect((await slots()).filter((row, index) => JSON.stringify(row) === JSON.stringify(before[index]))).toHaveLength(2);
  });

  it('keeps the row of an address while it counts, and no longer than its windows and two hours', async () => {
    const schema = await freshSchema();
    const { challenges } = postgresStorage(db, { schema });
    const windows = [
      someHit({ key: '{203.0.113.7}sends/3600', max: 60, windowSeconds: 3600 }),
      someHit({ key: '{203.0.113.7}sends/86400', max: 400, windowSeconds: 86_400 }),
    ];
    for (const [index, hits] of [windows, windows.slice(0, 1)].entries()) {
      await challenges.take({ hits, cooldown: null, now: NOW + index * 1000 });
      expect(await challenges.sweep({ now: NOW + DAY - 1, max: 10 })).toBe(0);
    }
    expect(await challenges.sweep({ now: NOW + DAY + 2 * 3_600_000, max: 10 })).toBe(1);
  });

  it('finds by index whatever a verb or the sweep looks for', async () => {
    await db.query('set enable_seqscan = off');
    for (const [query, index] of [
      ["challenges where phone_key = 'a' and purpose = 'b' and used_at is null", 'challenges_of_number'],
      ['challenges where expires_at between 1 and 5 order by expires_at limit 5 for update skip locked', 'challenges_by_expiry'],
      ['proofs where expires_at between 1 and 5 order by expires_at limit 5 for update skip locked', 'proofs_by_expiry'],
      ['slots where sweep_at between 1 and 5 order by sweep_at limit 5 for update skip locked', 'slots_by_expiry'],
      ['sessions where sweep_at between 1 and 5 order by sweep_at limit 5 for update skip locked', 'sessions_by_expiry'],
      ["sessions where user_id = 'a' order by created_at desc, place desc", 'sessions_of_user'],
    ])
      expect(JSON.stringify(await rows(`explain select 1 from ringlatch.${query}`))).toContain(index);
    await db.query('reset enable_seqscan');
  });
});

describe('the types of the Postgres store', () => {
  it('fit the drivers as they are', () => {
    expectTypeOf<Pool>().toExtend<PostgresDatabase>();
    expectTypeOf<Client>().toExtend<PostgresDatabase>();
    expectTypeOf<PGlite>().toExtend<PostgresDatabase>();
    expectTypeOf<Sql>().toExtend<PostgresJs>();
    expect(db.query).toBeTypeOf('function');
  });

  it('let the type of the users be inferred', () => {
    interface Person {
      readonly name: string;
    }
    const auth = <User extends UserRecord, Profile>(config: Pick<PhoneAuthConfig<User, Profile>, 'storage'>): PhoneAuth<User, Profile> =>
      config as unknown as PhoneAuth<User, Profile>;
    const mapping = { table: 'people', id: 'id', phoneNumber: 'phone', profile: { name: 'full_name' } } as const;
    const { users } = memoryStorage<{ name: string }>();
    const inferred = () => ({
      own: auth({ storage: postgresStorage<{ name: string }>(db, { unique: ['name'] }) }),
      mapped: auth({ storage: postgresStorage<Person>(db, { users: mapping }) }),
      custom: auth({ storage: postgresStorage(db, { users }) }),
      plain: auth({ storage: postgresStorage(db) }),
    });
    type Auths = ReturnType<typeof inferred>;
    expectTypeOf<UserOf<Auths['own']>>().toEqualTypeOf<StoredUser<{ name: string }>>();
    expectTypeOf<UserOf<Auths['custom']>>().toEqualTypeOf<StoredUser<{ name: string }>>();
    expectTypeOf<UserOf<Auths['mapped']>>().toEqualTypeOf<MappedUser<Person>>();
    expectTypeOf<UserOf<Auths['plain']>>().toEqualTypeOf<StoredUser<Record<string, unknown>>>();
    expect(inferred).toBeTypeOf('function');
  });
});

function someSession(id: string, given: { readonly userId?: string; readonly userAgent?: string; readonly ip?: string } = {}) {
  const owner = { userId: 'u', userKey: 'k', currentHash: 'h0', amr: 'sms', userAgent: null, ip: null, ...given };
  return { id, ...owner, authTime: NOW, createdAt: NOW, idleExpiresAt: NOW + DAY, absoluteExpiresAt: NOW + DAY };
}
