/** A private key as a JSON Web Key (RFC 7517): the members that are read. */
export interface PrivateJwk {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly alg?: string | undefined;
  readonly kid?: string | undefined;
  readonly n?: string | undefined;
  readonly d?: string | undefined;
}

/** A private `CryptoKey` of WebCrypto: the members that are read. */
export interface PrivateCryptoKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** One key pair. */
export interface JoseKey {
  /** Stands in the header of the tokens it signs; 1 to 128 visible ASCII characters. @default the JWK's own `kid`, else its thumbprint (RFC 7638) */
  readonly kid?: string | undefined;
  /** A JWK, an extractable `CryptoKey` that may sign, or a PKCS #8 PEM. The public half is derived from it. RSA: at least 2048 bits. */
  readonly privateKey: PrivateJwk | PrivateCryptoKey | string;
}

/** The payload of an access token; times are in seconds. */
export interface AccessTokenPayload {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly auth_time: number;
  readonly amr: readonly string[];
  readonly [claim: string]: unknown;
}

/** The payload of a JWT that carries a refresh token; times are in seconds. */
export interface RefreshTokenPayload {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly sid: string;
  /** The same whenever the same refresh token is wrapped. */
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

/** What both forms of {@link JoseTokensOptions} share. */
export interface JoseClaimsOptions {
  /** `iss`, compared exactly. @default `appName` */
  readonly issuer?: string | undefined;
  /** `aud`, compared exactly. @default `appName` */
  readonly audience?: string | undefined;
  /**
   * Gives claims to add, e.g. second names that another ecosystem expects: `({ sub }) => ({ user_id: sub, token_type: 'access' })`. The
   * registered claims stay as they are, whatever it returns, and `nbf` is taken when it is not later than `iat`; what it adds comes back in
   * `claims`. @default adds nothing
   */
  readonly claimMapping?: ((payload: AccessTokenPayload) => Readonly<Record<string, unknown>>) | undefined;
  /**
   * `jwt`: the refresh token travels inside a signed JWT (`typ: rt+jwt`, with `sub`, `sid`, `jti`, `iat`, `exp`), for clients that read it. It
   * is as opaque to forgers and as single-use as without. @default 'opaque'
   */
  readonly refreshTokens?: 'opaque' | 'jwt' | undefined;
  /**
   * Gives claims to add to that JWT, as {@link JoseClaimsOptions.claimMapping} does for access tokens: `({ sub }) => ({ user_id: sub,
   * token_type: 'refresh' })`. Needs `refreshTokens: 'jwt'`. @default adds nothing
   */
  readonly refreshClaimMapping?: ((payload: RefreshTokenPayload) => Readonly<Record<string, unknown>>) | undefined;
}

/** HS256: whoever verifies can also sign. */
export interface JoseSecretOptions extends JoseClaimsOptions {
  /** Used as UTF-8 bytes, at least 32 each. Of several the first signs and all verify: put a new one in front to rotate. */
  readonly secret: string | readonly string[];
}

/** A signature that others can verify by the public keys. */
export interface JoseKeyOptions extends JoseClaimsOptions {
  /** Of several the first signs and all verify and are published: put a new one in front to rotate. */
  readonly keys: readonly JoseKey[];
  /** One for all keys. EdDSA is the fastest and has no malleable signatures. @default 'EdDSA' */
  readonly algorithm?: 'EdDSA' | 'ES256' | 'RS256' | undefined;
}

/** What `joseTokens` takes. */
export type JoseTokensOptions = JoseSecretOptions | JoseKeyOptions;

/** What is signed with: the algorithm is fixed here, never by a token. */
export type Signing =
  | { readonly algorithm: 'HS256'; readonly secrets: readonly Uint8Array[] }
  | { readonly algorithm: 'EdDSA' | 'ES256' | 'RS256'; readonly keys: readonly JoseKey[] };

const SHARED = ['issuer', 'audience', 'claimMapping', 'refreshTokens', 'refreshClaimMapping'];

/** Judges the options as far as that goes without asking WebCrypto; throws a `TypeError` that names the path. */
export function signingOf(options: JoseTokensOptions): Signing {
  const given = recordOf(options, 'options');
  const { issuer, audience, refreshTokens } = given;
  for (const [path, value] of Object.entries({ issuer, audience })) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw misuse(path, 'must be a string of at least one character');
  }
  for (const path of ['claimMapping', 'refreshClaimMapping']) {
    if (given[path] !== undefined && typeof given[path] !== 'function') throw misuse(path, 'must be a function');
  }
  if (refreshTokens !== undefined && refreshTokens !== 'opaque' && refreshTokens !== 'jwt')
    throw misuse('refreshTokens', "must be 'opaque' or 'jwt'");
  if (given.refreshClaimMapping !== undefined && refreshTokens !== 'jwt') throw misuse('refreshClaimMapping', "needs refreshTokens: 'jwt'");
  if ((given.secret === undefined) === (given.keys === undefined)) throw misuse('secret', 'is required, or else keys; not both');
  if (given.secret !== undefined) {
    onlyKeys(given, [...SHARED, 'secret'], '');
    return { algorithm: 'HS256', secrets: secretsOf(given.secret) };
  }
  onlyKeys(given, [...SHARED, 'keys', 'algorithm'], '');
  const algorithm = given.algorithm === undefined ? 'EdDSA' : given.algorithm;
  if (algorithm !== 'EdDSA' && algorithm !== 'ES256' && algorithm !== 'RS256')
    throw misuse('algorithm', "must be 'EdDSA', 'ES256' or 'RS256'");
  if (!Array.isArray(given.keys) || given.keys.length === 0) throw misuse('keys', 'must be an array of at least one key');
  const keys = given.keys.map((key, index) => judgeKey(key, `keys[${index}]`, algorithm));
  const names = keys.map(namedKeyId);
  const twice = names.findIndex((name, index) => name !== undefined && names.indexOf(name) !== index);
  if (twice !== -1) throw misuse(`keys[${twice}]`, 'has the kid of another key');
  return { algorithm, keys };
}

