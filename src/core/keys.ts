import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac as hmacOf } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** What each key is for; the names are the HKDF `info`, so that no two uses share a key. */
export type KeyName = 'phone' | 'handle' | 'code' | 'digest' | 'proof' | 'next' | 'refresh' | 'device';

/** HMAC-SHA256 of some bytes, under a key that was made ready once. */
export type Mac = (content: Uint8Array) => Uint8Array;

/** Makes a key ready. The content of a {@link Mac} is read before it returns, and never written to. */
export type Hmac = (key: Uint8Array) => Mac;

/** SHA-256 of some bytes, which are read before it returns, and never written to. */
export type Hash = (content: Uint8Array) => Uint8Array;

/** Everything that is derived from one secret. */
export type Keys = Readonly<Record<KeyName, Mac>> & {
  /** For keys that are used once. */
  readonly hmac: Hmac;
  /** For what needs no key. */
  readonly sha256: Hash;
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

/** The keys of a secret, ready for use by the given HMAC, beside the given hash. */
export function keysUnder(secret: Uint8Array, hmac: Hmac = portableHmac, hash: Hash = portableHash): Keys {
  const macs = Object.entries(deriveKeys(secret)).map(([name, key]) => [name, hmac(key)]);
  return { ...(Object.fromEntries(macs) as Readonly<Record<KeyName, Mac>>), hmac, sha256: hash };
}

/** SHA-256 on every runtime. */
export function portableHash(content: Uint8Array): Uint8Array {
  return sha256(content);
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

/** Of a MAC, where half of it is enough. */
export const TAG_BYTES = 16;

/** A field of a MAC: text is UTF-8, absent is empty. */
export type Field = string | Uint8Array | null;

/** HMAC-SHA256 over the fields, each behind its length in two bytes, big-endian, so that no two lists of fields look alike. */
export function mac(key: Mac, ...fields: readonly Field[]): Uint8Array {
  return key(joinedOnDesk(fields));
}

/** A hash of the UTF-8 bytes of a text. */
export function hashOfText(hash: Hash, text: string): Uint8Array {
  const most = mostBytesOf(text);
  const desk = most <= DESK.length ? DESK : new Uint8Array(most);
  return hash(desk.subarray(0, writeText(text, desk, 0)));
}

/** SHA-256 of a text, as base64url. */
export function hashText(text: string): string {
  return toBase64Url(hashOfText(portableHash, text));
}

/** Fields behind their lengths, in one piece. */
export function joinFields(fields: readonly Field[]): Uint8Array {
  return joinedOnDesk(fields).slice();
}

// What is joined is hashed at once and forgotten: an array for each would cost as much as its hash.
const DESK = new Uint8Array(1024);

/** {@link joinFields} without an array of its own: valid until the next call. */
function joinedOnDesk(fields: readonly Field[]): Uint8Array {
  let most = 0;
  for (const field of fields) most += 2 + mostBytesOf(field);
  const desk = most <= DESK.length ? DESK : new Uint8Array(most);
  let end = 0;
  for (const field of fields) {
    const length = writeField(field, desk, end + 2);
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

function writeField(field: Field, into: Uint8Array, at: number): number {
  if (field === null) return 0;
  if (typeof field === 'string') return writeText(field, into, at);
  into.set(field, at);
  return field.length;
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

const SEALING_DESK = new Uint8Array(1024);

/** Parts one after the other and behind them a tag, which may be one over them; as base64url. */
export function sealedText(parts: readonly Field[], tagOf: (content: Uint8Array) => Uint8Array): string {
  let most = TAG_BYTES;
  for (const part of parts) most += mostBytesOf(part);
  const desk = most <= SEALING_DESK.length ? SEALING_DESK : new Uint8Array(most);
  let end = 0;
  for (const part of parts) end += writeField(part, desk, end);
  desk.set(tagOf(desk.subarray(0, end)).subarray(0, TAG_BYTES), end);
  return toBase64Url(desk.subarray(0, end + TAG_BYTES));
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

const UNITS: Readonly<Uint8Array> = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));

/** base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  // Written at once: a text that grows letter by letter is kept as a chain of its letters, many times as large.
  const units = new Array<number>(Math.ceil((bytes.length * 4) / 3));
  for (let i = 0; i < units.length; i++) {
    const at = (i * 3) >> 2;
    const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
    units[i] = UNITS[(pair >> (10 - ((i * 6) & 7))) & 63] as number;
  }
  return String.fromCharCode(...units);
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
