import type { Context } from '../../context.ts';
import { phoneKeyOf } from '../../core/challenge.ts';
import { sendCharges } from '../../core/charges.ts';
import { composeNotice } from '../../core/notice.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { Channel } from '../../ports/sms-sender.ts';
import { destinationOf } from './destination.ts';
import { ownerOf } from './payer.ts';
import { sendBySteps } from './send-message.ts';
import { stepsOfSend } from './steps-of-send.ts';
import { tellBudgets } from './tell-budgets.ts';
import { isTestNumber } from './test-numbers.ts';

/** Tells a number that an account left it, so that an owner who did not do it learns of it. Charged like any send; a failure changes nothing. */
export async function tellOldNumber(ctx: Context, userId: string, phoneNumber: PhoneNumber): Promise<void> {
  const { appName, locale, limits, channels } = ctx.settings;
  const phoneKey = phoneKeyOf(ctx.namingKeys, phoneNumber);
  if (isTestNumber(ctx, phoneKey)) return;
  const now = ctx.now();
  // From the budgets of known devices, which no stranger can use up, and beside the number's own windows, which a thief with a device could. It
  // floods nobody: a number that an account leaves was proved when the account came.
  const hits = sendCharges(limits, ownerOf(phoneKey), destinationOf(phoneNumber)).hits.filter(({ limit }) => limit !== 'sendsPerNumber');
  // without the ladder: it paces people who wait for a code, and this is sent once
  const taken = await ctx.challenges.take({ hits, cooldown: null, now });
  if (taken.is === 'limited') return;
  tellBudgets(ctx, hits, taken.counts);
  const steps = stepsOfSend(ctx, { channel: channels[0] as Channel, sends: 1 }, undefined);
  await sendBySteps(ctx, steps, {
    to: phoneNumber,
    text: composeNotice({ appName, locale }),
    code: '',
    purpose: 'change-phone-number',
    context: null,
    locale,
    challengeId: '',
    expiresAt: now,
    idempotencyKey: `notice:${userId}:${now}`,
  });
}
