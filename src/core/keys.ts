import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac as hmacOf } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** What each key is for; the names are the HKDF `info`, so that no two uses share a key. */
export type KeyName = 'phone' | 'handle' | 'code' | 'digest' | 'proof' | 'next' | 'refresh' | 'device';

/** HMAC-SHA256 of some bytes, under a key that was made ready once. */
export type Mac = (content: Uint8Array) => Uint8Array;

/** Makes a key ready. The content of a {@link Mac} is read before it returns, and never written to. */
export type Hmac = (key: Uint8Array) => Mac;

/** Everything that is derived from one secret. */
export type Keys = Readonly<Record<KeyName, Mac>> & {
  /** For keys that are used once. */
  readonly hmac: Hmac;
};

const NAMES: readonly KeyName[] = ['phone', 'handle', 'code', 'digest', 'proof', 'next', 'refresh', 'device'];
const utf8 = new TextEncoder();

/**
 * `K_x = HKDF-SHA256(secret, salt = none, info = "ringlatch/v1/x")`, 32 bytes each.
 *
 * @see RFC 5869
 */
export function deriveKeys(secret: Uint8Array): Readonly<Record<KeyName, Uint8Array>> {
  const pseudorandomKey = extract(sha256, secret);
  const keys = NAMES.map((name) => [name, expand(sha256, pseudorandomKey, utf8.encode(`ringlatch/v1/${name}`), 32)]);
  return Object.fromEntries(keys) as Readonly<Record<KeyName, Uint8Array>>;
}

/** The keys of a secret, ready for use by the given HMAC. */
export function keysUnder(secret: Uint8Array, hmac: Hmac = portableHmac): Keys {
  const macs = Object.entries(deriveKeys(secret)).map(([name, key]) => [name, hmac(key)]);
  return { ...(Object.fromEntries(macs) as Readonly<Record<KeyName, Mac>>), hmac };
}

/** HMAC-SHA256 on every runtime. */
export function portableHmac(key: Uint8Array): Mac {
  const ready = hmacOf.create(sha256, key);
  return (content) => ready.clone().update(content).digest();
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
export function mac(key: Mac, ...fields: readonly Field[]): Uint8Array {
  return key(joinedOnDesk(fields));
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
  return joinedOnDesk(fields).slice();
}

// What is joined is hashed at once and forgotten: an array for each would cost as much as its hash.
const DESK = new Uint8Array(1024);

/** {@link joinFields} without an array of its own: valid until the next call. */
function joinedOnDesk(fields: readonly Field[]): Uint8Array {
  const most = fields.reduce((size, field) => size + 2 + mostBytesOf(field), 0);
  const desk = most <= DESK.length ? DESK : new Uint8Array(most);
  let end = 0;
  for (const field of fields) {
    const length = typeof field === 'string' ? writeText(field, desk, end + 2) : writeBytes(field, desk, end + 2);
    if (length > 0xffff) throw new RangeError('a field is longer than 65535 bytes');
    desk[end] = length >> 8;
    desk[end + 1] = length & 0xff;
    end += 2 + length;
  }
  return desk.subarray(0, end);
}

function mostBytesOf(field: Field): number {
  return typeof field === 'string' ? 3 * field.length : (field?.length ?? 0);
}

function writeBytes(bytes: Uint8Array | null, into: Uint8Array, at: number): number {
  if (bytes === null) return 0;
  into.set(bytes, at);
  return bytes.length;
}

// Most texts are ASCII and short, for which the encoder takes longer to begin than to write.
function writeText(text: string, into: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return utf8.encodeInto(text, into.subarray(at)).written;
    into[at + i] = unit;
  }
  return text.length;
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
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
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

const VALUES: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, unit) => ALPHABET.indexOf(String.fromCharCode(unit)));
const NONE = 255;

/** The bytes, or `null` for any text that {@link toBase64Url} would not have written: one value has one spelling. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [buffer, bits, offset] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? NONE;
    if (value === NONE) return null;
    buffer = ((buffer << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (buffer >> bits) & 0xff;
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null;
}
