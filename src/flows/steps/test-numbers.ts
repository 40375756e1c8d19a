import type { Context } from '../../context.ts';
import type { Purpose } from '../../core/challenge.ts';

const TEST_PURPOSES: readonly Purpose[] = ['sign-in', 'login', 'register', 'verify'];

/** The fixed code of a test number; `null` for every other number and purpose. */
export function fixedCodeOf(ctx: Context, phoneKey: string, purpose: Purpose): string | null {
  return isTestNumber(ctx, phoneKey) && TEST_PURPOSES.includes(purpose) ? (ctx.settings.testNumbers?.code ?? null) : null;
}

/** Whether a number is a test number now. */
export function isTestNumber(ctx: Context, phoneKey: string): boolean {
  const { testNumbers } = ctx.settings;
  if (testNumbers === null || ctx.now() >= testNumbers.until) return false;
  return testNumbers.numbers === 'all' || ctx.testPhoneKeys.has(phoneKey);
}
