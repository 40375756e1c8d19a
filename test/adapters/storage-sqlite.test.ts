import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { memoryStorage, type StoredUser } from '../../adapters/storage/memory.ts';
import { type MappedUser, type SqliteDatabase, sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { STORAGE_MIGRATIONS } from '../../adapters/storage/sqlite-migrations.ts';
import type { PhoneAuthConfig } from '../../src/config.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { PhoneAuth, UserOf } from '../../src/create-phone-auth.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import {
  earned,
  issued,
  issueInput,
  redeemInput,
  someChallenge,
  someCooldown,
  someHit,
  spendInput,
  wrongInput,
} from '../conformance/challenge-fixture.ts';
import { challengeStoreCases, joinedStoreCases, type Opened, sessionStoreCases, userStoreCases } from '../conformance/index.ts';
import { disableUser } from './disable-user.ts';
import { type ClosableDatabase, DRIVER_NAMES, DRIVERS } from './sqlite-drivers.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const PEOPLE_MAPPING = { table: 'people', id: 'id', phoneNumber: 'phone', profile: { name: 'full_name' } } as const;

interface Person {
  readonly name: string;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'app.db');
}

function number(digits: string | number): PhoneNumber {
  return `+98912${digits}` as PhoneNumber;
}

for (const driver of DRIVER_NAMES) {
  const open = (path = ':memory:'): ClosableDatabase => {
    const database = DRIVERS[driver](path);
    let isOpen = true;
    const close = database.close.bind(database);
    database.close = () => {
      if (isOpen) close();
      isOpen = false;
    };
    closing.push(() => database.close());
    return database;
  };
  const fresh = <Store>(pick: (storage: ReturnType<typeof sqliteStorage>) => Store): Opened<Store> => {
    const database = DRIVERS[driver](':memory:');
    return { store: pick(sqliteStorage(database)), close: () => database.close() };
  };
  const overTwoConnections = <Store>(pick: (storage: ReturnType<typeof sqliteStorage>) => Store): Opened<Store> => {
    const path = freshFile();
    const [one, two] = [DRIVERS[driver](path), DRIVERS['better-sqlite3'](path)];
    const close = (): void => {
      one.close();
      two.close();
    };
    return { store: pick(sqliteStorage(one)), peers: [pick(sqliteStorage(two))], close };
  };
  describe(`the SQLite store over ${driver}`, () => {
    for (const conformance of [
      ...challengeStoreCases(() => fresh((storage) => storage.challenges)),
      ...sessionStoreCases(() => fresh((storage) => storage.sessions)),
      ...userStoreCases(() => fresh((storage) => storage.users)),
      ...joinedStoreCases(() => fresh((storage) => storage.joined), { disable: disableUser, rounds: 30 }),
    ]) {
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
    }
  });

  describe(`the SQLite store over two connections to one file, ${driver} and better-sqlite3`, () => {
    for (const conformance of [
      ...challengeStoreCases(() => overTwoConnections((storage) => storage.challenges), { rounds: 1 }),
      ...sessionStoreCases(() => overTwoConnections((storage) => storage.sessions), { rounds: 1 }),
      ...userStoreCases(() => overTwoConnections((storage) => storage.users), { rounds: 1 }),
      ...joinedStoreCases(() => overTwoConnections((storage) => storage.joined), { rounds: 1, disable: disableUser }),
    ]) {
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
    }
  });

  describe(`a SQLite file over ${driver}`, () => {
    it('keeps everything over a restart', async () => {
      const path = freshFile();
      const before = open(path);
      const first = sqliteStorage(before);
      const limited = [someHit({ max: 1, windowSeconds: null }), someHit({ max: 50 })];
      const cooldown = someCooldown();
      const challenge = await issued(first.challenges, { createdAt: NOW }, { hits: limited, cooldown });
      const proven = await issued(first.challenges, { createdAt: NOW });
      const proof = await earned(first.challenges, proven);
      await first.challenges.redeem(wrongInput(challenge));
      const created = await first.users.create({ phoneNumber: number(1), profile: { name: 'Ada' }, passwordHash: 'h', now: NOW });
      before.close();
      const { challenges, users } = sqliteStorage(open(path));
      expect((await challenges.take({ hits: limited, cooldown: null, now: NOW + 1 })).is).toBe('limited');
      expect(await challenges.take({ hits: [], cooldown, now: NOW })).toEqual({
        is: 'limited',
        limit: 'resendAfterSeconds',
        retryAt: NOW + 30_000,
      });
      const accepted = { is: 'accepted', challenge: { ...challenge, attemptsLeft: 3 }, counts: [] };
      expect(await challenges.redeem(redeemInput(challenge))).toEqual(accepted);
      expect((await challenges.spend(spendInput(proven, proof, { now: NOW }))).is).toBe('spent');
      expect(await users.findByPhoneNumber({ phoneNumber: number(1) })).toEqual(created.is === 'created' ? created.user : null);
    });

    it('is written ahead and flushed at every commit', () => {
      const database = open(freshFile());
      sqliteStorage(database);
      const setting = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0];
      expect([setting('journal_mode'), setting('synchronous'), setting('busy_timeout')]).toEqual(['wal', 2, 5000]);
    });

    it('finds expired rows by index', () => {
      const database = open();
      sqliteStorage(database);
      for (const [table, condition] of [
        ['challenges', 'expires_at <= 5'],
        ['proofs', 'expires_at <= 5'],
        ['counters', 'expires_at <= 5'],
        ['sessions', 'min(idle_expires_at, absolute_expires_at) <= 5'],
      ]) {
        const plan = database.prepare(`EXPLAIN QUERY PLAN SELECT 1 FROM ringlatch_${table} WHERE ${condition} LIMIT 5`).all();
        expect(JSON.stringify(plan)).toContain(`ringlatch_${table}_by_expiry`);
      }
    });

    it('takes over what version 1 has counted', async () => {
      const database = open();
      database.exec(`CREATE TABLE ringlatch_migrations (part TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (part, version)) STRICT;
        INSERT INTO ringlatch_migrations VALUES ('storage', 1); ${STORAGE_MIGRATIONS[0]?.('ringlatch_')}`);
      const insert = database.prepare('INSERT INTO ringlatch_counters (key, buckets, expires_at) VALUES (?, ?, ?)');
      insert.run(
        '{a}sends',
        JSON.stringify([
          [NOW - 1, 2, NOW + 9000],
          [NOW, 1, NOW + 9001],
        ]),
        NOW + 9001,
      );
      insert.run('{a}guesses', JSON.stringify([[0, 4, Number.MAX_SAFE_INTEGER]]), Number.MAX_SAFE_INTEGER);
      insert.run('bare', JSON.stringify([[NOW, 5, NOW + 1]]), NOW + 1);
      const { challenges } = sqliteStorage(database);
      const hits = ['{a}sends', '{a}guesses', 'bare', '{a}none'].map((key) => someHit({ key, max: 9, amount: 0 }));
      expect(await challenges.take({ hits, cooldown: null, now: NOW })).toEqual({ is: 'taken', counts: [3, 4, 5, 0] });
      expect(await challenges.take({ hits, cooldown: null, now: NOW + 9000 })).toEqual({ is: 'taken', counts: [1, 4, 0, 0] });
      expect(await challenges.sweep({ now: NOW + 9001, max: 9 })).toBe(1);
    });

    it('keeps the counters of a slot in one row, and deletes it an hour late', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database);
      const hits = ['{a}minute', '{a}forever', '{b}minute'].map((key) =>
        someHit({ key, max: 9, windowSeconds: key.endsWith('minute') ? 60 : null }),
      );
      const take = (now: number) => challenges.take({ hits, cooldown: null, now });
      expect([await take(NOW), await take(NOW + 1)]).toMatchObject([{ counts: [1, 1, 1] }, { counts: [2, 2, 2] }]);
      const slots = (): unknown => database.prepare('SELECT slot FROM ringlatch_counters ORDER BY slot').all();
      expect(slots()).toMatchObject([{ slot: '{a}' }, { slot: '{b}' }]);
      expect(await challenges.sweep({ now: NOW + 60_002, max: 9 })).toBe(0);
      expect(await challenges.sweep({ now: NOW + 60_002 + 3_600_000, max: 9 })).toBe(1);
      await challenges.clear(['{a}forever']);
      expect(await challenges.sweep({ now: NOW + 60_002 + 3_600_000, max: 9 })).toBe(1);
      expect(slots()).toEqual([]);
    });

    it('is left alone by a newer or unknown schema', () => {
      const database = open();
      sqliteStorage(database);
      database.exec("INSERT INTO ringlatch_migrations (part, version) VALUES ('storage', 99)");
      expect(() => sqliteStorage(database)).toThrow(Error);
      expect(() => sqliteStorage(database, { tablePrefix: 'other_' })).not.toThrow();
    });

    it('leaves no transaction open when a verb fails, and rolls all of it back', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database);
      const hit = someHit({ max: 1 });
      database.exec("CREATE TRIGGER broken BEFORE INSERT ON ringlatch_challenges BEGIN SELECT RAISE(ABORT, 'disk on fire'); END");
      await expect(challenges.issue(issueInput(someChallenge(), { hits: [hit] }))).rejects.toThrow(Error);
      database.exec('DROP TRIGGER broken');
      expect((await challenges.issue(issueInput(someChallenge(), { hits: [hit] }))).is).toBe('issued');
    });

    it('refuses to work inside a transaction of somebody else, and leaves that one be', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database);
      database.exec('CREATE TABLE mine (a); BEGIN; INSERT INTO mine VALUES (1)');
      await expect(challenges.issue(issueInput(someChallenge()))).rejects.toThrow(Error);
      database.exec('COMMIT');
      expect(database.prepare('SELECT count(*) AS count FROM mine').get()).toMatchObject({ count: 1 });
    });

    it('sweeps in batches, deliveries with their challenge', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database);
      const count = (table: string): unknown =>
        (database.prepare(`SELECT count(*) AS count FROM ringlatch_${table}`).get() as { count: number }).count;
      database.exec('BEGIN');
      database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
        INSERT INTO ringlatch_proofs (hash, phone_key, phone_number, purpose, expires_at) SELECT i, 'k', '+1', 'verify', i FROM n`);
      database.exec('COMMIT');
      const challenge = await issued(challenges, { createdAt: NOW });
      await challenges.recordDelivery({ id: challenge.id, send: 1, state: 'delivered', now: NOW });
      await challenges.recordDelivery({ id: challenge.id, send: 1, state: 'unknown', now: NOW });
      await challenges.recordDelivery({ id: challenge.id, send: 2, state: 'failed', now: NOW });
      expect(database.prepare('SELECT send, state FROM ringlatch_deliveries').all()).toMatchObject([{ send: 1, state: 'delivered' }]);
      expect(await challenges.sweep({ now: NOW, max: 1200 })).toBe(1200);
      expect(await challenges.sweep({ now: NOW, max: 1_000_000 })).toBe(100);
      expect([count('challenges'), count('deliveries')]).toEqual([1, 1]);
      expect(await challenges.sweep({ now: challenge.expiresAt + DAY, max: 5 })).toBe(1);
      expect([count('challenges'), count('deliveries'), count('proofs')]).toEqual([0, 0, 0]);
    });

    it('writes no row for a counter that is only read', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database);
      const hits = [someHit({ amount: 0 }), someHit({ windowSeconds: null, amount: 0 })];
      const challenge = await issued(challenges, {}, { hits });
      await challenges.redeem(wrongInput(challenge, { hits }));
      await challenges.redeem(redeemInput(challenge, { hits }));
      expect(await challenges.take({ hits, cooldown: null, now: NOW })).toEqual({ is: 'taken', counts: [0, 0] });
      expect(database.prepare('SELECT slot FROM ringlatch_counters').all()).toEqual([]);
    });

    it('keeps unique profile fields unique, also those of earlier users', async () => {
      const database = open();
      const create = (profile: Record<string, unknown>, digits: number, unique: readonly string[]) =>
        sqliteStorage(database, { unique }).users.create({ phoneNumber: number(digits), profile, passwordHash: null, now: NOW });
      expect((await create({ username: 'ada' }, 1, [])).is).toBe('created');
      expect(await create({ username: 'ada' }, 2, ['username'])).toMatchObject({ is: 'refused', issues: [{ path: 'profile.username' }] });
      expect((await create({}, 2, ['username'])).is).toBe('created');
      expect((await create({ username: null }, 3, ['username'])).is).toBe('created');
      expect((await create({ email: 'a' }, 4, [])).is).toBe('created');
      expect((await create({ email: 'a' }, 5, [])).is).toBe('created');
      expect(() => sqliteStorage(database, { unique: ['email'] })).toThrow(Error);
    });

    it('disables and deletes its own users', async () => {
      const { users } = sqliteStorage(open());
      const created = await users.create({ phoneNumber: number(1), profile: {}, passwordHash: null, now: NOW });
      const userId = created.is === 'created' ? created.user.id : '';
      expect([await users.setDisabled({ userId, disabled: true }), await users.setDisabled({ userId: '', disabled: true })]).toEqual([
        true,
        false,
      ]);
      expect(await users.findById({ userId })).toMatchObject({ disabled: true });
      expect([await users.delete({ userId }), await users.delete({ userId })]).toEqual([true, false]);
      expect((await users.create({ phoneNumber: number(1), profile: {}, passwordHash: null, now: NOW })).is).toBe('created');
    });

    it('refuses options that it does not know or cannot use', () => {
      const database = open();
      sqliteStorage(database);
      const wrong: readonly unknown[] = [
        { prefix: 'a' },
        { tablePrefix: 'a b' },
        { tablePrefix: '' },
        { unique: 'username' },
        { unique: ["a'b"] },
      ];
      for (const options of wrong) expect(() => sqliteStorage(database, options as never)).toThrow(TypeError);
      expect(() => sqliteStorage(database, { users: memoryStorage().users, unique: ['a'] } as never)).toThrow(TypeError);
    });
  });
}

describe('the types of the SQLite store', () => {
  it('fit node:sqlite as it is, and big integers do no harm', async () => {
    expectTypeOf<DatabaseSync>().toExtend<SqliteDatabase>();
    const { challenges } = sqliteStorage(new DatabaseSync(':memory:', { readBigInts: true } as object));
    const challenge = await issued(challenges);
    const accepted = { is: 'accepted', challenge: { ...challenge, attemptsLeft: 4 }, counts: [] };
    expect(await challenges.redeem(redeemInput(challenge))).toEqual(accepted);
  });

  it('tell the auth object its user and profile', () => {
    const users = memoryStorage<{ name: string }>().users;
    const auth = undefined as unknown as <User extends UserRecord, Profile>(
      config: Pick<PhoneAuthConfig<User, Profile>, 'storage' | 'profile'>,
    ) => PhoneAuth<User, Profile>;
    const database = undefined as unknown as SqliteDatabase;
    const inferred = () => ({
      memory: auth({ storage: memoryStorage<{ name: string }>() }),
      own: auth({ storage: sqliteStorage<{ name: string }>(database, { unique: ['name'] }) }),
      mapped: auth({ storage: sqliteStorage<Person>(database, { users: PEOPLE_MAPPING }) }),
      custom: auth({ storage: sqliteStorage(database, { users }) }),
      plain: auth({ storage: sqliteStorage(database) }),
    });
    type Auths = ReturnType<typeof inferred>;
    expectTypeOf<UserOf<Auths['memory']>>().toEqualTypeOf<StoredUser<{ name: string }>>();
    expectTypeOf<UserOf<Auths['own']>>().toEqualTypeOf<StoredUser<{ name: string }>>();
    expectTypeOf<UserOf<Auths['custom']>>().toEqualTypeOf<StoredUser<{ name: string }>>();
    expectTypeOf<UserOf<Auths['mapped']>>().toEqualTypeOf<MappedUser<Person>>();
    expectTypeOf<UserOf<Auths['plain']>>().toEqualTypeOf<StoredUser<Record<string, unknown>>>();
    expect(inferred).toBeTypeOf('function');
  });
});
