import { Pool } from 'pg';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, migrate, type PostgresDatabase, postgresStorage } from '../../adapters/storage/postgres.ts';
import type { NewChallenge } from '../../src/core/challenge.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { Session } from '../../src/core/session.ts';
import { userKeyOf } from '../../src/core/session.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { NOW, randomText, tally } from '../conformance/case.ts';
import { redeemInput, someChallenge, someHit, issueInput as someIssue, wrongInput } from '../conformance/challenge-fixture.ts';
import { joinedStoreCases } from '../conformance/index.ts';
import { accountIn, issuedTo, sessionsOf, signInInput, someDraft, wanted } from '../conformance/joined-fixture.ts';
import { DAY, opened, rotation, someSession } from '../conformance/session-fixture.ts';
import { counted, emptied, HAS_POSTGRES } from './postgres-databases.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

interface Person {
  readonly name: string;
  readonly handle?: string | undefined;
}
type Account = UserRecord & { readonly phoneNumberVerifiedAt?: number | null | undefined };
type Joined = JoinedStore<Account, Person>;
type SignIn = Parameters<Joined['signIn']>[0];
type SignedIn = Awaited<ReturnType<Joined['signIn']>>;

const PEOPLE = { id: 'id', phoneNumber: 'phone', disabled: 'blocked', phoneNumberVerifiedAt: 'proved' } as const;
const MAPPING = { ...PEOPLE, passwordHash: 'pw', createdAt: 'made', profile: { name: 'name', handle: 'handle' } } as const;
const ignore = (): void => {};

if (!HAS_POSTGRES) it('Postgres, joined batches: not run (no postgres binaries)', ({ skip }) => skip('initdb and postgres are on no path'));

