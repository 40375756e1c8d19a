import type { SmsError } from '../../src/errors.ts';
import { kindOfStatus, type ProviderAnswer } from './provider-call.ts';
import { isRecord } from './sender-options.ts';

/** What an answer of Twilio means; without a `kind` its HTTP status speaks. */
export type TwilioVerdict =
  | { readonly is: 'taken'; readonly sid: string }
  | { readonly is: 'refused'; readonly kind?: SmsError['kind'] | undefined; readonly code?: string | number | undefined };

// What speaks of the number, and not of the account, the sender or the moment. 63003 and 63024, by which WhatsApp says that it does not know the
// number, are not among them: an SMS may reach it.
const OF_THE_NUMBER: ReadonlySet<unknown> = new Set([
  21211, // not a valid number
  21214, // cannot be reached by a call
  21216, // calls to it are blocked: fraud, or the law
  21217, // not a valid number to call
  21265, // a short code
  21401, // not a valid number
  21407, // a type of number without SMS
  21610, // unsubscribed by STOP
  21614, // not a mobile number
  21635, // a landline
  30004, // blocked by the handset or its network
  30005, // unknown, or no longer in service
  30006, // a landline, or a network that cannot be reached
  30450, // looks like SMS pumping, for which another provider should not be paid either
  30453, // the same
  63014, // the user blocked the sender
]);

/**
 * Judges an answer. A message can be created and have failed already. A refusal that does not speak of the number took nothing, and another provider
 * may do it. After a 5xx the message may go out.
 *
 * @see https://www.twilio.com/docs/api/errors
 * @see https://www.twilio.com/docs/api/errors/20429
 * @see https://www.twilio.com/docs/api/errors/20500
 */
export function verdictOfTwilio({ status, json }: ProviderAnswer): TwilioVerdict {
  if (!isRecord(json)) return { is: 'refused' };
  const ofStatus = kindOfStatus(status);
  const { sid, status: state, error_code: fault, code } = json;
  if (ofStatus === null && typeof sid === 'string' && /^(SM|MM|CA)[\da-f]{32}$/i.test(sid)) {
    if (state !== 'failed' && state !== 'undelivered' && state !== 'canceled') return { is: 'taken', sid };
    return { is: 'refused', kind: OF_THE_NUMBER.has(fault) ? 'permanent' : 'retryable', code: typeof fault === 'number' ? fault : state };
  }
  if (typeof code !== 'number') return { is: 'refused' };
  if (ofStatus === 'ambiguous') return { is: 'refused', code };
  if (OF_THE_NUMBER.has(code)) return { is: 'refused', kind: 'permanent', code };
  return { is: 'refused', kind: ofStatus === null ? 'ambiguous' : 'retryable', code };
}
