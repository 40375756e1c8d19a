import { equalBytes, fromBase64Url, type Keys, mac, sealedText, TAG_BYTES } from './keys.ts';
import type { PhoneNumber } from './phone-number.ts';

/** Seconds a device token selects the known lane. */
export const DEVICE_TOKEN_SECONDS: number = 180 * 86_400;

/** Whose device it is. */
export interface Device {
  readonly userId: string;
  /** `null` for a user without one. */
  readonly phoneNumber: PhoneNumber | null;
  /** Epoch ms. */
  readonly expiresAt: number;
}

const utf8 = new TextDecoder();
const VERSION: Readonly<Uint8Array> = Uint8Array.of(1);
const EXPIRES_AT = 1;
const NUMBER_AT = EXPIRES_AT + 6;
// 15 digits are less than 2^50
const NUMBER_BYTES = 7;
const USER_ID_AT = NUMBER_AT + NUMBER_BYTES;

/**
 * `version ‖ expiresAt[6] ‖ number[7] ⊕ HMAC(K_device, tag) ‖ userId ‖ tag[16]`, base64url, where `tag = HMAC(K_device, userId, phoneNumber,
 * expiresAt)`. It carries its number, so that it can be judged beside a challenge whose number is not at hand, and hides it from whoever reads
 * cookies in a log (the tag is the nonce, as in RFC 5297).
 */
export function deviceTokenText(
  keys: Keys,
  d: { readonly userId: string; readonly phoneNumber: string | null; readonly now: number },
): string {
  const expiresAt = d.now + DEVICE_TOKEN_SECONDS * 1000;
  const tag = tagOf(keys, d.userId, d.phoneNumber, expiresAt);
  const number = masked(keys, tag, bytesOf(Number(d.phoneNumber?.slice(1) ?? 0), NUMBER_BYTES));
  return sealedText([VERSION, bytesOf(expiresAt, 6), number, d.userId], () => tag);
}

/** The device, when one of the live secrets made its token and it is not expired; else `null`. */
export function readDeviceToken(secrets: readonly Keys[], d: { readonly deviceToken: string; readonly now: number }): Device | null {
  const bytes = d.deviceToken.length <= 1024 ? fromBase64Url(d.deviceToken) : null;
  if (bytes === null || bytes.length <= USER_ID_AT + TAG_BYTES || bytes[0] !== VERSION[0]) return null;
  const tag = bytes.subarray(-TAG_BYTES);
  const expiresAt = numberOf(bytes.subarray(EXPIRES_AT, NUMBER_AT));
  const userId = utf8.decode(bytes.subarray(USER_ID_AT, -TAG_BYTES));
  for (const keys of secrets) {
    const digits = numberOf(masked(keys, tag, bytes.subarray(NUMBER_AT, USER_ID_AT)));
    const phoneNumber = digits === 0 ? null : (`+${digits}` as PhoneNumber);
    if (equalBytes(tagOf(keys, userId, phoneNumber, expiresAt), tag)) return d.now < expiresAt ? { userId, phoneNumber, expiresAt } : null;
  }
  return null;
}

function tagOf(keys: Keys, userId: string, phoneNumber: string | null, expiresAt: number): Uint8Array {
  return mac(keys.device, userId, phoneNumber, String(expiresAt)).subarray(0, TAG_BYTES);
}

function masked(keys: Keys, tag: Uint8Array, bytes: Uint8Array): Uint8Array {
  const mask = mac(keys.device, tag);
  const other = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) other[at] = (bytes[at] as number) ^ (mask[at] as number);
  return other;
}

function bytesOf(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
