/** How operations that wait at the same moment share a trip. */
export interface BatchSettings<Operation, Answer> {
  /** Carries some operations in one trip and one step; answers in their order. */
  readonly send: (operations: readonly Operation[]) => Promise<readonly Answer[]>;
  /** Of operations with one owner a batch takes one; the next waits for the next batch. `null`: it has none. */
  readonly ownerOf: (operation: Operation) => string | null;
  /** Whether an error says that nothing has happened. */
  readonly isUndone: (error: unknown) => boolean;
}

// Enough to make what a trip costs small beside what it carries, few enough that its rows are not held for long.
const MOST = 64;
// While one waits for its answer, another one can be worked on: once it carries enough to be worth its trip, or the first takes so long that it may
// be waiting for somebody else's lock.
const PARALLEL = 2;
const WORTH_ANOTHER = 32;
const PATIENCE_MS = 50;
// What a server does in a few seconds; a caller that waits longer has been told so by its deadline.
const WAITING = 4096;

interface Waiting<Operation, Answer> {
  readonly operation: Operation;
  readonly owner: string | null;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets operations that wait at the same moment share a trip: one alone leaves at once, and what comes while a batch is on its way leaves with
 * the next one. An error is for all of a batch, unless it says that nothing has happened: then each is tried once more, one by one.
 */
export function batches<Operation, Answer>(settings: BatchSettings<Operation, Answer>): (operation: Operation) => Promise<Answer> {
  let waiting: Waiting<Operation, Answer>[] = [];
  let underWay = 0;
  let isScheduled = false;
  let patience: ReturnType<typeof setTimeout> | null = null;

  function leave(isLate: boolean): void {
    isScheduled = false;
    while (waiting.length > 0 && mayLeave(isLate)) {
      const { batch, rest } = nextBatch(waiting);
      waiting = rest;
      underWay += 1;
      carry(settings, batch).finally(() => {
        underWay -= 1;
        leave(false);
      });
    }
    if (waiting.length === 0 || underWay === PARALLEL || patience !== null) return;
    patience = setTimeout(() => {
      patience = null;
      leave(true);
    }, PATIENCE_MS);
  }

  function mayLeave(isLate: boolean): boolean {
    return underWay === 0 || (underWay < PARALLEL && (isLate || waiting.length >= WORTH_ANOTHER));
  }

  return (operation) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= WAITING) {
        reject(new Error(`postgresStorage: ${WAITING} operations are waiting already.`));
        return;
      }
      waiting.push({ operation, owner: settings.ownerOf(operation), resolve, reject });
      if (isScheduled || underWay >= PARALLEL) return;
      isScheduled = true;
      // what is called in one go leaves together
      queueMicrotask(() => leave(false));
    });
}

function nextBatch<One extends { readonly owner: string | null }>(
  waiting: readonly One[],
): { readonly batch: One[]; readonly rest: One[] } {
  const owners = new Set<string>();
  const batch: One[] = [];
  const rest: One[] = [];
  for (const one of waiting) {
    if (batch.length < MOST && (one.owner === null || !owners.has(one.owner))) {
      batch.push(one);
      if (one.owner !== null) owners.add(one.owner);
    } else rest.push(one);
  }
  return { batch, rest };
}

async function carry<Operation, Answer>(
  settings: BatchSettings<Operation, Answer>,
  batch: readonly Waiting<Operation, Answer>[],
): Promise<void> {
  try {
    const answers = await settings.send(batch.map(({ operation }) => operation));
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
  } catch (error) {
    if (batch.length > 1 && settings.isUndone(error)) {
      for (const one of batch) await carry(settings, [one]);
      return;
    }
    for (const { reject } of batch) reject(error);
  }
}
