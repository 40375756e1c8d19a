import type { Context } from '../../context.ts';
import { marksPassed } from '../../core/budget.ts';
import type { Hit } from '../../core/limits.ts';

/** Tells which marks of the day's budgets a charge passed. */
export function tellBudgets(ctx: Context, hits: readonly Hit[], counts: readonly number[]): void {
  for (const mark of marksPassed(ctx.settings.limits, hits, counts)) ctx.emit('budget.reached', mark);
}