/** The kid that a key was given, by its own option or inside its JWK. */
export function namedKeyId({ kid, privateKey }: JoseKey): string | undefined {
  return kid ?? (typeof privateKey === 'object' && 'kid' in privateKey ? privateKey.kid : undefined);
}

/** The `TypeError` of a wrong option. */
export function misuse(path: string, problem: string, cause?: unknown): TypeError {
  return new TypeError(`joseTokens: ${path} ${problem}`, { cause });
}

function recordOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misuse(path, 'must be an object');
  return value as Readonly<Record<string, unknown>>;
}

function onlyKeys(value: object, known: readonly string[], path: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw misuse(`${path}${unknown}`, 'is not an option');
}

function secretsOf(secret: unknown): readonly Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (list.length === 0) throw misuse('secret', 'must name at least one secret');
  return list.map((text, index) => {
    const path = Array.isArray(secret) ? `secret[${index}]` : 'secret';
    if (typeof text !== 'string') throw misuse(path, 'must be a string');
    const bytes = new TextEncoder().encode(text);
    if (bytes.length < 32) throw misuse(path, 'must have at least 32 bytes');
    if (list.indexOf(text) !== index) throw misuse(path, 'is there twice');
    return bytes;
  });
}

const KEY_SHAPES = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', alg: ['EdDSA', 'Ed25519'], name: 'Ed25519' },
  ES256: { kty: 'EC', crv: 'P-256', alg: ['ES256'], name: 'ECDSA' },
  RS256: { kty: 'RSA', crv: undefined, alg: ['RS256'], name: 'RSASSA-PKCS1-v1_5' },
} as const;

function judgeKey(value: unknown, path: string, algorithm: keyof typeof KEY_SHAPES): JoseKey {
  const { kid, privateKey, ...rest } = recordOf(value, path);
  onlyKeys(rest, [], `${path}.`);
  if (kid !== undefined && !isKeyId(kid)) throw misuse(`${path}.kid`, 'must be 1 to 128 visible ASCII characters');
  const problem =
    typeof privateKey === 'string' ? problemOfPem(privateKey) : problemOfKey(recordOf(privateKey, `${path}.privateKey`), algorithm);
  if (problem !== null) throw misuse(`${path}.privateKey`, problem);
  return value as JoseKey;
}

function problemOfPem(pem: string): string | null {
  return pem.trimStart().startsWith('-----BEGIN PRIVATE KEY-----') ? null : 'must be a PKCS #8 PEM, `-----BEGIN PRIVATE KEY-----`';
}

function problemOfKey(key: Readonly<Record<string, unknown>>, algorithm: keyof typeof KEY_SHAPES): string | null {
  return 'extractable' in key ? problemOfCryptoKey(key as Partial<PrivateCryptoKey>, algorithm) : problemOfJwk(key, algorithm);
}

function problemOfCryptoKey(
  { type, usages, algorithm, extractable }: Partial<PrivateCryptoKey>,
  expected: keyof typeof KEY_SHAPES,
): string | null {
  if (algorithm?.name !== KEY_SHAPES[expected].name) return `must be a key for ${expected}`;
  if (type !== 'private' || usages?.includes('sign') !== true) return 'must be a private key that may sign';
  if ('modulusLength' in algorithm && Number(algorithm.modulusLength) < 2048) return 'must have at least 2048 bits';
  return extractable === true ? null : 'must be extractable, because its public half is derived from it';
}

function problemOfJwk({ kty, crv, alg, kid, n, d }: Readonly<Record<string, unknown>>, expected: keyof typeof KEY_SHAPES): string | null {
  const shape = KEY_SHAPES[expected];
  if (kty !== shape.kty || crv !== shape.crv) return `must be a key for ${expected}`;
  if (alg !== undefined && !shape.alg.some((name) => name === alg)) return `must be a key for ${expected}: its \`alg\` says otherwise`;
  if (typeof d !== 'string') return 'must be a private key: it has no `d`';
  if (kid !== undefined && !isKeyId(kid)) return 'must have a `kid` of 1 to 128 visible ASCII characters, or none';
  const bits = typeof n === 'string' ? Math.floor((n.length * 6) / 8) * 8 : 0;
  return shape.kty === 'RSA' && bits < 2048 ? 'must have at least 2048 bits' : null;
}

function isKeyId(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);
}
