import { createHmac, createPublicKey, generateKeyPairSync, sign as nodeSign } from 'node:crypto';
import fc from 'fast-check';
import { createLocalJWKSet, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type JoseTokensOptions, joseTokens, type PrivateJwk } from '../../adapters/tokens/jose.ts';
import type { AccessClaims, TokenIssuer } from '../../src/ports/token-issuer.ts';

const SECRET = 'a text of at least 32 bytes, out of your environment';
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const SECOND = 1000;
const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const;
const appName = 'Acme';

const claims: AccessClaims = {
  userId: 'user-1',
  sessionId: 'session-1',
  authTime: NOW - 60 * SECOND,
  amr: ['sms'],
  issuedAt: NOW,
  expiresAt: NOW + 600 * SECOND,
  claims: { role: 'admin' },
};

type Algorithm = (typeof ALGORITHMS)[number];
const jwks = new Map<Algorithm, PrivateJwk[]>();

beforeAll(async () => {
  for (const algorithm of ALGORITHMS) {
    const pairs = await Promise.all([1, 2].map(() => generateKeyPair(algorithm, { extractable: true })));
    jwks.set(algorithm, await Promise.all(pairs.map(async ({ privateKey }) => (await exportJWK(privateKey)) as PrivateJwk)));
  }
});

function jwkOf(algorithm: Algorithm, index = 0): PrivateJwk {
  return jwks.get(algorithm)?.[index] as PrivateJwk;
}

function issue(tokens: TokenIssuer, changes: Partial<AccessClaims> = {}): Promise<string> {
  return tokens.issueAccessToken({ ...claims, ...changes, appName, now: NOW });
}

function verify(tokens: TokenIssuer, accessToken: string, now: number = NOW): Promise<AccessClaims | null> {
  return tokens.verifyAccessToken({ accessToken, appName, now });
}

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString());
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Signs by node:crypto whatever one likes, with the right secret. */
function forge(header: unknown, payload: unknown, secret: string | Buffer = SECRET): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const inSeconds = (milliseconds: number) => Math.floor(milliseconds / SECOND);
const expected: AccessClaims = {
  ...claims,
  authTime: inSeconds(claims.authTime) * SECOND,
  issuedAt: inSeconds(NOW) * SECOND,
  expiresAt: inSeconds(claims.expiresAt) * SECOND,
};

