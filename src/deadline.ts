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
  return async (port, milliseconds, wait) => {
    // a write that nobody waits for any more is not begun
    if (milliseconds <= 0) throw named('DeadlineError', 'The deadline is over.');
    const backlog = backlogs.get(port) ?? { abandoned: 0, triedAt: Number.NEGATIVE_INFINITY };
    backlogs.set(port, backlog);
    refuseBehind(backlog);
    return answerOf(backlog, milliseconds, wait);
  };
}

function refuseBehind(backlog: Backlog): void {
  if (backlog.abandoned < MAX_ABANDONED) return;
  const now = performance.now();
  // nothing was begun, so that the next sender may be tried
  if (now < backlog.triedAt + TRIAL_MS)
    throw Object.assign(named('BacklogError', 'Too many calls were not answered.'), { kind: 'retryable' });
  backlog.triedAt = now;
}

async function answerOf<T>(backlog: Backlog, milliseconds: number, wait: () => T | Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      backlog.abandoned += 1;
      reject(named('DeadlineError', 'The deadline is over.'));
    }, milliseconds);
  });
  const answer = (async () => wait())();
  const settled = (): void => {
    if (isLate) backlog.abandoned = Math.max(0, backlog.abandoned - 1);
  };
  answer.then(settled, settled);
  try {
    const given = await Promise.race([answer, late]);
    // a driver may have dropped calls without a word: whoever answers owes nothing
    if (backlog.abandoned >= MAX_ABANDONED) backlog.abandoned = 0;
    return given;
  } finally {
    clearTimeout(timer);
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
