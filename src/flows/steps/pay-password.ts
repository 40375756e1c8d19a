import type { Context } from '../../context.ts';
import { failuresIn, forgivenByPassword, type Payer, passwordCharges } from '../../core/charges.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { limitError } from './refuse-limited.ts';

/** Pays for one try of a password, before anything is looked up or hashed; gives what was wrong in a row before it. */
export async function payPassword(ctx: Context, payer: Payer, phoneNumber: PhoneNumber | null): Promise<{ readonly failures: number }> {
  const charges = passwordCharges(ctx.settings.limits, payer);
  const taken = await ctx.challenges.take({ ...charges, now: ctx.now() });
  if (taken.is === 'limited') throw limitError(ctx, taken, phoneNumber);
  const own = 1;
  return { failures: failuresIn(charges.hits, taken.counts) - own };
}

/** A right password forgives. That it cannot be noted is no reason to refuse it. */
export async function forgivePassword(ctx: Context, payer: Payer): Promise<void> {
  await ctx.challenges.clear(forgivenByPassword(ctx.settings.limits, payer)).catch(() => undefined);
}
