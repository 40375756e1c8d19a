import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import type { AccessClaims, TokenIssuer } from '../../src/ports/token-issuer.ts';
import type { OpenedIssuer } from '../conformance/index.ts';

type Change = (sound: TokenIssuer) => Partial<TokenIssuer>;
type Verify = TokenIssuer['verifyAccessToken'];

const SECRETS = ['ours', 'theirs'].map((name) => `${name}, a text of at least 32 bytes, out of your environment`);
const PRIVATE_KEYS = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const PEMS = PRIVATE_KEYS.map((key) => key.export({ type: 'pkcs8', format: 'pem' }) as string);

/** Sound issuers, over which a fault is laid: under a secret, wrapping refresh tokens. */
export function issuersWith(change: Change = () => ({})): OpenedIssuer {
  const [issuer, stranger] = SECRETS.map((secret) => joseTokens({ secret, refreshTokens: 'jwt' })).map((sound) => ({
    ...sound,
    ...change(sound),
  }));
  return { issuer: issuer as TokenIssuer, stranger: stranger as TokenIssuer };
}

/** The same under key pairs. */
export function keyedIssuersWith(change: Change = () => ({})): OpenedIssuer {
  const [issuer, stranger] = PEMS.map((privateKey) => joseTokens({ keys: [{ privateKey }], algorithm: 'ES256' })).map((sound) => ({
    ...sound,
    ...change(sound),
  }));
  return { issuer: issuer as TokenIssuer, stranger: stranger as TokenIssuer };
}

const inVerify =
  (change: (verify: Verify, input: Parameters<Verify>[0]) => ReturnType<Verify>): (() => OpenedIssuer) =>
  () =>
    issuersWith((sound) => ({ verifyAccessToken: (input) => change(sound.verifyAccessToken, input) }));
const inAll =
  (change: Change): (() => OpenedIssuer) =>
  () =>
    issuersWith(change);

/** Broken token issuers, by what is wrong with them. */
export const HOSTILE_TOKENS: Readonly<Record<string, () => OpenedIssuer>> = {
  'forgets what was added': inVerify(async (verify, input) => {
    const claims = await verify(input);
    return claims === null ? null : { ...claims, claims: {} };
  }),
  'takes the time of authentication for that of issue': inVerify(async (verify, input) => {
    const claims = await verify(input);
    return claims === null ? null : { ...claims, authTime: claims.issuedAt };
  }),
  'makes tokens that no header can carry': inAll((sound) => ({
    issueAccessToken: async (t) => `{ ${await sound.issueAccessToken(t)} }`,
    verifyAccessToken: (v) => sound.verifyAccessToken({ ...v, accessToken: v.accessToken.replace(/^\{ (.*) \}$/, '$1') }),
  })),
  'makes a token twice': inAll((sound) => {
    const made = new Map<string, Promise<string>>();
    return {
      issueAccessToken(t) {
        const key = JSON.stringify(t);
        const token = made.get(key) ?? sound.issueAccessToken(t);
        made.set(key, token);
        return token;
      },
    };
  }),
  'lets added claims win': inVerify(async (verify, input) => {
    const claims = await verify(input);
    return claims === null ? null : { ...claims, ...spokenFor(payloadOf(input.accessToken)) };
  }),
  'never expires': inVerify((verify, input) => verify({ ...input, now: 0 })),
  'tolerates one second more': inVerify((verify, input) => verify({ ...input, now: input.now - 1000 })),
  'expires one second early': inVerify((verify, input) => verify({ ...input, now: input.now + 6000 })),
  'serves every app': inAll((sound) => ({
    issueAccessToken: (t) => sound.issueAccessToken({ ...t, appName: 'any' }),
    verifyAccessToken: (v) => sound.verifyAccessToken({ ...v, appName: 'any' }),
  })),
  'has one key for all': () => {
    const { issuer } = issuersWith();
    return { issuer, stranger: issuer };
  },
  'looks at no signature': inVerify(async (_, input) => claimsIn(input.accessToken)),
  'trims what it is given': inVerify((verify, input) => verify({ ...input, accessToken: input.accessToken.trim().replace(/=$/, '') })),
  'takes unsigned tokens': inVerify(async (verify, input) =>
    /"alg":"none"/i.test(textOf(input.accessToken.split('.')[0])) ? claimsIn(input.accessToken) : verify(input),
  ),
  'signs no header': inAll(() => ({
    async issueAccessToken(t) {
      const payload = encoded({ ...t, random: crypto.randomUUID() });
      return `${encoded({ alg: 'HS256', typ: 'at+jwt' })}.${payload}.${macOf(payload)}`;
    },
    async verifyAccessToken({ accessToken }) {
      const [, payload = '', signature] = accessToken.split('.');
      return signature === macOf(payload) ? claimsIn(accessToken) : null;
    },
  })),
  'takes the public key for a secret': () =>
    keyedIssuersWith((sound) => ({
      async verifyAccessToken(input) {
        const [header = '', payload = '', signature] = input.accessToken.split('.');
        const [jwk] = (await sound.jwks?.())?.keys ?? [];
        if (!textOf(header).includes('"alg":"HS256"') || jwk === undefined) return sound.verifyAccessToken(input);
        const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        return createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url') === signature
          ? claimsIn(input.accessToken)
          : null;
      },
    })),
  'throws for what is no token': inVerify(async (verify, input) => {
    if (input.accessToken.split('.').length !== 3) throw new Error('This is no token.');
    return verify(input);
  }),
  'publishes private keys': () =>
    keyedIssuersWith(() => ({ jwks: async () => ({ keys: PRIVATE_KEYS.map((key) => ({ ...key.export({ format: 'jwk' }) })) }) })),
  'wraps what it cannot unwrap': inAll(() => ({ unwrapRefreshToken: async () => null })),
  'unwraps what it did not wrap': inAll((sound) => ({
    unwrapRefreshToken: async (u) => (await sound.unwrapRefreshToken?.(u)) ?? u.refreshToken,
  })),
  'takes refresh tokens for access tokens': inVerify(async (verify, input) => {
    const { rt } = payloadOf(input.accessToken);
    return rt === undefined ? verify(input) : claimsIn(input.accessToken);
  }),
};

function macOf(text: string): string {
  return createHmac('sha256', SECRETS[0] ?? '')
    .update(text)
    .digest('base64url');
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function textOf(segment: string | undefined): string {
  return Buffer.from(segment ?? '', 'base64url').toString();
}

function payloadOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(textOf(token.split('.')[1])) };
  } catch {
    return {};
  }
}

function spokenFor({ userId, sessionId }: Readonly<Record<string, unknown>>): Partial<AccessClaims> {
  return userId === undefined ? {} : { userId: String(userId), sessionId: String(sessionId) };
}

// Reads what a token says, and believes it.
function claimsIn(token: string): AccessClaims | null {
  const payload = payloadOf(token);
  const { userId, sub, sessionId, sid, amr, authTime, issuedAt, expiresAt, claims, auth_time, iat, exp } = payload;
  if ((userId ?? sub) === undefined) return null;
  return {
    userId: String(userId ?? sub),
    sessionId: String(sessionId ?? sid),
    amr: (amr ?? []) as readonly string[],
    authTime: Number(authTime ?? Number(auth_time) * 1000),
    issuedAt: Number(issuedAt ?? Number(iat) * 1000),
    expiresAt: Number(expiresAt ?? Number(exp) * 1000),
    claims: (claims ?? {}) as AccessClaims['claims'],
  };
}
