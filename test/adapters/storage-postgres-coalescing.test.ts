import { Pool } from 'pg';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, migrate, type PostgresDatabase, postgresStorage } from '../../adapters/storage/postgres.ts';
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
import { challengeStoreCases } from '../conformance/index.ts';
import { counted, emptied, HAS_POSTGRES, postgresCases } from './postgres-databases.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

const ignore = (): void => {};

if (!HAS_POSTGRES) it('Postgres, coalescing: not run (no postgres binaries)', ({ skip }) => skip('initdb and postgres are on no path'));

describe.skipIf(!HAS_POSTGRES)('the Postgres store where operations share trips', () => {
  let server: PostgresServer;
  let pool: Pool;
  let sql: Sql;
  beforeAll(async () => {
    server = await startPostgres({ config: { deadlock_timeout: '50ms' } });
    pool = new Pool({ connectionString: server.url, max: 8 });
    pool.on('error', ignore);
    sql = postgres(server.url, { max: 8, onnotice: ignore });
    for (const schema of ['ringlatch', 'beside']) await migrate(pool, { schema });
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await pool.end();
    await server.stop();
  });

  const coalescing = (database: PostgresDatabase = pool) => postgresStorage(database, { coalesce: true }).challenges;

  describe('through pools of pg and of postgres.js', () => {
    for (const conformance of postgresCases(() => [pool, fromPostgresJs(sql)], 'ringlatch', { rounds: 3 }, { coalesce: true }))
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
  });

  describe('beside others that share theirs, and one that does not', () => {
    const open = async () => {
      await emptied(pool, 'beside');
      const stores = [pool, fromPostgresJs(sql)].map(
        (database) => postgresStorage(database, { schema: 'beside', coalesce: true }).challenges,
      );
      return {
        store: stores[0] as (typeof stores)[number],
        peers: [...stores.slice(1), postgresStorage(pool, { schema: 'beside' }).challenges],
      };
    };
    for (const conformance of challengeStoreCases(open, { rounds: 5 }))
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
  });

  it('takes at most one statement for ten operations when 64 wait', async () => {
    const { database, trips } = counted(pool);
    const challenges = coalescing(database);
    const system = someHit({ key: '{system}many', max: 1_000_000 });
    const fresh = Array.from({ length: 640 }, () => someChallenge());
    const waiting = fresh.values();
    const all: string[] = [];
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        for (const challenge of waiting) {
          all.push((await challenges.issue(issueInput(challenge, { hits: [system] }))).is);
          all.push((await challenges.redeem(redeemInput(challenge))).is);
        }
      }),
    );
    expect(tally(all.map((is) => ({ is })))).toEqual({ issued: 640, accepted: 640 });
    expect(trips.length).toBeLessThan(128);
  });

  it('answers each with a count of its own, in the order in which they came', async () => {
    const challenges = coalescing();
    const system = someHit({ key: '{system}order', max: 1_000_000 });
    const answers = await Promise.all(Array.from({ length: 64 }, () => challenges.issue(issueInput(someChallenge(), { hits: [system] }))));
    expect(answers.map((answer) => ('counts' in answer ? answer.counts : null))).toEqual(
      Array.from({ length: 64 }, (_, index) => [index + 1]),
    );
  });

  it('lets exactly as many in as there is room for, the refused beside the others', async () => {
    const challenges = coalescing();
    const narrow = someHit({ key: '{system}narrow', max: 20 });
    const answers = await Promise.all(Array.from({ length: 64 }, () => challenges.issue(issueInput(someChallenge(), { hits: [narrow] }))));
    expect(tally(answers)).toEqual({ issued: 20, limited: 44 });
    expect(answers.findIndex(({ is }) => is === 'limited')).toBe(20);
  });

  it('lets no operation that cannot be written harm those beside it', async () => {
    const challenges = coalescing();
    const poisoned = someChallenge({ codeLength: 6.5 });
    const others = Array.from({ length: 63 }, () => someChallenge());
    const calls = [...others.slice(0, 31), poisoned, ...others.slice(31)].map((challenge) => challenges.issue(issueInput(challenge)));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, index) => (index === 31 ? 'rejected' : 'fulfilled')));
    const redeemed = await Promise.all(others.map((challenge) => challenges.redeem(redeemInput(challenge))));
    expect(tally(redeemed)).toEqual({ accepted: 63 });
  });

  it('fails for all of a batch whose connection is lost, and works again with the next one', async () => {
    const challenges = coalescing();
    const known = await Promise.all(Array.from({ length: 40 }, () => issued(challenges)));
    const holder = await pool.connect();
    await holder.query('begin');
    await holder.query('lock table ringlatch.proofs in access exclusive mode');
    const calls = Promise.allSettled(known.map((challenge) => challenges.redeem(redeemInput(challenge))));
    const blocked = "select pid from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()";
    await expect.poll(async () => (await holder.query(blocked)).rowCount, { timeout: 10_000 }).toBeGreaterThan(0);
    await holder.query(`select pg_terminate_backend(pid) from (${blocked}) waiting`);
    await holder.query('rollback');
    holder.release();
    const outcomes = await calls;
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    const lost = known.filter((_, index) => outcomes[index]?.status === 'rejected');
    const again = await Promise.all(lost.map((challenge) => challenges.redeem(redeemInput(challenge))));
    expect(tally(again)).toEqual({ accepted: lost.length });
  });

  it('keeps what was answered when the server is killed', async () => {
    const challenges = coalescing();
    const system = someHit({ key: '{system}kept', max: 1_000_000 });
    const fresh = Array.from({ length: 300 }, () => someChallenge());
    const sent = await Promise.all(fresh.map((challenge) => challenges.issue(issueInput(challenge, { hits: [system] }))));
    await server.kill9();
    expect(tally(sent)).toEqual({ issued: 300 });
    await server.restart();
    const redeemed = await Promise.all(fresh.map((challenge) => coalescing().redeem(redeemInput(challenge))));
    expect(tally(redeemed)).toEqual({ accepted: 300 });
    expect(await coalescing().take({ hits: [{ ...system, amount: 0 }], cooldown: null, now: NOW })).toMatchObject({ counts: [300] });
  });

  it('never deadlocks, beside another one and beside one that shares nothing', async () => {
    const stores = [coalescing(), coalescing(fromPostgresJs(sql)), postgresStorage(pool).challenges];
    const owners = Array.from({ length: 30 }, someOwner);
    const slots = ['system', 'IR', '203.0.113.7', '+98912345', ...owners.map(({ phoneKey }) => phoneKey)];
    let seed = 7;
    const draw = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const someHits = () =>
      Array.from({ length: draw(5) }, () => someHit({ key: `{${slots[draw(slots.length)]}}${draw(3)}`, max: 100_000 }));
    const known = await Promise.all(owners.map((owner) => issued(stores[0] ?? expect.fail(), { ...owner, maxAttempts: 1000 })));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3000 }, (_, index) => {
        const store = stores[draw(stores.length)] ?? expect.fail();
        const challenge = known[draw(known.length)] ?? expect.fail();
        const cooldown = draw(2) === 0 ? null : someCooldown({ key: `{${slots[draw(slots.length)]}}ladder`, ladderSeconds: [0] });
        const [hits, clears, now] = [someHits(), someHits().map(({ key }) => key), NOW + index];
        const calls = [
          () => store.issue(issueInput(challenge, { hits, cooldown, now })),
          () => store.issue(issueInput(someChallenge(owners[draw(30)]), { hits, cooldown, now })),
          () => store.redeem((draw(9) === 0 ? redeemInput : wrongInput)(challenge, { hits, clears, now })),
          () => store.take({ hits, cooldown, now }),
          () => store.clear(clears),
          () => store.sweep({ now: NOW + draw(5) * 86_400_000, max: 20 }),
        ];
        return calls[draw(calls.length)]?.();
      }),
    );
    expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))).toEqual([]);
    expect(server.log()).not.toContain('deadlock');
  });
});
