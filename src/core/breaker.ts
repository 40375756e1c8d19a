/** What is known of a sender's health. */
export interface Breaker {
  /** The latest outcomes, oldest first. */
  readonly outcomes: readonly Outcome[];
  /** Epoch ms until which it is spared; `null`: it is not. */
  readonly openUntil: number | null;
}

interface Outcome {
  /** Epoch ms. */
  readonly at: number;
  readonly failed: boolean;
}

/** What an outcome changed. */
export type BreakerChange =
  | { readonly is: 'opened'; readonly failures: number; readonly of: number; readonly seconds: number }
  | { readonly is: 'closed' }
  | null;

const WINDOW_MS = 60_000;
// Fewer say nothing.
const LEAST_OUTCOMES = 10;
// A busy sender is judged by its latest ones, so that noting one stays cheap.
const MOST_OUTCOMES = 100;
const FAILED_SHARE = 0.5;
// About as long as people wait before they ask again.
const OPEN_SECONDS = 30;

/** A sender of whom nothing is known. */
export const CLOSED: Breaker = { outcomes: [], openUntil: null };

/** Whether a sender is spared now. From the end of that time on it is tried, and its next outcome decides. */
export function isOpen({ openUntil }: Breaker, now: number): boolean {
  return openUntil !== null && now < openUntil;
}

/** What is known after one more outcome. It opens when half of at least ten, and of the latest hundred, within a minute failed, and again when its trial fails. */
export function afterOutcome(
  breaker: Breaker,
  failed: boolean,
  now: number,
): { readonly breaker: Breaker; readonly change: BreakerChange } {
  const recent = breaker.outcomes.filter(({ at }) => now - at < WINDOW_MS).slice(1 - MOST_OUTCOMES);
  const outcomes = [...recent, { at: now, failed }];
  if (breaker.openUntil !== null) {
    if (failed) return { breaker: { outcomes, openUntil: now + OPEN_SECONDS * 1000 }, change: null };
    return { breaker: CLOSED, change: { is: 'closed' } };
  }
  const failures = outcomes.filter((outcome) => outcome.failed).length;
  if (outcomes.length < LEAST_OUTCOMES || failures < outcomes.length * FAILED_SHARE)
    return { breaker: { outcomes, openUntil: null }, change: null };
  const change: BreakerChange = { is: 'opened', failures, of: outcomes.length, seconds: OPEN_SECONDS };
  return { breaker: { outcomes, openUntil: now + OPEN_SECONDS * 1000 }, change };
}
