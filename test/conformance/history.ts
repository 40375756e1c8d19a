import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';

/** The ports whose calls can be recorded; any of them may be missing. */
export interface RecordableStores {
  readonly challenges?: ChallengeStore | undefined;
  readonly sessions?: SessionStore | undefined;
  readonly users?: UserStore<UserRecord, never> | undefined;
}

/** When a call began and ended, as places in one order of all beginnings and ends. */
export interface Span {
  readonly began: number;
  /** `null`: it threw, or has not answered yet, so that nobody knows whether it happened. */
  readonly ended: number | null;
}

/** The calls of a port, one member per verb. */
export type OperationOf<Port extends string, Store> = {
  readonly [Name in keyof Store & string]: Store[Name] extends (input: never) => Promise<unknown>
    ? Span & {
        readonly port: Port;
        readonly verb: Name;
        readonly input: Parameters<Store[Name]>[0];
        /** `null` where `ended` is. */
        readonly answer: Awaited<ReturnType<Store[Name]>> | null;
      }
    : never;
}[keyof Store & string];

/** What some user stores offer beside the port, and what a history must know to be judged. */
export interface UserDeletion {
  delete(d: { readonly userId: string }): Promise<boolean>;
}

/** One call of one verb, with what it was given and what it answered. */
export type Operation =
  | OperationOf<'challenges', ChallengeStore>
  | OperationOf<'sessions', SessionStore>
  | OperationOf<'users', Required<UserStore<UserRecord, unknown>> & UserDeletion>;

/** Every call in the order of the beginnings. Plain data: it can be written to a file and judged later. */
export type History = readonly Operation[];

/** What {@link recordHistory} gives. */
export interface Recording<Stores> {
  /** The same stores; every call of a verb leaves an {@link Operation}. */
  readonly stores: Stores;
  /** Grows with every call. */
  readonly history: History;
}

// One order for all recordings of this process, so that several handles may write into one history.
let place = 0;

/**
 * Records every call of some stores. Start with empty stores, and record every handle on the same data into one history: what happens
 * unseen looks like a fault.
 *
 * @param into the history of another handle on the same data
 *
 * @example
 * ```ts
 * import { checkHistory, recordHistory } from 'ringlatch/conformance';
 * import { memoryStorage } from 'ringlatch/memory';
 *
 * const { stores, history } = recordHistory(memoryStorage());
 * await stores.challenges.take({ hits: [], cooldown: null, now: 0 });
 * console.log(checkHistory(history)); // []
 * ```
 */
export function recordHistory<Stores extends RecordableStores>(stores: Stores, into: History = []): Recording<Stores> {
  const recorded = PORTS.map((port) => [port, stores[port]] as const).filter((entry) => entry[1] !== undefined);
  const watched = Object.fromEntries(recorded.map(([port, store]) => [port, watch(port, store ?? {}, into as Operation[])]));
  return { stores: { ...stores, ...watched }, history: into };
}

const PORTS = ['challenges', 'sessions', 'users'] as const;

function watch(port: string, store: object, history: Operation[]): object {
  return new Proxy(store, {
    get(target, verb) {
      const call: unknown = Reflect.get(target, verb);
      if (typeof call !== 'function') return call;
      return async (input: unknown): Promise<unknown> => {
        const operation = { port, verb, input, began: place++, ended: null, answer: null };
        history.push(operation as unknown as Operation);
        const answer: unknown = await call.call(target, input);
        Object.assign(operation, { ended: place++, answer });
        return answer;
      };
    },
  });
}
