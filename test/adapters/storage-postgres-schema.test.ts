import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { migrate, postgresSchema, postgresStorage } from '../../adapters/storage/postgres.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { NOW } from '../conformance/case.ts';
import { issued, issueInput, redeemInput, someChallenge, someHit } from '../conformance/challenge-fixture.ts';

const EVIL = `x"; drop schema public cascade; -- ' \\ $ringlatch0$ $1 %I 🙂`;
const FIELD = `a"'\\$ringlatch0$ %`;

let db: PGlite;
beforeAll(async () => {
  db = new PGlite();
  await migrate(db);
});
afterAll(() => db.close());

async function rows(text: string): Promise<readonly unknown[]> {
  return (await db.query(text)).rows;
}

function number(digits: string | number): PhoneNumber {
  return `+98912${digits}` as PhoneNumber;
}

describe('the schema of the Postgres store', () => {
  it('is made once, however often, also by the SQL that is given out', async () => {
    const schema = 'once';
    await migrate(db, { schema });
    const { challenges } = postgresStorage(db, { schema });
    const challenge = await issued(challenges);
    await migrate(db, { schema, unique: ['email'] });
    await db.exec(postgresSchema({ schema, unique: ['email'] }));
    expect((await challenges.redeem(redeemInput(challenge))).is).toBe('accepted');
    expect(await rows(`select * from once.migrations`)).toEqual([1, 2, 3].map((version) => ({ version, serves_since: 3 })));
    await db.exec(`begin; set local search_path = "a b", public; ${postgresSchema({ schema: 'inside' })}`);
    expect(await rows('show search_path')).toEqual([{ search_path: '"a b", public' }]);
    await db.exec('commit');
  });

  it('may have any name', async () => {
    await migrate(db, { schema: EVIL, unique: [FIELD] });
    const { challenges, sessions, users } = postgresStorage(db, { schema: EVIL, unique: [FIELD] });
    const challenge = await issued(challenges, { userId: EVIL, reference: EVIL }, { hits: [someHit({ key: EVIL })] });
    expect((await challenges.redeem(redeemInput(challenge))).is).toBe('accepted');
    const owner = { userId: EVIL, userKey: EVIL, currentHash: 'h0', amr: 'sms', userAgent: EVIL, ip: EVIL, authTime: NOW, createdAt: NOW };
    const session = { ...owner, id: EVIL, idleExpiresAt: NOW + 1000, absoluteExpiresAt: NOW + 1000 };
    await sessions.create({ session, maxPerUser: 2, now: NOW });
    expect((await sessions.find({ sessionId: EVIL, now: NOW }))?.id).toBe(EVIL);
    const create = (digits: number) =>
      users.create({ phoneNumber: number(digits), profile: { [FIELD]: EVIL, [EVIL]: 1 }, passwordHash: EVIL, now: NOW });
    expect((await create(1)).is).toBe('created');
    expect(await create(2)).toMatchObject({ is: 'refused', issues: [{ path: `profile.${FIELD}` }] });
    expect(await users.findById({ userId: EVIL })).toBeNull();
    expect(await rows("select nspname from pg_namespace where nspname = 'public'")).toHaveLength(1);
  });

  it('of the next release lets this one go on, until it no longer serves it', async () => {
    const schema = 'next';
    await migrate(db, { schema });
    const { challenges } = postgresStorage(db, { schema });
    await db.exec(`alter table next.challenges add column novelty text;
      alter table next.slots add column novelty text;
      alter table next.proofs add column novelty text;
      create function next.issue_v9(doc jsonb) returns jsonb language sql as $$ select '{"is": "novel"}'::jsonb $$;
      insert into next.migrations (version, serves_since) values (4, 3)`);
    await migrate(db, { schema });
    const challenge = await issued(challenges);
    expect(await challenges.redeem(redeemInput(challenge))).toMatchObject({ is: 'accepted' });
    await db.exec('insert into next.migrations (version, serves_since) values (5, 4); drop procedure next.commit_v3');
    await expect(migrate(db, { schema })).rejects.toMatchObject({ code: '55000', message: expect.stringContaining('Update ringlatch') });
    await expect(challenges.redeem(redeemInput(challenge))).rejects.toMatchObject({
      code: '42883',
      message: expect.stringContaining('migrate'),
    });
  });

  it('takes over from the version before, with what was counted', async () => {
    const schema = 'before';
    const ofTheVersionBefore = postgresSchema({ schema }).replaceAll(/if present < [23] then/g, 'if false then');
    await db.exec(`${ofTheVersionBefore}; update before.migrations set serves_since = 1`);
    const gone = [
      ...['issue_v1(jsonb)', 'redeem_v1(jsonb)', 'take_v1(jsonb)', 'clear_v1(jsonb)', 'lock_slots_v1(jsonb, bigint)'],
      ...['pause_after_v1(jsonb, integer)', 'room_at_v1(jsonb, bigint, bigint)', 'reckon_v1(jsonb, jsonb, jsonb, bigint)'],
      ...['with_one_more_v1(jsonb, bigint, bigint, bigint)', 'charge_v1(jsonb, jsonb, jsonb, jsonb, bigint)'],
    ];
    for (const signature of gone)
      await db.exec(`create function before.${signature} returns jsonb language sql as $$ select '{"is": "taken"}'::jsonb $$`);
    const slices = `[[${NOW - 1000}, 3, ${NOW + 599_000}], [${NOW}, 4, ${NOW + 600_000}]]`;
    await db.exec(`insert into before.slots values ('ip', '{"{ip}sends": ${slices}}', ${NOW})`);
    const { challenges, sessions } = postgresStorage(db, { schema });
    const input = { hits: [someHit({ key: '{ip}sends', max: 40, amount: 33 })], cooldown: null, now: NOW };
    await expect(challenges.take(input)).rejects.toMatchObject({ code: '42883', message: expect.stringContaining('migrate') });
    await migrate(db, { schema });
    expect(await rows('select * from before.migrations')).toEqual(
      [1, 2, 3].map((version) => ({ version, serves_since: version === 1 ? 1 : 3 })),
    );
    const limited = { is: 'limited', limit: 'sendsPerNumber' };
    expect([await challenges.take(input), await challenges.take(input)]).toEqual([
      { is: 'taken', counts: [40] },
      { ...limited, retryAt: expect.any(Number) },
    ]);
    const challenge = await issued(challenges);
    expect((await challenges.redeem(redeemInput(challenge))).is).toBe('accepted');
    expect(await sessions.revokeAllOf({ userId: 'u', userKey: 'k', exceptSessionId: null, now: NOW })).toBe(0);
    const left =
      "select proname from pg_proc where pronamespace = 'before'::regnamespace and proname ~ '^(issue|redeem|take|charge|reckon)_v1'";
    expect(await rows(left)).toEqual([]);
  });

  it('is missed aloud', async () => {
    const { challenges, users } = postgresStorage(db, { schema: 'nowhere' });
    const missing = { code: '3F000', message: expect.stringContaining("migrate(db, { schema: 'nowhere' })") };
    await expect(challenges.issue(issueInput(someChallenge()))).rejects.toMatchObject(missing);
    await expect(users.findById({ userId: 'a' })).rejects.toMatchObject(missing);
    await migrate(db, { schema: 'half' });
    const half = postgresStorage(db, { schema: 'half' });
    const { id } = await issued(half.challenges);
    const advised = { message: expect.stringContaining('migrate') };
    await db.exec('drop table half.deliveries');
    await expect(half.challenges.recordDelivery({ id, send: 1, state: 'delivered', now: NOW })).rejects.toMatchObject({
      code: '42P01',
      ...advised,
    });
    await db.exec('alter table half.slots rename to gone');
    await expect(half.challenges.issue(issueInput(someChallenge()))).rejects.toMatchObject({ code: '42P01', ...advised });
  });

  it('works under READ COMMITTED, and says so under anything else', async () => {
    const { challenges } = postgresStorage(db);
    for (const level of ['repeatable read', 'serializable']) {
      await db.query(`set default_transaction_isolation = '${level}'`);
      const failing = challenges.issue(issueInput(someChallenge()));
      await expect(failing).rejects.toMatchObject({ code: '55000', message: expect.stringContaining('READ COMMITTED') });
    }
    await db.query('reset default_transaction_isolation');
    expect((await challenges.issue(issueInput(someChallenge()))).is).toBe('issued');
  });
});

