import type { DeliveryReceipt, ReceiptRequest } from '../../src/ports/sms-sender.ts';
import { receiptFor } from './receipt.ts';
import { bytesOfBase64, isSigned, sha256Of } from './webhook-signature.ts';

// Of messages and of calls. A message that is read was delivered; a call that is `completed` was answered, by somebody or something.
const STATES: ReadonlyMap<string, DeliveryReceipt['state']> = new Map([
  ...['accepted', 'scheduled', 'queued', 'sending', 'sent', 'initiated', 'ringing', 'in-progress'].map(
    (word) => [word, 'accepted'] as const,
  ),
  ...['delivered', 'read', 'completed'].map((word) => [word, 'delivered'] as const),
  ...['undelivered', 'failed', 'canceled', 'busy', 'no-answer'].map((word) => [word, 'failed'] as const),
]);

/** The URL for the receipts of one send. */
export function receiptUrlOf(url: string, reference: string): string {
  // A dot for the colon: who passes the URL on may write a colon in another way, and the signature covers every character.
  return `${url}${url.includes('?') ? '&' : '?'}reference=${encodeURIComponent(reference.replace(':', '.'))}`;
}

/**
 * The receipt in a status callback that Twilio signed; none in one that belongs to no send of ours; `null` when the signature is wrong.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @see https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
 * @see https://www.twilio.com/docs/voice/api/call-resource#statuscallback
 */
export async function readTwilioReceipts(
  { authToken, receiptUrl }: { readonly authToken: string; readonly receiptUrl: string },
  request: ReceiptRequest,
): Promise<readonly DeliveryReceipt[] | null> {
  const { method, url, header, body } = request;
  const signature = bytesOfBase64(header('x-twilio-signature') ?? '');
  if (method !== 'POST' || signature === null || !URL.canParse(url)) return null;
  const query = new URL(url).searchParams;
  const bodyHash = query.get('bodySHA256');
  const form = bodyHash === null ? new URLSearchParams(body) : new URLSearchParams();
  if (bodyHash !== null && bodyHash.toLowerCase() !== (await sha256Of(body))) return null;
  const parameters = signedParameters(form);
  const signed = await Promise.all(
    spellingsOf(url, receiptUrl).map((spelling) => isSigned({ hash: 'SHA-1', secret: authToken, text: spelling + parameters, signature })),
  );
  if (!signed.includes(true)) return null;
  const status = bodyHash === null ? (form.get('MessageStatus') ?? form.get('CallStatus')) : statusInJson(body);
  const receipt = status === null ? null : receiptFor(query.get('reference')?.replace('.', ':'), STATES.get(status) ?? 'unknown');
  return receipt === null ? [] : [receipt];
}

/** Names and values without anything between them, by name; a value that comes twice under a name counts once. */
function signedParameters(form: URLSearchParams): string {
  return [...new Set(form.keys())]
    .toSorted()
    .flatMap((name) => [...new Set(form.getAll(name))].toSorted().map((value) => name + value))
    .join('');
}

/**
 * The URL as it came and, because a proxy may have altered it, as we gave it. Twilio is not of one mind whether the port belongs to it: both without a
 * port, and with that of the scheme.
 */
function spellingsOf(url: string, receiptUrl: string): readonly string[] {
  const [query = ''] = /\?.*$/s.exec(url) ?? [];
  const spellings = [url, receiptUrl.replace(/\?.*$/s, '') + query].flatMap((one) => {
    const [, scheme = '', host = '', rest = ''] = /^(https?):\/\/((?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:@]+))(?::\d+)?(.*)$/i.exec(one) ?? [];
    return [one, `${scheme}://${host}${rest}`, `${scheme}://${host}:${scheme.toLowerCase() === 'https' ? 443 : 80}${rest}`];
  });
  return [...new Set(spellings)];
}

function statusInJson(body: string): string | null {
  try {
    const { MessageStatus, CallStatus } = JSON.parse(body);
    const status: unknown = MessageStatus ?? CallStatus;
    return typeof status === 'string' ? status : null;
  } catch {
    return null;
  }
}
