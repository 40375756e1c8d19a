import { smsError } from '../../src/errors.ts';
import type { SmsSender } from '../../src/ports/sms-sender.ts';
import { callProvider, providerFailure } from './provider-call.ts';
import type { TwilioSmsOptions } from './twilio-options.ts';
import { readTwilioReceipts } from './twilio-receipts.ts';
import { twilioRequestOf } from './twilio-request.ts';
import { checkTwilioOptions } from './twilio-rules.ts';
import { verdictOfTwilio } from './twilio-verdict.ts';

export type { TwilioApiKey, TwilioPrompt, TwilioSmsOptions, TwilioVoice, TwilioWhatsapp } from './twilio-options.ts';

/**
 * Sends through Twilio: SMS, WhatsApp messages and phone calls. A channel without a sender of its own is refused as `retryable`, so that another
 * provider takes it.
 *
 * Twilio knows no idempotency of messages: a retry may send twice. Receipts come to `receiptUrl`, with the send in its query, and are believed when
 * they carry Twilio's signature.
 *
 * Throws a `TypeError` that names a wrong option.
 *
 * @example
 * ```ts
 * import { twilioSms } from 'ringlatch/sms/twilio';
 *
 * const sms = twilioSms({
 *   accountSid: process.env.TWILIO_ACCOUNT_SID ?? '',
 *   authToken: process.env.TWILIO_AUTH_TOKEN ?? '',
 *   messagingServiceSid: process.env.TWILIO_MESSAGING_SERVICE_SID ?? '',
 *   receiptUrl: 'https://acme.example/auth/delivery/twilio',
 * });
 * ```
 * @see https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 * @see https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
 * @see https://www.twilio.com/docs/usage/requests-to-twilio
 */
export function twilioSms(options: TwilioSmsOptions): SmsSender {
  checkTwilioOptions(options);
  const { name = 'twilio', accountSid, authToken, apiKey, receiptUrl, endpoint = 'https://api.twilio.com', fetch } = options;
  const caller = apiKey === undefined ? `${accountSid}:${authToken}` : `${apiKey.sid}:${apiKey.secret}`;
  const headers = {
    authorization: `Basic ${btoa(caller)}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  return {
    name,

    async send(message, { signal }) {
      const request = twilioRequestOf(options, message);
      if (request === null) {
        throw smsError({ kind: 'retryable', message: `${name} has no sender for ${message.channel}`, code: 'channel_not_supported' });
      }
      const url = new URL(`/2010-04-01/Accounts/${accountSid}/${request.resource}.json`, endpoint).href;
      const body = new URLSearchParams(request.form).toString();
      const answer = await callProvider({ provider: name, fetch, url, method: 'POST', headers, body, signal });
      const verdict = verdictOfTwilio(answer);
      if (verdict.is === 'refused') throw providerFailure(name, answer, verdict);
      return { providerId: verdict.sid };
    },

    ...(receiptUrl === undefined || authToken === undefined
      ? {}
      : { readReceipts: (request) => readTwilioReceipts({ authToken, receiptUrl }, request) }),
  };
}
