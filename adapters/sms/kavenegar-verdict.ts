import type { SmsError } from '../../src/errors.ts';
import { kindOfStatus, type ProviderAnswer, providerFailure } from './provider-call.ts';
import { isRecord } from './sender-options.ts';

// https://kavenegar.com/rest.html#result-general. A refusal leaves nothing behind, so that another sender may do it, unless the number is at fault.
// 402 is «the operation failed» without a word on how far it went.
const KINDS: ReadonlyMap<number, SmsError['kind']> = new Map([
  [402, 'ambiguous'],
  [409, 'retryable'],
  [411, 'permanent'],
  [501, 'retryable'],
]);

// What an entry may be at once (#result-msgstatus) where it is not on its way: 6 and 13 did not leave, 14 has blocked the line.
const UNSENT: ReadonlyMap<unknown, SmsError['kind']> = new Map([
  [6, 'retryable'],
  [13, 'retryable'],
  [14, 'permanent'],
]);

/** The id of the message that Kavenegar took; throws for every other answer. */
export function messageIdIn(provider: string, answer: ProviderAnswer): string {
  const { return: result, entries } = isRecord(answer.json) ? answer.json : {};
  const code = isRecord(result) ? result.status : undefined;
  if (typeof code !== 'number') throw providerFailure(provider, answer);
  if (code !== 200) throw providerFailure(provider, answer, { kind: kindOf(code), code });
  if (kindOfStatus(answer.status) !== null) throw providerFailure(provider, answer);
  // a list for `sms/send`, one entry for some of `verify/lookup`
  const entry: unknown = Array.isArray(entries) ? entries[0] : entries;
  const { messageid, status } = isRecord(entry) ? entry : {};
  const kind = UNSENT.get(status);
  if (kind !== undefined) throw providerFailure(provider, answer, { kind, code: `status_${status}` });
  if (typeof messageid !== 'number' && (typeof messageid !== 'string' || messageid === '')) throw providerFailure(provider, answer);
  return String(messageid);
}

function kindOf(code: number): SmsError['kind'] {
  return KINDS.get(code) ?? (code >= 400 && code < 500 ? 'retryable' : 'ambiguous');
}
