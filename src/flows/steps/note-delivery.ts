import type { Context } from '../../context.ts';
import { isChallengeId } from '../../core/challenge.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { DeliveryReceipt } from '../../ports/sms-sender.ts';
import { destinationOf } from './destination.ts';

/** Remembers what became of a send, and tells it. An id that can be none of ours is nobody's. */
export async function noteDelivery(ctx: Context, { challengeId, send, state }: DeliveryReceipt, sender: string | null): Promise<void> {
  if (!isChallengeId(challengeId)) return;
  const outcome = await ctx.challenges.recordDelivery({ id: challengeId, send, state, now: ctx.now() });
  const country = outcome.is === 'unknown' ? null : destinationOf(outcome.challenge.phoneNumber as PhoneNumber).country;
  ctx.emit('code.delivery_reported', { challengeId, send, state, sender, country });
}
