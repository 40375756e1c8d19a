import { afterOutcome, type Breaker, type BreakerChange, CLOSED, isOpen } from './core/breaker.ts';

/** What this process knows of the health of its senders. */
export interface Breakers {
  isOpen(sender: string, now: number): boolean;
  /** Notes an outcome, and says what it changed. */
  note(sender: string, failed: boolean, now: number): BreakerChange;
}

/** Nothing known yet. */
export function createBreakers(): Breakers {
  const breakers = new Map<string, Breaker>();
  return {
    isOpen: (sender, now) => isOpen(breakers.get(sender) ?? CLOSED, now),
    note(sender, failed, now) {
      const { breaker, change } = afterOutcome(breakers.get(sender) ?? CLOSED, failed, now);
      breakers.set(sender, breaker);
      return change;
    },
  };
}
