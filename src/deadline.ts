// What nobody waits for any more still stands in the queue of a driver, which may have no end. Behind so many a port is only tried.
const MAX_ABANDONED = 1000;
const TRIAL_MS = 1000;

/** What a port still owes to callers who have gone. */
interface Backlog {
  abandoned: number;
  triedAt: number;
}

/** Runs a wait on a port for at most so long; rejects with a `DeadlineError`, or with a `BacklogError` without having begun. */
export type WaitFor = <T>(port: string, milliseconds: number, wait: () => T | Promise<T>) => Promise<T>;

/** A {@link WaitFor} that knows what each port owes. */
export function createWaitFor(): WaitFor {
  const backlogs = new Map<string, Backlog>();
  return (port, milliseconds, wait) =>
    new Promise((resolve, reject) => {
      // a write that nobody waits for any more is not begun
      if (milliseconds <= 0) throw named('DeadlineError', 'The deadline is over.');
      const backlog = backlogs.get(port) ?? { abandoned: 0, triedAt: Number.NEGATIVE_INFINITY };
      backlogs.set(port, backlog);
      refuseBehind(backlog);
      settleWithin(milliseconds, backlog, Promise.resolve(wait()), resolve, reject);
    });
}

function refuseBehind(backlog: Backlog): void {
  if (backlog.abandoned < MAX_ABANDONED) return;
  const now = performance.now();
  // nothing was begun, so that the next sender may be tried
  if (now < backlog.triedAt + TRIAL_MS)
    throw Object.assign(named('BacklogError', 'Too many calls were not answered.'), { kind: 'retryable' });
  backlog.triedAt = now;
}

/** Hands on an answer, or the end of the time for it; every wait on a port passes here, hence one promise and one timer. */
function settleWithin<T>(
  milliseconds: number,
  backlog: Backlog,
  answer: Promise<T>,
  resolve: (given: T) => void,
  reject: (error: unknown) => void,
): void {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    backlog.abandoned += 1;
    reject(named('DeadlineError', 'The deadline is over.'));
  }, milliseconds);
  const settled = (): void => {
    clearTimeout(timer);
    if (isLate) backlog.abandoned = Math.max(0, backlog.abandoned - 1);
  };
  answer.then(
    (given) => {
      settled();
      // a driver may have dropped calls without a word: whoever answers in time owes nothing
      if (!isLate && backlog.abandoned >= MAX_ABANDONED) backlog.abandoned = 0;
      resolve(given);
    },
    (error) => {
      settled();
      reject(error);
    },
  );
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
