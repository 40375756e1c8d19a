import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RecordableStores } from './history.ts';

/** How processes are started. */
export interface ProcessesOptions {
  /** A module that calls {@link serveStores}; the file that each process runs. */
  readonly module: URL | string;
  /** How many, 2 to 64. @default 3 */
  readonly processes?: number | undefined;
  /** Arguments of Node itself, e.g. a loader that the module needs. @default those of this process */
  readonly execArgv?: readonly string[] | undefined;
}

/** Processes that can each open the same store. */
export interface StoreProcesses<Stores> {
  /**
   * Lets every process open the store of that place, a path or an address that the module understands; gives one handle per process, whose
   * calls run there. What a call throws there is thrown here as an `Error` with its message.
   */
  readonly open: (place: string) => Promise<readonly [Stores, ...Stores[]]>;
  /** `kill -9` of one process by its index: what it was doing is never finished. Calls that wait for it are rejected. */
  readonly kill: (index: number) => Promise<void>;
  /** Ends all of them. */
  readonly close: () => Promise<void>;
}

/** What travels to a process: open a place, or call a verb of a store that is open. */
interface Order {
  readonly order: number;
  readonly place: string;
  readonly call: { readonly port: string; readonly verb: string; readonly input: unknown } | null;
}

/** What comes back. */
interface Reply {
  readonly order: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Which verbs a store has, by port: what a place answers when it is opened. */
type Verbs = Readonly<Record<string, readonly string[]>>;

/**
 * Turns this process into one of the processes of a race: it opens stores and calls their verbs when it is told to. Call it once, in a
 * module of its own, which {@link startStoreProcesses} names.
 *
 * @param open gets the place, and which of the processes this is, from 0 on
 *
 * @example
 * ```ts
 * // store-process.ts
 * import { DatabaseSync } from 'node:sqlite';
 * import { serveStores } from 'ringlatch/conformance';
 * import { sqliteStorage } from 'ringlatch/sqlite';
 *
 * serveStores((path) => sqliteStorage(new DatabaseSync(path)));
 * ```
 */
export function serveStores(open: (place: string, index: number) => RecordableStores | Promise<RecordableStores>): void {
  const index = Number(process.argv[2]);
  const opened = new Map<string, Promise<RecordableStores>>();
  const storesAt = (place: string): Promise<RecordableStores> => {
    const stores = opened.get(place) ?? Promise.resolve(open(place, index));
    opened.set(place, stores);
    return stores;
  };
  const follow = async ({ place, call }: Order): Promise<unknown> => {
    const stores = (await storesAt(place)) as Readonly<Record<string, object | undefined>>;
    if (call === null) return verbsOf(stores);
    const store = stores[call.port] as Readonly<Record<string, (input: unknown) => unknown>>;
    return store[call.verb]?.(call.input);
  };
  // Nobody is left to answer to.
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => {
    follow(order).then(
      (answer) => process.send?.({ order: order.order, answer } satisfies Reply),
      (error: unknown) => process.send?.({ order: order.order, error: String(error) } satisfies Reply),
    );
  });
}

/**
 * Starts processes that share a store, so that races run in several of them at once: give the cases one handle as the store and the others
 * as its peers.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { challengeStoreCases, startStoreProcesses } from 'ringlatch/conformance';
 * import type { SqliteStorage } from 'ringlatch/sqlite';
 *
 * const team = await startStoreProcesses<SqliteStorage<unknown>>({ module: new URL('./store-process.ts', import.meta.url) });
 * const cases = challengeStoreCases(async () => {
 *   const [first, ...others] = await team.open(`${mkdtempSync('race-')}/app.db`);
 *   return { store: first.challenges, peers: others.map(({ challenges }) => challenges) };
 * });
 * for (const { run } of cases) await run();
 * await team.close();
 * ```
 */
export async function startStoreProcesses<Stores>(options: ProcessesOptions): Promise<StoreProcesses<Stores>> {
  const { module, processes = 3, execArgv = process.execArgv } = options;
  const members = Array.from({ length: processes }, (_, index) => startMember(module, index, execArgv));
  return {
    async open(place) {
      const handles = await Promise.all(members.map((member) => member.open(place)));
      return handles as unknown as readonly [Stores, ...Stores[]];
    },
    kill: async (index) => members[index]?.end('SIGKILL'),
    async close() {
      await Promise.all(members.map((member) => member.end('SIGTERM')));
    },
  };
}

interface Member {
  open(place: string): Promise<object>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

function startMember(module: URL | string, index: number, execArgv: readonly string[]): Member {
  const path = typeof module === 'string' && !module.startsWith('file:') ? module : fileURLToPath(module);
  const child: ChildProcess = fork(path, [String(index)], { execArgv: [...execArgv], serialization: 'advanced' });
  const waiting = new Map<number, { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }>();
  let orders = 0;
  child.on('message', (message) => {
    const { order, answer, error } = message as Reply;
    if (error === undefined) waiting.get(order)?.resolve(answer);
    else waiting.get(order)?.reject(new Error(error));
    waiting.delete(order);
  });
  const giveUp = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('The process ended before it answered.'));
    waiting.clear();
  };
  child.on('exit', giveUp);
  child.on('error', giveUp);
  const ask = (place: string, call: Order['call']): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const order = orders++;
      waiting.set(order, { resolve, reject });
      child.send({ order, place, call } satisfies Order, (error) => {
        if (error !== null) reject(error);
      });
    });
  return {
    open: async (place) => handleOn((await ask(place, null)) as Verbs, (call) => ask(place, call)),
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

function handleOn(verbs: Verbs, ask: (call: NonNullable<Order['call']>) => Promise<unknown>): object {
  const stores = Object.entries(verbs).map(([port, names]) => {
    const calls = names.map((verb) => [verb, (input: unknown) => ask({ port, verb, input })] as const);
    return [port, Object.fromEntries(calls)] as const;
  });
  return Object.fromEntries(stores);
}

// Methods of classes are found on their prototypes.
function verbsOf(stores: Readonly<Record<string, object | undefined>>): Verbs {
  const names = (store: object | null): readonly string[] =>
    store === null || store === Object.prototype ? [] : [...Object.getOwnPropertyNames(store), ...names(Object.getPrototypeOf(store))];
  const ports = Object.entries(stores).filter((entry): entry is [string, object] => typeof entry[1] === 'object' && entry[1] !== null);
  return Object.fromEntries(ports.map(([port, store]) => [port, names(store).filter((name) => name !== 'constructor')]));
}
