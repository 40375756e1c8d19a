import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Challenge,
  codeOfStored,
  contextHashOf,
  digestOf,
  hasSameCode,
  idempotentChallengeId,
  isChallengeId,
  PURPOSES,
  phoneBoundChallengeId,
  phoneKeyIn,
  phoneKeyOf,
  randomChallengeId,
} from '../../src/core/challenge.ts';
import { codeOf } from '../../src/core/code.ts';
import { deriveKeys, joinFields, keysUnder, toBase64Url } from '../../src/core/keys.ts';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const keys = keysUnder(secret);
const keyBytes = deriveKeys(secret);
const otherKeys = keysUnder(Uint8Array.from({ length: 32 }, (_, i) => i + 1));
const phoneNumber = '+989112223344';
const phoneKey = phoneKeyOf(keys, phoneNumber);

const challenge: Challenge = {
  id: randomChallengeId(phoneKey, new Uint8Array(16)),
  phoneKey,
  phoneNumber,
  purpose: 'verify',
  userId: null,
  context: null,
  contextHash: null,
  reference: null,
  seed: toBase64Url(new Uint8Array(32)),
  digest: null,
  profile: null,
  idempotencyHash: null,
  locale: 'en',
  channel: 'sms',
  codeLength: 6,
  maxAttempts: 5,
  createdAt: 0,
  expiresAt: 300_000,
  attemptsLeft: 5,
  sends: 1,
  resendAt: 30_000,
};

function issuedUnder(some: typeof keys, changes: Partial<Challenge> = {}): { code: string; row: Challenge } {
  const row = { ...challenge, ...changes };
  const code = codeOf(some, row);
  return { code, row: { ...row, digest: digestOf(some, { ...row, code }) } };
}

/** HMAC-SHA256 over length-prefixed fields, by node:crypto. */
function macOf(key: Uint8Array, ...fields: (string | null)[]): Buffer {
  return createHmac('sha256', key).update(joinFields(fields)).digest();
}

describe('a challenge id', () => {
  it('begins with the keyed name of the number', () => {
    expect(phoneKey).toBe(macOf(keyBytes.phone, phoneNumber).subarray(0, 12).toString('base64url'));
    expect(phoneKey).toHaveLength(16);
    const id = randomChallengeId(
      phoneKey,
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    expect(phoneKeyIn(id)).toBe(phoneKey);
    expect(Buffer.from(id, 'base64url')).toHaveLength(28);
    expect(isChallengeId(id)).toBe(true);
  });

  it('bound to the number is a MAC of purpose, number, user and context', () => {
    const c = { phoneKey, purpose: 'verify', phoneNumber, userId: 'u', contextHash: 'h' } as const;
    const second = macOf(keyBytes.handle, 'verify', phoneNumber, 'u', 'h').subarray(0, 16).toString('base64url');
    expect(phoneBoundChallengeId(keys, c)).toBe(phoneKey + second);
    const ids = [
      c,
      { ...c, purpose: 'login' as const },
      { ...c, userId: null },
      { ...c, contextHash: null },
      { ...c, phoneNumber: '+989112223345' },
    ];
    expect(new Set(ids.map((one) => phoneBoundChallengeId(keys, one))).size).toBe(ids.length);
    expect(phoneBoundChallengeId(otherKeys, c)).not.toBe(phoneBoundChallengeId(keys, c));
  });

  it('of an idempotency key is a MAC of it and of what was asked', () => {
    const c = { phoneKey, idempotencyKey: 'k', purpose: 'verify', phoneNumber, userId: 'u', contextHash: null } as const;
    const second = macOf(keyBytes.handle, 'k', 'verify', phoneNumber, 'u', null).subarray(0, 16).toString('base64url');
    expect(idempotentChallengeId(keys, c)).toBe(phoneKey + second);
    const others = [{ idempotencyKey: 'l' }, { purpose: 'login' as const }, { userId: null }, { contextHash: 'h' }, { phoneNumber: '+1' }];
    const ids = [{}, ...others].map((other) => idempotentChallengeId(keys, { ...c, ...other }));
    expect(new Set(ids).size).toBe(6);
  });

  it('is 28 bytes of base64url in their one spelling, and nothing else is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 28, maxLength: 28 }), (bytes) => {
        expect(isChallengeId(Buffer.from(bytes).toString('base64url'))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 45 }), fc.stringMatching(/^[A-Za-z0-9_-]{36,40}$/)), (text) => {
        const bytes = Buffer.from(text, 'base64url');
        expect(isChallengeId(text)).toBe(bytes.length === 28 && bytes.toString('base64url') === text);
      }),
      { numRuns: 500 },
    );
    for (const text of ['', `${challenge.id}\n`, ` ${challenge.id}`, challenge.id.slice(1), `${challenge.id}=`])
      expect(isChallengeId(text)).toBe(false);
  });
});

