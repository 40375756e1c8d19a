import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { type AttackedAuth, attackedAuth, client, phoneNumberOf, wrongCode } from './attacked-auth.ts';
import { type AuthProcess, startAuthProcess } from './auth-process.ts';
import { answersIn, tally } from './outcomes.ts';
import { type DatabaseFile, type Driver, newDatabaseFile, type OpenDatabase, openDatabase, type Storage } from './stores.ts';

const ROUNDS = 100;
const PER_PROCESS = 16;
const PARALLEL = 4 * PER_PROCESS;
const TEAM: readonly Driver[] = ['node:sqlite', 'better-sqlite3', 'node:sqlite', 'better-sqlite3'];

describe('four processes with two drivers on one SQLite file', { timeout: 120_000 }, () => {
  let file: DatabaseFile;
  let database: OpenDatabase;
  let storage: Storage;
  let attacked: AttackedAuth;
  let processes: readonly AuthProcess[] = [];
  let nextNumber = 0;

  beforeAll(async () => {
    file = newDatabaseFile();
    // none of them finds the tables made: they migrate at once, too
    processes = await Promise.all(TEAM.map((driver) => startAuthProcess(driver, file.path)));
    database = openDatabase('node:sqlite', file.path);
    storage = sqliteStorage(database);
    attacked = attackedAuth(storage);
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    database.close();
    file.remove();
  });

  async function challenge() {
    const { challengeId } = await attacked.auth.requestCode({ phoneNumber: phoneNumberOf(nextNumber++), client });
    return { challengeId, code: attacked.codeOf(challengeId) };
  }

  it('of 64 parallel right codes one signs in', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const answer = await challenge();
      const outcomes = await Promise.all(processes.map((one) => one.race('signInWithCode', { ...answer, client }, PER_PROCESS)));
      expect(tally(outcomes.flat())).toEqual({ answered: 1, 'invalid_code: used': PARALLEL - 1 });
    }
  });

  it('of 64 parallel wrong codes five are judged', async () => {
    for (let round = 0; round < ROUNDS / 4; round++) {
      const { challengeId, code } = await challenge();
      const wrong = { challengeId, code: wrongCode(code), client };
      const outcomes = await Promise.all(processes.map((one) => one.race('signInWithCode', wrong, PER_PROCESS)));
      expect(tally(outcomes.flat())).toEqual({ 'invalid_code: wrong': 5, attempts_exhausted: PARALLEL - 5 });
    }
  });

  it('64 parallel refreshes rotate once and get one successor', async () => {
    let { refreshToken, sessionId } = await attacked.auth.signInWithCode({ ...(await challenge()), client });
    for (let round = 1; round <= ROUNDS; round++) {
      const outcomes = await Promise.all(processes.map((one) => one.race('refreshSession', { refreshToken, client }, PER_PROCESS)));
      expect(tally(outcomes.flat())).toEqual({ answered: PARALLEL });
      const [successor, ...others] = new Set(answersIn(outcomes.flat()).map((tokens) => tokens.refreshToken));
      expect(others).toEqual([]);
      expect(successor).not.toBe(refreshToken);
      expect(await storage.sessions.find({ sessionId, now: Date.now() })).toMatchObject({ generation: round });
      refreshToken = successor as string;
    }
  });
});
