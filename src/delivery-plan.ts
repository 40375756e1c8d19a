import type { DeliveryPlan, DeliveryStep } from './config.ts';

/**
 * A plan for `sms`: one channel after the other, until the code arrives.
 *
 * The first send goes by the first step, the first resend by the second, and so on; the last step repeats. What a step certainly did not send,
 * the next one sends at once. A message that is not known to have arrived after `waitSeconds` is followed by the next step, with the same code.
 * That costs one more message, and counts as one against every limit but those of the requester's address and the pause between sends.
 *
 * Receipts are what tells that a message arrived: without them every wait ends in another message. A wait lives in the process that
 * began it. Where it depends on an account whether anything is sent at all (`login`, `register` and `reset-password` without
 * `revealAccounts`), nobody waits: one more message for those who have an account would show in the limits.
 *
 * @example
 * ```ts
 * import { deliveryPlan } from 'ringlatch';
 * import { kavenegarSms } from 'ringlatch/sms/kavenegar';
 * import { twilioSms } from 'ringlatch/sms/twilio';
 *
 * const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = process.env;
 * const whatsapp = { from: '+12015550124', contentSid: process.env.TWILIO_TEMPLATE ?? '' };
 * const twilio = twilioSms({ accountSid, authToken, from: '+12015550123', whatsapp });
 * const kavenegar = kavenegarSms({ apiKey: process.env.KAVENEGAR_API_KEY ?? '' });
 *
 * export const sms = deliveryPlan([
 *   { channel: 'whatsapp', sender: twilio, waitSeconds: 20 },
 *   { channel: 'sms', sender: [{ sender: kavenegar, countries: ['IR'] }, twilio] },
 * ]);
 * ```
 */
export function deliveryPlan(steps: readonly DeliveryStep[]): DeliveryPlan {
  return { steps };
}