describe('a digest', () => {
  it('is a MAC of id, user, context, reference and code', () => {
    const c = { id: 'i', userId: 'u', contextHash: 'h', reference: 'r', code: '123456' };
    expect(digestOf(keys, c)).toBe(macOf(keyBytes.digest, 'i', 'u', 'h', 'r', '123456').toString('base64url'));
    const variants = [
      c,
      { ...c, id: 'j' },
      { ...c, userId: null },
      { ...c, contextHash: null },
      { ...c, reference: null },
      { ...c, code: '123457' },
    ];
    // a value that moves to the next field is another one
    const moved = { ...c, userId: null, contextHash: 'u' };
    expect(new Set([...variants, moved].map((one) => digestOf(keys, one))).size).toBe(7);
  });

  it('binds a context by its hash', () => {
    expect(contextHashOf(null)).toBeNull();
    expect(contextHashOf('Pay')).not.toBe(contextHashOf('Pay '));
    expect(contextHashOf('')).not.toBeNull();
  });
});

describe('the code of a stored challenge', () => {
  it('is found under whichever live secret made it', () => {
    for (const some of [keys, otherKeys]) {
      const { code, row } = issuedUnder(some);
      expect(codeOfStored([keys, otherKeys], row, null)).toBe(code);
    }
    const { row } = issuedUnder(otherKeys);
    expect(codeOfStored([keys], row, null)).toBeNull();
    expect(codeOfStored([], row, null)).toBeNull();
  });

  it('does not exist for a decoy', () => {
    expect(codeOfStored([keys], challenge, null)).toBeNull();
    expect(codeOfStored([keys], challenge, '424242')).toBeNull();
  });

  it('is the fixed one of a test number, and that of no other', () => {
    const fixed = { ...challenge, digest: digestOf(keys, { ...challenge, code: '424242' }) };
    expect(codeOfStored([keys], fixed, '424242')).toBe('424242');
    expect(codeOfStored([keys], fixed, null)).toBeNull();
    expect(codeOfStored([keys], fixed, '424243')).toBeNull();
  });

  it('does not exist for a row of which any field was altered', () => {
    const { row } = issuedUnder(keys, { userId: 'u', context: 'Pay', contextHash: contextHashOf('Pay'), reference: 'r', codeLength: 8 });
    const altered: readonly Partial<Challenge>[] = [
      { id: randomChallengeId(phoneKey, new Uint8Array(16).fill(1)) },
      { phoneNumber: '+989112223345' },
      { purpose: 'login' },
      { userId: 'v' },
      { userId: null },
      { contextHash: null },
      { context: 'Pay all' },
      { context: null, contextHash: null },
      { reference: null },
      { seed: toBase64Url(new Uint8Array(32).fill(1)) },
      { codeLength: 7 },
      { digest: '' },
    ];
    expect(codeOfStored([keys], row, null)).not.toBeNull();
    expect(hasSameCode({ ...row, locale: 'fa' }, row)).toBe(true);
    for (const changes of altered) {
      expect(codeOfStored([keys], { ...row, ...changes }, null), JSON.stringify(changes)).toBeNull();
      // so that nobody takes it for the row that was drafted
      expect(hasSameCode({ ...row, ...changes }, row), JSON.stringify(changes)).toBe(false);
    }
  });
});

describe('purposes', () => {
  it('are a closed set of seven', () => {
    expect(PURPOSES).toEqual(['sign-in', 'login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up']);
  });
});
