import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PhoneAuth } from '../../src/index.ts';
import type { Outcome } from './outcomes.ts';
import type { Driver } from './stores.ts';

/** A function of the auth object, to be called so many times at once. */
export interface Order {
  readonly order: number;
  readonly call: 'requestCode' | 'signInWithCode' | 'refreshSession' | 'validateVerificationCode';
  readonly input: object;
  readonly parallel: number;
}

/** What an {@link Order} came to; the codes are what left meanwhile, by challenge. */
export interface Report {
  readonly order: number;
  readonly outcomes: readonly Outcome<unknown>[];
  readonly codes: Readonly<Record<string, string>>;
}

/** An auth object in a process of its own, over a database file. */
export interface AuthProcess {
  readonly race: <Call extends Order['call']>(
    call: Call,
    input: Parameters<PhoneAuth[Call]>[0],
    parallel: number,
  ) => Promise<readonly Outcome<Awaited<ReturnType<PhoneAuth[Call]>>>[]>;
  readonly codeOf: (challengeId: string) => string;
  /** `kill -9`: nothing of it gets a chance to finish. */
  readonly kill: () => Promise<void>;
}

/** Starts one, and waits until the database is open. */
export async function startAuthProcess(driver: Driver, path: string): Promise<AuthProcess> {
  const child = fork(fileURLToPath(new URL('./auth-process-main.ts', import.meta.url)), [driver, path], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const codes = new Map<string, string>();
  const waiting = new Map<number, { readonly resolve: (outcomes: Report['outcomes']) => void; readonly reject: (error: Error) => void }>();
  let orders = 0;
  child.on('message', (message) => {
    const report = message as Report;
    for (const [challengeId, code] of Object.entries(report.codes)) codes.set(challengeId, code);
    waiting.get(report.order)?.resolve(report.outcomes);
    waiting.delete(report.order);
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The process ended before it answered.'));
  });
  const race = (call: Order['call'], input: object, parallel: number): Promise<Report['outcomes']> =>
    new Promise((resolve, reject) => {
      const order = orders++;
      waiting.set(order, { resolve, reject });
      child.send({ order, call, input, parallel } satisfies Order, (error) => (error === null ? undefined : reject(error)));
    });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`The process over ${driver} ended before it was open.`);
    }),
  ]);
  return {
    race: race as AuthProcess['race'],
    codeOf: (challengeId) => {
      const sent = codes.get(challengeId);
      if (sent === undefined) throw new Error(`No code left for ${challengeId}.`);
      return sent;
    },
    kill: async () => {
      const exited = once(child, 'exit');
      if (child.kill('SIGKILL')) await exited;
    },
  };
}
