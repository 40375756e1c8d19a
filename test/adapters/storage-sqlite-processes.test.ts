import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SqliteStorage, sqliteStorage } from '../../adapters/storage/sqlite.ts';
import type { StoredUserStore } from '../../adapters/storage/stored-user.ts';
import { issueInput, redeemInput, someChallenge, wrongInput } from '../conformance/challenge-fixture.ts';
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
import { type ClosableDatabase, DRIVER_NAMES, DRIVERS } from './sqlite-drivers.ts';

type Storage = SqliteStorage<StoredUserStore>;

const databases: ClosableDatabase[] = [];
const folders: string[] = [];
const teams: StoreProcesses<Storage>[] = [];

afterEach(async () => {
  for (const database of databases.splice(0)) database.close();
  await Promise.all(teams.splice(0).map((team) => team.close()));
});
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-'));
  folders.push(folder);
  return join(folder, 'app.db');
}

function start(processes: number): Promise<StoreProcesses<Storage>> {
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  return startStoreProcesses({ module: new URL('./sqlite-process.ts', import.meta.url), processes, execArgv });
}

async function team(processes: number): Promise<StoreProcesses<Storage>> {
  const started = await start(processes);
  teams.push(started);
  return started;
}

describe('the SQLite store in three processes on one file', () => {
  let processes: StoreProcesses<Storage>;
  let history: History = [];
  beforeAll(async () => {
    processes = await start(3);
  });
  afterAll(() => processes.close());

  const opened = async <Store>(pick: (storage: Storage) => Store): Promise<Opened<Store>> => {
    const handles = await processes.open(freshFile());
    history = [];
    const [store, ...peers] = handles.map((handle) => pick(recordHistory(handle, history).stores));
    return { store: store as Store, peers };
  };
  for (const { id, name, run } of [
    ...challengeStoreCases(() => opened(({ challenges }) => challenges), { rounds: 2 }),
    ...sessionStoreCases(() => opened(({ sessions }) => sessions), { rounds: 2 }),
    ...userStoreCases(() => opened(({ users }) => users), { rounds: 2 }),
  ]) {
    it(`${id} ${name}`, async () => {
      await run();
      expect(checkHistory(history)).toEqual([]);
    });
  }
});

describe('several processes on one database file', () => {
  it('migrate it together when all open it at once', async () => {
    const path = freshFile();
    await (await team(6)).open(path);
    const database = DRIVERS['node:sqlite'](path);
    databases.push(database);
    const versions = database.prepare('SELECT part, version FROM ringlatch_migrations ORDER BY part, version').all();
    expect(versions.map((row) => ({ ...(row as object) }))).toEqual([
      { part: 'storage', version: 1 },
      { part: 'storage', version: 2 },
      { part: 'users', version: 1 },
    ]);
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
  });

  for (const [index, driver] of DRIVER_NAMES.entries()) {
    it(`keep what was answered when one is killed (${driver})`, async () => {
      const path = freshFile();
      const pair = await team(2);
      const { challenges } = (await pair.open(path))[index] as Storage;
      const challenge = someChallenge({ userId: 'u', profile: '{"name":"Ada"}' });
      expect((await challenges.issue(issueInput(challenge))).is).toBe('issued');
      expect((await challenges.redeem(wrongInput(challenge))).is).toBe('wrong');
      await pair.kill(index);
      await expect(challenges.redeem(redeemInput(challenge))).rejects.toThrow(Error);
      const database = DRIVERS[driver](path);
      databases.push(database);
      const redeemed = await sqliteStorage(database).challenges.redeem(redeemInput(challenge));
      expect(redeemed).toMatchObject({ is: 'accepted', challenge: { ...challenge, attemptsLeft: 3 } });
    });
  }
});
