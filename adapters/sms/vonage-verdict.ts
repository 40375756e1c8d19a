import type { SmsError } from '../../src/errors.ts';
import { kindOfStatus, type ProviderAnswer } from './provider-call.ts';
import { isRecord } from './sender-options.ts';

/** What an answer of Vonage means; without a `kind` its HTTP status speaks. */
export type VonageVerdict =
  | { readonly is: 'taken'; readonly messageId: string }
  | { readonly is: 'refused'; readonly kind?: SmsError['kind'] | undefined; readonly code?: string | undefined };

// What is not here may have been taken, such as 5, an error in the middle of the work.
const KINDS: Readonly<Record<string, SmsError['kind']>> = {
  '1': 'retryable', // faster than the account may
  '2': 'retryable', // a parameter is missing
  '3': 'retryable', // a parameter is wrong
  '4': 'retryable', // wrong key or secret
  '6': 'permanent', // no such prefix
  '7': 'permanent', // the number is barred
  '8': 'retryable', // the account is suspended
  '9': 'retryable', // the account is empty
  '10': 'retryable', // too many connections
  '11': 'retryable', // the account is for SMPP
  '12': 'retryable', // too long
  '14': 'retryable', // wrong signature
  '15': 'retryable', // the sender is not ours
  '17': 'permanent', // blocked by the provider
  '22': 'retryable', // wrong network
  '23': 'retryable', // wrong callback
  '29': 'retryable', // the account is in demo mode
  '32': 'retryable', // a signature and a secret
  '33': 'permanent', // the number is not in service
};

/**
 * Judges an answer by its body: the status is 200 in any case. A long text has several parts, and where one of them was taken, the message may arrive.
 *
 * @see https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
 * @see https://developer.vonage.com/en/api-errors/sms
 */
export function verdictOfVonage({ status, json }: ProviderAnswer): VonageVerdict {
  const parts: unknown = isRecord(json) ? json.messages : undefined;
  if (kindOfStatus(status) !== null || !Array.isArray(parts)) return { is: 'refused' };
  const refusal: unknown = parts.find((part) => statusOf(part) !== '0');
  const [first] = parts;
  if (parts.length > 0 && refusal === undefined) {
    const messageId: unknown = isRecord(first) ? first['message-id'] : undefined;
    return typeof messageId === 'string' && messageId !== '' ? { is: 'taken', messageId } : { is: 'refused' };
  }
  const code = statusOf(refusal);
  if (code === undefined) return { is: 'refused' };
  const isWhole = parts.every((part) => statusOf(part) === code);
  return { is: 'refused', kind: (isWhole && Object.hasOwn(KINDS, code) ? KINDS[code] : undefined) ?? 'ambiguous', code };
}

function statusOf(part: unknown): string | undefined {
  const status = isRecord(part) ? part.status : undefined;
  return typeof status === 'string' || typeof status === 'number' ? String(status) : undefined;
}
