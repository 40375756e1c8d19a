/** One thing that a store must, or should, do. Run it in any test runner: `run` throws an `AssertionError` when the store does not. */
export interface ConformanceCase {
  /** Short, stable, unique: `C-ISSUE-03`. */
  readonly id: string;
  /** A sentence that begins with MUST or SHOULD. */
  readonly name: string;
  run(): Promise<void>;
}

/** A fresh store. */
export interface Opened<Store> {
  readonly store: Store;
  /** Further handles on the same data, e.g. over other connections: races are spread over all of them. @default none */
  readonly peers?: readonly Store[] | undefined;
  /** Called when the case is over. */
  readonly close?: (() => void | Promise<void>) | undefined;
}

/** Opens a fresh, empty store for one case. */
export type Open<Store> = () => Opened<Store> | Promise<Opened<Store>>;

/** How hard races are raced. */
export interface RaceOptions {
  /** Times that each race is run. @default 100 */
  readonly rounds?: number | undefined;
  /** Calls that are in flight at once, 50 or more. @default 64 */
  readonly parallel?: number | undefined;
}

/** What the body of a case gets. */
export interface Subject<Store> {
  readonly store: Store;
  /** Runs one round of calls at once, spread over the store and its peers. */
  race<Answer>(call: (store: Store, index: number) => Promise<Answer>): Promise<readonly Answer[]>;
  /** Runs a race as often as the options say. */
  rounds(round: () => Promise<void>): Promise<void>;
  /** Calls that are in flight at once. */
  readonly parallel: number;
}

/** Makes cases over one factory. */
export function casesOf<Store>(
  open: Open<Store>,
  { rounds = 100, parallel = 64 }: RaceOptions,
): (id: string, name: string, body: (subject: Subject<Store>) => Promise<void>) => ConformanceCase {
  return (id, name, body) => ({
    id,
    name,
    async run() {
      const { store, peers = [], close } = await open();
      const stores = [store, ...peers];
      try {
        await body({
          store,
          parallel,
          race: (call) => race(parallel, (index) => call(stores[index % stores.length] ?? store, index)),
          async rounds(round) {
            for (let left = rounds; left > 0; left--) await round();
          },
        });
      } finally {
        await close?.();
      }
    },
  });
}

// All calls are started before the first one is waited for.
function race<Answer>(parallel: number, call: (index: number) => Promise<Answer>): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: parallel }, (_, index) => call(index)));
}

/** How many answers say so: `{ accepted: 1, used: 63 }`. */
export function tally(answers: readonly { readonly is: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { is } of answers) counts[is] = (counts[is] ?? 0) + 1;
  return counts;
}

/** A moment in the virtual time of the cases, epoch ms. Not a multiple of any slice of a window. */
export const NOW = 1_800_000_123_457;

/** Random bytes as base64url. */
export function randomText(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url');
}
