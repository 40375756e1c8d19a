import type { Context } from '../../context.ts';
import { lookupCharges } from '../../core/charges.ts';
import type { Network } from '../../core/networks.ts';
import { limitError } from './refuse-limited.ts';

/**
 * Pays for an answer that tells who has an account, whatever it will be: a refusal that came after it would tell as much. Without a network, as
 * for a known device, there is nothing to pay.
 */
export async function payLookup(ctx: Context, networks: readonly Network[], phoneNumber: string): Promise<void> {
  const hits = lookupCharges(ctx.settings.limits, networks);
  if (hits.length === 0) return;
  const taken = await ctx.challenges.take({ hits, cooldown: null, now: ctx.now() });
  if (taken.is === 'limited') throw limitError(ctx, taken, phoneNumber);
}
