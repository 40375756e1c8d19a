import { smsSegments } from '../../src/core/segments.ts';
import { smsError } from '../../src/errors.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { callProvider, providerFailure } from './provider-call.ts';
import {
  callableUrl,
  checkSenderOptions,
  lineOfText,
  misuse,
  type OptionRule,
  oneOf,
  optional,
  type ProviderSmsOptions,
  visibleText,
} from './sender-options.ts';
import { readVonageReceipts } from './vonage-receipts.ts';
import { verdictOfVonage } from './vonage-verdict.ts';
import type { SignatureHash } from './webhook-signature.ts';

/** What {@link vonageSms} takes. */
export interface VonageSmsOptions extends ProviderSmsOptions {
  /** Of the account, as the dashboard shows it. */
  readonly apiKey: string;
  /** That belongs to the key. */
  readonly apiSecret: string;
  /** Who sends: a number of the account, with or without `+`, or a name of letters and digits in countries that know that. */
  readonly from: string;
  /** The URL of yours that takes receipts, at most 100 characters and without a query; it needs `signatureSecret`. @default the one in the dashboard */
  readonly receiptUrl?: string | undefined;
  /** Verifies receipts. Vonage signs them for accounts that asked its support for that. @default no receipts */
  readonly signatureSecret?: string | undefined;
  /** The HMAC that the dashboard names. MD5, with which accounts begin, is not believed here. @default 'sha256' */
  readonly signatureMethod?: 'sha1' | 'sha256' | 'sha512' | undefined;
  /** Where the SMS API is reached otherwise. @default 'https://rest.nexmo.com/sms/json' */
  readonly endpoint?: string | undefined;
}

/**
 * Sends through the SMS API of Vonage, formerly Nexmo. It sends SMS only; other channels are refused as `retryable`, so that another provider takes
 * them.
 *
 * The SMS API knows no idempotency: a retry may send twice. A send is known by its `client-ref`, which comes back in the receipts; they are believed
 * when they are signed, by a JWT or by the parameter `sig`.
 *
 * Throws a `TypeError` that names a wrong option.
 *
 * @example
 * ```ts
 * import { vonageSms } from 'ringlatch/sms/vonage';
 *
 * const sms = vonageSms({
 *   apiKey: process.env.VONAGE_API_KEY ?? '',
 *   apiSecret: process.env.VONAGE_API_SECRET ?? '',
 *   from: 'Acme',
 *   receiptUrl: 'https://acme.example/auth/delivery/vonage',
 *   signatureSecret: process.env.VONAGE_SIGNATURE_SECRET ?? '',
 * });
 * ```
 * @see https://developer.vonage.com/en/api/sms
 */
export function vonageSms(options: VonageSmsOptions): SmsSender {
  checkSenderOptions('vonageSms', options, RULES);
  const { name = 'vonage', apiKey, apiSecret, receiptUrl, signatureSecret, signatureMethod = 'sha256', fetch } = options;
  const { endpoint = 'https://rest.nexmo.com/sms/json' } = options;
  if (receiptUrl !== undefined && signatureSecret === undefined) {
    throw misuse('vonageSms', 'signatureSecret', 'must be given: receipts are believed by their signature');
  }
  const headers = {
    authorization: `Basic ${btoa(`${apiKey}:${apiSecret}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  return {
    name,

    async send(message, { signal }) {
      if (message.channel !== 'sms')
        throw smsError({ kind: 'retryable', message: `${name} sends SMS only`, code: 'channel_not_supported' });
      const body = new URLSearchParams(formOf(options, message)).toString();
      const answer = await callProvider({ provider: name, fetch, url: endpoint, method: 'POST', headers, body, signal });
      const verdict = verdictOfVonage(answer);
      if (verdict.is === 'refused') throw providerFailure(name, answer, verdict);
      return { providerId: verdict.messageId };
    },

    ...(signatureSecret === undefined
      ? {}
      : { readReceipts: (request) => readVonageReceipts({ secret: signatureSecret, hash: HASHES[signatureMethod] }, request) }),
  };
}

function formOf({ from, receiptUrl }: VonageSmsOptions, { to, text, idempotencyKey }: SmsMessage): Readonly<Record<string, string>> {
  return {
    from: from.replace(/^\+/, ''),
    to: to.slice(1),
    text,
    type: smsSegments(text).encoding === 'GSM-7' ? 'text' : 'unicode',
    'client-ref': idempotencyKey,
    ...(receiptUrl === undefined ? {} : { callback: receiptUrl }),
  };
}

const HASHES: Readonly<Record<NonNullable<VonageSmsOptions['signatureMethod']>, SignatureHash>> = {
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
};

const RULES: Readonly<Record<string, OptionRule>> = {
  apiKey: visibleText,
  apiSecret: visibleText,
  from: lineOfText,
  receiptUrl: optional(
    (value) => callableUrl(value) ?? (/^[^?]{1,100}$/.test(String(value)) ? null : 'must have at most 100 characters and no query'),
  ),
  signatureSecret: optional(visibleText),
  signatureMethod: optional(oneOf(...Object.keys(HASHES))),
  endpoint: optional(callableUrl),
};
