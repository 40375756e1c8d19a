import type { Hit, LimitName, LimitRules } from './limits.ts';
import { PRICE_UNITS } from './spend.ts';

/** A budget of the whole system that a charge brought to a mark. */
export interface BudgetMark {
  readonly limit: 'smsPerDay' | 'spend';
  readonly percent: 50 | 80 | 100;
  readonly used: number;
  readonly max: number;
}

const PERCENTS = [50, 80, 100] as const;

/** The marks that these hits passed: of all who charge a counter in turn one sees each mark, whenever it is passed. */
export function marksPassed(rules: LimitRules, hits: readonly Hit[], counts: readonly number[]): readonly BudgetMark[] {
  return hits.flatMap(({ limit, amount = 1 }, index) => {
    const budget = budgetOf(rules, limit);
    if (budget === null) return [];
    // in the whole numbers that the counter holds: a fraction may be on both sides of a mark
    const after = counts[index] ?? 0;
    const before = after - amount;
    const max = Math.round(budget.max * budget.unit);
    return PERCENTS.filter((percent) => before * 100 < max * percent && max * percent <= after * 100).map((percent) => ({
      limit: budget.limit,
      percent,
      used: after / budget.unit,
      max: budget.max,
    }));
  });
}

function budgetOf(
  rules: LimitRules,
  limit: LimitName,
): { readonly limit: BudgetMark['limit']; readonly max: number; readonly unit: number } | null {
  if (limit === 'smsPerDay') return { limit, max: rules.smsPerDay, unit: 1 };
  if (limit === 'spend' && rules.spend !== null) return { limit, max: rules.spend.perDay, unit: PRICE_UNITS };
  return null;
}
