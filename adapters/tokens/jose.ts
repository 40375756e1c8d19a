import { drawAhead } from '../../src/draw-ahead.ts';
import type { AccessClaims, JsonWebKeySet, TokenIssuer } from '../../src/ports/token-issuer.ts';
import { type JoseTokensOptions, type Signing, signingOf } from './jose-options.ts';
import { nodeSignatures } from './node-signatures.ts';
import { MAX_TOKEN_BYTES, type Signatures } from './signatures.ts';

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
  const { publicKeys, ...signatures } = signaturesFor(signing);
  const random = drawAhead();
  const namesOf = (appName: string) => ({ issuer: options.issuer ?? appName, audience: options.audience ?? appName });

  async function sign(typ: string, payload: object): Promise<string> {
    const token = await signatures.sign(typ, payload);
    if (token.length > MAX_TOKEN_BYTES)
      throw new TypeError(`joseTokens: the token has ${token.length} bytes, more than ${MAX_TOKEN_BYTES}: it carries too many claims`);
    return token;
  }

  return {
    async issueAccessToken({ appName, userId, sessionId, authTime, amr, issuedAt, expiresAt, claims }) {
      const { issuer, audience } = namesOf(appName);
      const registered = {
        iss: issuer,
        aud: audience,
        sub: userId,
        sid: sessionId,
        jti: toHex(random(16)),
        iat: toSeconds(issuedAt),
        exp: toSeconds(expiresAt),
        auth_time: toSeconds(authTime),
        amr,
      };
      const own = unregistered(claims);
      if (claimMapping === undefined) return sign('at+jwt', { ...own, ...registered });
      const added = claimMapping({ ...own, ...registered });
      return sign('at+jwt', { ...own, ...unregistered(added), ...notBefore(added, registered), ...registered });
    },

    async verifyAccessToken({ accessToken, appName, now }) {
      const payload = await signatures.open('at+jwt', accessToken, { ...namesOf(appName), now });
      return payload === null ? null : accessClaimsOf(payload);
    },

    ...(publicKeys !== undefined && { jwks: async (): Promise<JsonWebKeySet> => ({ keys: await publicKeys() }) }),

    ...(refreshTokens === 'jwt' &&
      ({
        wrapRefreshToken: async ({ refreshToken, userId, sessionId, issuedAt, expiresAt, appName }) => {
          const { issuer, audience } = refreshNames(namesOf(appName));
          // whoever retries within the grace time gets the same token, and it keeps its name
          const ids = {
            iss: issuer,
            aud: audience,
            sub: userId,
            sid: sessionId,
            jti: toHex((await signatures.digest(refreshToken)).subarray(0, 16)),
          };
          const registered = { ...ids, iat: toSeconds(issuedAt), exp: toSeconds(expiresAt) };
          const added = refreshClaimMapping?.(registered) ?? {};
          const own = { ...unregistered(added), ...notBefore(added, registered) };
          return sign('rt+jwt', { ...own, ...registered, rt: refreshToken });
        },
        unwrapRefreshToken: async ({ refreshToken, appName, now }) => {
          const payload = await signatures.open('rt+jwt', refreshToken, { ...refreshNames(namesOf(appName)), now });
          return typeof payload?.rt === 'string' ? payload.rt : null;
        },
      } satisfies Partial<TokenIssuer>)),
  };
}

/** HS256 by Node where it is at hand: WebCrypto hands each signature to another thread, which takes longer than the signature. */
function signaturesFor(signing: Signing): Signatures {
  return (signing.algorithm === 'HS256' ? nodeSignatures(signing.secrets) : null) ?? signaturesOfJose(signing);
}

/** Loads jose when it is first needed: whoever signs by Node need not hold it in memory. */
function signaturesOfJose(signing: Signing): Signatures {
  let loading: Promise<Signatures> | undefined;
  const loaded = () => {
    loading ??= import('./jose-signatures.ts').then(({ joseSignatures }) => joseSignatures(signing));
    return loading;
  };
  return {
    sign: async (typ, payload) => (await loaded()).sign(typ, payload),
    open: async (typ, token, expected) => (await loaded()).open(typ, token, expected),
    digest: async (text) => (await loaded()).digest(text),
    ...(signing.algorithm !== 'HS256' && { publicKeys: async () => (await (await loaded()).publicKeys?.()) ?? [] }),
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
  const own = Object.entries(claims).filter(([name]) => !REGISTERED.has(name));
  return own.length === 0 ? {} : Object.fromEntries(own);
}

// Some ecosystems require the claim; a later time would make a token that is announced and does not work.
function notBefore({ nbf }: Readonly<Record<string, unknown>>, { iat }: { readonly iat: number }): { readonly nbf?: number } {
  return Number.isSafeInteger(nbf) && (nbf as number) <= iat ? { nbf: nbf as number } : {};
}

// Rounded down: a token never outlives what was announced.
function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}
