const MAX_JOBS = 128;

interface Waiting<Job, Outcome> {
  readonly job: Job;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Does together what waits at the same moment, one batch after the other: a number at most once in each, in the order of numbers, so that no two
 * batches wait for each other.
 */
export function batched<Job extends { readonly phoneNumber: string }, Outcome>(
  run: (jobs: readonly Job[]) => Promise<readonly Outcome[]>,
): (job: Job) => Promise<Outcome> {
  let batch = new Map<string, Waiting<Job, Outcome>>();
  let later: Waiting<Job, Outcome>[] = [];
  let isPlanned = false;
  let isBusy = false;

  function add(waiting: Waiting<Job, Outcome>): void {
    const { phoneNumber } = waiting.job;
    if (batch.size >= MAX_JOBS || batch.has(phoneNumber)) later.push(waiting);
    else batch.set(phoneNumber, waiting);
    plan();
  }

  function plan(): void {
    if (isPlanned || isBusy) return;
    isPlanned = true;
    setImmediate(go);
  }

  async function go(): Promise<void> {
    isPlanned = false;
    isBusy = true;
    const jobs = [...batch.values()].sort((a, b) => (a.job.phoneNumber < b.job.phoneNumber ? -1 : 1));
    const left = later;
    batch = new Map();
    later = [];
    for (const waiting of left) add(waiting);
    try {
      const outcomes = await run(jobs.map(({ job }) => job));
      for (const [index, { resolve }] of jobs.entries()) resolve(outcomes[index] as Outcome);
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
    isBusy = false;
    if (batch.size > 0) plan();
  }

  return (job) => new Promise((resolve, reject) => add({ job, resolve, reject }));
}
