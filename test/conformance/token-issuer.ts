import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import type { AccessClaims, TokenIssuer } from '../../src/ports/token-issuer.ts';
import { type ConformanceCase, NOW } from './case.ts';

/** Fresh issuers for one case. */
export interface OpenedIssuer {
  readonly issuer: TokenIssuer;
  /** The same in everything but its keys. */
  readonly stranger: TokenIssuer;
}

/** How a token issuer is tried. */
export interface TokenIssuerOptions {
  /** Seconds after its expiry for which a token is still taken. @default 5 */
  readonly toleranceSeconds?: number | undefined;
}

const APP = 'Conformance';
// Tokens know no parts of a second.
const ISSUED_AT: number = Math.floor(NOW / 1000) * 1000;
const EXPIRES_AT: number = ISSUED_AT + 600_000;

const CLAIMS: AccessClaims = {
  userId: "user-1 é 🙂 'x'",
  sessionId: 'c2Vzc2lvbiBvZiB0aGUgY29uZm9ybWFuY2Uga2l0',
  authTime: ISSUED_AT - 60_000,
  amr: ['sms', 'pwd'],
  issuedAt: ISSUED_AT,
  expiresAt: EXPIRES_AT,
  claims: { role: 'admin', list: [1, null, { deep: 'ü' }] },
};

const JUNK: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '...',
  'x',
  'a.b.c',
  'null.null.null',
  'bnVsbA.bnVsbA.bnVsbA',
  'e30.e30.',
  '__proto__',
  'constructor',
  '\u0000',
  'é.é.é',
  '🙂',
  '=.=.=',
  'Bearer x',
  'x'.repeat(100_000),
  `${'x'.repeat(50_000)}.${'y'.repeat(50_000)}.z`,
];