describe.skipIf(!HAS_POSTGRES)('joined verbs that share trips on Postgres', () => {
  let server: PostgresServer;
  let pool: Pool;
  let sql: Sql;
  beforeAll(async () => {
    server = await startPostgres({ config: { deadlock_timeout: '50ms' } });
    pool = new Pool({ connectionString: server.url, max: 8 });
    pool.on('error', ignore);
    sql = postgres(server.url, { max: 8, onnotice: ignore });
    for (const schema of ['ringlatch', 'beside']) await migrate(pool, { schema, unique: ['handle'] });
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await pool.end();
    await server.stop();
  });

  const own = (database: PostgresDatabase = pool, coalesce = true): Joined =>
    postgresStorage<Person>(database, { coalesce, unique: ['handle'] }).joined;
  const mapped = (coalesce = true, schema = 'ringlatch', database: PostgresDatabase = pool): Joined =>
    postgresStorage<Person>(database, { coalesce, schema, users: { ...MAPPING, table: `people of ${schema}` } }).joined;
  const people = async (schema: string, kind: string): Promise<void> => {
    const table = `"people of ${schema}"`;
    await pool.query(`drop table if exists ${table}; create table ${table} (
      id ${kind} primary key, phone varchar(20) unique, blocked boolean not null default false, pw text, proved timestamptz, made bigint,
      name varchar(20) not null, handle text unique)`);
  };

  describe.each(['uuid', 'bigint generated always as identity', 'text'])('over a mapped table with ids of type %s', (kind) => {
    const schemas = new WeakMap<object, string>();
    let count = 0;
    const open = async () => {
      const schema = count++ % 2 === 0 ? 'ringlatch' : 'beside';
      await people(schema, kind);
      await emptied(pool, schema);
      const store = mapped(true, schema);
      schemas.set(store.users, schema);
      return { store, peers: [mapped(true, schema), mapped(false, schema)] };
    };
    const disable = async ({ store, userId }: { readonly store: { readonly users: object }; readonly userId: string }) =>
      pool.query(`update "people of ${schemas.get(store.users)}" set blocked = true where id::text = $1`, [userId]);
    const profile = () => ({ name: 'Ada', handle: crypto.randomUUID() });
    for (const conformance of joinedStoreCases<Person>(open, { profile, disable, rounds: 2 }))
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
  });

  describe.each(['own', 'mapped'] as const)('a batch over the %s table of users', (whose) => {
    const store = (coalesce = true, database: PostgresDatabase = pool): Joined =>
      whose === 'own' ? own(database, coalesce) : mapped(coalesce, 'ringlatch', database);
    const someone = (): Person => ({ name: 'Ada', handle: crypto.randomUUID() });
    const signIns = (count: number): Promise<readonly SignIn[]> =>
      Promise.all(Array.from({ length: count }, async () => signInInput(await issuedTo(store()), someone())));
    const refreshable = async (joined: Joined) => {
      const { id: userId } = await accountIn(joined, someone());
      const userKey = userKeyOf(userId);
      return opened(joined.sessions, { userId, userKey, id: `${userKey}${randomText(16)}` });
    };
    const refresh = (joined: Joined, session: Session, given: Parameters<typeof rotation>[1] = {}) =>
      joined.refresh({ userId: session.userId, checksDisabled: true, rotate: rotation(session, given) });
    const many = (joined: Joined) => Promise.all(Array.from({ length: 64 }, () => refreshable(joined)));

    beforeAll(async () => {
      await emptied(pool, 'ringlatch');
      await people('ringlatch', 'bigint generated always as identity');
    });

    it('takes at most one statement for ten sign-ins, requests and refreshes when 64 wait', async () => {
      const { database, trips } = counted(pool);
      const joined = store(true, database);
      const challenges = Array.from({ length: 256 }, () => someChallenge());
      const flow = async (challenge: NewChallenge) => {
        const { is } = await joined.issue({ issue: someIssue(challenge), expects: 'unknown' });
        const { account, opened: open } = await joined.signIn(signInInput(challenge, someone()));
        const session = open?.session ?? expect.fail();
        const { rotated } = await joined.refresh({ userId: session.userId, checksDisabled: true, rotate: rotation(session) });
        return { is: [is, account.is, rotated?.is].join(' ') };
      };
      const flows = await Promise.all(
        Array.from({ length: 64 }, async (_, worker) => {
          const answers: { readonly is: string }[] = [];
          for (const challenge of challenges.filter((__, index) => index % 64 === worker)) answers.push(await flow(challenge));
          return answers;
        }),
      );
      expect(tally(flows.flat())).toEqual({ 'issued created rotated': 256 });
      expect(trips.length).toBeLessThan(0.1 * 3 * 256);
    });

    it('answers sign-ins of all kinds as each is answered alone', async () => {
      const kinds = async (joined: Joined): Promise<readonly SignIn[]> => {
        const account = (given = {}) => accountIn(joined, someone(), given);
        const [dormant, stale, taken] = [await account({ now: NOW - 60 * DAY }), await account({ now: NOW - 2 * DAY }), someone()];
        await accountIn(joined, taken);
        const of = async (user: { readonly phoneNumber: PhoneNumber } | null, given: Partial<SignIn> = {}) =>
          signInInput<Person>(await issuedTo(joined, user === null ? {} : { phoneNumber: user.phoneNumber }), someone(), given);
        const making = (profile: Person) => of(null, { create: { profile, orStored: false } });
        const stored = async (profile: Person) =>
          signInInput<Person>(await issuedTo(joined, { profile: JSON.stringify(profile) }), someone(), {
            create: { profile: someone(), orStored: true },
          });
        const wrong = await issuedTo(joined);
        return Promise.all([
          of(null),
          of(null, { accounts: 'known' }),
          of(null, { accounts: 'new' }),
          of(null, { create: null }),
          of(null, { accounts: 'new', create: null }),
          of(null, { session: null }),
          of(await account()),
          of(await account(), { accounts: 'known' }),
          of(await account(), { accounts: 'new' }),
          of(await account(), { session: null }),
          of(stale),
          of(dormant),
          of(await account({ now: NOW - 60 * DAY }), { session: wanted({ exemptUserId: 'another' }) }),
          signInInput(wrong, someone(), { redeem: wrongInput(wrong) }),
          stored({ name: 'Eve' }),
          stored(taken),
          stored({ name: 'a\0b' }),
          making(taken),
          making({ name: 'a\0b' }),
          making({ name: { first: 'Ada' } as unknown as string }),
          making({ name: 'Ada', handle: crypto.randomUUID().repeat(200) }),
          making({ name: 'longer than twenty letters' }),
          making({ name: 'Ada' }),
          making({} as Person),
        ]);
      };
      const seen = ({ redeemed, account, opened: open }: SignedIn) => ({
        redeemed: redeemed.is,
        account: account.is,
        issues: account.is === 'refused' ? account.issues : [],
        profile:
          account.is === 'found' || account.is === 'created' ? Object.keys((account.user as { profile?: object }).profile ?? {}) : null,
        isOpen: open !== null,
      });
      const alone: SignedIn[] = [];
      for (const input of await kinds(store(false))) alone.push(await store(false).signIn(input));
      const together = await Promise.all((await kinds(store())).map(store().signIn));
      expect(together.map(seen)).toEqual(alone.map(seen));
    });

    it('gives each new account and each session to whoever asked for it', async () => {
      const joined = store();
      const inputs = await signIns(64);
      const answers = await Promise.all(inputs.map((input) => joined.signIn(input)));
      const again = await Promise.all(
        answers.map(({ account }) => joined.users.findById({ userId: account.is === 'created' ? account.user.id : '' })),
      );
      expect(again).toEqual(answers.map(({ account }) => (account.is === 'created' ? account.user : null)));
      for (const [index, { redeemed, account, opened: open }] of answers.entries()) {
        const user = account.is === 'created' ? account.user : expect.fail();
        expect(redeemed.is === 'accepted' && redeemed.challenge.phoneNumber).toBe(user.phoneNumber);
        expect(redeemed.is === 'accepted' && redeemed.challenge.id).toBe(inputs[index]?.redeem.id);
        expect(await sessionsOf(joined, user.id)).toEqual([open?.session.id]);
      }
    });

    it('notes of each user when the number was proved again, and of nobody else', async () => {
      const joined = store();
      const made = (index: number): number => NOW - (index % 2 === 0 ? 2 * DAY : 1000);
      const users = await Promise.all(Array.from({ length: 20 }, (_, index) => accountIn(joined, someone(), { now: made(index) })));
      const inputs = await Promise.all(
        users.map(async ({ phoneNumber }, index) => {
          const challenge = await issuedTo(joined, { phoneNumber });
          return signInInput(challenge, someone(), { redeem: redeemInput(challenge, { now: NOW + (index % 3) }) });
        }),
      );
      const answers = await Promise.all(inputs.map(joined.signIn));
      expect(tally(answers.map(({ account }) => account))).toEqual({ found: 20 });
      const provedAt = async ({ id }: Account) => (await joined.users.findById({ userId: id }))?.phoneNumberVerifiedAt;
      expect(await Promise.all(users.map(provedAt))).toEqual(users.map((_, index) => (index % 2 === 0 ? NOW + (index % 3) : made(index))));
    });

    it('evicts the oldest session of each user who has too many, and of no other', async () => {
      const joined = store();
      const users = await Promise.all(Array.from({ length: 20 }, () => accountIn(joined, someone())));
      const signIn = async ({ phoneNumber }: { readonly phoneNumber: PhoneNumber }, now: number) =>
        signInInput<Person>(await issuedTo(joined, { phoneNumber }), someone(), { session: wanted({ maxPerUser: 2 }, now) });
      const first = await Promise.all(await Promise.all(users.map((user) => signIn(user, NOW))).then((all) => all.map(joined.signIn)));
      const second = await Promise.all(await Promise.all(users.map((user) => signIn(user, NOW + 1))).then((all) => all.map(joined.signIn)));
      const third = await Promise.all(
        await Promise.all(users.filter((_, index) => index % 2 === 0).map((user) => signIn(user, NOW + 2))).then((all) =>
          all.map(joined.signIn),
        ),
      );
      const ids = (answers: readonly SignedIn[]) => answers.map(({ opened: open }) => open?.session.id ?? '');
      expect(second.flatMap(({ opened: open }) => open?.evicted)).toEqual([]);
      expect(third.map(({ opened: open }) => open?.evicted)).toEqual(ids(first).flatMap((id, index) => (index % 2 === 0 ? [[id]] : [])));
      const left = await Promise.all(users.map(({ id }) => sessionsOf(joined, id)));
      expect(left).toEqual(
        users.map((_, index) => (index % 2 === 0 ? [ids(third)[index / 2], ids(second)[index]] : [ids(second)[index], ids(first)[index]])),
      );
    });

    it('lets no sign-in that cannot be written harm those beside it', async () => {
      const joined = store();
      const inputs = await signIns(40);
      const poisoned = (input: (typeof inputs)[number], index: number) =>
        index === 17 ? { ...input, session: wanted({ draft: { ...someDraft(), authTime: 6.5 } }) } : input;
      const outcomes = await Promise.allSettled(inputs.map((input, index) => joined.signIn(poisoned(input, index))));
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, index) => (index === 17 ? 'rejected' : 'fulfilled')));
      expect(tally(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.account] : [])))).toEqual({
        created: 39,
      });
      expect((await joined.signIn(inputs[17] ?? expect.fail())).account.is).toBe('created');
    });

    it('answers a profile that somebody beside it has, and makes the other', async () => {
      const joined = store();
      const inputs = await signIns(10);
      const twice = inputs.map((input) => ({ ...input, create: { profile: { name: 'Ada', handle: 'of many' }, orStored: false } }));
      const answers = await Promise.all(twice.map((input) => joined.signIn(input)));
      expect(tally(answers.map(({ account }) => account))).toEqual({ created: 1, refused: 9 });
    });

    it('rotates 64 sessions at once, each to a successor of its own', async () => {
      const joined = store();
      const sessions = await many(joined);
      const answers = await Promise.all(sessions.map((session) => refresh(joined, session, { nextHash: `next of ${session.id}` })));
      expect(answers.map(({ user, rotated }) => [user?.id, rotated])).toEqual(
        sessions.map((session) => {
          const changed = { currentHash: `next of ${session.id}`, previousHash: session.currentHash, generation: 1, rotatedAt: NOW };
          return [session.userId, { is: 'rotated', session: { ...session, ...changed, idleExpiresAt: NOW + DAY } }];
        }),
      );
    });

    it('lets one of two refreshes of a session rotate it, and the other see that', async () => {
      const joined = store();
      const sessions = await many(joined);
      const calls = sessions.flatMap((session) => [1, 2].map(() => refresh(joined, session, { nextHash: `next of ${session.id}` })));
      const answers = await Promise.all(calls);
      expect(tally(answers.flatMap(({ rotated }) => rotated ?? []))).toEqual({ rotated: 64, replayed: 64 });
    });

    it('ends the session whose token was used again, and no other of its batch', async () => {
      const joined = store();
      const sessions = await many(joined);
      const reused = (index: number): boolean => index % 8 === 3;
      const answers = await Promise.all(
        sessions.map((session, index) => refresh(joined, session, reused(index) ? { presentedHash: 'of long ago' } : {})),
      );
      expect(tally(answers.flatMap(({ rotated }) => rotated ?? []))).toEqual({ rotated: 56, reused: 8 });
      const left = await Promise.all(sessions.map(({ id }) => joined.sessions.find({ sessionId: id, now: NOW })));
      expect(left.map((session) => session === null)).toEqual(sessions.map((_, index) => reused(index)));
    });

    it('rotates nothing for users who are disabled or gone in the midst of others, nor for a session that has ended', async () => {
      const joined = store();
      const sessions = await many(joined);
      const [disabled, ended] = [sessions[5] ?? expect.fail(), sessions[9] ?? expect.fail()];
      const table = whose === 'own' ? 'ringlatch.users set disabled' : '"people of ringlatch" set blocked';
      await pool.query(`update ${table} = true where id::text = $1`, [disabled.userId]);
      await joined.sessions.revoke({ sessionId: ended.id, now: NOW });
      const calls = sessions.map((session) => refresh(joined, session));
      const strangers = ['nobody', `0${disabled.userId}`, crypto.randomUUID(), 'a\0b'].map((userId) => ({ ...disabled, userId }));
      const unknown = strangers.map((session) => refresh(joined, { ...session, id: `${session.id}${session.userId.length}` }));
      const answers = await Promise.all(calls);
      expect(answers.map(({ rotated }) => rotated?.is ?? null)).toEqual(
        sessions.map((session) => (session === disabled ? null : session === ended ? 'gone' : 'rotated')),
      );
      expect(answers[5]?.user?.id).toBe(disabled.userId);
      expect(await Promise.all(unknown)).toEqual(strangers.map(() => ({ user: null, rotated: null })));
      expect(await joined.sessions.find({ sessionId: disabled.id, now: NOW })).toEqual(disabled);
    });

    it('lets no refresh that cannot be written harm those beside it', async () => {
      const joined = store();
      const sessions = await many(joined);
      const outcomes = await Promise.allSettled(
        sessions.map((session, index) => refresh(joined, session, index === 20 ? { now: 1e30 } : {})),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, index) => (index === 20 ? 'rejected' : 'fulfilled')));
    });

    it('fails for all refreshes whose connection is lost, and rotates them when they are called again', async () => {
      const joined = store();
      const sessions = await many(joined);
      const holder = await pool.connect();
      await holder.query('begin');
      await holder.query('lock table ringlatch.sessions in access exclusive mode');
      const calls = Promise.allSettled(sessions.map((session) => refresh(joined, session, { nextHash: 'next' })));
      const blocked = "select pid from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()";
      await expect.poll(async () => (await holder.query(blocked)).rowCount, { timeout: 10_000 }).toBeGreaterThan(0);
      await holder.query(`select pg_terminate_backend(pid) from (${blocked}) waiting`);
      await holder.query('rollback');
      holder.release();
      const outcomes = await calls;
      const lost = sessions.filter((_, index) => outcomes[index]?.status === 'rejected');
      expect(lost.length).toBeGreaterThan(0);
      const again = await Promise.all(lost.map((session) => refresh(joined, session, { nextHash: 'next' })));
      expect(tally(again.flatMap(({ rotated }) => rotated ?? []))).toEqual({ rotated: lost.length });
    });

    it('shares trips where sessions are opened and rotated by themselves too', async () => {
      const { database, trips } = counted(pool);
      const { sessions } = postgresStorage(database, { coalesce: true });
      const user = someSession();
      const given = [...Array.from({ length: 62 }, () => someSession()), user, someSession({ userId: user.userId, userKey: user.userKey })];
      const created = await Promise.all(given.map((session) => sessions.create({ session, maxPerUser: 1, now: NOW })));
      const last = given[63]?.id ?? expect.fail();
      expect([[user.id], [last]]).toContainEqual(created.flatMap(({ evicted }) => evicted));
      const rotated = await Promise.all(given.map((session) => sessions.rotate(rotation(session))));
      expect(tally(rotated)).toEqual({ rotated: 63, gone: 1 });
      expect(trips.length).toBeLessThan(12);
    });

    it('never deadlocks, beside others and beside one that shares nothing', async () => {
      const stores = [store(), store(), store(false)];
      const users = await Promise.all(Array.from({ length: 12 }, () => accountIn(store(), someone(), { passwordHash: 'hash' })));
      let seed = 11;
      const draw = (below: number): number => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed % below;
      };
      const kept: Session[] = await Promise.all(
        users.map(({ id }) => opened(store().sessions, { userId: id, userKey: userKeyOf(id), id: `${userKeyOf(id)}${randomText(16)}` })),
      );
      const slots = ['system', '203.0.113.9', '+98912'];
      const hits = () => Array.from({ length: draw(4) }, () => someHit({ key: `{${slots[draw(3)]}}${draw(3)}`, max: 100_000 }));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 1200 }, async (_, index) => {
          const joined = stores[draw(3)] ?? expect.fail();
          const user = users[draw(12)] ?? expect.fail();
          const session = kept[draw(12)] ?? expect.fail();
          const [charged, kind, isNew] = [hits(), draw(6), draw(3) === 0];
          const challenge = await issuedTo(joined, isNew ? {} : { phoneNumber: user.phoneNumber });
          const userId = session.userId;
          const redeem = redeemInput(challenge, { hits: charged });
          const calls = [
            () =>
              joined.signIn(
                signInInput(challenge, someone(), { redeem, session: wanted({ maxPerUser: 2, renewAfterMs: 0 }, NOW + index) }),
              ),
            () => joined.signIn(signInInput(challenge, someone(), { redeem, session: wanted({ maxPerUser: 2 }) })),
            () => joined.issue({ issue: someIssue(someChallenge(), { hits: charged }), expects: 'unknown' }),
            () => refresh(joined, session, { presentedHash: kind % 2 === 0 ? session.currentHash : 'reused', onReuse: 'reject' }),
            () => joined.sessions.revokeAllOf({ userId, userKey: userKeyOf(userId), exceptSessionId: null, now: NOW }),
            () => joined.users.setPhoneNumber?.({ userId: user.id, phoneNumber: user.phoneNumber, now: NOW + index }),
          ];
          return calls[kind]?.();
        }),
      );
      expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))).toEqual([]);
      expect(server.log()).not.toContain('deadlock');
    });
  });

  it('keeps what sign-ins and refreshes were answered when the server is killed', async () => {
    const joined = own(fromPostgresJs(sql));
    const challenges = await Promise.all(Array.from({ length: 200 }, () => issuedTo(joined)));
    const answers = await Promise.all(challenges.map((challenge) => joined.signIn(signInInput(challenge, { name: 'Ada' }))));
    const sessions = answers.map(({ opened: open }) => open?.session ?? expect.fail());
    const refreshed = await Promise.all(
      sessions.map((session) =>
        joined.refresh({ userId: session.userId, checksDisabled: true, rotate: rotation(session, { nextHash: 'next' }) }),
      ),
    );
    await server.kill9();
    expect(tally(refreshed.flatMap(({ rotated }) => rotated ?? []))).toEqual({ rotated: 200 });
    await server.restart();
    const again = await Promise.all(
      sessions.map((session) =>
        own().refresh({
          userId: session.userId,
          checksDisabled: true,
          rotate: rotation({ ...session, currentHash: 'next' }, { nextHash: null }),
        }),
      ),
    );
    expect(again.map(({ user, rotated }) => [user?.phoneNumber, rotated?.is])).toEqual(
      challenges.map(({ phoneNumber }) => [phoneNumber, 'kept']),
    );
  });
});
