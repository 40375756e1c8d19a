/** Lets work in: so many at once, so many waiting in order, and no more. */
export type Turnstile = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A {@link Turnstile}; `name` is whom the `Error` of a full queue speaks for. */
export function turnstile(name: string, inFlight: number, queue: number): Turnstile {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= inFlight) {
      if (waiting.length >= queue) throw new Error(`${name}: ${running} hashes are running and ${waiting.length} waiting; try again later`);
      // Whoever leaves hands its place over, so that nobody new slips in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
