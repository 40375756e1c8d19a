import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type SqliteDatabase, sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { issued, issueInput, redeemInput, someChallenge, someHit, wrongInput } from '../conformance/challenge-fixture.ts';
import { challengeStoreCases, joinedStoreCases, type Opened, sessionStoreCases, userStoreCases } from '../conformance/index.ts';
import { disableUser } from './disable-user.ts';
import { type ClosableDatabase, DRIVER_NAMES, DRIVERS } from './sqlite-drivers.ts';

const NOW = 1_800_000_000_000;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

/** A database that tells how often a transaction began, and whose commits can be made to fail. */
function watched(database: ClosableDatabase): { readonly database: SqliteDatabase; begun: number; commitFails: boolean } {
  const watch = {
    begun: 0,
    commitFails: false,
    database: {
      exec: (sql: string) => database.exec(sql),
      prepare(sql: string) {
        const statement = database.prepare(sql);
        if (!/^(BEGIN|COMMIT)/.test(sql)) return statement;
        return {
          get: (...values) => statement.get(...values),
          all: (...values) => statement.all(...values),
          run(...values) {
            if (sql === 'COMMIT' && watch.commitFails) throw new Error('disk I/O error');
            if (sql.startsWith('BEGIN')) watch.begun += 1;
            return statement.run(...values);
          },
        };
      },
    } satisfies SqliteDatabase,
  };
  return watch;
}

