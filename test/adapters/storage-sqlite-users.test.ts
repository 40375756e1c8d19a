import { afterEach, describe, expect, it } from 'vitest';
import { type ColumnMapping, sqliteStorage } from '../../adapters/storage/sqlite.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { joinedStoreCases, type Opened, userStoreCases } from '../conformance/index.ts';
import { type ClosableDatabase, DRIVER_NAMES, DRIVERS, type Driver } from './sqlite-drivers.ts';

const NOW = 1_800_000_000_000;
const PEOPLE = `CREATE TABLE "the ""people""" (
  "user id" INTEGER PRIMARY KEY, phone VARCHAR(20) UNIQUE, blocked_at TEXT, pw TEXT, "full name" TEXT NOT NULL, handle TEXT UNIQUE,
  role TEXT NOT NULL DEFAULT 'member', proved INTEGER, huge INTEGER DEFAULT 9223372036854775807)`;
const MAPPING = {
  table: 'the "people"',
  id: 'user id',
  phoneNumber: 'phone',
  disabled: 'blocked_at',
  passwordHash: 'pw',
  phoneNumberVerifiedAt: 'proved',
  profile: { name: 'full name', handle: 'handle', role: 'role' },
} as const;

interface Person {
  readonly name: string;
  readonly handle?: string | null | undefined;
  readonly role?: string | undefined;
}

const databases: ClosableDatabase[] = [];
afterEach(() => {
  for (const database of databases.splice(0)) database.close();
});

function opened(driver: Driver): ClosableDatabase {
  const database = DRIVERS[driver](':memory:');
  databases.push(database);
  return database;
}

function tableIn(driver: Driver): ClosableDatabase {
  const database = opened(driver);
  database.exec(PEOPLE);
  return database;
}

function number(digits: string | number): PhoneNumber {
  return `+98912${digits}` as PhoneNumber;
}

