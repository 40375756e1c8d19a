import {
  base64url,
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  decodeProtectedHeader,
  exportJWK,
  importJWK,
  importPKCS8,
  type JWK,
  jwtVerify,
} from 'jose';
import type { AccessClaims, JsonWebKeySet, TokenIssuer } from '../../src/ports/token-issuer.ts';
import { type JoseKey, type JoseTokensOptions, misuse, namedKeyId, type Signing, signingOf } from './jose-options.ts';

export type {
  AccessTokenPayload,
  JoseClaimsOptions,
  JoseKey,
  JoseKeyOptions,
  JoseSecretOptions,
  JoseTokensOptions,
  PrivateCryptoKey,
  PrivateJwk,
  RefreshTokenPayload,
} from './jose-options.ts';

const MAX_TOKEN_BYTES = 8192;
const TOLERANCE_SECONDS = 5;
const REGISTERED: ReadonlySet<string> = new Set(['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp', 'auth_time', 'amr']);

/**
 * Issues and verifies access tokens as JWTs (RFC 9068): HS256 by `secret`, or EdDSA, ES256 or RS256 by `keys`. Needs WebCrypto and nothing else.
 *
 * A token has the header `alg`, `typ: at+jwt` and `kid`, and the claims `iss aud sub sid jti iat exp auth_time amr`; claims of your own
 * stand beside them and never replace one of these. Verifying takes exactly that algorithm, type, issuer and audience, a known
 * `kid`, no other header, at most 8 KB, and 5 seconds of tolerance; anything else is `null`.
 *
 * Throws a `TypeError` that names the path of a wrong option, and at first use one for a key that WebCrypto refuses.
 *
 * @example
 * ```ts
 * import { joseTokens } from 'ringlatch/jose';
 *
 * const tokens = joseTokens({ secret: 'a text of at least 32 bytes, out of your environment' });
 * ```
 * @see RFC 8725, 3
 */
export function joseTokens(options: JoseTokensOptions): TokenIssuer {
  const signing = signingOf(options);
  const { claimMapping, refreshTokens, refreshClaimMapping } = options;
  let loading: Promise<KeyRing> | undefined;
  const keyRing = () => {
    loading ??= loadKeyRing(signing);
    return loading;
  };
  const namesOf = (appName: string) => ({ issuer: options.issuer ?? appName, audience: options.audience ?? appName });

  async function sign(typ: string, payload: object): Promise<string> {
    const { signer } = await keyRing();
    const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader({ alg: signing.algorithm, typ, kid: signer.kid })
      .sign(signer.signingKey);
    if (token.length > MAX_TOKEN_BYTES)
      throw new TypeError(`joseTokens: the token has ${token.length} bytes, more than ${MAX_TOKEN_BYTES}: it carries too many claims`);
    return token;
  }

  async function open(typ: string, token: string, expected: { readonly issuer: string; readonly audience: string; readonly now: number }) {
    const { verifiers } = await keyRing();
    try {
      const key = isCanonical(token) ? verifiers.get(keyIdOf(token, signing.algorithm, typ)) : undefined;
      if (key === undefined) return null;
      const { payload } = await jwtVerify(token, key, {
        algorithms: [signing.algorithm],
        typ,
        issuer: expected.issuer,
        audience: expected.audience,
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        currentDate: new Date(expected.now),
        clockTolerance: TOLERANCE_SECONDS,
      });
      // jose is content when one of several audiences is ours
      return payload.aud === expected.audience ? payload : null;
    } catch {
      return null;
    }
  }

  return {
    async issueAccessToken({ appName, userId, sessionId, authTime, amr, issuedAt, expiresAt, claims }) {
      const { issuer, audience } = namesOf(appName);
      const registered = {
        iss: issuer,
        aud: audience,
        sub: userId,
        sid: sessionId,
        jti: randomHex(16),
        iat: toSeconds(issuedAt),
        exp: toSeconds(expiresAt),
        auth_time: toSeconds(authTime),
        amr,
      };
      const own = unregistered(claims);
      const added = claimMapping === undefined ? {} : claimMapping({ ...own, ...registered });
      return sign('at+jwt', { ...own, ...unregistered(added), ...notBefore(added, registered), ...registered });
    },

    async verifyAccessToken({ accessToken, appName, now }) {
      const payload = await open('at+jwt', accessToken, { ...namesOf(appName), now });
      return payload === null ? null : accessClaimsOf(payload);
    },

    ...(signing.algorithm !== 'HS256' && { jwks: async (): Promise<JsonWebKeySet> => ({ keys: (await keyRing()).publicKeys }) }),

    ...(refreshTokens === 'jwt' &&
      ({
        wrapRefreshToken: async ({ refreshToken, userId, sessionId, issuedAt, expiresAt, appName }) => {
          const { issuer, audience } = refreshNames(namesOf(appName));
          const ids = { iss: issuer, aud: audience, sub: userId, sid: sessionId, jti: await nameOf(refreshToken) };
          const registered = { ...ids, iat: toSeconds(issuedAt), exp: toSeconds(expiresAt) };
          const added = refreshClaimMapping?.(registered) ?? {};
          const own = { ...unregistered(added), ...notBefore(added, registered) };
          return sign('rt+jwt', { ...own, ...registered, rt: refreshToken });
        },
        unwrapRefreshToken: async ({ refreshToken, appName, now }) => {
          const payload = await open('rt+jwt', refreshToken, { ...refreshNames(namesOf(appName)), now });
          return typeof payload?.rt === 'string' ? payload.rt : null;
        },
      } satisfies Partial<TokenIssuer>)),
  };
}