describe.each(['HS256', ...ALGORITHMS] as const)('an access token under %s', (algorithm) => {
  const make = (more: object = {}) =>
    joseTokens(
      (algorithm === 'HS256'
        ? { secret: SECRET, ...more }
        : { keys: [{ privateKey: jwkOf(algorithm) }], algorithm, ...more }) as JoseTokensOptions,
    );

  it('gives back what was put in, times in whole seconds', async () => {
    expect(await verify(make(), await issue(make()))).toEqual(expected);
  });

  it('has the header and the claims of RFC 9068', async () => {
    const token = await issue(make());
    expect(headerOf(token)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: expect.stringMatching(/^[\w-]{11,43}$/) });
    expect(payloadOf(token)).toEqual({
      iss: 'Acme',
      aud: 'Acme',
      sub: 'user-1',
      sid: 'session-1',
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      iat: inSeconds(NOW),
      exp: inSeconds(claims.expiresAt),
      auth_time: inSeconds(claims.authTime),
      amr: ['sms'],
      role: 'admin',
    });
  });

  it('is refused under every other algorithm, issuer, audience and key', async () => {
    const token = await issue(make());
    const others = [
      joseTokens({ secret: `${SECRET} of another` }),
      ...ALGORITHMS.map((other) => joseTokens({ keys: [{ privateKey: jwkOf(other, 1) }], algorithm: other })),
      make({ issuer: 'https://other.example' }),
      make({ audience: 'acme' }),
    ];
    expect(await Promise.all(others.map((other) => verify(other, token)))).toEqual(others.map(() => null));
  });

  it('has one spelling: no change of any character passes', async () => {
    const tokens = make();
    const token = await issue(tokens);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \n';
    const lastVariants = [...alphabet].map((character) => token.slice(0, -1) + character);
    const around = [
      `${token}=`,
      `${token} `,
      ` ${token}`,
      `${token}.`,
      `${token}.${token}`,
      token.replace('.', '..'),
      token.slice(0, -1),
      `Bearer ${token}`,
    ];
    const variants = [...lastVariants, ...around].filter((variant) => variant !== token);
    expect((await Promise.all(variants.map((variant) => verify(tokens, variant)))).filter((answer) => answer !== null)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...alphabet), async (at, character) => {
        const mutant = token.slice(0, at) + character + token.slice(at + 1);
        fc.pre(mutant !== token);
        expect(await verify(tokens, mutant)).toBe(null);
      }),
    );
  });

  it('verifies by old keys after a rotation, and signs by the new one', async () => {
    const secrets = [`${SECRET}, the new one`, SECRET] as const;
    const rotated =
      algorithm === 'HS256'
        ? joseTokens({ secret: secrets })
        : joseTokens({ keys: [{ privateKey: jwkOf(algorithm, 1) }, { privateKey: jwkOf(algorithm) }], algorithm });
    const [old, fresh] = [await issue(make()), await issue(rotated)];
    expect(await verify(rotated, old)).toEqual(expected);
    expect(await verify(rotated, fresh)).toEqual(expected);
    expect(await verify(make(), fresh)).toBe(null);
    expect(headerOf(old).kid).not.toBe(headerOf(fresh).kid);
  });
});

describe('the life of an access token', () => {
  const tokens = joseTokens({ secret: SECRET });

  it('ends 5 seconds after exp, by the time that is given', async () => {
    const token = await issue(tokens);
    const exp = inSeconds(claims.expiresAt) * SECOND;
    expect(await verify(tokens, token, exp + 5 * SECOND - 1)).toEqual(expected);
    expect(await verify(tokens, token, exp + 5 * SECOND)).toBe(null);
  });

  it('begins 5 seconds before nbf, where another issuer under the same key sets one', async () => {
    const token = await issue(tokens);
    const later = forge(headerOf(token), { ...payloadOf(token), nbf: inSeconds(NOW) + 10 });
    expect(await verify(tokens, later)).toBe(null);
    expect(await verify(tokens, later, NOW + 5 * SECOND)).toEqual(expected);
  });
});

