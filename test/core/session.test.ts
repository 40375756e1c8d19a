import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveKeys, joinFields, keysUnder } from '../../src/core/keys.ts';
import {
  heldSuccessorOf,
  type RefreshToken,
  readRefreshToken,
  refreshTokenText,
  secretHashOf,
  sessionIdOf,
  successorOf,
  userKeyOf,
} from '../../src/core/session.ts';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const keys = keysUnder(secret);
const otherKeys = keysUnder(Uint8Array.from({ length: 32 }, (_, i) => i + 1));
const userId = 'user-1';
const token: RefreshToken = {
  sessionId: sessionIdOf(userKeyOf(userId), new Uint8Array(16)),
  userId,
  generation: 0,
  secret: new Uint8Array(32),
};
const text = refreshTokenText(keys, token);

const anyToken: fc.Arbitrary<RefreshToken> = fc
  .record({
    userId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    random: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    generation: fc.nat(0xffffffff),
    secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })
  .map(({ random, ...some }) => ({ ...some, sessionId: sessionIdOf(userKeyOf(some.userId), random) }));

describe('a session id', () => {
  it('begins with the unkeyed name of its user', () => {
    const expected = createHash('sha256').update('ringlatch/v1/user').update(userId).digest().subarray(0, 12).toString('base64url');
    expect(userKeyOf(userId)).toBe(expected);
    expect(token.sessionId).toBe(`${expected}${'A'.repeat(22)}`);
  });
});

describe('a refresh token', () => {
  it('says what was written into it', () => {
    fc.assert(
      fc.property(anyToken, (some) => {
        expect(readRefreshToken([otherKeys, keys], refreshTokenText(keys, some))).toEqual({ keys, token: some });
      }),
    );
  });

  it('is version, session, generation, secret, user and a MAC of all before', () => {
    const bytes = Buffer.from(text, 'base64url');
    const content = bytes.subarray(0, -16);
    const parts = [Buffer.of(1), Buffer.from(token.sessionId, 'base64url'), Buffer.alloc(4), Buffer.alloc(32), Buffer.from(userId)];
    expect(content).toEqual(Buffer.concat(parts));
    expect(bytes.subarray(-16)).toEqual(
      createHmac('sha256', deriveKeys(secret).refresh)
        .update(joinFields([content]))
        .digest()
        .subarray(0, 16),
    );
  });

  it('is read in its one spelling alone, whatever is changed', () => {
    const changed = fc.oneof(
      fc
        .tuple(fc.nat(text.length - 1), fc.constantFrom(...'ABCDwxyz0189-_=+/ é'))
        .map(([at, character]) => text.slice(0, at) + character + text.slice(at + 1)),
      fc.tuple(fc.nat(text.length), fc.string({ maxLength: 4 })).map(([at, some]) => text.slice(0, at) + some + text.slice(at)),
      fc.tuple(fc.nat(text.length), fc.nat(6)).map(([at, length]) => text.slice(0, at) + text.slice(at + length)),
      fc.string({ maxLength: 300 }),
      fc.stringMatching(/^[A-Za-z0-9_-]{100,140}$/),
    );
    fc.assert(
      fc.property(changed, (other) => {
        expect(readRefreshToken([keys, otherKeys], other)).toEqual(other === text ? { keys, token } : null);
      }),
      { numRuns: 3000 },
    );
  });

  it('of another secret, version or length is none', () => {
    expect(readRefreshToken([otherKeys], text)).toBeNull();
    expect(readRefreshToken([], text)).toBeNull();
    for (const short of ['', 'AA', text.slice(0, 60)]) expect(readRefreshToken([keys], short)).toBeNull();
    const long = refreshTokenText(keys, { ...token, userId: 'u'.repeat(2000) });
    expect(readRefreshToken([keys], long)).toBeNull();
    // what is signed by us with another version byte
    const bytes = Buffer.from(text, 'base64url');
    bytes[0] = 2;
    const mac = createHmac('sha256', deriveKeys(secret).refresh)
      .update(joinFields([bytes.subarray(0, -16)]))
      .digest();
    mac.copy(bytes, bytes.length - 16, 0, 16);
    expect(readRefreshToken([keys], bytes.toString('base64url'))).toBeNull();
  });
});

describe('a successor', () => {
  it('is one and only one for a token under its secret', () => {
    fc.assert(
      fc.property(
        anyToken.filter((some) => some.generation < 0xffffffff),
        (some) => {
          const next = successorOf(keys, some);
          expect(next).toEqual(successorOf(keys, some));
          expect(next).toMatchObject({ sessionId: some.sessionId, userId: some.userId, generation: some.generation + 1 });
          expect(secretHashOf(next)).not.toBe(secretHashOf(some));
          expect(secretHashOf(successorOf(otherKeys, some))).not.toBe(secretHashOf(next));
        },
      ),
    );
  });

  it('depends on session, generation and secret', () => {
    const variants = [
      token,
      { ...token, generation: 1 },
      { ...token, secret: new Uint8Array(32).fill(1) },
      { ...token, sessionId: 'A'.repeat(38) },
    ];
    expect(new Set(variants.map((some) => secretHashOf(successorOf(keys, some)))).size).toBe(4);
  });

  it('that a row holds is found under whichever secret it was derived with', () => {
    const held = successorOf(otherKeys, token);
    expect(heldSuccessorOf([keys, otherKeys], token, secretHashOf(held))).toEqual(held);
    expect(heldSuccessorOf([keys], token, secretHashOf(held))).toBeNull();
  });
});