// An audience of its own, so that a resource server that does not look at `typ` refuses a refresh token all the same.
function refreshNames({ issuer, audience }: { readonly issuer: string; readonly audience: string }): {
  readonly issuer: string;
  readonly audience: string;
} {
  return { issuer, audience: `${audience}/refresh` };
}

function accessClaimsOf(payload: Readonly<Record<string, unknown>>): AccessClaims | null {
  const { sub, sid, jti, iat, exp, auth_time, amr } = payload;
  if (!isText(sub) || !isText(sid) || !isText(jti) || !isTime(iat) || !isTime(exp) || !isTime(auth_time)) return null;
  if (!Array.isArray(amr) || !amr.every((method) => typeof method === 'string')) return null;
  return {
    userId: sub,
    sessionId: sid,
    authTime: auth_time * 1000,
    amr,
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
    claims: unregistered(payload),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function unregistered(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !REGISTERED.has(name)));
}

// Some ecosystems require the claim; a later time would make a token that is announced and does not work.
function notBefore({ nbf }: Readonly<Record<string, unknown>>, { iat }: { readonly iat: number }): { readonly nbf?: number } {
  return Number.isSafeInteger(nbf) && (nbf as number) <= iat ? { nbf: nbf as number } : {};
}

// Whoever retries within the grace time gets the same token, and it keeps its name.
async function nameOf(refreshToken: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(refreshToken)), 0, 16));
}

// Rounded down: a token never outlives what was announced.
function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function randomHex(bytes: number): string {
  return toHex(crypto.getRandomValues(new Uint8Array(bytes)));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// One spelling per token: decoders ignore the unused bits of the last character, and some ignore spaces or padding.
function isCanonical(token: string): boolean {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_BYTES || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return false;
  return token.split('.').every((segment) => base64url.encode(base64url.decode(segment)) === segment);
}

// A header has these three members and no other, so that `crit`, `jku`, `x5u`, `jwk` and what comes later are never read.
function keyIdOf(token: string, algorithm: string, typ: string): string {
  const header = decodeProtectedHeader(token);
  const isOurs = Object.keys(header).length === 3 && header.alg === algorithm && header.typ === typ && typeof header.kid === 'string';
  return isOurs ? (header.kid as string) : '';
}

interface RingKey {
  readonly kid: string;
  readonly signingKey: CryptoKey;
  readonly verifyingKey: CryptoKey;
}

interface KeyRing {
  readonly signer: RingKey;
  readonly verifiers: ReadonlyMap<string, CryptoKey>;
  readonly publicKeys: JsonWebKeySet['keys'];
}

async function loadKeyRing(signing: Signing): Promise<KeyRing> {
  if (signing.algorithm === 'HS256') return ringOf(await Promise.all(signing.secrets.map(secretKeyOf)), [], 'secret');
  const { algorithm } = signing;
  const loaded = await Promise.all(signing.keys.map((key, index) => pairOf(key, algorithm, `keys[${index}]`)));
  return ringOf(
    loaded,
    loaded.map(({ publicKey }) => publicKey),
    'keys',
  );
}

function ringOf(keys: readonly RingKey[], publicKeys: KeyRing['publicKeys'], path: string): KeyRing {
  const verifiers = new Map(keys.map(({ kid, verifyingKey }) => [kid, verifyingKey]));
  if (verifiers.size < keys.length) throw misuse(path, 'must not hold two of the same kid');
  return { signer: keys[0] as RingKey, verifiers, publicKeys };
}

// The kid is a keyed hash, so that it says nothing about the secret that a token's signature does not say.
async function secretKeyOf(secret: Uint8Array): Promise<RingKey> {
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('ringlatch/v1/kid'));
  return { kid: base64url.encode(new Uint8Array(mac, 0, 8)), signingKey: key, verifyingKey: key };
}

async function pairOf(
  { kid, privateKey }: JoseKey,
  algorithm: 'EdDSA' | 'ES256' | 'RS256',
  path: string,
): Promise<RingKey & { readonly publicKey: KeyRing['publicKeys'][number] }> {
  try {
    const signingKey = await importPrivateKey(privateKey, algorithm);
    const { kty, crv, x, y, n, e } = (await exportJWK(signingKey)) as Readonly<Record<string, string | undefined>>;
    const publicJwk = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)) as JWK;
    const verifyingKey = (await importJWK(publicJwk, algorithm)) as CryptoKey;
    const ringKey = { kid: namedKeyId({ kid, privateKey }) ?? (await calculateJwkThumbprint(publicJwk)), signingKey, verifyingKey };
    await provePair(ringKey, algorithm);
    return { ...ringKey, publicKey: { ...publicJwk, kid: ringKey.kid, alg: algorithm, use: 'sig' } };
  } catch (cause) {
    throw misuse(
      `${path}.privateKey`,
      `is not a usable private key for ${algorithm}${algorithm === 'RS256' ? ' of at least 2048 bits' : ''}`,
      cause,
    );
  }
}

async function importPrivateKey(privateKey: JoseKey['privateKey'], algorithm: string): Promise<CryptoKey> {
  if (typeof privateKey === 'string') return importPKCS8(privateKey.trim(), algorithm, { extractable: true });
  if ('extractable' in privateKey) return privateKey as CryptoKey;
  return (await importJWK(privateKey as JWK, algorithm, { extractable: true })) as CryptoKey;
}

// Finds a JWK whose halves were mixed up, and a modulus that is too short, before a token of it is out.
async function provePair({ signingKey, verifyingKey }: RingKey, algorithm: string): Promise<void> {
  const probe = await new CompactSign(new TextEncoder().encode('{}')).setProtectedHeader({ alg: algorithm }).sign(signingKey);
  await jwtVerify(probe, verifyingKey, { algorithms: [algorithm] });
}
