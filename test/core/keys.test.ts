import { createHash, createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concat,
  deriveKeys,
  equalBytes,
  equalText,
  fromBase64Url,
  hash,
  hashText,
  joinFields,
  mac,
  toBase64Url,
} from '../../src/core/keys.ts';

const bytes = fc.uint8Array({ maxLength: 200 });

describe('keys', () => {
  it('derives each key by HKDF-SHA256 with a name of its own', () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
    const keys = deriveKeys(secret);
    for (const [name, key] of Object.entries(keys)) {
      expect(Buffer.from(key)).toEqual(Buffer.from(hkdfSync('sha256', secret, '', `ringlatch/v1/${name}`, 32)));
    }
    expect(new Set(Object.values(keys).map(toBase64Url)).size).toBe(Object.keys(keys).length);
  });

  it('macs and hashes like node:crypto', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(fc.oneof(bytes, fc.string(), fc.constant(null)), { maxLength: 5 }),
        (key, fields) => {
          expect(Buffer.from(mac(key, ...fields))).toEqual(createHmac('sha256', key).update(joinFields(fields)).digest());
        },
      ),
    );
    expect(Buffer.from(hash('ringlatch'))).toEqual(createHash('sha256').update('ringlatch').digest());
    expect(hashText('ringlatch')).toBe(createHash('sha256').update('ringlatch').digest('base64url'));
  });

  it('joins different lists of fields to different bytes', () => {
    const field = fc.oneof(fc.string({ maxLength: 4 }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 4 }), fc.array(field, { maxLength: 4 }), (a, b) => {
        const isSame = a.length === b.length && a.every((one, i) => (one ?? '') === (b[i] ?? ''));
        expect(equalBytes(joinFields(a), joinFields(b))).toBe(isSame);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a field that its length prefix cannot count', () => {
    expect(() => joinFields([new Uint8Array(65_536)])).toThrow(RangeError);
    expect(joinFields([new Uint8Array(65_535)])).toHaveLength(65_537);
  });

  it('writes base64url as others do, and reads back only what it writes', () => {
    fc.assert(
      fc.property(bytes, (content) => {
        const text = toBase64Url(content);
        expect(text).toBe(Buffer.from(content).toString('base64url'));
        expect(fromBase64Url(text)).toEqual(content);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const read = fromBase64Url(text);
        if (read !== null) expect(toBase64Url(read)).toBe(text);
      }),
    );
    for (const text of ['A', 'AB', 'AA=', 'A A', 'AB+/', 'ÄÄ']) expect(fromBase64Url(text), text).toBeNull();
  });

  it('compares by content and length', () => {
    expect(equalText('abc', 'abc')).toBe(true);
    expect(equalText('abc', 'abd')).toBe(false);
    expect(equalText('abc', 'ab')).toBe(false);
    expect(equalBytes(concat(Uint8Array.of(1), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3))).toBe(true);
  });
});
