import { challengeViolations } from './check-challenges.ts';
import { counterViolations } from './check-counters.ts';
import { sessionViolations } from './check-sessions.ts';
import { userViolations } from './check-users.ts';
import type { History, Operation } from './history.ts';

/** Something in a history that no sound store can have answered, whatever the order in which the calls that overlapped took place. */
export interface Violation {
  /**
   * `I1`: at most one `accepted` per challenge, but with `keep`. `I2`: accepted and wrong codes together never exceed `maxAttempts`. `I3`: attempts left never rise.
   * `I4`: no window ever holds more than `max`, and no send passes a cooldown. `I5`: one account per number. `I6`: one successor per
   * generation of a session, and no honest parallel refresh is refused.
   */
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6';
  /** A sentence that names the row. */
  readonly message: string;
  /** The calls that contradict each other. */
  readonly operations: readonly Operation[];
}

/**
 * Judges a recorded history by the invariants of the ports. Sound stores get an empty list; an empty list means that this run showed nothing,
 * and the more calls overlapped, the more that says.
 *
 * Nothing is blamed on calls that threw: they may have happened or not, and both must be right.
 */
export function checkHistory(history: History): readonly Violation[] {
  return [...challengeViolations(history), ...counterViolations(history), ...userViolations(history), ...sessionViolations(history)];
}
