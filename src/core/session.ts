import { concat, equalBytes, fromBase64Url, hash, type Keys, mac, toBase64Url } from './keys.ts';

/** A session as the core hands it to the store: one login on one device, which is one refresh-token family. */
export interface NewSession {
  /** `base64url(userKey[12] ‖ 16 random bytes)`: 38 characters, of which the first 16 are the {@link userKey}. */
  readonly id: string;
  readonly userId: string;
  /** `base64url` of the first 12 bytes of SHA-256 over the user id: the slot of everything that belongs to the user. */
  readonly userKey: string;
  /** Hash of the current refresh token's secret, base64url. */
  readonly currentHash: string;
  /** Authentication methods, space separated (RFC 8176: `sms`, `pwd` …). */
  readonly amr: string;
  readonly userAgent: string | null;
  readonly ip: string | null;
  /** Epoch ms of the authentication that opened the session. */
  readonly authTime: number;
  readonly createdAt: number;
  /** Epoch ms; moves with each refresh, never past {@link absoluteExpiresAt}. */
  readonly idleExpiresAt: number;
  readonly absoluteExpiresAt: number;
}

/** A session as the store holds it. */
export interface Session extends NewSession {
  /** Number of rotations so far. */
  readonly generation: number;
  readonly previousHash: string | null;
  /** Epoch ms of the last rotation. */
  readonly rotatedAt: number | null;
}

/** What a refresh token carries. Only whoever holds the token knows `secret`; the row knows its hash. */
export interface RefreshToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly generation: number;
  readonly secret: Uint8Array;
}

const utf8 = new TextEncoder();
const VERSION = 1;
const SESSION_ID_AT = 1;
const GENERATION_AT = SESSION_ID_AT + 28;
const SECRET_AT = GENERATION_AT + 4;
const USER_ID_AT = SECRET_AT + 32;
const MAC_BYTES = 16;

/** The unkeyed name of a user, 16 characters: the slot of the user's sessions. */
export function userKeyOf(userId: string): string {
  return toBase64Url(hash(`ringlatch/v1/user${userId}`).subarray(0, 12));
}

/** A new session id. */
export function sessionIdOf(userKey: string, random16: Uint8Array): string {
  return userKey + toBase64Url(random16);
}

/** `version ‖ sessionId[28] ‖ generation[4] ‖ secret[32] ‖ userId ‖ HMAC(K_refresh, all before)[16]`, base64url. */
export function refreshTokenText(keys: Keys, token: RefreshToken): string {
  const sessionId = fromBase64Url(token.sessionId) as Uint8Array;
  const content = concat(Uint8Array.of(VERSION), sessionId, bytesOf(token.generation), token.secret, utf8.encode(token.userId));
  return toBase64Url(concat(content, macOf(keys, content)));
}

/** The token and the keys that signed it; `null` for anything that none of the live secrets signed. Touches no store. */
export function readRefreshToken(secrets: readonly Keys[], text: string): { readonly token: RefreshToken; readonly keys: Keys } | null {
  const bytes = text.length <= 2048 ? fromBase64Url(text) : null;
  if (bytes === null || bytes.length <= USER_ID_AT + MAC_BYTES || bytes[0] !== VERSION) return null;
  const content = bytes.subarray(0, -MAC_BYTES);
  const keys = secrets.find((candidate) => equalBytes(macOf(candidate, content), bytes.subarray(-MAC_BYTES)));
  if (keys === undefined) return null;
  return {
    keys,
    token: {
      sessionId: toBase64Url(content.subarray(SESSION_ID_AT, GENERATION_AT)),
      generation: new DataView(content.buffer, content.byteOffset).getUint32(GENERATION_AT),
      secret: content.slice(SECRET_AT, USER_ID_AT),
      userId: new TextDecoder().decode(content.subarray(USER_ID_AT)),
    },
  };
}

/**
 * The one successor of a token: whoever presents the same token gets the same successor, without it being stored anywhere. Derived with the
 * keys that signed the presented token, so that a rotation of secrets does not fork it.
 */
export function successorOf(keys: Keys, token: RefreshToken): RefreshToken {
  const generation = token.generation + 1;
  return { ...token, generation, secret: mac(keys.next, token.sessionId, bytesOf(generation), token.secret) };
}

/**
 * The successor whose hash the row holds, for a token that comes twice. Within a rotation of secrets the same token may circulate signed by
 * either of them, so that only the row knows which one its successor was derived with; `null` when that secret is gone.
 */
export function heldSuccessorOf(secrets: readonly Keys[], token: RefreshToken, currentHash: string): RefreshToken | null {
  return secrets.map((keys) => successorOf(keys, token)).find((candidate) => secretHashOf(candidate) === currentHash) ?? null;
}

/** What the row holds of a token. */
export function secretHashOf(token: Pick<RefreshToken, 'secret'>): string {
  return toBase64Url(hash(token.secret));
}

function macOf(keys: Keys, content: Uint8Array): Uint8Array {
  return mac(keys.refresh, content).subarray(0, MAC_BYTES);
}

function bytesOf(generation: number): Uint8Array {
  return Uint8Array.of(generation >>> 24, generation >>> 16, generation >>> 8, generation);
}
