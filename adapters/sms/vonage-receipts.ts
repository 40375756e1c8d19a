import type { DeliveryReceipt, ReceiptRequest } from '../../src/ports/sms-sender.ts';
import { receiptFor } from './receipt.ts';
import { isRecord } from './sender-options.ts';
import { bytesOfBase64, bytesOfHex, isSigned, type SignatureHash, sha256Of } from './webhook-signature.ts';

/** With what an account signs its webhooks. */
export interface VonageSignature {
  readonly secret: string;
  readonly hash: SignatureHash;
}

// Of the SMS API and, for accounts whose webhooks have its form, of the Messages API.
const STATES: ReadonlyMap<unknown, DeliveryReceipt['state']> = new Map([
  ...['accepted', 'buffered', 'submitted'].map((word) => [word, 'accepted'] as const),
  ...['delivered', 'read'].map((word) => [word, 'delivered'] as const),
  ...['expired', 'failed', 'rejected', 'undeliverable'].map((word) => [word, 'failed'] as const),
]);

/**
 * The receipt in a webhook that Vonage signed, by a JWT in `Authorization` or by the parameter `sig`; none in one that belongs to no send of ours;
 * `null` when the signature is missing or wrong. Its age is not asked: Vonage repeats it for a day, and a repetition changes nothing.
 *
 * @see https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
 * @see https://developer.vonage.com/en/getting-started/concepts/signing-messages
 * @see https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks
 */
export async function readVonageReceipts(signature: VonageSignature, request: ReceiptRequest): Promise<readonly DeliveryReceipt[] | null> {
  const parameters = parametersOf(request);
  if (parameters === null) return null;
  const [, token] = /^Bearer (\S+)$/i.exec(request.header('authorization') ?? '') ?? [];
  const isOurs =
    token === undefined ? hasSignature(signature, parameters) : isToken(signature.secret, token, payloadOf(request, parameters));
  if (!(await isOurs)) return null;
  const reference = parameters.get('client-ref') ?? parameters.get('client_ref');
  const status = parameters.get('status');
  const receipt = status === undefined ? null : receiptFor(reference, STATES.get(status) ?? 'unknown');
  return receipt === null ? [] : [receipt];
}

/** As the account has it: in the query, as a form or as JSON. */
function parametersOf({ method, url, header, body }: ReceiptRequest): ReadonlyMap<string, unknown> | null {
  if (method === 'GET') return URL.canParse(url) ? new Map(new URL(url).searchParams) : null;
  if (method !== 'POST') return null;
  if (!/^application\/json\b/i.test(header('content-type') ?? '')) return new Map(new URLSearchParams(body));
  try {
    const json: unknown = JSON.parse(body);
    return isRecord(json) ? new Map(Object.entries(json)) : null;
  } catch {
    return null;
  }
}

async function hasSignature({ secret, hash }: VonageSignature, parameters: ReadonlyMap<string, unknown>): Promise<boolean> {
  const signature = bytesOfHex(String(parameters.get('sig')));
  if (signature === null) return false;
  const text = [...parameters]
    .filter(([name]) => name !== 'sig')
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `&${name}=${String(value).replace(/[&=]/g, '_')}`)
    .join('');
  return isSigned({ hash, secret, text, signature });
}

/** What the hash in the token is of. */
function payloadOf({ method, body }: ReceiptRequest, parameters: ReadonlyMap<string, unknown>): string {
  return method === 'GET' ? JSON.stringify(Object.fromEntries(parameters)) : body;
}

async function isToken(secret: string, token: string, payload: string): Promise<boolean> {
  const [header = '', claims = '', mac = '', ...more] = token.split('.');
  const signature = bytesOfBase64(mac);
  if (signature === null || more.length > 0 || jsonIn(header)?.alg !== 'HS256') return false;
  if (!(await isSigned({ hash: 'SHA-256', secret, text: `${header}.${claims}`, signature }))) return false;
  // a token without the hash would speak for any body
  return jsonIn(claims)?.payload_hash === (await sha256Of(payload));
}

function jsonIn(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytesOfBase64(part) ?? new Uint8Array()));
    return isRecord(json) ? json : null;
  } catch {
    return null;
  }
}
