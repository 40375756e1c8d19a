// The process of a load run, which load.ts starts: constant arrival, whether or not the last call has been answered.
import { setTimeout as pause } from 'node:timers/promises';
import { LOAD_SHARES, type LoadKind, type LoadRow, loadFigures } from './load-figures.ts';
import { openLoadService } from './load-service.ts';
import { loadVisits } from './load-visits.ts';
import { slopeOf } from './statistics.ts';
import type { StoreName } from './systems/system.ts';

/** Memory right after a collection: what could be given back is no growth. */
interface Kept {
  readonly hours: number;
  readonly rss: number;
  /** Of the heap, and of what hangs on it. */
  readonly live: number;
}

/** How long, how much and on what. */
export interface LoadConfiguration {
  readonly store: StoreName;
  readonly minutes: number;
  /** Arrivals per second. */
  readonly rate: number;
}

const { store, minutes, rate } = JSON.parse(process.argv[2] ?? '') as LoadConfiguration;
const SAMPLE_SECONDS = 15;
const SWEEP_SECONDS = 5;
const SWEPT_AT_ONCE = 3;
const MEGABYTE = 2 ** 20;
const ROTATIONS = 2;
// Of the run; memory grows until everything was once in use.
const WARM_UP_SHARE = 0.3;

const service = await openLoadService(store);
const figures = loadFigures();
// So that each session is refreshed about once a minute, well before its access token expires.
const visits = loadVisits(service, Math.max(10, Math.round(rate * 10)));
await visits.fill();

const order = Object.entries(LOAD_SHARES).flatMap(([kind, share]) =>
  Array.from({ length: share }, (_, index) => ({ kind: kind as LoadKind, at: (index + 0.5) / share })),
);
// Each kind spread evenly over a hundred arrivals.
const kinds = order.toSorted((a, b) => a.at - b.at).map(({ kind }) => kind);
const startedAt = performance.now();
const totalMs = minutes * 60_000;
const elapsedMs = (): number => performance.now() - startedAt;
const memory: Kept[] = [];
let swept = 0;
let rotations = 0;

const sampling = setInterval(sample, SAMPLE_SECONDS * 1000);
const sweeping = setInterval(sweep, SWEEP_SECONDS * 1000);
const calls = new Set<Promise<void>>();
for (let arrival = 0; ; ) {
  const dueAt = (arrival * 1000) / rate;
  if (dueAt >= totalMs) break;
  const early = dueAt - elapsedMs();
  if (early > 0) {
    await pause(early);
    continue;
  }
  call(kinds[arrival++ % kinds.length] ?? 'verify', dueAt);
  if (elapsedMs() > (totalMs * (rotations + 1)) / (ROTATIONS + 1) && rotations < ROTATIONS) {
    service.rotateSecrets();
    rotations++;
  }
}
await Promise.all(calls);
clearInterval(sampling);
clearInterval(sweeping);
memory.push(kept());
const row: LoadRow = {
  date: new Date().toISOString().slice(0, 10),
  store,
  minutes,
  rate,
  kinds: figures.kinds(totalMs / 1000),
  errors: figures.errors(),
  rssMegabytes: process.memoryUsage.rss() / MEGABYTE,
  rssMegabytesPerHour: slopeOf(memory.map(({ hours, rss }) => [hours, rss])),
  liveMegabytesPerHour: slopeOf(memory.map(({ hours, live }) => [hours, live])),
  swept,
  rotations,
};
process.stdout.write(`${JSON.stringify(row)}\n`);
await service.close();

function call(kind: LoadKind, dueAt: number): void {
  const answered = visits.visit(kind).then(
    () => figures.note(kind, elapsedMs() - dueAt),
    (error: unknown) => figures.noteError(kind, error),
  );
  calls.add(answered);
  void answered.finally(() => calls.delete(answered));
}

function sample(): void {
  if (elapsedMs() >= totalMs * WARM_UP_SHARE) memory.push(kept());
}

async function sweep(): Promise<void> {
  try {
    for (let time = 0; time < SWEPT_AT_ONCE; time++) swept += (await service.auth().sweep()).count;
  } catch (error) {
    figures.noteError('request', error);
  }
}

function kept(): Kept {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { hours: elapsedMs() / 3_600_000, rss: rss / MEGABYTE, live: (heapUsed + external) / MEGABYTE };
}
