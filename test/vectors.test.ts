import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../adapters/storage/memory.ts';
import {
  contextHashOf,
  digestOf,
  idempotentChallengeId,
  type Purpose,
  phoneBoundChallengeId,
  phoneKeyOf,
  randomChallengeId,
} from '../src/core/challenge.ts';
import { codeOf } from '../src/core/code.ts';
import { deviceTokenText, readDeviceToken } from '../src/core/device.ts';
import { deriveKeys, fromBase64Url, type Hmac, type Keys, keysUnder, portableHmac, toBase64Url } from '../src/core/keys.ts';
import { proofHashOf, proofText } from '../src/core/proof.ts';
import { readRefreshToken, refreshTokenText, secretHashOf, sessionIdOf, successorOf, userKeyOf } from '../src/core/session.ts';
import { createPhoneVerification } from '../src/index.ts';
import { runtimeHmac } from '../src/runtime-hmac.ts';

interface Generation {
  readonly generation: number;
  readonly tokenSecret: string;
  readonly secretHash: string;
  readonly text: string;
}

interface Vectors {
  readonly secrets: readonly { readonly name: string; readonly secret: string; readonly keys: Readonly<Record<string, string>> }[];
  readonly challenges: readonly {
    readonly description: string;
    readonly secret: string;
    readonly phoneNumber: string;
    readonly purpose: Purpose;
    readonly userId: string | null;
    readonly context: string | null;
    readonly reference: string | null;
    readonly seed: string;
    readonly codeLength: number;
    readonly id:
      | { readonly kind: 'random'; readonly random: string }
      | { readonly kind: 'phone' }
      | { readonly kind: 'idempotent'; readonly idempotencyKey: string };
    readonly phoneKey: string;
    readonly contextHash: string | null;
    readonly challengeId: string;
    readonly code: string;
    readonly digest: string;
  }[];
  readonly refreshTokens: readonly (Generation & {
    readonly description: string;
    readonly secret: string;
    readonly userId: string;
    readonly sessionRandom: string;
    readonly userKey: string;
    readonly sessionId: string;
    readonly successor: Generation;
  })[];
  readonly deviceTokens: readonly {
    readonly description: string;
    readonly secret: string;
    readonly userId: string;
    readonly phoneNumber: string | null;
    readonly now: number;
    readonly expiresAt: number;
    readonly text: string;
  }[];
  readonly proofs: readonly {
    readonly description: string;
    readonly secret: string;
    readonly phoneNumber: string;
    readonly random: string;
    readonly text: string;
    readonly hash: string;
  }[];
}

type ChallengeVector = Vectors['challenges'][number];
type RefreshVector = Vectors['refreshTokens'][number];

const vectors: Vectors = JSON.parse(readFileSync(new URL('./conformance/vectors.json', import.meta.url), 'utf8'));
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const secretBytes = (name: string): Uint8Array => fromHex(vectors.secrets.find((one) => one.name === name)?.secret ?? '');
const HMACS: readonly (readonly [string, Hmac])[] = [
  ['of every runtime', portableHmac],
  ['of this runtime', runtimeHmac()],
];

describe.each(HMACS)('the core, with the HMAC %s,', (_, hmac) => {
  const keysNamed = (name: string): Keys => keysUnder(secretBytes(name), hmac);

  it.each(vectors.secrets)('derives the keys of the $name secret', ({ secret, keys }) => {
    const derived = Object.entries(deriveKeys(fromHex(secret))).map(([name, key]) => [name, Buffer.from(key).toString('hex')]);
    expect(Object.fromEntries(derived)).toEqual(keys);
  });

  it.each(vectors.challenges)('makes the challenge of: $description', (vector) => {
    const keys = keysNamed(vector.secret);
    const { phoneNumber, purpose, userId, context, reference, codeLength, seed, challengeId: id, contextHash, phoneKey, code } = vector;
    expect(phoneKeyOf(keys, phoneNumber)).toBe(phoneKey);
    expect(contextHashOf(context)).toBe(contextHash);
    expect(idInCore(keys, vector)).toBe(id);
    expect(codeOf(keys, { id, purpose, phoneNumber, userId, contextHash, codeLength, seed })).toBe(code);
    expect(digestOf(keys, { id, userId, contextHash, reference, code })).toBe(vector.digest);
  });

  it.each(vectors.refreshTokens)('makes the refresh token of: $description', (vector) => {
    const keys = keysNamed(vector.secret);
    const { userId, sessionId, generation } = vector;
    expect(userKeyOf(userId)).toBe(vector.userKey);
    expect(sessionIdOf(vector.userKey, fromHex(vector.sessionRandom))).toBe(sessionId);
    const token = { sessionId, userId, generation, secret: fromHex(vector.tokenSecret) };
    expect(refreshTokenText(keys, token)).toBe(vector.text);
    expect(secretHashOf(token)).toBe(vector.secretHash);
    expect(readRefreshToken([keys], vector.text)?.token).toEqual(token);
    const successor = successorOf(keys, token);
    expect(successor).toEqual({
      ...token,
      generation: vector.successor.generation,
      secret: fromHex(vector.successor.tokenSecret),
    });
    expect(refreshTokenText(keys, successor)).toBe(vector.successor.text);
    expect(secretHashOf(successor)).toBe(vector.successor.secretHash);
  });

  it.each(vectors.deviceTokens)('makes the device token $description', ({ secret, userId, phoneNumber, now, expiresAt, text }) => {
    const keys = keysNamed(secret);
    expect(deviceTokenText(keys, { userId, phoneNumber, now })).toBe(text);
    expect(readDeviceToken([keys], { deviceToken: text, now })).toEqual({ userId, phoneNumber, expiresAt });
  });

  it.each(vectors.proofs)('makes $description', ({ secret, phoneNumber, random, text, hash }) => {
    expect(proofText(phoneKeyOf(keysNamed(secret), phoneNumber), fromHex(random))).toBe(text);
    expect(proofHashOf(keysNamed(secret), text)).toBe(hash);
  });
});

