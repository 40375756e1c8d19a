import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { type ConformanceCase, challengeStoreCases, sessionStoreCases, userStoreCases } from '../conformance/index.ts';
import { challengesWith } from './faulty-challenges.ts';
import { HOSTILE_CHALLENGES } from './hostile-challenges.ts';
import { HOSTILE_COUNTERS } from './hostile-counters.ts';
import { HOSTILE_SESSIONS, sessionsWith } from './hostile-sessions.ts';
import { HOSTILE_USERS } from './hostile-users.ts';

const QUICK = { rounds: 1 };
const challenges = (open: () => ReturnType<typeof challengesWith>) => challengeStoreCases(() => ({ store: open() }), QUICK);
const sessions = (open: () => ReturnType<typeof sessionsWith>) => sessionStoreCases(() => ({ store: open() }), QUICK);
const users = (open: (typeof HOSTILE_USERS)[string]) => userStoreCases(() => ({ store: open() }), QUICK);

const ALL: readonly (readonly [string, readonly ConformanceCase[]])[] = [
  ...Object.entries({ ...HOSTILE_CHALLENGES, ...HOSTILE_COUNTERS }).map(
    ([fault, open]) => [`a challenge store that ${fault}`, challenges(open)] as const,
  ),
  ...Object.entries(HOSTILE_SESSIONS).map(([fault, open]) => [`a session store that ${fault}`, sessions(open)] as const),
  ...Object.entries(HOSTILE_USERS).map(([fault, open]) => [`a user store that ${fault}`, users(open)] as const),
];
const SOUND: readonly ConformanceCase[] = [
  ...challenges(() => challengesWith()),
  ...sessions(() => sessionsWith()),
  ...users(() => memoryStorage().users),
];

async function failedBy(cases: readonly ConformanceCase[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { id, name, run } of cases) {
    if (!name.startsWith('MUST ')) continue;
    await run().catch(() => failed.push(id));
  }
  return failed;
}

describe('the conformance cases', () => {
  const caught = new Set<string>();

  for (const [fault, cases] of ALL) {
    it(`catch ${fault}`, async () => {
      const failed = await failedBy(cases);
      for (const id of failed) caught.add(id);
      expect(failed).not.toEqual([]);
    });
  }

  it('catch nothing in the stores that the faults are laid over', async () => {
    expect(await failedBy(SOUND)).toEqual([]);
  });

  it('are each needed: every MUST catches one of these stores', () => {
    const musts = SOUND.filter(({ name }) => name.startsWith('MUST ')).map(({ id }) => id);
    expect(musts.filter((id) => !caught.has(id))).toEqual([]);
  });

  it('have unique ids and names that begin with MUST or SHOULD', () => {
    expect(new Set(SOUND.map(({ id }) => id)).size).toBe(SOUND.length);
    for (const { id, name } of SOUND) {
      expect(id).toMatch(/^[CSU]-[A-Z]+-\d{2}$/);
      expect(name).toMatch(/^(MUST|SHOULD) /);
    }
  });
});