describe('an access token that is signed by the right key', () => {
  const tokens = joseTokens({ secret: SECRET });
  let header: Record<string, unknown>;
  let payload: Record<string, unknown>;

  beforeAll(async () => {
    const token = await issue(tokens);
    header = headerOf(token);
    payload = payloadOf(token);
  });

  it('passes when nothing is wrong with it', async () => {
    expect(await verify(tokens, forge(header, payload))).toEqual(expected);
  });

  it.each<[string, Record<string, unknown>]>([
    ['alg none', { alg: 'none' }],
    ['alg HS512', { alg: 'HS512' }],
    ['alg in other case', { alg: 'hs256' }],
    ['no typ', { typ: undefined }],
    ['typ JWT', { typ: 'JWT' }],
    ['typ rt+jwt', { typ: 'rt+jwt' }],
    ['typ with the media type prefix', { typ: 'application/at+jwt' }],
    ['typ in other case', { typ: 'AT+JWT' }],
    ['no kid', { kid: undefined }],
    ['a foreign kid', { kid: 'x' }],
    ['kid as a path', { kid: '../../dev/null' }],
    ['kid as SQL', { kid: "x' OR 1=1 --" }],
    ['kid __proto__', { kid: '__proto__' }],
    ['an empty kid', { kid: '' }],
    ['kid as a list', { kid: ['x'] }],
    ['crit', { crit: ['exp'] }],
    ['crit and b64', { crit: ['b64'], b64: true }],
    ['jku', { jku: 'https://evil.example/jwks.json' }],
    ['x5u', { x5u: 'https://evil.example/x' }],
    ['jwk', { jwk: { kty: 'oct', k: encode(SECRET) } }],
    ['x5c', { x5c: ['MII'] }],
    ['anything else', { zip: 'DEF' }],
  ])('is refused for its header: %s', async (_, changes) => {
    expect(await verify(tokens, forge({ ...header, ...changes }, payload))).toBe(null);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another iss', { iss: 'acme' }],
    ['no iss', { iss: undefined }],
    ['iss as a list', { iss: ['Acme'] }],
    ['another aud', { aud: 'Acme ' }],
    ['no aud', { aud: undefined }],
    ['one of several aud', { aud: ['Acme', 'other'] }],
    ['aud as a list of one', { aud: ['Acme'] }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a number as sub', { sub: 1 }],
    ['no sid', { sid: undefined }],
    ['no jti', { jti: undefined }],
    ['no iat', { iat: undefined }],
    ['iat as text', { iat: '1' }],
    ['no exp', { exp: undefined }],
    ['exp as text', { exp: '9999999999' }],
    ['endless exp', { exp: 1e300 }],
    ['no auth_time', { auth_time: undefined }],
    ['auth_time null', { auth_time: null }],
    ['no amr', { amr: undefined }],
    ['amr as text', { amr: 'sms' }],
    ['amr of numbers', { amr: [1] }],
  ])('is refused for its claims: %s', async (_, changes) => {
    expect(await verify(tokens, forge(header, { ...payload, ...changes }))).toBe(null);
  });

  it.each(['null', '[]', '"text"', '{', '', '\ufeff{}'])('is refused for a payload of %j', async (text) => {
    expect(await verify(tokens, forge(header, text))).toBe(null);
    expect(await verify(tokens, forge(text, payload))).toBe(null);
  });

  it('is refused above 8 KB, and cannot be issued so large', async () => {
    const room = 8192 - forge(header, { ...payload, x: '' }).length;
    const fits = forge(header, { ...payload, x: 'x'.repeat(Math.floor(room * 0.74)) });
    const tooLarge = forge(header, { ...payload, x: 'x'.repeat(Math.ceil(room * 0.76)) });
    expect(await verify(tokens, fits)).not.toBe(null);
    expect(tooLarge.length).toBeGreaterThan(8192);
    expect(await verify(tokens, tooLarge)).toBe(null);
    await expect(issue(tokens, { claims: { x: 'x'.repeat(8192) } })).rejects.toThrow(TypeError);
  });
});

describe('the public key', () => {
  it.each(ALGORITHMS)('is no HS256 secret: %s', async (algorithm) => {
    const tokens = joseTokens({ keys: [{ privateKey: jwkOf(algorithm) }], algorithm });
    const token = await issue(tokens);
    const [publicJwk] = (await tokens.jwks?.())?.keys ?? [];
    const publicKey = createPublicKey({ key: publicJwk as Record<string, string>, format: 'jwk' });
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicJwk),
    ];
    for (const secret of secrets) {
      expect(await verify(tokens, forge({ ...headerOf(token), alg: 'HS256' }, payloadOf(token), secret))).toBe(null);
      expect(await verify(tokens, forge(headerOf(token), payloadOf(token), secret))).toBe(null);
    }
  });

  it('is published for every key, without a private member, and verifies by an ordinary library', async () => {
    for (const algorithm of ALGORITHMS) {
      const keys = [{ privateKey: jwkOf(algorithm), kid: 'first' }, { privateKey: jwkOf(algorithm, 1) }];
      const tokens = joseTokens({ keys, algorithm, issuer: 'https://id.example', audience: 'api' });
      const published = (await tokens.jwks?.()) ?? { keys: [] };
      expect(published.keys.map(({ kid }) => kid)).toEqual(['first', expect.stringMatching(/^[\w-]{43}$/)]);
      for (const key of published.keys) {
        expect(Object.keys(key).filter((name) => !['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'].includes(name))).toEqual([]);
        expect(key).toMatchObject({ alg: algorithm, use: 'sig' });
      }
      const { payload } = await jwtVerify(await issue(tokens), createLocalJWKSet(published as never), {
        issuer: 'https://id.example',
        audience: 'api',
        typ: 'at+jwt',
        currentDate: new Date(NOW),
      });
      expect(payload.sub).toBe('user-1');
    }
  });

  it('has the thumbprint of RFC 7638 as its kid, unless it was named', async () => {
    // RFC 8037, A.1 to A.3
    const privateKey = {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    };
    const kidOf = async (key: PrivateJwk & { kid?: string }, kid?: string) =>
      headerOf(await issue(joseTokens({ keys: [{ kid, privateKey: key }] }))).kid;
    expect(await kidOf(privateKey)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    expect(await kidOf({ ...privateKey, kid: 'own' })).toBe('own');
    expect(await kidOf({ ...privateKey, kid: 'own' }, 'given')).toBe('given');
  });

  it('does not exist for a secret', () => {
    expect(joseTokens({ secret: SECRET })).not.toHaveProperty('jwks');
  });
});