function idInCore(keys: Keys, { id, ...vector }: ChallengeVector): string {
  switch (id.kind) {
    case 'random':
      return randomChallengeId(vector.phoneKey, fromHex(id.random));
    case 'phone':
      return phoneBoundChallengeId(keys, vector);
    case 'idempotent':
      return idempotentChallengeId(keys, { ...vector, idempotencyKey: id.idempotencyKey });
  }
}

describe('a second implementation, from the specification and node:crypto alone', () => {
  it.each(vectors.secrets)('derives the keys of the $name secret', ({ secret, keys }) => {
    for (const [name, key] of Object.entries(keys)) expect(key2(fromHex(secret), name).toString('hex')).toBe(key);
  });

  it.each(vectors.challenges)('makes the challenge of: $description', (vector) => {
    const secret = secretBytes(vector.secret);
    const { phoneNumber, purpose, userId, context, reference, codeLength, seed, challengeId } = vector;
    const phoneKey = mac2(key2(secret, 'phone'), [phoneNumber]).subarray(0, 12);
    const contextHash = context === null ? null : createHash('sha256').update(context).digest('base64url');
    expect(phoneKey.toString('base64url')).toBe(vector.phoneKey);
    expect(contextHash).toBe(vector.contextHash);
    expect(Buffer.concat([phoneKey, tailOfId2(secret, vector)]).toString('base64url')).toBe(challengeId);

    const fields = [challengeId, purpose, phoneNumber, userId, contextHash, String(codeLength), seed];
    const code = hotp2(mac2(key2(secret, 'code'), fields), codeLength);
    expect(code).toBe(vector.code);
    expect(mac2(key2(secret, 'digest'), [challengeId, userId, contextHash, reference, code]).toString('base64url')).toBe(vector.digest);
  });

  it.each(vectors.refreshTokens)('makes the refresh token of: $description', (vector) => {
    const secret = secretBytes(vector.secret);
    const userKey = createHash('sha256').update('ringlatch/v1/user').update(vector.userId).digest().subarray(0, 12);
    const sessionId = Buffer.concat([userKey, fromHex(vector.sessionRandom)]);
    expect(userKey.toString('base64url')).toBe(vector.userKey);
    expect(sessionId.toString('base64url')).toBe(vector.sessionId);
    expect(generation2(secret, sessionId, vector.userId, vector.generation, fromHex(vector.tokenSecret))).toEqual(generationIn(vector));

    const next = vector.generation + 1;
    const nextSecret = mac2(key2(secret, 'next'), [vector.sessionId, u32(next), fromHex(vector.tokenSecret)]);
    expect(generation2(secret, sessionId, vector.userId, next, nextSecret)).toEqual(generationIn(vector.successor));
  });

  it.each(vectors.deviceTokens)('makes the device token $description', ({ secret, userId, phoneNumber, now, expiresAt, text }) => {
    expect(expiresAt).toBe(now + 180 * 24 * 60 * 60 * 1000);
    const key = key2(secretBytes(secret), 'device');
    const tag = mac2(key, [userId, phoneNumber, String(expiresAt)]).subarray(0, 16);
    const mask = BigInt(`0x${mac2(key, [tag]).subarray(0, 7).toString('hex')}`);
    const number = Buffer.from((mask ^ BigInt(phoneNumber?.slice(1) ?? 0)).toString(16).padStart(14, '0'), 'hex');
    const expiry = Buffer.alloc(6);
    expiry.writeUIntBE(expiresAt, 0, 6);
    expect(Buffer.concat([Uint8Array.of(1), expiry, number, Buffer.from(userId), tag]).toString('base64url')).toBe(text);
  });

  it.each(vectors.proofs)('makes $description', ({ secret, phoneNumber, random, text, hash }) => {
    const phoneKey = mac2(key2(secretBytes(secret), 'phone'), [phoneNumber]).subarray(0, 12);
    expect(Buffer.concat([phoneKey, fromHex(random)]).toString('base64url')).toBe(text);
    expect(mac2(key2(secretBytes(secret), 'proof'), [text]).toString('base64url')).toBe(hash);
  });

  // RFC 4226, appendix D, with its SHA-1: the truncation is right, whatever the hash.
  it('truncates as RFC 4226 does', () => {
    const hmac = createHmac('sha1', '12345678901234567890').update(Buffer.alloc(8)).digest();
    expect(truncated(hmac, 6)).toBe('755224');
  });
});

