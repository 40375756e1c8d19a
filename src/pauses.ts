/** Waits of work that outlives its answer. */
export interface Pauses {
  /** Whether the time went by; `false`: it was cut short. A process that has nothing else to do does not stay for it. */
  wait(seconds: number): Promise<boolean>;
  /** Ends what is waited for now. */
  cutShort(): void;
}

/** Nobody waits yet. */
export function createPauses(): Pauses {
  const waiting = new Set<() => void>();
  return {
    wait: (seconds) =>
      new Promise((resolve) => {
        const end = (wentBy: boolean): void => {
          clearTimeout(timer);
          waiting.delete(cut);
          resolve(wentBy);
        };
        const cut = (): void => end(false);
        const timer = setTimeout(end, seconds * 1000, true);
        letGo(timer);
        waiting.add(cut);
      }),
    cutShort() {
      for (const cut of waiting) cut();
    },
  };
}

// A number on most runtimes, on Node an object that keeps the process alive until it is told otherwise.
function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
}
