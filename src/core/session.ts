import {
  equalBytes,
  fromBase64Url,
  type Hash,
  hashOfText,
  type Keys,
  mac,
  portableHash,
  sealedText,
  TAG_BYTES,
  toBase64Url,
} from './keys.ts';

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

const utf8 = new TextDecoder();
const VERSION: Readonly<Uint8Array> = Uint8Array.of(1);
const SESSION_ID_AT = 1;
const GENERATION_AT = SESSION_ID_AT + 28;
const SECRET_AT = GENERATION_AT + 4;
const USER_ID_AT = SECRET_AT + 32;

/** The unkeyed name of a user, 16 characters: the slot of the user's sessions. */
export function userKeyOf(userId: string, hash: Hash = portableHash): string {
  return toBase64Url(hashOfText(hash, `ringlatch/v1/user${userId}`).subarray(0, 12));
}

/** A new session id. */
export function sessionIdOf(userKey: string, random16: Uint8Array): string {
  return userKey + toBase64Url(random16);
}

/** `version ‖ sessionId[28] ‖ generation[4] ‖ secret[32] ‖ userId ‖ HMAC(K_refresh, all before)[16]`, base64url. */
export function refreshTokenText(keys: Keys, token: RefreshToken): string {
  const sessionId = fromBase64Url(token.sessionId) as Uint8Array;
  const parts = [VERSION, sessionId, bytesOf(token.generation), token.secret, token.userId];
  return sealedText(parts, (content) => mac(keys.refresh, content));
}

/** The token and the keys that signed it; `null` for anything that none of the live secrets signed. Touches no store. */
export function readRefreshToken(secrets: readonly Keys[], text: string): { readonly token: RefreshToken; readonly keys: Keys } | null {
  const bytes = text.length <= 2048 ? fromBase64Url(text) : null;
  if (bytes === null || bytes.length <= USER_ID_AT + TAG_BYTES || bytes[0] !== VERSION[0]) return null;
  const content = bytes.subarray(0, -TAG_BYTES);
  const keys = secrets.find((candidate) => equalBytes(macOf(candidate, content), bytes.subarray(-TAG_BYTES)));
  if (keys === undefined) return null;
  return {
    keys,
    token: {
      sessionId: toBase64Url(content.subarray(SESSION_ID_AT, GENERATION_AT)),
      generation: new DataView(content.buffer, content.byteOffset).getUint32(GENERATION_AT),
      secret: content.slice(SECRET_AT, USER_ID_AT),
      userId: utf8.decode(content.subarray(USER_ID_AT)),
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
  const candidates = secrets.map((keys) => ({ next: successorOf(keys, token), keys }));
  return candidates.find(({ next, keys }) => secretHashOf(next, keys.sha256) === currentHash)?.next ?? null;
}

/** What the row holds of a token. */
export function secretHashOf(token: Pick<RefreshToken, 'secret'>, hash: Hash = portableHash): string {
  return toBase64Url(hash(token.secret));
}

function macOf(keys: Keys, content: Uint8Array): Uint8Array {
  return mac(keys.refresh, content).subarray(0, TAG_BYTES);
}

function bytesOf(generation: number): Uint8Array {
  const bytes = new Uint8Array(4);
  for (let at = 0; at < 4; at++) bytes[at] = generation >>> (24 - 8 * at);
  return bytes;
}