for (const driver of DRIVER_NAMES) {
  const open = (path = ':memory:'): ClosableDatabase => {
    const database = DRIVERS[driver](path);
    closing.push(() => database.close());
    return database;
  };
  const fresh = <Store>(pick: (storage: ReturnType<typeof sqliteStorage>) => Store): Opened<Store> => {
    const database = DRIVERS[driver](':memory:');
    return { store: pick(sqliteStorage(database, { coalesce: true })), close: () => database.close() };
  };
  const besideAPlainOne = <Store>(pick: (storage: ReturnType<typeof sqliteStorage>) => Store): Opened<Store> => {
    const folder = mkdtempSync(join(tmpdir(), 'ringlatch-'));
    const [one, two] = [DRIVERS[driver](join(folder, 'app.db')), DRIVERS[driver](join(folder, 'app.db'))];
    const close = (): void => {
      one.close();
      two.close();
      rmSync(folder, { recursive: true, force: true });
    };
    return { store: pick(sqliteStorage(one, { coalesce: true })), peers: [pick(sqliteStorage(two))], close };
  };

  // The drivers are told apart by the suite of the plain store; what coalesces is the same code above both.
  const [where, opened, rounds] =
    driver === 'node:sqlite' ? (['by itself', fresh, 10] as const) : (['beside a plain one on the same file', besideAPlainOne, 1] as const);
  describe(`the coalescing SQLite store ${where}, ${driver}`, () => {
    for (const conformance of [
      ...challengeStoreCases(() => opened((storage) => storage.challenges), { rounds }),
      ...sessionStoreCases(() => opened((storage) => storage.sessions), { rounds }),
      ...userStoreCases(() => opened((storage) => storage.users), { rounds }),
      ...joinedStoreCases(() => opened((storage) => storage.joined), { rounds, disable: disableUser }),
    ]) {
      it(`${conformance.id} ${conformance.name}`, () => conformance.run());
    }
  });

  describe(`calls that wait at the same moment, ${driver}`, () => {
    it('share a transaction, 64 at most', async () => {
      const watch = watched(open());
      const { challenges } = sqliteStorage(watch.database, { coalesce: true });
      const before = watch.begun;
      const many = Array.from({ length: 130 }, async () => challenges.issue(issueInput(someChallenge())));
      expect((await Promise.all(many)).every(({ is }) => is === 'issued')).toBe(true);
      expect(watch.begun - before).toBe(3);
    });

    it('see what those before them wrote', async () => {
      const { challenges } = sqliteStorage(open(), { coalesce: true });
      const hits = [someHit({ max: 3 })];
      const takes = await Promise.all(Array.from({ length: 10 }, () => challenges.take({ hits, cooldown: null, now: NOW })));
      expect(takes.map(({ is }) => is)).toEqual(['taken', 'taken', 'taken', ...Array(7).fill('limited')]);
    });

    it('are not disturbed by one that fails: it alone does', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database, { coalesce: true });
      const hit = someHit({ max: 32 });
      const poison = someChallenge();
      database.exec(`CREATE TRIGGER broken BEFORE INSERT ON ringlatch_challenges WHEN NEW.id = '${poison.id}'
        BEGIN SELECT RAISE(ABORT, 'disk on fire'); END`);
      const challengesAsked = Array.from({ length: 32 }, (_, index) => (index === 7 ? poison : someChallenge()));
      const outcomes = await Promise.allSettled(
        challengesAsked.map((challenge) => challenges.issue(issueInput(challenge, { hits: [hit] }))),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, index) => (index === 7 ? 'rejected' : 'fulfilled')));
      // neither lost nor counted twice
      const last = await challenges.issue(issueInput(someChallenge(), { hits: [hit] }));
      expect(last).toMatchObject({ is: 'issued', counts: [32] });
    });

    it('are not disturbed by one whose counter cannot be written', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database, { coalesce: true });
      database.exec(`CREATE TRIGGER broken BEFORE INSERT ON ringlatch_counters WHEN NEW.slot = '{poison}'
        BEGIN SELECT RAISE(ABORT, 'disk on fire'); END`);
      const shared = someHit({ max: 9 });
      const hits = [[shared], [shared, someHit({ key: '{poison}' })], [shared]];
      const outcomes = await Promise.allSettled(hits.map((some) => challenges.take({ hits: some, cooldown: null, now: NOW })));
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await challenges.take({ hits: [shared], cooldown: null, now: NOW })).toEqual({ is: 'taken', counts: [3] });
    });

    it('all fail with a commit that fails, and none is tried again', async () => {
      const watch = watched(open());
      const { challenges } = sqliteStorage(watch.database, { coalesce: true });
      const challenge = await issued(challenges);
      const before = watch.begun;
      watch.commitFails = true;
      const redemptions = await Promise.allSettled([
        challenges.redeem(wrongInput(challenge)),
        challenges.redeem(redeemInput(challenge)),
        challenges.issue(issueInput(someChallenge())),
      ]);
      expect(redemptions.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(watch.begun - before).toBe(1);
      watch.commitFails = false;
      expect(await challenges.redeem(redeemInput(challenge))).toMatchObject({
        is: 'accepted',
        challenge: { attemptsLeft: challenge.attemptsLeft - 1 },
      });
    });

    it('all fail inside a transaction of somebody else, which is left as it was', async () => {
      const database = open();
      const { challenges } = sqliteStorage(database, { coalesce: true });
      database.exec('CREATE TABLE mine (a); BEGIN; INSERT INTO mine VALUES (1)');
      const outcomes = await Promise.allSettled([1, 2].map(() => challenges.issue(issueInput(someChallenge()))));
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      database.exec('COMMIT');
      expect(database.prepare('SELECT count(*) AS count FROM mine').get()).toMatchObject({ count: 1 });
    });
  });
}

describe('without coalescing', () => {
  it('every call has a transaction of its own', async () => {
    const database = DRIVERS['node:sqlite'](':memory:');
    closing.push(() => database.close());
    const watch = watched(database);
    const { challenges } = sqliteStorage(watch.database);
    const before = watch.begun;
    await Promise.all(Array.from({ length: 10 }, () => challenges.issue(issueInput(someChallenge()))));
    expect(watch.begun - before).toBe(10);
    expect(() => sqliteStorage(watch.database, { coalesce: 'yes' } as never)).toThrow(TypeError);
  });
});
