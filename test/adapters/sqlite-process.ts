import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { DRIVERS, type Driver } from './sqlite-drivers.ts';

/** What a child process is told: one verb of one store, and the inputs of as many calls at once. */
export interface Work {
  readonly store: 'challenges' | 'sessions' | 'users';
  readonly verb: string;
  readonly inputs: readonly unknown[];
}

// A process of its own on the database that its arguments name: opens it when told to, and answers what the calls answered.
const [driver, path] = process.argv.slice(2) as [Driver, string];
let storage: Readonly<Record<string, Readonly<Record<string, (input: unknown) => Promise<unknown>>>>> = {};

process.on('message', async (message: 'open' | Work) => {
  try {
    if (message === 'open') {
      storage = sqliteStorage(DRIVERS[driver](path)) as never;
      process.send?.({ answers: [] });
      return;
    }
    const verb = storage[message.store]?.[message.verb];
    process.send?.({ answers: await Promise.all(message.inputs.map((input) => verb?.(input))) });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