describe('a private key', () => {
  it.each(ALGORITHMS)('may be a JWK, a PEM or a CryptoKey, all the same: %s', async (algorithm) => {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const forms = [(await exportJWK(privateKey)) as PrivateJwk, `\n${await exportPKCS8(privateKey)}\n`, privateKey];
    const issuers = forms.map((form) => joseTokens({ keys: [{ privateKey: form }], algorithm }));
    for (const signer of issuers) {
      const token = await issue(signer);
      expect(await Promise.all(issuers.map((tokens) => verify(tokens, token)))).toEqual(issuers.map(() => expected));
    }
  });

  it('is loaded once, also when 64 ask at the same time', async () => {
    const tokens = joseTokens({ keys: [{ privateKey: jwkOf('ES256') }], algorithm: 'ES256' });
    const issued = await Promise.all(Array.from({ length: 64 }, () => issue(tokens)));
    expect(new Set(issued.map((token) => payloadOf(token).jti)).size).toBe(64);
    expect((await Promise.all(issued.map((token) => verify(tokens, token)))).every((answer) => answer !== null)).toBe(true);
  });

  it('that is broken is misuse at first use, every time', async () => {
    const [first, second] = [jwkOf('EdDSA'), jwkOf('EdDSA', 1)];
    const broken = [
      joseTokens({ keys: [{ privateKey: { ...first, d: 'AAAA' } }] }),
      joseTokens({ keys: [{ privateKey: { ...first, d: second.d } }] }),
      joseTokens({ keys: [{ privateKey: '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----' }] }),
      joseTokens({ keys: [{ privateKey: await exportPKCS8((await generateKeyPair('ES256', { extractable: true })).privateKey) }] }),
      joseTokens({
        keys: [
          { privateKey: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string },
        ],
        algorithm: 'RS256',
      }),
      joseTokens({ keys: [{ privateKey: first }, { privateKey: first }] }),
    ];
    for (const tokens of broken) {
      await expect(issue(tokens)).rejects.toThrow(TypeError);
      await expect(verify(tokens, 'x')).rejects.toThrow(/^joseTokens: keys/);
      await expect(tokens.jwks?.()).rejects.toThrow(TypeError);
    }
  });
});

