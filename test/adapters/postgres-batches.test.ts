import { describe, expect, it } from 'vitest';
import { batches } from '../../adapters/storage/postgres-batches.ts';
import { isUndone } from '../../adapters/storage/postgres-errors.ts';

type Send = (operations: readonly string[]) => Promise<readonly string[]>;

const upper: Send = async (operations) => operations.map((operation) => operation.toUpperCase());

/** A queue whose trips end when they are told to; the owner of an operation is its first letter, and `?` has none. */
function queue(answer: Send = upper) {
  const trips: (readonly string[])[] = [];
  const open: (() => void)[] = [];
  const send: Send = async (operations) => {
    trips.push(operations);
    await new Promise<void>((resolve) => open.push(resolve));
    return answer(operations);
  };
  const ownerOf = (operation: string): string | null => (operation.startsWith('?') ? null : operation.slice(0, 1));
  const end = async (): Promise<void> => {
    open.shift()?.();
    await settled();
  };
  return { run: batches({ send, ownerOf, isUndone }), trips, end };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('operations that wait at the same moment', () => {
  it('leave at once when alone; what comes meanwhile leaves together when that trip ends, in the order in which it came', async () => {
    const { run, trips, end } = queue();
    const first = run('a');
    await settled();
    const others = ['b', 'c', 'd'].map(run);
    await settled();
    others.push(run('e'));
    await settled();
    expect(trips).toEqual([['a']]);
    await end();
    expect(trips).toEqual([['a'], ['b', 'c', 'd', 'e']]);
    await end();
    expect([await first, await Promise.all(others)]).toEqual(['A', ['B', 'C', 'D', 'E']]);
  });

  it('leave beside a trip that is under way once they are many, and beside two never', async () => {
    const { run, trips, end } = queue();
    const answers = [run('?')];
    await settled();
    for (const count of [31, 1, 100]) {
      for (let call = 0; call < count; call++) answers.push(run('?'));
      await settled();
    }
    expect(trips.map((operations) => operations.length)).toEqual([1, 32]);
    for (let trip = 0; trip < 4; trip++) await end();
    expect(trips.map((operations) => operations.length)).toEqual([1, 32, 64, 36]);
    expect(await Promise.all(answers)).toHaveLength(133);
  });

  it('leave beside a trip that takes long, however few they are', async () => {
    const { run, trips, end } = queue();
    const answers = [run('a')];
    await settled();
    answers.push(run('b'));
    await expect.poll(() => trips).toEqual([['a'], ['b']]);
    answers.push(run('c'));
    await settled();
    expect(trips).toHaveLength(2);
    for (let trip = 0; trip < 3; trip++) await end();
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C']);
  });

  it('take one of each owner along; the next one leaves with the next trip, and nobody has to wait for it', async () => {
    const { run, trips, end } = queue();
    const answers = Promise.all(['a1', 'a2', 'b1', '?', '?', 'a3'].map(run));
    await settled();
    expect(trips).toEqual([['a1', 'b1', '?', '?']]);
    for (let trip = 0; trip < 3; trip++) await end();
    expect(trips.slice(1)).toEqual([['a2'], ['a3']]);
    expect(await answers).toEqual(['A1', 'A2', 'B1', '?', '?', 'A3']);
  });

  it('are at most 64 a trip', async () => {
    const { run, trips, end } = queue();
    const answers = Promise.all(Array.from({ length: 200 }, () => run('?')));
    await settled();
    for (let trip = 0; trip < 4; trip++) await end();
    expect(trips.map((operations) => operations.length)).toEqual([64, 64, 64, 8]);
    expect(await answers).toHaveLength(200);
  });

  it('are refused when thousands wait already', async () => {
    const { run, end } = queue();
    const calls = Array.from({ length: 5000 }, () => run('?').then(String, String));
    await settled();
    for (let trip = 0; trip < 80; trip++) await end();
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === '?')).toHaveLength(4096);
    expect(answers.filter((answer) => answer.includes('are waiting already'))).toHaveLength(904);
  });

  it.each(['22P02', '23505', '40001', '40P01', '42P01', '55P03', 'P0001'])(
    'are tried one by one when %s says that nothing has happened, so that one of them harms no other',
    async (code) => {
      const { run, trips, end } = queue(async (operations) => {
        if (operations.includes('bad')) throw failure(code);
        return upper(operations);
      });
      const answers = Promise.allSettled(['a', 'bad', 'c'].map(run));
      await settled();
      for (let trip = 0; trip < 4; trip++) await end();
      expect(trips).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
      expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    },
  );

  it.each(['08006', '57014', '57P01', '53100', 'ECONNRESET', 'XX000'])(
    'all fail with %s, and none is tried again: it may have happened',
    async (code) => {
      const { run, trips, end } = queue(() => Promise.reject(failure(code)));
      const answers = Promise.allSettled(['a', 'b'].map(run));
      await settled();
      await end();
      expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(trips).toHaveLength(1);
      const next = run('c').catch((error: unknown) => String(error));
      await settled();
      await end();
      expect(await next).toContain(code);
    },
  );
});
