/** What a loop took. */
export interface LoopFigures {
  readonly wallMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Does `count` pieces of work with so many workers, each of which takes the next piece when it is done with one. */
export async function closedLoop(count: number, workers: number, work: (index: number) => Promise<unknown>): Promise<LoopFigures> {
  const times = new Float64Array(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const startedAt = performance.now();
      await work(index);
      times[index] = performance.now() - startedAt;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: Math.min(workers, count) }, worker));
  const wallMs = performance.now() - startedAt;
  times.sort();
  const at = (share: number): number => times[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return { wallMs, p50Ms: at(0.5), p99Ms: at(0.99) };
}
