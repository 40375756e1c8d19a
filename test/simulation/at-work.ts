import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Size } from './figure.ts';
import { type Job, jobsOf, type Outcome } from './jobs.ts';

/** A job that is done. */
export interface Done {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: Outcome;
}

// A million challenges fill some gigabytes.
const MEMORY = { maxOldGenerationSizeMb: 12_288 };
const MOST_WORKERS = 2;

/** Runs jobs, two at once where there are two cores, each in a world of its own: the order changes no figure. */
export async function* done(jobs: readonly Job[], size: Size): AsyncGenerator<Done, void, void> {
  const waiting = [...jobs];
  const running = new Map<Worker, Promise<{ readonly worker: Worker; readonly one: Done }>>();
  const begin = (worker: Worker): void => {
    const job = waiting.shift();
    running.delete(worker);
    if (job === undefined) worker.postMessage(null);
    else running.set(worker, answerOf(worker, job));
  };
  const workers = Math.min(MOST_WORKERS, availableParallelism(), jobs.length);
  for (let index = 0; index < workers; index++) {
    begin(new Worker(new URL(import.meta.url), { workerData: size, resourceLimits: MEMORY }));
  }
  while (running.size > 0) {
    const { worker, one } = await Promise.race(running.values());
    begin(worker);
    yield one;
  }
}

async function answerOf(worker: Worker, { name }: Job): Promise<{ readonly worker: Worker; readonly one: Done }> {
  const answer = new Promise<Done>((resolve, reject) => {
    worker.removeAllListeners();
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', () => reject(new Error(`The worker ended in "${name}".`)));
  });
  worker.postMessage(name);
  return { worker, one: await answer };
}

async function work(size: Size, name: string): Promise<void> {
  const job = jobsOf(size).find((one) => one.name === name);
  if (job === undefined) throw new Error(`There is no job "${name}".`);
  const startedAt = performance.now();
  const outcome = await job.run(size);
  parentPort?.postMessage({ name, seconds: (performance.now() - startedAt) / 1000, outcome } satisfies Done);
}

if (!isMainThread && parentPort !== null) {
  parentPort.on('message', (name: string | null) => {
    if (name === null) parentPort?.close();
    else void work(workerData, name);
  });
}