describe('misuse of the Postgres store', () => {
  it.each([null, 'postgres://localhost/app', {}, { query: 'select' }, Object.assign(() => {}, { unsafe: () => {} })])(
    'refuses %s for a database',
    async (database) => {
      expect(() => postgresStorage(database as never)).toThrow(TypeError);
      await expect(migrate(database as never)).rejects.toThrow(TypeError);
    },
  );

  it('refuses options that it does not know or cannot use', () => {
    const wrong: readonly unknown[] = [
      { prefix: 'a' },
      { schema: '' },
      { schema: 'a\0' },
      { schema: 'x'.repeat(64) },
      { unique: 'username' },
      { unique: ['x'.repeat(60)] },
      { users: memoryStorage().users, unique: ['a'] },
      { users: { table: 'a', id: 'b' } },
      { users: { table: 'a', id: 'b', phoneNumber: 'c', isDisabled: 'd' } },
      { users: { table: 'a', id: 'b', phoneNumber: 'c', profile: { name: '' } } },
      { users: { table: 'a', id: 'b', phoneNumber: 'c', newId: 'uuid' } },
    ];
    for (const options of wrong) expect(() => postgresStorage(db, options as never), JSON.stringify(options)).toThrow(TypeError);
    expect(() => postgresSchema({ schema: 5 } as never)).toThrow(TypeError);
  });

  it('says what is wrong with a database that answers otherwise', async () => {
    const otherwise = [{ query: async () => [[{ answer: '{}' }], []] }, { query: async () => ({ rows: [] }) }];
    for (const database of otherwise) {
      const { challenges } = postgresStorage(database as never);
      await expect(challenges.issue(issueInput(someChallenge()))).rejects.toThrow('{ rows }');
    }
    const unreachable = { query: () => Promise.reject(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })) };
    await expect(migrate(unreachable)).rejects.toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('ECONNREFUSED') });
  });
});
