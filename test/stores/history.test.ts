import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { HOSTILE_AMOUNTS } from '../adapters/hostile-amounts.ts';
import { HOSTILE_CHALLENGES } from '../adapters/hostile-challenges.ts';
import { HOSTILE_COUNTERS } from '../adapters/hostile-counters.ts';
import { HOSTILE_SESSIONS } from '../adapters/hostile-sessions.ts';
import { HOSTILE_USERS } from '../adapters/hostile-users.ts';
import { DRIVERS } from '../adapters/sqlite-drivers.ts';
import { checkHistory, type History, recordHistory } from '../conformance/index.ts';
import { batchesOf, CHALLENGE_COMMANDS, runBatches, SESSION_COMMANDS, type Stores, USER_COMMANDS } from './random-commands.ts';

const EVERYTHING = batchesOf([...CHALLENGE_COMMANDS, ...SESSION_COMMANDS, ...USER_COMMANDS]);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

function oneFile(): readonly [Stores, Stores] {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const databases = [DRIVERS['node:sqlite'](join(folder, 'app.db')), DRIVERS['better-sqlite3'](join(folder, 'app.db'))] as const;
  closing.push(...databases.map((database) => () => database.close()));
  return [sqliteStorage<never>(databases[0]), sqliteStorage<never>(databases[1])];
}

// Each call waits before and after its one step, and some are lost on the way there or back, by a pattern that is the same in every run.
function drawnOut<Store extends object>(store: Store): Store {
  let seed = 7;
  const draw = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const travel = async (): Promise<void> => {
    for (let turns = draw(5); turns > 0; turns--) await null;
    if (draw(20) === 0) throw new Error('The connection is lost.');
  };
  return new Proxy(store, {
    get: (target, verb) => async (input: unknown) => {
      await travel();
      const call = Reflect.get(target, verb) as (input: unknown) => Promise<unknown>;
      const answer = await call(input);
      await travel();
      return answer;
    },
  });
}

async function invariantsBrokenBy(
  open: () => readonly [Stores, ...Stores[]],
  commands: typeof EVERYTHING,
  runs: number,
  seed = 1,
): Promise<readonly string[]> {
  const broken: string[] = [];
  const calls = { answered: 0, lost: 0 };
  await fc.assert(
    fc.asyncProperty(commands, async (batches) => {
      const history: History = [];
      const [first, ...others] = open();
      await runBatches(batches, [recordHistory(first, history).stores, ...others.map((stores) => recordHistory(stores, history).stores)]);
      for (const { ended } of history) calls[ended === null ? 'lost' : 'answered']++;
      broken.push(...checkHistory(history).map(({ invariant }) => invariant));
    }),
    { numRuns: runs, seed },
  );
  expect(calls.answered).toBeGreaterThan(5 * calls.lost);
  return [...new Set(broken)].toSorted();
}

describe('random calls that overlap', () => {
  it('show no violation in the memory store', async () => {
    expect(await invariantsBrokenBy(() => [memoryStorage<never>()], EVERYTHING, 300)).toEqual([]);
  });

  it('show no violation in a store that answers late, in another order, or never', async () => {
    const open = (): readonly [Stores] => {
      const { challenges, sessions, users } = memoryStorage<never>();
      return [{ challenges: drawnOut(challenges), sessions: drawnOut(sessions), users: drawnOut(users) }];
    };
    expect(await invariantsBrokenBy(open, EVERYTHING, 300)).toEqual([]);
  });

  it('show no violation in one SQLite file over two connections', async () => {
    const handles = oneFile();
    expect(await invariantsBrokenBy(() => handles, EVERYTHING, 40)).toEqual([]);
  });

  const { challenges, sessions, users } = { challenges: CHALLENGE_COMMANDS, sessions: SESSION_COMMANDS, users: USER_COMMANDS };
  it.each([
    ['forgets to consume', { challenges: HOSTILE_CHALLENGES['forgets to consume'] }, challenges, 'I1'],
    ['never runs out of attempts', { challenges: HOSTILE_CHALLENGES['never runs out of attempts'] }, challenges, 'I2'],
    ['gives attempts back with a resend', { challenges: HOSTILE_CHALLENGES['gives attempts back with a resend'] }, challenges, 'I3'],
    ['forgets to pay', { challenges: HOSTILE_CHALLENGES['forgets to pay'] }, challenges, 'I3'],
    ['ignores limits when it redeems', { challenges: HOSTILE_CHALLENGES['ignores limits when it redeems'] }, challenges, 'I4'],
    ['ignores the cooldown', { challenges: HOSTILE_CHALLENGES['ignores the cooldown'] }, challenges, 'I4'],
    ['counts one slice too short', { challenges: HOSTILE_COUNTERS['counts one slice too short'] }, challenges, 'I4'],
    ['counts every hit as one', { challenges: HOSTILE_AMOUNTS['counts every hit as one'] }, challenges, 'I4'],
    ['reads, waits, then writes', { challenges: HOSTILE_CHALLENGES['reads, waits, then writes'] }, challenges, 'I3'],
    ['reads sessions, waits, then writes', { sessions: HOSTILE_SESSIONS['reads, waits, then writes'] }, sessions, 'I6'],
    ['has no grace', { sessions: HOSTILE_SESSIONS['has no grace'] }, sessions, 'I6'],
    ['replaces the account of a number', { users: HOSTILE_USERS['replaces the account of a number'] }, users, 'I5'],
    ['gives a number to several', { users: HOSTILE_USERS['gives a number to several'] }, users, 'I5'],
    ['gives everybody one id', { users: HOSTILE_USERS['gives everybody one id'] }, users, 'I5'],
  ] as const)('find a store that %s', async (_, hostile, commands, invariant) => {
    const open = (): readonly [Stores] => {
      const opened = Object.entries(hostile as Record<string, () => object>).map(([port, store]) => [port, store()]);
      return [{ ...memoryStorage<never>(), ...Object.fromEntries(opened) }];
    };
    expect(await invariantsBrokenBy(open, batchesOf(commands), 200)).toContain(invariant);
  });
});