/** What every token issuer must and should do. `issuer` and `stranger` are opened without names of their own, so that `appName` stands for them. */
export function tokenIssuerCases(
  open: () => OpenedIssuer | Promise<OpenedIssuer>,
  { toleranceSeconds = 5 }: TokenIssuerOptions = {},
): readonly ConformanceCase[] {
  const conformance = (id: string, name: string, body: (opened: OpenedIssuer) => Promise<void>): ConformanceCase => ({
    id,
    name,
    run: async () => body(await open()),
  });
  return [
    conformance('T-ISSUE-01', 'MUST give back what was put in', async ({ issuer }) => {
      for (const claims of [CLAIMS, { ...CLAIMS, userId: '1', amr: [], claims: {} }]) {
        assert.deepEqual(plain(await verify(issuer, await issue(issuer, claims))), plain(claims));
      }
    }),
    conformance('T-ISSUE-02', 'MUST make tokens that an Authorization header can carry', async ({ issuer }) => {
      const token = await issue(issuer);
      assert.match(token, /^[\w.~+/-]+=*$/);
      assert.ok(token.length <= 4096);
    }),
    conformance('T-ISSUE-03', 'MUST make no token twice', async ({ issuer }) => {
      assert.notEqual(await issue(issuer), await issue(issuer));
    }),
    conformance('T-ISSUE-04', 'MUST NOT let added claims speak for it', async ({ issuer }) => {
      const claims = { sub: 'x', sid: 'x', userId: 'x', sessionId: 'x', exp: 9e9, expiresAt: 9e15, amr: ['x'], iss: 'x', aud: 'x', iat: 1 };
      const { claims: _, ...answer } = plain(await verify(issuer, await issue(issuer, { ...CLAIMS, claims }))) ?? {};
      const { claims: __, ...expected } = plain(CLAIMS) ?? {};
      assert.deepEqual(answer, expected);
    }),
    conformance('T-VERIFY-01', 'MUST take a token until it expires, and refuse it once the tolerance is over', async ({ issuer }) => {
      const token = await issue(issuer);
      assert.notEqual(await verify(issuer, token, EXPIRES_AT - 1), null);
      if (toleranceSeconds > 0) assert.notEqual(await verify(issuer, token, EXPIRES_AT + toleranceSeconds * 1000 - 1), null);
      assert.equal(await verify(issuer, token, EXPIRES_AT + toleranceSeconds * 1000), null);
      assert.equal(await verify(issuer, token, EXPIRES_AT * 10), null);
    }),
    conformance('T-VERIFY-02', 'MUST refuse a token of another app', async ({ issuer }) => {
      const token = await issue(issuer);
      for (const appName of ['conformance', 'Conformance ', 'Other', '']) {
        assert.equal(await issuer.verifyAccessToken({ accessToken: token, appName, now: ISSUED_AT }), null);
      }
    }),
    conformance('T-VERIFY-03', 'MUST refuse a token under another key', async ({ issuer, stranger }) => {
      assert.equal(await verify(issuer, await issue(stranger)), null);
      assert.equal(await verify(stranger, await issue(issuer)), null);
    }),
    conformance('T-VERIFY-04', 'MUST refuse a token of which any character is another', async ({ issuer }) => {
      const token = await issue(issuer);
      for (let at = 0; at < token.length; at++) {
        for (const other of ['A', 'B', '.']) {
          const altered = token.slice(0, at) + other + token.slice(at + 1);
          if (altered !== token) assert.equal(await verify(issuer, altered), null, `character ${at} as ${other}`);
        }
      }
    }),
    conformance('T-VERIFY-05', 'MUST have one spelling for a token', async ({ issuer }) => {
      const token = await issue(issuer);
      const ends = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map((end) => token.slice(0, -1) + end);
      const around = [`${token}=`, `${token}.`, `${token} `, ` ${token}`, `${token}\n`, token.slice(0, -1), `Bearer ${token}`];
      for (const other of [...ends, ...around, `${token}.${token}`].filter((spelling) => spelling !== token)) {
        assert.equal(await verify(issuer, other), null);
      }
    }),
    conformance('T-VERIFY-06', 'MUST refuse what nobody signed, whatever its header says', async ({ issuer }) => {
      for (const header of forgedHeaders()) {
        const unsigned = `${encoded({ typ: 'at+jwt', ...header })}.${encoded(forgedPayload())}`;
        for (const forged of [`${unsigned}.`, unsigned, `${unsigned}.${'A'.repeat(43)}`]) assert.equal(await verify(issuer, forged), null);
      }
    }),
    conformance('T-VERIFY-07', 'MUST refuse a token whose header was changed', async ({ issuer }) => {
      const [header = '', ...rest] = (await issue(issuer)).split('.');
      for (const changes of [...forgedHeaders(), { typ: 'JWT' }, { typ: 'rt+jwt' }, { crit: ['exp'] }]) {
        const changed = encoded({ ...decoded(header), ...changes });
        if (changed !== header) assert.equal(await verify(issuer, [changed, ...rest].join('.')), null);
        assert.equal(await verify(issuer, [changed, rest[0], ''].join('.')), null);
      }
    }),
    conformance('T-VERIFY-08', 'MUST refuse a token that was signed with a public key as the secret', async ({ issuer }) => {
      for (const jwk of (await issuer.jwks?.())?.keys ?? []) {
        const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        for (const secret of [pem, String(pem).trim(), JSON.stringify(jwk)]) {
          const input = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid: jwk.kid })}.${encoded(forgedPayload())}`;
          const signature = createHmac('sha256', secret).update(input).digest('base64url');
          assert.equal(await verify(issuer, `${input}.${signature}`), null);
        }
      }
    }),
    conformance('T-VERIFY-09', 'MUST answer null, and never throw, for what is no token', async ({ issuer }) => {
      for (const junk of JUNK) assert.equal(await verify(issuer, junk).catch(threw), null);
    }),
    conformance('T-JWKS-01', 'MUST publish public keys only', async ({ issuer }) => {
      for (const key of (await issuer.jwks?.())?.keys ?? []) {
        for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!(secret in key), `publishes ${secret}`);
        assert.notEqual(key.kty, 'oct');
      }
    }),
    conformance('T-REFRESH-01', 'MUST unwrap what it wrapped, and neither without the other', async ({ issuer }) => {
      assert.equal(typeof issuer.wrapRefreshToken, typeof issuer.unwrapRefreshToken);
      const wrapped = await wrap(issuer);
      if (wrapped !== null) assert.equal(await unwrap(issuer, wrapped), REFRESH_TOKEN);
    }),
    conformance('T-REFRESH-02', 'MUST unwrap nothing that it did not wrap', async ({ issuer, stranger }) => {
      const [wrapped, foreign] = [await wrap(issuer), await wrap(stranger)];
      if (wrapped === null || foreign === null) return;
      assert.equal(await unwrap(issuer, foreign), null);
      assert.equal(await unwrap(issuer, await issue(issuer)), null);
      assert.equal(await verify(issuer, wrapped), null);
      assert.equal(await unwrap(issuer, wrapped, EXPIRES_AT + toleranceSeconds * 1000), null);
      assert.equal(await unwrap(issuer, wrapped, ISSUED_AT, 'Other'), null);
      for (const at of [0, Math.floor(wrapped.length / 2), wrapped.length - 5]) {
        const altered: string = wrapped.slice(0, at) + (wrapped[at] === 'A' ? 'B' : 'A') + wrapped.slice(at + 1);
        assert.equal(await unwrap(issuer, altered), null);
      }
      for (const junk of JUNK) assert.equal(await unwrap(issuer, junk).catch(threw), null);
    }),
  ];
}

const REFRESH_TOKEN = 'AQIDBAUGBwgJCgsMDQ4PEA';

function issue(issuer: TokenIssuer, claims: AccessClaims = CLAIMS): Promise<string> {
  return issuer.issueAccessToken({ ...claims, appName: APP, now: ISSUED_AT });
}

function verify(issuer: TokenIssuer, accessToken: string, now: number = ISSUED_AT): Promise<AccessClaims | null> {
  return issuer.verifyAccessToken({ accessToken, appName: APP, now });
}

async function wrap(issuer: TokenIssuer): Promise<string | null> {
  const { userId, sessionId, issuedAt, expiresAt } = CLAIMS;
  const wrapping = issuer.wrapRefreshToken?.({ refreshToken: REFRESH_TOKEN, userId, sessionId, issuedAt, expiresAt, appName: APP });
  return (await wrapping) ?? null;
}

async function unwrap(issuer: TokenIssuer, refreshToken: string, now: number = ISSUED_AT, appName: string = APP): Promise<string | null> {
  return (await issuer.unwrapRefreshToken?.({ refreshToken, appName, now })) ?? null;
}

function threw(error: unknown): string {
  return `threw ${String(error)}`;
}

// Without prototypes and other marks of how it was parsed.
function plain(claims: AccessClaims | null): Partial<AccessClaims> | null {
  return claims === null ? null : JSON.parse(JSON.stringify(claims));
}

function forgedHeaders(): readonly object[] {
  return ['none', 'None', 'NONE', 'HS256', 'HS512', ''].map((alg) => ({ alg }));
}

function forgedPayload(): object {
  const times = { iat: ISSUED_AT / 1000, exp: EXPIRES_AT / 1000, auth_time: ISSUED_AT / 1000 };
  return { iss: APP, aud: APP, sub: 'user-1', sid: CLAIMS.sessionId, jti: '0'.repeat(32), amr: ['sms'], ...times };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

// What is no JWT has no header: then only the changes stand in it.
function decoded(segment: string): object {
  try {
    return JSON.parse(Buffer.from(segment, 'base64url').toString());
  } catch {
    return {};
  }
}
