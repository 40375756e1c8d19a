import {
  type ConformanceCase,
  challengeStoreCases,
  checkHistory,
  type Open,
  type RaceOptions,
  type RecordableStores,
  recordHistory,
  sessionStoreCases,
  userStoreCases,
} from '../conformance/index.ts';
import type { StoreUnderTest } from './stores.ts';

/** What one race came to. */
export interface Figures {
  readonly store: string;
  readonly operation: string;
  readonly rounds: number;
  readonly calls: number;
  /** What the case and the history say against the store. */
  readonly violations: readonly string[];
  readonly seconds: number;
}

type Cases = (
  open: <Port extends keyof RecordableStores>(port: Port) => Open<NonNullable<RecordableStores[Port]>>,
  options: RaceOptions,
) => readonly ConformanceCase[];

const ofChallenges: Cases = (open, options) => challengeStoreCases(open('challenges'), options);
const ofSessions: Cases = (open, options) => sessionStoreCases(open('sessions'), options);
const ofUsers: Cases = (open, options) => userStoreCases(open('users'), options);

/** The races of the long run: a port, and the case that races the verb. */
export const RACES: readonly {
  readonly operation: string;
  readonly port: keyof RecordableStores;
  readonly id: string;
  readonly cases: Cases;
}[] = [
  { operation: 'redeem', port: 'challenges', id: 'C-REDEEM-16', cases: ofChallenges },
  { operation: 'redeem, wrong codes', port: 'challenges', id: 'C-REDEEM-17', cases: ofChallenges },
  { operation: 'spend', port: 'challenges', id: 'C-SPEND-08', cases: ofChallenges },
  { operation: 'issue', port: 'challenges', id: 'C-ISSUE-10', cases: ofChallenges },
  { operation: 'rotate', port: 'sessions', id: 'S-ROTATE-10', cases: ofSessions },
  { operation: 'create a session', port: 'sessions', id: 'S-CREATE-04', cases: ofSessions },
  { operation: 'create a user', port: 'users', id: 'U-CREATE-03', cases: ofUsers },
];

/** Runs every race over a store, and gives the figures of each as soon as they are there. */
export async function* longRaces(
  store: StoreUnderTest,
  options: { readonly rounds: number; readonly parallel: number },
): AsyncGenerator<Figures> {
  const { handles, close } = await store.open();
  try {
    for (const { operation, port, id, cases } of RACES) {
      if (handles[0][port] === undefined) continue;
      yield { store: store.name, operation, rounds: options.rounds, ...(await raced(handles, id, cases, options)) };
    }
  } finally {
    await close();
  }
}

async function raced(
  handles: readonly RecordableStores[],
  id: string,
  cases: Cases,
  options: RaceOptions,
): Promise<Pick<Figures, 'calls' | 'violations' | 'seconds'>> {
  const { stores, history } = recordHistory(handles[0] ?? {});
  const peers = handles.slice(1).map((handle) => recordHistory(handle, history).stores);
  const open = <Port extends keyof RecordableStores>(port: Port) => {
    const [store, ...others] = [stores, ...peers].map((handle) => handle[port] as NonNullable<RecordableStores[Port]>);
    return () => ({ store: store as NonNullable<RecordableStores[Port]>, peers: others });
  };
  const race = cases(open, options).find((one) => one.id === id);
  if (race === undefined) throw new Error(`There is no case ${id}.`);
  const startedAt = performance.now();
  const failures = await race.run().then(
    () => [],
    (error: unknown) => [`${id}: ${error instanceof Error ? error.message : String(error)}`],
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const found = checkHistory(history).map(({ invariant, message }) => `${invariant}: ${message}`);
  return { calls: history.length, violations: [...failures, ...found], seconds };
}
