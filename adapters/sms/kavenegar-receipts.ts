import type { DeliveryReceipt, ReceiptRequest } from '../../src/ports/sms-sender.ts';
import { isSameSecret, receiptFor } from './receipt.ts';
import { isRecord } from './sender-options.ts';

/** Where the references of sends are kept by the message ids of Kavenegar. A `Map` fits, and a Keyv. */
export interface KavenegarReferences {
  get(messageId: string): string | undefined | Promise<string | undefined>;
  /** Whatever it gives is waited for; what it throws costs the receipt and nothing else. */
  set(messageId: string, reference: string): unknown;
}

// https://kavenegar.com/rest.html#result-msgstatus
const STATES: ReadonlyMap<string, DeliveryReceipt['state']> = new Map([
  ['1', 'accepted'],
  ['2', 'accepted'],
  ['4', 'accepted'],
  ['5', 'accepted'],
  ['6', 'failed'],
  ['10', 'delivered'],
  ['11', 'failed'],
  ['13', 'failed'],
  ['14', 'failed'],
]);

/**
 * The receipt in a call to an address that holds the secret; none for a message that is not known here; `null` for everything else.
 * Kavenegar names `messageid` and `status` in the query or in a form.
 */
export async function readKavenegarReceipts(
  secret: string,
  references: KavenegarReferences,
  { url, body }: ReceiptRequest,
): Promise<readonly DeliveryReceipt[] | null> {
  const query = URL.canParse(url) ? new URL(url).searchParams : new URLSearchParams();
  const given = query.getAll('secret');
  if (given.length !== 1 || !isSameSecret(secret, given[0] ?? '')) return null;
  const told = fieldsOf(query, body);
  const messageId = told('messageid');
  const status = told('status');
  if (!/^\d{1,20}$/.test(messageId) || !/^\d{1,4}$/.test(status)) return null;
  const receipt = receiptFor(await references.get(messageId), STATES.get(status) ?? 'unknown');
  return receipt === null ? [] : [receipt];
}

/** Keeps the newest of them in memory. */
export function recentReferences(max: number): KavenegarReferences {
  const kept = new Map<string, string>();
  return {
    get: (messageId) => kept.get(messageId),
    set(messageId, reference) {
      kept.delete(messageId);
      kept.set(messageId, reference);
      const [oldest] = kept.keys();
      if (kept.size > max && oldest !== undefined) kept.delete(oldest);
    },
  };
}

function fieldsOf(query: URLSearchParams, body: string): (name: string) => string {
  const json = body.startsWith('{') ? parsed(body) : {};
  const form = new URLSearchParams(body);
  return (name) => query.get(name) ?? form.get(name) ?? String(json[name] ?? '');
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