for (const driver of DRIVER_NAMES) {
  const mapped = (): Opened<UserStore<UserRecord, Person>> => ({ store: sqliteStorage<Person>(tableIn(driver), { users: MAPPING }).users });
  const person = (): Person => ({ name: 'Ada', handle: crypto.randomUUID() });
  const tablesOf = new WeakMap<object, ClosableDatabase>();
  const joined = (): Opened<JoinedStore<UserRecord, Person>> => {
    const database = tableIn(driver);
    const store = sqliteStorage<Person>(database, { users: MAPPING }).joined;
    tablesOf.set(store.users, database);
    return { store };
  };
  const block = async ({ store, userId }: { readonly store: JoinedStore<UserRecord, Person>; readonly userId: string }): Promise<void> => {
    const update = tablesOf.get(store.users)?.prepare(`UPDATE "the ""people""" SET blocked_at = '2026-01-01' WHERE "user id" = ?`);
    update?.run(userId);
  };

  describe(`a mapped users table over ${driver}`, () => {
    for (const conformance of userStoreCases(mapped, { profile: person }))
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());

    for (const conformance of joinedStoreCases(joined, { profile: person, disable: block, rounds: 10 }))
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());

    it('reads and writes the columns that are named, and leaves the others to the table', async () => {
      const database = tableIn(driver);
      const { users } = sqliteStorage<Person>(database, { users: MAPPING });
      const profile = { name: 'Ada', handle: 'ada' };
      const created = await users.create({ phoneNumber: number(1), profile, passwordHash: 'h', now: NOW });
      const given = { id: '1', phoneNumber: number(1), disabled: false, phoneNumberVerifiedAt: NOW };
      const user = { ...given, profile: { name: 'Ada', handle: 'ada', role: 'member' } };
      expect(created).toEqual({ is: 'created', user });
      for (const value of ["'2026-01-01'", '1', '1.5']) {
        database.exec(`UPDATE "the ""people""" SET blocked_at = ${value}`);
        expect(await users.findById({ userId: '1' })).toEqual({ ...user, disabled: true });
      }
      database.exec(`UPDATE "the ""people""" SET blocked_at = ''`);
      expect(await users.findByPhoneNumber({ phoneNumber: number(1) })).toEqual(user);
      expect(await users.findById({ userId: '01' })).toBeNull();
    });

    it('takes a number for never proved where nobody wrote down when', async () => {
      const database = tableIn(driver);
      const { users } = sqliteStorage<Person>(database, { users: MAPPING });
      await users.create({ phoneNumber: number(1), profile: person(), passwordHash: null, now: NOW });
      for (const value of ['NULL', "''", "'2026-01-01'"]) {
        database.exec(`UPDATE "the ""people""" SET proved = ${value}`);
        expect(await users.findById({ userId: '1' })).toMatchObject({ phoneNumberVerifiedAt: null });
      }
      database.exec('UPDATE "the ""people""" SET proved = NULL');
      await users.setPhoneNumberVerifiedAt?.({ userId: '1', phoneNumber: number(1), now: NOW + 1 });
      await users.setPhoneNumberVerifiedAt?.({ userId: '01', phoneNumber: number(1), now: NOW + 2 });
      expect(await users.findById({ userId: '1' })).toMatchObject({ phoneNumberVerifiedAt: NOW + 1 });
    });

    it('does not know when a number was proved without a column for it', async () => {
      const { phoneNumberVerifiedAt: _, ...mapping } = MAPPING;
      const { users } = sqliteStorage<Person>(tableIn(driver), { users: mapping });
      expect(users.setPhoneNumberVerifiedAt).toBeUndefined();
      const created = await users.create({ phoneNumber: number(1), profile: person(), passwordHash: null, now: NOW });
      expect(created.is === 'created' && 'phoneNumberVerifiedAt' in created.user).toBe(false);
    });

    it('says which profile field breaks a rule of the table', async () => {
      const { users } = sqliteStorage<Person>(tableIn(driver), { users: MAPPING });
      const create = (profile: unknown, digits: number) =>
        users.create({ phoneNumber: number(digits), profile: profile as Person, passwordHash: null, now: NOW });
      expect((await create({ name: 'Ada', handle: 'ada' }, 1)).is).toBe('created');
      for (const [profile, path] of [
        [{ name: 'Bob', handle: 'ada' }, 'profile.handle'],
        [{ handle: 'bob' }, 'profile.name'],
        [{ name: null }, 'profile.name'],
        [{ name: 'Bob', isAdmin: true }, 'profile.isAdmin'],
        [{ name: { first: 'Bob' } }, 'profile.name'],
      ] as const) {
        expect(await create(profile, 2)).toMatchObject({ is: 'refused', issues: [{ path }] });
        expect(await users.findByPhoneNumber({ phoneNumber: number(2) })).toBeNull();
      }
      expect((await create({ name: 'Bob' }, 2)).is).toBe('created');
    });

    it('has no passwords without a column for them, and makes text ids', async () => {
      const database = opened(driver);
      database.exec('CREATE TABLE people (id TEXT PRIMARY KEY, phone TEXT, created INT NOT NULL, verified INT)');
      database.exec('CREATE UNIQUE INDEX one_account ON people (phone) WHERE phone IS NOT NULL');
      const mapping = { table: 'people', id: 'id', phoneNumber: 'phone', createdAt: 'created', phoneNumberVerifiedAt: 'verified' };
      const { users } = sqliteStorage(database, { users: { ...mapping, newId: () => 'usr_1' } });
      expect([users.passwordHashOf, users.setPasswordHash]).toEqual([undefined, undefined]);
      await users.create({ phoneNumber: number(1), profile: {}, passwordHash: null, now: NOW });
      await users.setPhoneNumber?.({ userId: 'usr_1', phoneNumber: number(2), now: NOW + 1 });
      const row = { id: 'usr_1', phone: number(2), created: NOW, verified: NOW + 1 };
      expect(database.prepare('SELECT * FROM people').all()).toMatchObject([row]);
    });

    it('refuses at start what could only fail later', () => {
      const database = tableIn(driver);
      database.exec('CREATE TABLE loose (id TEXT PRIMARY KEY, phone TEXT, amount INTEGER UNIQUE)');
      const wrong: readonly unknown[] = [
        { ...MAPPING, table: 'nowhere' },
        { ...MAPPING, phoneNumber: 'telephone' },
        { ...MAPPING, profile: { name: 'name' } },
        { ...MAPPING, isDisabled: 'blocked_at' },
        { table: 'loose', id: 'id', phoneNumber: 'phone' },
        { table: 'loose', id: 'id', phoneNumber: 'amount' },
      ];
      for (const users of wrong) expect(() => sqliteStorage(database, { users: users as ColumnMapping })).toThrow(TypeError);
    });
  });
}
