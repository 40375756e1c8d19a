import { addressOf } from '../../address.ts';
import type { RiskDecision, RiskRequest } from '../../config.ts';
import type { Client, Context } from '../../context.ts';
import type { Purpose } from '../../core/challenge.ts';
import type { Payer } from '../../core/charges.ts';
import { countryOf, type PhoneNumber } from '../../core/phone-number.ts';
import { PhoneAuthError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { Channel } from '../../ports/sms-sender.ts';
import { type Ruling, rulingOf } from './ruling.ts';

/** What is to be sent, and for whom. */
export interface IntendedSend {
  readonly phoneNumber: PhoneNumber;
  readonly purpose: Purpose;
  readonly channel: Channel;
  readonly client: Client;
  readonly captchaToken: string | undefined;
}

// A port of its own: strangers decide how often it is asked, and what it still owes must not hold up the hooks of those who sign in.
const PORT = 'hooks:assessRisk';

/** Asks the hook about what will leave. A hook that fails or is late has the say over unknown devices alone, and refuses them. */
export async function assessRisk(ctx: Context, payer: Payer, send: IntendedSend): Promise<void> {
  const { assessRisk: ask } = ctx;
  if (ask === undefined || !payer.isSent) return;
  const isKnownDevice = payer.lane === 'known';
  const ip = addressOf(send.client.ip);
  const request: RiskRequest = {
    phoneNumber: send.phoneNumber,
    country: countryOf(send.phoneNumber),
    purpose: send.purpose,
    channel: send.channel,
    isKnownDevice,
    ip,
    userAgent: send.client.userAgent ?? null,
    captchaToken: send.captchaToken ?? null,
  };
  const { ruling, reason } = await decided(ctx, () => ask(request));
  if (ruling.is === 'allowed' || (reason === 'failed' && isKnownDevice)) return;
  const { challenge } = ruling;
  ctx.emit('risk.refused', { phoneNumber: maskPhoneNumber(send.phoneNumber), purpose: send.purpose, challenge, reason, ip });
  throw new PhoneAuthError('refused_by_policy', challenge === null ? {} : { challenge });
}

async function decided(
  ctx: Context,
  ask: () => RiskDecision | Promise<RiskDecision>,
): Promise<{ readonly ruling: Ruling; readonly reason: 'decided' | 'failed' }> {
  try {
    const ruling = await ctx.within(PORT, 'assessRisk', ctx.settings.deadlineSeconds.risk, async () => rulingOf('assessRisk', await ask()));
    return { ruling, reason: 'decided' };
  } catch {
    // told as `port.failed`
    return { ruling: { is: 'refused', challenge: null }, reason: 'failed' };
  }
}
