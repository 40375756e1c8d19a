import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac as hmacOf } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** What each key is for; the names are the HKDF `info`, so that no two uses share a key. */
export type KeyName = 'phone' | 'handle' | 'code' | 'digest' | 'proof' | 'next' | 'refresh' | 'device';

/** Everything that is derived from one secret. */
export type Keys = Readonly<Record<KeyName, Uint8Array>>;

const NAMES: readonly KeyName[] = ['phone', 'handle', 'code', 'digest', 'proof', 'next', 'refresh', 'device'];
const utf8 = new TextEncoder();

/**
 * `K_x = HKDF-SHA256(secret, salt = none, info = "ringlatch/v1/x")`, 32 bytes each.
 *
 * @see RFC 5869
 */
export function deriveKeys(secret: Uint8Array): Keys {
  const pseudorandomKey = extract(sha256, secret);
  return Object.fromEntries(NAMES.map((name) => [name, expand(sha256, pseudorandomKey, utf8.encode(`ringlatch/v1/${name}`), 32)])) as Keys;
}

/** The bytes of a secret given as base64, base64url or hex; `null` for fewer than 32 or for what cannot be random. */
export function secretBytes(text: string): Uint8Array | null {
  const isHex = /^(?:[0-9a-fA-F]{2}){32,}$/.test(text);
  const bytes = isHex ? Uint8Array.from(text.match(/../g) as string[], (pair) => Number.parseInt(pair, 16)) : bytesOfBase64(text);
  // 32 random bytes have fewer than 16 distinct ones about once in 10^15 draws: what has fewer was typed, not drawn
  return bytes !== null && bytes.length >= 32 && new Set(bytes).size >= 16 ? bytes : null;
}

function bytesOfBase64(text: string): Uint8Array | null {
  return fromBase64Url(
    text
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replace(/={1,2}$/, ''),
  );
}

/** A field of a MAC: text is UTF-8, absent is empty. */
export type Field = string | Uint8Array | null;

/** HMAC-SHA256 over the fields, each behind its length in two bytes, big-endian, so that no two lists of fields look alike. */
export function mac(key: Uint8Array, ...fields: readonly Field[]): Uint8Array {
  return hmacOf(sha256, key, joinFields(fields));
}

/** SHA-256 of bytes, or of the UTF-8 bytes of a text. */
export function hash(content: string | Uint8Array): Uint8Array {
  return sha256(typeof content === 'string' ? utf8.encode(content) : content);
}

/** {@link hash} of a text, as base64url. */
export function hashText(text: string): string {
  return toBase64Url(hash(text));
}

/** Fields behind their lengths, in one piece. */
export function joinFields(fields: readonly Field[]): Uint8Array {
  const parts = fields.map((field) => (typeof field === 'string' ? utf8.encode(field) : (field ?? new Uint8Array())));
  const joined = new Uint8Array(parts.reduce((size, part) => size + 2 + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    if (part.length > 0xffff) throw new RangeError('a field is longer than 65535 bytes');
    joined[offset] = part.length >> 8;
    joined[offset + 1] = part.length & 0xff;
    joined.set(part, offset + 2);
    offset += 2 + part.length;
  }
  return joined;
}

/** Bytes one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Compares without telling by time where the difference is. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** {@link equalBytes} for texts. */
export function equalText(a: string, b: string): boolean {
  return equalBytes(utf8.encode(a), utf8.encode(b));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] as number, bytes[i + 1], bytes[i + 2]];
    text += ALPHABET[a >> 2];
    text += ALPHABET[((a & 3) << 4) | ((b ?? 0) >> 4)];
    if (b !== undefined) text += ALPHABET[((b & 15) << 2) | ((c ?? 0) >> 6)];
    if (c !== undefined) text += ALPHABET[c & 63];
  }
  return text;
}

/** The bytes, or `null` for any text that {@link toBase64Url} would not have written: one value has one spelling. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [buffer, bits, offset] = [0, 0, 0];
  for (const character of text) {
    buffer = ((buffer << 6) | ALPHABET.indexOf(character)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (buffer >> bits) & 0xff;
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null;
}
