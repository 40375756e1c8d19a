import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type JoseTokensOptions, joseTokens } from '../../adapters/tokens/jose.ts';
import type { AccessClaims, TokenIssuer } from '../../src/ports/token-issuer.ts';

const SECRETS = ['first', 'second'].map((name) => `${name}, a text of at least 32 bytes, out of your environment`);
const [FIRST = '', SECOND = ''] = SECRETS;
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const SECONDS = Math.floor(NOW / 1000);
const appName = 'Acme';
const claims: AccessClaims = {
  userId: 'user-1 é 🙂',
  sessionId: 'session-1',
  authTime: NOW - 60_000,
  amr: ['sms'],
  issuedAt: NOW,
  expiresAt: NOW + 600_000,
  claims: { role: 'admin' },
};

afterEach(() => void vi.restoreAllMocks());

function byNode(options: Partial<JoseTokensOptions> = {}): TokenIssuer {
  return joseTokens({ secret: SECRETS, refreshTokens: 'jwt', ...options } as JoseTokensOptions);
}

/** What a runtime without Node's modules makes, which is jose and WebCrypto. */
function byWebCrypto(options: Partial<JoseTokensOptions> = {}, module?: unknown): TokenIssuer {
  const asked = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(module as never);
  const tokens = byNode(options);
  asked.mockRestore();
  return tokens;
}

/** One answer, which both give. */
async function answerOf(accessToken: string, now = NOW): Promise<AccessClaims | null> {
  const [ours, theirs] = await Promise.all([byNode(), byWebCrypto()].map((way) => way.verifyAccessToken({ accessToken, appName, now })));
  expect(ours, accessToken).toEqual(theirs);
  return ours ?? null;
}

function issue(tokens: TokenIssuer, changes: Partial<AccessClaims> = {}): Promise<string> {
  return tokens.issueAccessToken({ ...claims, ...changes, appName, now: NOW });
}

const encoded = (text: string | Buffer): string => Buffer.from(text as string).toString('base64url');
const partsOf = (token: string): string[] => token.split('.').map((part) => Buffer.from(part, 'base64url').toString());

/** Signs whatever one likes with the right secret. */
function signed(header: string, payload: string, secret = FIRST): string {
  return `${header}.${payload}.${createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')}`;
}

const [header = '', payload = ''] = partsOf(await issue(byNode()));
const [secondHeader = ''] = partsOf(await issue(byNode({ secret: [SECOND] })));
const forged = (h: string | Buffer, p: string | Buffer = payload): string => signed(encoded(h), encoded(p));

