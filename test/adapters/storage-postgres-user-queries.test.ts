import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate, postgresStorage } from '../../adapters/storage/postgres.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { NOW } from '../conformance/case.ts';

const MAPPING = { table: 'people', id: 'id', phoneNumber: 'phone', createdAt: 'made', profile: { name: 'name' } } as const;

let db: PGlite;
let asked: string[] = [];
const spied = {
  query: (text: string, values: string[]) => {
    asked.push(text);
    return db.query(text, values);
  },
};

beforeAll(async () => {
  db = new PGlite();
  await migrate(db, { unique: ['username'] });
});
afterAll(() => db.close());
beforeEach(async () => {
  asked = [];
  await db.exec(`drop table if exists people; delete from ringlatch.users;
    create table people (id bigint generated always as identity primary key, phone text unique, name varchar(40), made timestamptz)`);
});

function user(digits: number, profile: object = {}) {
  return { phoneNumber: `+98912${digits}` as PhoneNumber, profile: profile as { name: string }, passwordHash: null, now: NOW };
}

async function tripsOf(work: () => Promise<unknown>): Promise<number> {
  asked = [];
  await work();
  return asked.length;
}

describe("a user of the library's own table", () => {
  it('is made and found in one plain statement each', async () => {
    const { users } = postgresStorage(spied, { unique: ['username'] });
    expect(await tripsOf(() => users.create({ ...user(1), profile: { username: 'ada' } }))).toBe(1);
    expect(await tripsOf(async () => expect(await users.create(user(1))).toEqual({ is: 'phone_number_taken' }))).toBe(1);
    const found = await users.findByPhoneNumber(user(1));
    const userId = found?.id ?? '';
    for (const verb of [
      () => users.findByPhoneNumber(user(1)),
      () => users.findByPhoneNumber(user(2)),
      () => users.findById({ userId }),
      () => users.passwordHashOf({ userId }),
    ]) {
      expect(await tripsOf(verb)).toBe(1);
      expect(asked.join()).not.toMatch(/_v\d/);
    }
  });

  it('is made by the verb where a commit would not wait for the disk, so that it does', async () => {
    const { users } = postgresStorage(spied);
    await db.exec('set synchronous_commit = off');
    expect(await tripsOf(() => users.create(user(1)))).toBe(2);
    expect(asked[1]).toContain('create_user_v');
    await db.exec('reset synchronous_commit');
    expect(await users.findByPhoneNumber(user(1))).toMatchObject({ createdAt: NOW });
  });
});

describe('a user of a mapped table', () => {
  it('is made and found in one plain statement each, once the columns are known', async () => {
    const { users } = postgresStorage(spied, { users: MAPPING });
    expect(await tripsOf(() => users.create(user(1, { name: 'Ada' })))).toBe(2);
    expect(await tripsOf(() => users.create(user(2, { name: 'Bob' })))).toBe(1);
    expect(await tripsOf(async () => expect(await users.findById({ userId: '2' })).toMatchObject({ profile: { name: 'Bob' } }))).toBe(1);
    expect(await tripsOf(async () => expect(await users.findByPhoneNumber(user(1))).toMatchObject({ id: '1' }))).toBe(1);
    const { rows } = await db.query<{ made: Date }>('select made from people');
    expect(rows.map(({ made }) => made.getTime())).toEqual([NOW, NOW]);
  });

  it('is served on while the table changes under it', async () => {
    const { users } = postgresStorage(spied, { users: MAPPING });
    await users.create(user(1, { name: 'Ada' }));
    await db.exec(
      'alter table people alter id drop identity; alter table people alter id type text, alter made type bigint using extract(epoch from made) * 1000',
    );
    expect(await users.findById({ userId: '1' })).toMatchObject({ phoneNumber: user(1).phoneNumber });
    expect(await users.create(user(2, { name: 'Bob' }))).toMatchObject({ is: 'created', user: { profile: { name: 'Bob' } } });
    await db.exec('alter table people alter name type varchar(2) using substr(name, 1, 2)');
    expect(await users.create(user(3, { name: 'Cleo' }))).toMatchObject({ is: 'refused', issues: [{ path: 'profile.name' }] });
    expect(await users.create(user(3, { name: 'Cl' }))).toMatchObject({ is: 'created' });
    const { rows } = await db.query<{ made: number }>('select made::float8 as made from people');
    expect(rows.map(({ made }) => made)).toEqual([NOW, NOW, NOW]);
  });

  it('is served as soon as there is such a table', async () => {
    const { users } = postgresStorage(spied, { users: { ...MAPPING, table: 'late' } });
    await expect(users.findByPhoneNumber(user(1))).rejects.toThrow('late');
    await db.exec('create table late (like people including all)');
    expect(await users.create(user(1, { name: 'Ada' }))).toMatchObject({ is: 'created' });
    expect(await tripsOf(() => users.findByPhoneNumber(user(1)))).toBe(1);
  });

  it('may have more columns than a function of PostgreSQL takes arguments', async () => {
    const fields = Array.from({ length: 130 }, (_, index) => `f${index}`);
    await db.exec(`alter table people ${fields.map((field) => `add ${field} integer default ${field.slice(1)}`).join(', ')}`);
    const profile = Object.fromEntries(fields.map((field) => [field, field]));
    const { users } = postgresStorage<Record<string, unknown>>(spied, { users: { ...MAPPING, profile } });
    await users.create({ ...user(1), profile: { f7: 77 } });
    const found = await users.findByPhoneNumber(user(1));
    expect(found?.profile).toEqual({ ...Object.fromEntries(fields.map((field, index) => [field, index])), f7: 77 });
  });

  it('is not made twice by many at once', async () => {
    const { users } = postgresStorage(spied, { users: MAPPING });
    const answers = await Promise.all(Array.from({ length: 64 }, () => users.create(user(1, { name: 'Ada' }))));
    expect(answers.filter(({ is }) => is === 'created')).toHaveLength(1);
    expect(answers.filter(({ is }) => is === 'phone_number_taken')).toHaveLength(63);
  });
});
