import type { Context } from '../../context.ts';
import { isChallengeId } from '../../core/challenge.ts';
import type { DeliveryReceipt } from '../../ports/sms-sender.ts';

/** Remembers what became of a send, and tells it. An id that can be none of ours is nobody's. */
export async function noteDelivery(ctx: Context, { challengeId, send, state }: DeliveryReceipt): Promise<void> {
  if (!isChallengeId(challengeId)) return;
  await ctx.challenges.recordDelivery({ id: challengeId, send, state, now: ctx.now() });
  ctx.emit('code.delivery_reported', { challengeId, send, state });
}
