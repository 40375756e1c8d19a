import type { JsonWebKeySet } from '../../src/ports/token-issuer.ts';

/** What a JWT says. */
export type Payload = Readonly<Record<string, unknown>>;

/** What a token must say to be ours. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  /** Epoch ms. */
  readonly now: number;
}

/** Signs and opens JWTs by one algorithm. */
export interface Signatures {
  sign(typ: string, payload: object): Promise<string> | string;
  /** What a token says that we signed as this type and that is in force; else `null`. */
  open(typ: string, token: string, expected: Expected): Promise<Payload | null> | Payload | null;
  /** SHA-256 of a text. */
  digest(text: string): Promise<Uint8Array> | Uint8Array;
  /** Absent where there are none to publish. */
  publicKeys?(): Promise<JsonWebKeySet['keys']>;
}

export const MAX_TOKEN_BYTES = 8192;
export const TOLERANCE_SECONDS = 5;

/** What a token must have beside its issuer and audience. */
export const REQUIRED: readonly string[] = ['sub', 'sid', 'iat', 'exp'];

/** A secret's kid is its MAC of this, so that it says nothing about the secret that a token's signature does not say. */
export const KID_CONTENT = 'ringlatch/v1/kid';

/** Three parts, of letters of base64url, and not too large. */
export function isInShape(token: unknown): token is string {
  return typeof token === 'string' && token.length <= MAX_TOKEN_BYTES && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}