describe('claims of the consumer', () => {
  const attack = { iss: 'x', aud: 'x', sub: 'x', sid: 'x', jti: 'x', iat: 1, nbf: 9e9, exp: 9e9, auth_time: 1, amr: ['x'] };

  it('never replace a registered one, whether given or mapped', async () => {
    for (const tokens of [joseTokens({ secret: SECRET }), joseTokens({ secret: SECRET, claimMapping: () => attack })]) {
      const token = await issue(tokens, { claims: { ...attack, plan: 'free' } });
      expect(payloadOf(token)).not.toHaveProperty('nbf');
      expect(await verify(tokens, token)).toEqual({ ...expected, claims: { plan: 'free' } });
    }
  });

  it('may be added under the names of another ecosystem', async () => {
    const tokens = joseTokens({ secret: SECRET, claimMapping: ({ sub, role }) => ({ user_id: sub, token_type: 'access', roles: [role] }) });
    const token = await issue(tokens);
    expect(payloadOf(token)).toMatchObject({ sub: 'user-1', user_id: 'user-1', token_type: 'access', roles: ['admin'] });
    expect(await verify(tokens, token)).toEqual({
      ...expected,
      claims: { role: 'admin', user_id: 'user-1', token_type: 'access', roles: ['admin'] },
    });
  });

  it('may say not before, when that is past', async () => {
    const nbfOf = async (nbf: unknown) => {
      const tokens = joseTokens({ secret: SECRET, claimMapping: () => ({ nbf }) });
      const token = await issue(tokens);
      expect(await verify(tokens, token)).toEqual(expected);
      return payloadOf(token).nbf;
    };
    const iat = inSeconds(NOW);
    expect(await Promise.all([iat, iat - 60, iat + 1, String(iat), null].map(nbfOf))).toEqual([
      iat,
      iat - 60,
      undefined,
      undefined,
      undefined,
    ]);
    expect(payloadOf(await issue(joseTokens({ secret: SECRET }), { claims: { nbf: iat } }))).not.toHaveProperty('nbf');
  });

  it('come back as JSON, whatever their names', async () => {
    const tokens = joseTokens({ secret: SECRET });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toJSON')), fc.jsonValue()),
        async (own) => {
          const answer = await verify(tokens, await issue(tokens, { claims: own }));
          expect(JSON.stringify(answer?.claims)).toBe(JSON.stringify(own));
          expect(answer?.userId).toBe('user-1');
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a refresh token', () => {
  const wrapped = {
    refreshToken: 'opaque',
    userId: 'user-1',
    sessionId: 'session-1',
    issuedAt: NOW,
    expiresAt: NOW + 60 * SECOND,
    appName,
  };
  const tokens = joseTokens({ secret: SECRET, refreshTokens: 'jwt' });

  it('stays opaque by default', () => {
    for (const plain of [joseTokens({ secret: SECRET }), joseTokens({ secret: SECRET, refreshTokens: 'opaque' })]) {
      expect(plain).not.toHaveProperty('wrapRefreshToken');
      expect(plain).not.toHaveProperty('unwrapRefreshToken');
    }
  });

  it('comes out of its JWT as it went in, until it expires', async () => {
    const token = (await tokens.wrapRefreshToken?.(wrapped)) as string;
    expect(headerOf(token)).toMatchObject({ alg: 'HS256', typ: 'rt+jwt' });
    expect(payloadOf(token)).toMatchObject({
      sub: 'user-1',
      sid: 'session-1',
      rt: 'opaque',
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      iat: inSeconds(NOW),
      exp: inSeconds(wrapped.expiresAt),
    });
    const unwrap = (refreshToken: string, now: number = NOW) => tokens.unwrapRefreshToken?.({ refreshToken, appName, now });
    expect(await unwrap(token)).toBe('opaque');
    expect(await unwrap(token, wrapped.expiresAt + 5 * SECOND)).toBe(null);
    expect(await unwrap(`${token.slice(0, -2)}AA`)).toBe(null);
    expect(await unwrap('opaque')).toBe(null);
  });

  it('keeps its name as long as it is the same', async () => {
    const nameOf = async (refreshToken: string) => payloadOf((await tokens.wrapRefreshToken?.({ ...wrapped, refreshToken })) as string).jti;
    const [name, again, other] = await Promise.all(['opaque', 'opaque', 'another'].map(nameOf));
    expect(again).toBe(name);
    expect(other).not.toBe(name);
  });

  it('may carry claims under the names of another ecosystem', async () => {
    const theirs = joseTokens({
      ...{ secret: SECRET, refreshTokens: 'jwt' },
      refreshClaimMapping: ({ sub, jti, iat }) => ({ user_id: sub, token_type: 'refresh', same: jti, nbf: iat }),
    });
    const token = (await theirs.wrapRefreshToken?.(wrapped)) as string;
    const { jti, ...payload } = payloadOf(token);
    expect(payload).toMatchObject({ sub: 'user-1', user_id: 'user-1', token_type: 'refresh', same: jti, nbf: inSeconds(NOW) });
    expect(await theirs.unwrapRefreshToken?.({ refreshToken: token, appName, now: NOW })).toBe('opaque');
    expect(payloadOf(await issue(theirs))).not.toHaveProperty('token_type');
  });

  it('keeps its registered claims whatever is added', async () => {
    const attack = { iss: 'x', aud: 'x', sub: 'x', sid: 'x', jti: 'x', iat: 1, nbf: 9e9, exp: 9e9, rt: 'x', plan: 'free' };
    const attacked = joseTokens({ secret: SECRET, refreshTokens: 'jwt', refreshClaimMapping: () => attack });
    const token = (await attacked.wrapRefreshToken?.(wrapped)) as string;
    expect(payloadOf(token)).toEqual({ ...payloadOf((await tokens.wrapRefreshToken?.(wrapped)) as string), plan: 'free' });
    expect(await attacked.unwrapRefreshToken?.({ refreshToken: token, appName, now: NOW })).toBe('opaque');
  });

  it('is no access token, nor the other way round, nor for a verifier that forgets the type', async () => {
    const token = (await tokens.wrapRefreshToken?.(wrapped)) as string;
    expect(await verify(tokens, token)).toBe(null);
    expect(await tokens.unwrapRefreshToken?.({ refreshToken: await issue(tokens), appName, now: NOW })).toBe(null);
    const careless = { issuer: appName, audience: appName, currentDate: new Date(NOW) };
    await expect(jwtVerify(token, new TextEncoder().encode(SECRET), careless)).rejects.toMatchObject({
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    });
  });
});

describe('misuse', () => {
  const wrong = (options: unknown) => () => joseTokens(options as JoseTokensOptions);
  const okp = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  };

  it.each<[string, unknown]>([
    ['options', undefined],
    ['options', []],
    ['secret', {}],
    ['secret', { secret: SECRET, keys: [{ privateKey: okp }] }],
    ['secret', { secret: '' }],
    ['secret', { secret: 'x'.repeat(31) }],
    ['secret', { secret: 32 }],
    ['secret', { secret: [] }],
    ['secret[1]', { secret: [SECRET, 'short'] }],
    ['secret[1]', { secret: [SECRET, SECRET] }],
    ['secret[0]', { secret: [null] }],
    ['algorithm', { secret: SECRET, algorithm: 'HS256' }],
    ['algorithm', { keys: [{ privateKey: okp }], algorithm: 'HS256' }],
    ['algorithm', { keys: [{ privateKey: okp }], algorithm: 'none' }],
    ['keys', { keys: [] }],
    ['keys', { keys: { privateKey: okp } }],
    ['keys[0]', { keys: [okp.d] }],
    ['keys[0].key', { keys: [{ privateKey: okp, key: 1 }] }],
    ['keys[0].kid', { keys: [{ privateKey: okp, kid: '' }] }],
    ['keys[0].kid', { keys: [{ privateKey: okp, kid: 'a b' }] }],
    ['keys[1]', { keys: [{ privateKey: okp, kid: 'a' }, { privateKey: { ...okp, kid: 'a' } }] }],
    ['keys[0].privateKey', { keys: [{}] }],
    ['keys[0].privateKey', { keys: [{ privateKey: { ...okp, d: undefined } }] }],
    ['keys[0].privateKey', { keys: [{ privateKey: okp }], algorithm: 'ES256' }],
    ['keys[0].privateKey', { keys: [{ privateKey: { ...okp, alg: 'ES256' } }] }],
    ['keys[0].privateKey', { keys: [{ privateKey: '-----BEGIN RSA PRIVATE KEY-----' }] }],
    ['keys[0].privateKey', { keys: [{ privateKey: '-----BEGIN PUBLIC KEY-----' }] }],
    ['keys[0].privateKey', { keys: [{ privateKey: { kty: 'RSA', n: 'x'.repeat(171), e: 'AQAB', d: 'x' } }], algorithm: 'RS256' }],
    ['issuer', { secret: SECRET, issuer: '' }],
    ['audience', { secret: SECRET, audience: ['a'] }],
    ['claimMapping', { secret: SECRET, claimMapping: {} }],
    ['refreshTokens', { secret: SECRET, refreshTokens: true }],
    ['refreshClaimMapping', { secret: SECRET, refreshTokens: 'jwt', refreshClaimMapping: 'x' }],
    ['refreshClaimMapping', { secret: SECRET, refreshClaimMapping: () => ({}) }],
    ['refreshClaimMapping', { secret: SECRET, refreshTokens: 'opaque', refreshClaimMapping: () => ({}) }],
    ['isuer', { secret: SECRET, isuer: 'x' }],
    ['__proto__', JSON.parse(`{"secret":"${SECRET}","__proto__":{}}`)],
  ])('names the path: %s', (path, options) => {
    expect(wrong(options)).toThrow(TypeError);
    expect(wrong(options)).toThrow(new RegExp(`^joseTokens: ${path.replaceAll(/[[\].]/g, '\\$&')} `));
  });

  it('never says the secret or the key', () => {
    for (const options of [
      { secret: 'hush hush' },
      { keys: [{ privateKey: 'hush hush' }] },
      { keys: [{ privateKey: { ...okp, kty: 'EC' } }] },
    ]) {
      expect(wrong(options)).toThrow(expect.not.objectContaining({ message: expect.stringMatching(/hush|nWGx/) }));
    }
  });

  it('is a CryptoKey that cannot sign, is too short or cannot be read', async () => {
    const ed = await generateKeyPair('EdDSA', { extractable: true });
    const hidden = await generateKeyPair('EdDSA', { extractable: false });
    const ec = await generateKeyPair('ES256', { extractable: true });
    const short = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    );
    for (const privateKey of [ed.publicKey, hidden.privateKey, ec.privateKey])
      expect(wrong({ keys: [{ privateKey }] })).toThrow(/keys\[0\]\.privateKey/);
    expect(wrong({ keys: [{ privateKey: short.privateKey }], algorithm: 'RS256' })).toThrow(/keys\[0\]\.privateKey/);
  });
});

describe('any text', () => {
  it('that is no token is null, never an error', async () => {
    const tokens = joseTokens({ secret: SECRET });
    const token = await issue(tokens);
    const parts = fc.constantFrom(...token.split('.'), '', 'e30', 'bnVsbA', 'W10');
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { maxLength: 5 }).map((list) => list.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        fc.pre(text !== token);
        expect(await verify(tokens, text)).toBe(null);
      }),
      { numRuns: 500 },
    );
    const notTexts = [null, undefined, 1, {}, [token]] as unknown as string[];
    expect(await Promise.all(notTexts.map((text) => verify(tokens, text)))).toEqual(notTexts.map(() => null));
  });

  it('is refused when a stranger signed it', async () => {
    const tokens = joseTokens({ keys: [{ privateKey: jwkOf('EdDSA') }] });
    const token = await issue(tokens);
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const input = token.split('.').slice(0, 2).join('.');
    expect(await verify(tokens, `${input}.${nodeSign(null, Buffer.from(input), stranger).toString('base64url')}`)).toBe(null);
  });
});
