import type { Context } from '../context.ts';
import { integer, optional } from '../core/input.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { checkInput } from './steps/check-input.ts';

/** What `sweep` takes. */
export interface Sweep {
  /** Rows of each kind at most, so that no call holds a store for long. @default 500 */
  readonly max?: number | undefined;
}

/**
 * Deletes dead rows. Call it now and then; correctness never depends on it.
 *
 * @throws {PhoneAuthError} `invalid_input`, `unavailable`
 */
export async function sweep(
  ctx: Context & { readonly sessions: SessionStore | null },
  input: Sweep = {},
): Promise<{ readonly count: number }> {
  checkInput('sweep', input, { max: optional(integer(1)) });
  const batch = { now: ctx.now(), max: input.max ?? 500 };
  const challenges = await ctx.challenges.sweep(batch);
  const sessions = (await ctx.sessions?.sweep(batch)) ?? 0;
  return { count: challenges + sessions };
}