describe('the whole', () => {
  it.each(vectors.challenges.filter(({ purpose, id }) => purpose === 'sign-in' && id.kind !== 'idempotent'))(
    'sends the code of: $description',
    async ({ secret, phoneNumber, purpose, seed, id, challengeId, code }) => {
      const sent: string[] = [];
      const { requestCode, validateVerificationCode } = createPhoneVerification({
        secret: Buffer.from(secretBytes(secret)).toString('base64'),
        storage: memoryStorage(),
        sms: async (message) => void sent.push(message.code),
        appName: 'Acme',
        allowedCountries: 'all',
        limits: { smsPerDay: 10 },
        binding: id.kind === 'phone' ? 'phone' : 'challenge',
        random: (bytes) => (bytes === 16 && id.kind === 'random' ? fromHex(id.random) : (fromBase64Url(seed) as Uint8Array)),
      });
      const client = { ip: null };
      expect(await requestCode({ phoneNumber, purpose, client })).toMatchObject({ challengeId });
      expect(sent).toEqual([code]);
      expect(await validateVerificationCode({ challengeId, code, purpose, client })).toMatchObject({ phoneNumber });
    },
  );

  it('has vectors that are written as base64url writes them', () => {
    for (const { phoneKey, challengeId, digest, seed } of vectors.challenges) {
      for (const text of [phoneKey, challengeId, digest, seed]) expect(toBase64Url(Buffer.from(text, 'base64url'))).toBe(text);
    }
  });
});

function key2(secret: Uint8Array, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `ringlatch/v1/${name}`, 32));
}

function mac2(key: Uint8Array, fields: readonly (string | Uint8Array | null)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const field of fields) {
    const bytes = Buffer.from(field ?? '');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}

function hotp2(key: Uint8Array, digits: number): string {
  return truncated(createHmac('sha256', key).update(Buffer.alloc(8)).digest(), digits);
}

/** RFC 4226, section 5.3. The offset is in the last byte, whatever the length of the hash. */
function truncated(hmac: Buffer, digits: number): string {
  const offset = (hmac.at(-1) as number) & 0xf;
  return String((hmac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}

function tailOfId2(secret: Uint8Array, { id, purpose, phoneNumber, userId, contextHash }: ChallengeVector): Uint8Array {
  switch (id.kind) {
    case 'random':
      return fromHex(id.random);
    case 'phone':
      return mac2(key2(secret, 'handle'), [purpose, phoneNumber, userId, contextHash]).subarray(0, 16);
    case 'idempotent':
      return mac2(key2(secret, 'handle'), [id.idempotencyKey, purpose, phoneNumber, userId, contextHash]).subarray(0, 16);
  }
}

function generation2(secret: Uint8Array, sessionId: Buffer, userId: string, generation: number, tokenSecret: Uint8Array): Generation {
  const content = Buffer.concat([Uint8Array.of(1), sessionId, u32(generation), tokenSecret, Buffer.from(userId)]);
  const tag = mac2(key2(secret, 'refresh'), [content]).subarray(0, 16);
  return {
    generation,
    tokenSecret: Buffer.from(tokenSecret).toString('hex'),
    secretHash: createHash('sha256').update(tokenSecret).digest('base64url'),
    text: Buffer.concat([content, tag]).toString('base64url'),
  };
}

function generationIn({ generation, tokenSecret, secretHash, text }: Generation | RefreshVector): Generation {
  return { generation, tokenSecret, secretHash, text };
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
