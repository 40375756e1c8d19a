import { isPhoneAuthError } from '../../src/errors.ts';

/** What became of one of many calls: its answer, or the error code with the reason where there is one. */
export type Outcome<Answer> = { readonly is: 'answered'; readonly answer: Answer } | { readonly is: 'refused'; readonly why: string };

/** Starts `parallel` calls before it waits for the first. An error that is not this library's fails the race. */
export function race<Answer>(parallel: number, call: (index: number) => Promise<Answer>): Promise<readonly Outcome<Answer>[]> {
  return Promise.all(Array.from({ length: parallel }, (_, index) => outcomeOf(call(index))));
}

/** Waits for one call. */
export async function outcomeOf<Answer>(call: Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { is: 'answered', answer: await call };
  } catch (error) {
    if (!isPhoneAuthError(error)) throw error;
    return { is: 'refused', why: 'reason' in error.details ? `${error.code}: ${error.details.reason}` : error.code };
  }
}

/** How many outcomes say what: `{ answered: 1, 'invalid_code: used': 63 }`. */
export function tally(outcomes: readonly Outcome<unknown>[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const name = outcome.is === 'answered' ? 'answered' : outcome.why;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** The answers among outcomes. */
export function answersIn<Answer>(outcomes: readonly Outcome<Answer>[]): readonly Answer[] {
  return outcomes.flatMap((outcome) => (outcome.is === 'answered' ? [outcome.answer] : []));
}