describe('tokens by Node and by WebCrypto', () => {
  it('are the same, letter by letter', async () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => array);
    expect(await issue(byNode())).toBe(await issue(byWebCrypto()));
    const refresh = { refreshToken: 'é', userId: 'u', sessionId: 's', issuedAt: NOW, expiresAt: NOW + 60_000, appName };
    expect(await byNode().wrapRefreshToken?.(refresh)).toBe(await byWebCrypto().wrapRefreshToken?.(refresh));
    const added = { ...Object.fromEntries([['__proto__', 1]]), lone: '\ud800', deep: { list: [null, 'ü'] } };
    expect(await issue(byNode(), { claims: added })).toBe(await issue(byWebCrypto(), { claims: added }));
  });

  it('open one another, also those of an older secret', async () => {
    for (const tokens of [byNode(), byWebCrypto(), byNode({ secret: SECOND }), byWebCrypto({ secret: [SECOND] })]) {
      expect(await answerOf(await issue(tokens))).toMatchObject({ userId: claims.userId, claims: claims.claims });
      const wrapped = { refreshToken: 'opaque', userId: 'u', sessionId: 's', issuedAt: NOW, expiresAt: NOW + 60_000, appName };
      const refreshToken = (await tokens.wrapRefreshToken?.(wrapped)) ?? '';
      expect(await answerOf(refreshToken)).toBeNull();
      for (const way of [byNode(), byWebCrypto()])
        expect(await way.unwrapRefreshToken?.({ refreshToken, appName, now: NOW })).toBe('opaque');
    }
    expect(await answerOf(await issue(byNode({ secret: 'a third text of at least 32 bytes, which nobody knows' })))).toBeNull();
  });

  it('have no public keys, and are too large above 8 KB', async () => {
    for (const tokens of [byNode(), byWebCrypto()]) {
      expect(tokens).not.toHaveProperty('jwks');
      await expect(issue(tokens, { claims: { x: 'x'.repeat(8192) } })).rejects.toThrow(TypeError);
    }
  });

  it.each<[string, boolean, string]>([
    ['nothing is wrong', true, forged(header)],
    ['the header has another order', true, forged(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(header)).toReversed())))],
    ['the header has spaces', true, forged(header.replaceAll(':', ' : '))],
    ['the payload has spaces', true, forged(header, payload.replaceAll(':', ' : '))],
    ['a member is escaped', true, forged(header.replace('"alg"', '"\\u0061lg"'))],
    ['a member comes twice', true, forged(header.replace('{', '{"alg":"none",'))],
    ['a claim comes twice', true, forged(header, payload.replace('{', '{"sub":"somebody else",'))],
    ['a byte order mark is before the header', true, forged(`\ufeff${header}`)],
    ['a byte order mark is before the payload', true, forged(header, `\ufeff${payload}`)],
    ['the other secret is named', false, forged(secondHeader)],
    ['a member is `__proto__`', false, forged(header.replace('{', '{"__proto__":{},'))],
    ['members are inherited', false, forged(`{"__proto__":${header},"alg":"HS256","typ":"at+jwt"}`)],
    ['the kid is a number', false, forged(header.replace(/"kid":"[^"]*"/, '"kid":1'))],
    ['the header is a list', false, forged(`[${header}]`)],
    ['the header is no UTF-8', false, forged(Buffer.from([0x7b, 0xff, 0x7d]))],
    ['the payload is no UTF-8', false, forged(header, Buffer.concat([Buffer.from(payload.slice(0, -1)), Buffer.from([0xff, 0x7d])]))],
    ['the payload is a list', false, forged(header, `[${payload}]`)],
    ['the payload is a text', false, forged(header, '"text"')],
    ['the payload is null', false, forged(header, 'null')],
    ['claims are inherited', false, forged(header, `{"__proto__":${payload}}`)],
    ['the header is spelled otherwise', false, signed(encoded(`${header} `).replace(/.$/, 'B'), encoded(payload))],
    ['the payload is spelled otherwise', false, signed(encoded(header), encoded(`${payload} `).replace(/.$/, 'B'))],
    ['nbf is null', false, forged(header, payload.replace('{', '{"nbf":null,'))],
    ['nbf is a text', false, forged(header, payload.replace('{', '{"nbf":"1",'))],
    ['nbf is near', true, forged(header, payload.replace('{', `{"nbf":${SECONDS + 5},`))],
    ['nbf is far', false, forged(header, payload.replace('{', `{"nbf":${SECONDS + 5.5},`))],
    ['iat is in the future', true, forged(header, payload.replace(/"iat":\d+/, `"iat":${SECONDS + 1000}`))],
    ['iat is a fraction', false, forged(header, payload.replace(/"iat":\d+/, '"iat":1.5'))],
    ['exp is infinite', false, forged(header, payload.replace(/"exp":\d+/, '"exp":1e999'))],
    ['exp is a fraction', false, forged(header, payload.replace(/"exp":(\d+)/, '"exp":$1.5'))],
  ])('are judged alike where %s', async (_, passes, token) => {
    expect((await answerOf(token)) !== null).toBe(passes);
  });

  it.each([
    NOW,
    NOW + 604_321,
    NOW + 604_322,
    NOW + 604_322.5,
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    8.64e15,
    8.65e15,
    -8.65e15,
  ])('are in force or not, alike, at %d', async (now) => {
    await answerOf(forged(header), now);
    await answerOf(forged(header, payload.replace('{', '{"nbf":0,')), now);
  });

  it('are judged alike whatever was changed and signed anew', async () => {
    const names = [
      'alg',
      'typ',
      'kid',
      'crit',
      'iss',
      'aud',
      'sub',
      'sid',
      'jti',
      'iat',
      'nbf',
      'exp',
      'auth_time',
      'amr',
      'x',
      '__proto__',
    ];
    const value = fc.oneof(
      fc.constantFrom(undefined, null, '', 'Acme', 'HS256', 'none', 'at+jwt', 'rt+jwt', [], ['Acme'], ['sms'], [1], {}, true),
      fc.constantFrom(SECONDS - 6, SECONDS - 5, SECONDS - 4, SECONDS, SECONDS + 5, SECONDS + 6, 0, -1, 1e300, 0.5),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const change = fc.tuple(fc.constantFrom(...names), value);
    const part = (text: string) =>
      fc.array(change, { maxLength: 2 }).map((changes) => encoded(JSON.stringify({ ...JSON.parse(text), ...Object.fromEntries(changes) })));
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(part(header), part(payload), fc.constantFrom(...SECRETS), async (h, p, secret) => {
        if ((await answerOf(signed(h, p, secret))) !== null) passed++;
      }),
      { numRuns: 400 },
    );
    expect(passed).toBeGreaterThan(10);
  });

  it('are judged alike whatever the text is', async () => {
    const token = forged(header);
    const parts = fc.oneof(fc.constantFrom(...token.split('.'), '', 'e30', 'bnVsbA', 'W10'), fc.stringMatching(/^[\w+/=. -]{0,8}$/));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(parts, { maxLength: 5 }).map((list) => list.join('.')),
        ),
        async (text) => {
          expect((await answerOf(text)) === null).toBe(text !== token);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, unknown]>([
    ['lacks a part of it', { createSecretKey: () => ({}) }],
    ['means something else by it', { createSecretKey: () => ({}), createHmac: () => ({ update: () => ({ digest: () => 'x' }) }) }],
  ])('are those of WebCrypto where what resembles Node %s', async (_, module) => {
    const tokens = byWebCrypto({}, module);
    expect(await answerOf(await issue(tokens))).not.toBeNull();
  });
});
