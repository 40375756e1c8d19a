import type { Context } from '../../context.ts';
import type { Challenge } from '../../core/challenge.ts';
import { furtherCharges, type Payer } from '../../core/charges.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { countCodes } from './count-codes.ts';
import { type CodeToSend, type Delivery, deliverCode } from './deliver-code.ts';
import { destinationOf } from './destination.ts';
import { tellLimited } from './refuse-limited.ts';
import { tellBudgets } from './tell-budgets.ts';

/** Sends the code of a challenge; when nothing is heard of it in time, the step behind sends it too. */
export async function followPlan(ctx: Context, send: CodeToSend, payer: Payer): Promise<Delivery> {
  const delivery = await deliverCode(ctx, send);
  const { next } = delivery;
  if (next !== null) ctx.background(sendOn(ctx, send.challenge, next, payer));
  return delivery;
}

/** Whoever waits in vain leaves it to the user, whose resend goes by the same step. */
async function sendOn(ctx: Context, challenge: Challenge, next: NonNullable<Delivery['next']>, payer: Payer): Promise<void> {
  if (!(await ctx.pauses.wait(next.afterSeconds))) return;
  const later = ctx.anew();
  const to = destinationOf(challenge.phoneNumber as PhoneNumber);
  const hits = furtherCharges(later.settings.limits, payer, to);
  const { id, createdAt, sends: send } = challenge;
  const outcome = await later.challenges.nextSend({ id, createdAt, send, hits, now: later.now() });
  if (outcome.is === 'settled') return;
  if (outcome.is === 'limited') {
    tellLimited(later, outcome, challenge.phoneNumber);
    return;
  }
  tellBudgets(later, hits, outcome.counts);
  const delivery = await followPlan(later, { challenge: outcome.challenge, steps: next.steps, drafted: null }, payer);
  countCodes(later, { to, sent: delivery.is === 'failed' ? 0 : 1, redeemed: 0 });
}
