import type { Context } from '../../context.ts';
import type { Purpose } from '../../core/challenge.ts';
import type { Payer } from '../../core/limits.ts';

const TEST_PURPOSES: readonly Purpose[] = ['sign-in', 'login', 'register', 'verify'];

/** Whose budget pays for a number. */
export function payerOf(ctx: Context, phoneKey: string): Payer {
  return { phoneKey, isTest: isTest(ctx, phoneKey) };
}

/** The fixed code of a test number; `null` for every other number and purpose. */
export function fixedCodeOf(ctx: Context, phoneKey: string, purpose: Purpose): string | null {
  return isTest(ctx, phoneKey) && TEST_PURPOSES.includes(purpose) ? (ctx.settings.testNumbers?.code ?? null) : null;
}

function isTest(ctx: Context, phoneKey: string): boolean {
  const { testNumbers } = ctx.settings;
  if (testNumbers === null || ctx.now() >= testNumbers.until) return false;
  return testNumbers.numbers === 'all' || ctx.testPhoneKeys.has(phoneKey);
}
