import type { Context } from '../../context.ts';
import { failuresIn, forgivenByPassword, type Payer, passwordCharges } from '../../core/charges.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { ChallengeStore } from '../../ports/challenge-store.ts';
import { limitError } from './refuse-limited.ts';

/**
 * Pays for one try of a password, before anything is looked up or hashed; gives what was wrong in a row before it.
 *
 * @param take the step, for whoever joins it with what follows
 */
export async function payPassword(
  ctx: Context,
  payer: Payer,
  phoneNumber: PhoneNumber | null,
  take: ChallengeStore['take'] = ctx.challenges.take,
): Promise<{ readonly failures: number }> {
  const charges = passwordCharges(ctx.settings.limits, payer);
  const taken = await take({ ...charges, now: ctx.now() });
  if (taken.is === 'limited') throw limitError(ctx, taken, phoneNumber);
  const own = 1;
  return { failures: failuresIn(charges.hits, taken.counts) - own };
}

/** A right password forgives. That it cannot be noted is no reason to refuse it. */
export async function forgivePassword(ctx: Context, payer: Payer): Promise<void> {
  await ctx.challenges.clear(forgivenByPassword(ctx.settings.limits, payer)).catch(() => undefined);
}
