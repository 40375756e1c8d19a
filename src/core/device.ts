import { concat, equalBytes, fromBase64Url, type Keys, mac, toBase64Url } from './keys.ts';

/** Seconds a device token selects the known lane. */
export const DEVICE_TOKEN_SECONDS: number = 180 * 86_400;

const utf8 = new TextEncoder();
const VERSION = 1;
const USER_ID_AT = 7;
const MAC_BYTES = 16;

/** `version ‖ expiresAt[6] ‖ userId ‖ HMAC(K_device, userId, phoneNumber, expiresAt)[16]`, base64url: it dies with a change of number. */
export function deviceTokenText(keys: Keys, d: { userId: string; phoneNumber: string | null; now: number }): string {
  const expiresAt = d.now + DEVICE_TOKEN_SECONDS * 1000;
  const head = new Uint8Array(USER_ID_AT);
  head[0] = VERSION;
  new DataView(head.buffer).setUint16(1, Math.floor(expiresAt / 2 ** 32));
  new DataView(head.buffer).setUint32(3, expiresAt % 2 ** 32);
  return toBase64Url(concat(head, utf8.encode(d.userId), macOf(keys, d.userId, d.phoneNumber, expiresAt)));
}

/** The user whose device this is, when the token was made for this number and is not expired; else `null`. */
export function readDeviceToken(
  secrets: readonly Keys[],
  d: { deviceToken: string; phoneNumber: string | null; now: number },
): { readonly userId: string; readonly expiresAt: number } | null {
  const bytes = d.deviceToken.length <= 1024 ? fromBase64Url(d.deviceToken) : null;
  if (bytes === null || bytes.length <= USER_ID_AT + MAC_BYTES || bytes[0] !== VERSION) return null;
  const view = new DataView(bytes.buffer);
  const expiresAt = view.getUint16(1) * 2 ** 32 + view.getUint32(3);
  const userId = new TextDecoder().decode(bytes.subarray(USER_ID_AT, -MAC_BYTES));
  const isOurs = secrets.some((keys) => equalBytes(macOf(keys, userId, d.phoneNumber, expiresAt), bytes.subarray(-MAC_BYTES)));
  return isOurs && d.now < expiresAt ? { userId, expiresAt } : null;
}

function macOf(keys: Keys, userId: string, phoneNumber: string | null, expiresAt: number): Uint8Array {
  return mac(keys.device, userId, phoneNumber, String(expiresAt)).subarray(0, MAC_BYTES);
}
