/** {@link SqliteStep}, at once. */
export type Transaction = <Answer>(work: () => Answer) => Answer;

/** Runs work as one atomic step; what it gives was committed. */
export type SqliteStep = <Answer>(work: () => Answer) => Promise<Answer>;

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

// Some milliseconds of work: the thread does nothing else meanwhile.
const MOST_IN_ONE = 64;

/** Each step a transaction of its own, at once. */
export function oneByOne(transaction: Transaction): SqliteStep {
  return async (work) => transaction(work);
}

/**
 * Steps that wait at the same moment share one transaction, and so one flush to the disk; one alone waits for nobody. They run one after the
 * other, each on what those before it wrote. When one of them fails, nothing was written, and each runs again by itself. When the transaction cannot
 * begin or its commit fails, all of them fail, because nobody may repeat what perhaps was written. `writeHeld` writes what they left in memory.
 */
export function coalesced(transaction: Transaction, writeHeld: () => void): SqliteStep {
  let waiting: Waiting[] = [];

  function runWaiting(): void {
    const batch = waiting.slice(0, MOST_IN_ONE);
    waiting = waiting.slice(MOST_IN_ONE);
    if (waiting.length > 0) setImmediate(runWaiting);
    runAll(transaction, writeHeld, batch);
  }

  return (work) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(runWaiting);
      waiting.push({ work, resolve, reject });
    });
}

function runAll(transaction: Transaction, writeHeld: () => void, batch: readonly Waiting[]): void {
  let isRunning = false;
  try {
    const answers = transaction(() => {
      isRunning = true;
      const given = batch.map(({ work }) => work());
      writeHeld();
      isRunning = false;
      return given;
    });
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as never);
  } catch (error) {
    for (const one of batch) {
      if (isRunning && batch.length > 1) runAll(transaction, writeHeld, [one]);
      else one.reject(error);
    }
  }
}
