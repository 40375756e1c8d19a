/** A clock that stands still until it is told otherwise. */
export interface TestClock {
  /** Epoch ms. */
  readonly now: () => number;
  readonly advance: (seconds: number) => void;
}

/** A {@link TestClock}. It starts at the present, so that what it makes also suits code that reads the real time. */
export function testClock(startsAt: number = Date.now()): TestClock {
  let now = startsAt;
  return {
    now: () => now,
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}
