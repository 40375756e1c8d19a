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
import type { JsonWebKeySet } from '../../src/ports/token-issuer.ts';
import { type JoseKey, misuse, namedKeyId, type Signing } from './jose-options.ts';
import { isInShape, KID_CONTENT, REQUIRED, type Signatures, TOLERANCE_SECONDS } from './signatures.ts';

/** Signatures by jose: every algorithm, on every runtime that has WebCrypto. */
export function joseSignatures(signing: Signing): Signatures {
  let loading: Promise<KeyRing> | undefined;
  const keyRing = () => {
    loading ??= loadKeyRing(signing);
    return loading;
  };
  return {
    async sign(typ, payload) {
      const { signer } = await keyRing();
      return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: signing.algorithm, typ, kid: signer.kid })
        .sign(signer.signingKey);
    },

    async open(typ, token, { issuer, audience, now }) {
      const { verifiers } = await keyRing();
      try {
        const key = isCanonical(token) ? verifiers.get(keyIdOf(token, signing.algorithm, typ)) : undefined;
        if (key === undefined) return null;
        const { payload } = await jwtVerify(token, key, {
          algorithms: [signing.algorithm],
          typ,
          issuer,
          audience,
          requiredClaims: [...REQUIRED],
          currentDate: new Date(now),
          clockTolerance: TOLERANCE_SECONDS,
        });
        // jose is content when one of several audiences is ours
        return payload.aud === audience ? payload : null;
      } catch {
        return null;
      }
    },

    async digest(text) {
      return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
    },

    publicKeys: async () => (await keyRing()).publicKeys,
  };
}

// One spelling per token: decoders ignore the unused bits of the last character, and some ignore spaces or padding.
function isCanonical(token: string): boolean {
  return isInShape(token) && token.split('.').every((segment) => base64url.encode(base64url.decode(segment)) === segment);
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
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(KID_CONTENT));
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
