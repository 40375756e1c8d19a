import fc from 'fast-check';
import { Client, Pool, type PoolConfig } from 'pg';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { fromPostgresJs, migrate, type PostgresDatabase, type PostgresStorage, postgresStorage } from '../../adapters/storage/postgres.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { NOW, tally } from '../conformance/case.ts';
import {
  issued,
  issueInput,
  redeemInput,
  someChallenge,
  someCooldown,
  someHit,
  someOwner,
  wrongInput,
} from '../conformance/challenge-fixture.ts';
import {
  challengeStoreCases,
  checkHistory,
  type History,
  type Opened,
  recordHistory,
  type StoreProcesses,
  sessionStoreCases,
  startStoreProcesses,
  userStoreCases,
} from '../conformance/index.ts';
import { emptied, HAS_POSTGRES, postgresCases } from './postgres-databases.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { CALLS } from './random-calls.ts';

type Stores = PostgresStorage<UserStore<UserRecord, never>>;

const DAY = 86_400_000;
const ignore = (): void => {};

if (!HAS_POSTGRES)
  it('Postgres through pg and postgres.js: not run (no postgres binaries)', ({ skip }) => skip('initdb and postgres are on no path'));

describe.skipIf(!HAS_POSTGRES)('the Postgres store on a server', () => {
  let server: PostgresServer;
  let pool: Pool;
  let sql: Sql;
  const pools: Pool[] = [];
  const poolOf = (config: PoolConfig = {}): Pool => {
    const made = new Pool({ connectionString: server.url, max: 8, ...config });
    made.on('error', ignore);
    pools.push(made);
    return made;
  };

  beforeAll(async () => {
    server = await startPostgres();
    pool = poolOf();
    sql = postgres(server.url, { max: 8, onnotice: ignore });
    for (const schema of ['ringlatch', 'processes', 'alike', 'mapped']) await migrate(pool, { schema });
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    for (const one of pools) await one.end();
    await server.stop();
  });

  describe('through a pool of pg and one of postgres.js', () => {
    for (const conformance of postgresCases(() => [pool, fromPostgresJs(sql)], 'ringlatch', { rounds: 5 }))
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
  });

  describe('in two processes', () => {
    let processes: StoreProcesses<Stores>;
    let history: History = [];
    beforeAll(async () => {
      processes = await startStoreProcesses<Stores>({ module: new URL('./postgres-process.ts', import.meta.url), processes: 2 });
    });
    afterAll(() => processes.close());
    const open = async <Store>(pick: (stores: Stores) => Store): Promise<Opened<Store>> => {
      await emptied(pool, 'processes');
      history = [];
      const handles = await processes.open(`${server.url} processes`);
      const [store, ...peers] = handles.map((handle) => pick(recordHistory(handle, history).stores));
      return { store: store as Store, peers };
    };
    for (const { id, name, run } of [
      ...challengeStoreCases(() => open(({ challenges }) => challenges), { rounds: 2 }),
      ...sessionStoreCases(() => open(({ sessions }) => sessions), { rounds: 2 }),
      ...userStoreCases(() => open(({ users }) => users), { rounds: 2 }),
    ]) {
      it(`${id} ${name}`, async () => {
        await run();
        expect(checkHistory(history)).toEqual([]);
      });
    }
  });

  describe('over a mapped table of users', () => {
    const mapping = { table: 'people', id: 'id', phoneNumber: 'phone', passwordHash: 'pw', phoneNumberVerifiedAt: 'verified' };
    const open = async () => {
      await pool.query('drop table if exists people');
      await pool.query(
        'create table people (id bigint generated always as identity primary key, phone text unique, pw text, verified timestamptz)',
      );
      const handles = [pool, fromPostgresJs(sql)].map((database) => postgresStorage(database, { schema: 'mapped', users: mapping }).users);
      return { store: handles[0] as (typeof handles)[number], peers: handles.slice(1) };
    };
    for (const conformance of userStoreCases(open, { rounds: 5 })) it(`${conformance.id} ${conformance.name}`, () => conformance.run());
  });

  it('answers as the memory store does, whatever is called with whatever', async () => {
    const pauses = fc.constantFrom(0, 1, 999, 30_000, 60_000, 300_000, DAY);
    const story = fc.array(fc.tuple(fc.oneof(...CALLS), pauses), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(story, async (calls) => {
        await emptied(pool, 'alike');
        const [store, memory] = [postgresStorage(pool, { schema: 'alike' }), memoryStorage()];
        let now = NOW;
        for (const [call, pause] of calls) {
          now += pause;
          expect(await call(store, now)).toEqual(await call(memory, now));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never deadlocks, whatever share of numbers, addresses and the system the calls have in common', async () => {
    const { challenges } = postgresStorage(pool);
    const others = postgresStorage(fromPostgresJs(sql)).challenges;
    const owners = Array.from({ length: 4 }, someOwner);
    const slots = ['system', 'IR', '203.0.113.7', ...owners.map(({ phoneKey }) => phoneKey)];
    let seed = 11;
    const draw = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const someHits = () =>
      Array.from({ length: draw(5) }, () =>
        someHit({ key: `{${slots[draw(slots.length)]}}${draw(3)}`, max: 100_000, when: draw(2) === 0 ? 'always' : 'wrong' }),
      );
    const known = await Promise.all(
      Array.from({ length: 16 }, (_, index) => issued(challenges, { ...owners[index % 4], maxAttempts: 1000 })),
    );
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3000 }, (_, index) => {
        const store = index % 2 === 0 ? challenges : others;
        const challenge = known[draw(known.length)] ?? expect.fail();
        const hits = someHits();
        const cooldown = draw(2) === 0 ? null : someCooldown({ key: `{${slots[draw(slots.length)]}}ladder`, ladderSeconds: [0] });
        const clears = someHits().map(({ key }) => key);
        const now = NOW + index;
        const calls = [
          () => store.issue(issueInput(challenge, { hits, cooldown, now })),
          () => store.issue(issueInput(someChallenge(owners[draw(4)]), { resendOf: challenge.id, hits, cooldown, now })),
          () => store.redeem((draw(9) === 0 ? redeemInput : wrongInput)(challenge, { hits, clears, now })),
          () => store.take({ hits, cooldown, now }),
          () => store.clear(clears),
          () => store.sweep({ now: NOW + draw(5) * DAY, max: 20 }),
        ];
        return calls[draw(calls.length)]?.();
      }),
    );
    expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))).toEqual([]);
    expect(server.log()).not.toContain('deadlock');
  });

  it('refuses without a lock and without a row, so that a flood holds nobody up', async ({ onTestFinished }) => {
    const { challenges } = postgresStorage(pool);
    const full = someHit({ key: '{198.51.100.1}flood', max: 1 });
    const shared = someHit({ key: '{system}flood', max: 1000 });
    const challenge = await issued(challenges, {}, { hits: [full, shared] });
    const client = new Client({ connectionString: server.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin; select from ringlatch.slots where slot in ('system', '198.51.100.1') for update");
    const fresh = someHit({ key: '{198.51.100.2}flood' });
    const hits = [full, shared, fresh];
    const sameAgain = { hits, cooldown: null, now: NOW };
    for (const verb of [
      () => challenges.take(sameAgain),
      () => challenges.issue(issueInput(someChallenge(), sameAgain)),
      () => challenges.redeem(wrongInput(challenge, { hits: hits.map((hit) => ({ ...hit, when: 'wrong' })) })),
    ])
      expect((await verb()).is, String(verb)).toBe('limited');
    await client.query('rollback');
    expect((await pool.query("select from ringlatch.slots where slot = '198.51.100.2'")).rowCount).toBe(0);
    expect((await challenges.redeem(redeemInput(challenge))).is).toBe('accepted');
  });

  it('writes nothing to the log where it refuses, and all of it before it answers otherwise', async () => {
    const careless = poolOf({ options: '-c synchronous_commit=off', max: 1 });
    const { challenges } = postgresStorage(careless);
    const hit = someHit({ key: '{system}log', max: 1 });
    const places = async () => {
      const { rows } = await pool.query<{ written: string; flushed: string }>(
        'select pg_current_wal_insert_lsn()::text as written, pg_current_wal_flush_lsn()::text as flushed',
      );
      return rows[0] ?? expect.fail();
    };
    const lost = 'select pg_wal_lsn_diff($1, $2)::float8 as bytes';
    const before = await places();
    expect((await challenges.issue(issueInput(someChallenge(), { hits: [hit] }))).is).toBe('issued');
    const after = await places();
    expect((await pool.query(lost, [after.flushed, before.written])).rows[0].bytes).toBeGreaterThan(0);
    // The server itself writes now and then.
    const refused = async (): Promise<number> => {
      const { written } = await places();
      for (let call = 0; call < 5; call++)
        expect((await challenges.issue(issueInput(someChallenge(), { hits: [hit] }))).is).toBe('limited');
      return (await pool.query(lost, [(await places()).written, written])).rows[0].bytes;
    };
    await expect.poll(refused, { timeout: 10_000 }).toBe(0);
  });

  it('says what is wrong with a client inside a transaction', async ({ onTestFinished }) => {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query('begin');
    const failing = postgresStorage(client).challenges.issue(issueInput(someChallenge(), { hits: [someHit({ key: '{system}inside' })] }));
    await expect(failing).rejects.toMatchObject({ code: '2D000', message: expect.stringContaining('pass a pool') });
  });

  it('is migrated once when eight processes start together', async () => {
    const clients = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        return client;
      }),
    );
    await Promise.all(clients.map((client) => migrate(client, { schema: 'together', unique: ['email'] })));
    await Promise.all(clients.map((client) => client.end()));
    expect((await pool.query('select version from together.migrations')).rows).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
  });

  it('needs no session: each query may meet another connection, whatever the one before has left there', async () => {
    const strange: PostgresDatabase = {
      async query(text, values) {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        try {
          await client.query(
            "set search_path = pg_temp; set timezone = 'Asia/Tehran'; set standard_conforming_strings = off; set intervalstyle = iso_8601",
          );
          return await client.query(text, values);
        } finally {
          await client.end();
        }
      },
    };
    await migrate(strange, { schema: `strange\\ 'one"` });
    const storage = postgresStorage(strange, { schema: `strange\\ 'one"` });
    const challenge = await issued(storage.challenges, { reference: "\\'" }, { hits: [someHit()], cooldown: someCooldown() });
    expect(await storage.challenges.redeem(redeemInput(challenge))).toEqual({
      is: 'accepted',
      challenge: { ...challenge, attemptsLeft: 4 },
      counts: [],
    });
    const profile = { name: "\\' --" };
    const created = await storage.users.create({ phoneNumber: '+989120000000' as PhoneNumber, profile, passwordHash: null, now: NOW });
    expect(created).toMatchObject({ is: 'created', user: { profile } });
    const { rows } = await pool.query(`select count(*)::int as named from pg_prepared_statements`);
    expect(rows).toEqual([{ named: 0 }]);
  });

  it('does not mind how a driver was told to read', async () => {
    const camel = postgres(server.url, { max: 1, transform: postgres.camel });
    const types = { getTypeParser: () => (text: string) => `<${text}>` } as never;
    const read = async (database: PostgresDatabase, digits: string): Promise<void> => {
      const { users } = postgresStorage<Record<string, unknown>>(database);
      const profile = { first_name: 'Ada', 'last-name': { at_birth: 1 } };
      const created = await users.create({ phoneNumber: digits as PhoneNumber, profile, passwordHash: null, now: NOW });
      expect(created).toMatchObject({ is: 'created', user: { profile, createdAt: NOW } });
    };
    await read(fromPostgresJs(camel), '+989120000001');
    await camel.end();
    const strange = poolOf({ types });
    const unwrapped: PostgresDatabase = {
      async query(text, values) {
        const { rows } = await strange.query<{ answer: string }>(text, values);
        return { rows: rows.map(({ answer }) => ({ ANSWER: answer.slice(1, -1) })) };
      },
    };
    await read(unwrapped, '+989120000002');
  });

  describe('when it writes', () => {
    it.each(['off', 'local', 'remote_write', 'on', 'remote_apply'])(
      'waits for the log where the session says synchronous_commit = %s',
      async (setting) => {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        const { challenges, sessions, users } = postgresStorage(client);
        const inForce = async (write: () => Promise<unknown>): Promise<unknown> => {
          await client.query('begin');
          await write();
          const { rows } = await client.query('show synchronous_commit');
          await client.query('commit');
          return rows[0].synchronous_commit;
        };
        await client.query(`set synchronous_commit = ${setting}`);
        const challenge = await issued(challenges);
        const session = {
          id: `s ${setting}`,
          userId: 'u',
          userKey: 'k',
          currentHash: 'h0',
          amr: 'sms',
          userAgent: null,
          ip: null,
          authTime: NOW,
        };
        const whole = { ...session, createdAt: NOW, idleExpiresAt: NOW + DAY, absoluteExpiresAt: NOW + DAY };
        const next = { sessionId: session.id, presentedHash: 'h0', nextHash: 'h1', graceSeconds: 30, idleExpiresAt: NOW + DAY } as const;
        const phoneNumber = `+98912${setting}` as PhoneNumber;
        for (const write of [
          () => challenges.issue(issueInput(someChallenge())),
          () => challenges.take({ hits: [someHit()], cooldown: null, now: NOW }),
          () => challenges.redeem(redeemInput(challenge)),
          () => sessions.create({ session: whole, maxPerUser: 20, now: NOW }),
          () => sessions.rotate({ ...next, onReuse: 'revoke', now: NOW }),
          () => sessions.revoke({ sessionId: session.id, now: NOW }),
          () => users.create({ phoneNumber, profile: {}, passwordHash: null, now: NOW }),
        ]) {
          expect(await inForce(write), String(write)).toBe(setting === 'off' ? 'on' : setting);
          expect((await client.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: setting }]);
        }
        await client.end();
      },
    );

    it('keeps what was answered when the server is killed', async () => {
      const careless = poolOf({ options: '-c synchronous_commit=off' });
      const { challenges } = postgresStorage(careless);
      const known = await Promise.all(Array.from({ length: 300 }, () => issued(challenges)));
      const accepted = await Promise.all(known.map((challenge) => challenges.redeem(redeemInput(challenge))));
      await server.kill9();
      expect(tally(accepted)).toEqual({ accepted: 300 });
      await server.restart();
      const again = await Promise.all(known.map((challenge) => postgresStorage(pool).challenges.redeem(redeemInput(challenge))));
      expect(tally(again)).toEqual({ used: 300 });
    });
  });
});
