import type { Context } from '../../context.ts';
import { phoneKeyOf } from '../../core/challenge.ts';
import { sendCharges } from '../../core/limits.ts';
import { composeNotice } from '../../core/notice.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { Channel } from '../../ports/sms-sender.ts';
import { sendThroughFirst } from './deliver-code.ts';
import { isTestNumber, payerOf } from './test-numbers.ts';

/** Tells a number that an account left it, so that an owner who did not do it learns of it. Charged like any send; a failure changes nothing. */
export async function tellOldNumber(ctx: Context, userId: string, phoneNumber: PhoneNumber): Promise<void> {
  const { appName, locale, limits, channels } = ctx.settings;
  const phoneKey = phoneKeyOf(ctx.namingKeys, phoneNumber);
  if (isTestNumber(ctx, phoneKey)) return;
  const payer = payerOf(ctx, phoneKey, 'change-phone-number');
  const now = ctx.now();
  // without the ladder: it paces people who wait for a code, and this is sent once
  const taken = await ctx.challenges.take({ hits: sendCharges(limits, payer).hits, cooldown: null, now });
  if (taken.is === 'limited') return;
  await sendThroughFirst(ctx, {
    to: phoneNumber,
    text: composeNotice({ appName, locale }),
    code: '',
    purpose: 'change-phone-number',
    context: null,
    locale,
    channel: channels[0] as Channel,
    challengeId: '',
    expiresAt: now,
    idempotencyKey: `notice:${userId}:${now}`,
  });
}
