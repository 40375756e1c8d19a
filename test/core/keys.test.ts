import { createHash, createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deriveKeys,
  equalBytes,
  equalText,
  fromBase64Url,
  hashOfText,
  hashText,
  joinFields,
  keysUnder,
  mac,
  portableHash,
  portableHmac,
  toBase64Url,
} from '../../src/core/keys.ts';

const bytes = fc.uint8Array({ maxLength: 200 });
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 300, maxLength: 600 }));
const field = fc.oneof(bytes, text, fc.constant(null));

describe('keys', () => {
  it('derives each key by HKDF-SHA256 with a name of its own', () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
    const derived = deriveKeys(secret);
    for (const [name, key] of Object.entries(derived)) {
      expect(Buffer.from(key)).toEqual(Buffer.from(hkdfSync('sha256', secret, '', `ringlatch/v1/${name}`, 32)));
    }
    expect(new Set(Object.values(derived).map(toBase64Url)).size).toBe(Object.keys(derived).length);
    const { hmac: _, sha256: __, ...macs } = keysUnder(secret);
    expect(Object.keys(macs)).toEqual(Object.keys(derived));
    const { phone, refresh } = macs;
    expect([mac(phone, 'x'), mac(refresh, 'x')]).toEqual([derived.phone, derived.refresh].map((key) => mac(portableHmac(key), 'x')));
  });

  it('macs and hashes like node:crypto', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.array(field, { maxLength: 5 }), (key, fields) => {
        expect(Buffer.from(mac(portableHmac(key), ...fields))).toEqual(createHmac('sha256', key).update(joinFields(fields)).digest());
      }),
    );
    expect(Buffer.from(hashOfText(portableHash, 'ringlatch'))).toEqual(createHash('sha256').update('ringlatch').digest());
    expect(hashText('ringlatch')).toBe(createHash('sha256').update('ringlatch').digest('base64url'));
  });

  it('puts each field behind its length, in UTF-8', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
        const parts = fields.map((one) => Buffer.from(one ?? ''));
        const lengths = parts.map((part) => Buffer.of(part.length >> 8, part.length & 0xff));
        expect(Buffer.from(joinFields(fields))).toEqual(Buffer.concat(parts.flatMap((part, at) => [lengths[at] ?? part, part])));
      }),
    );
  });

  it('joins different lists of fields to different bytes', () => {
    const short = fc.oneof(fc.string({ maxLength: 4 }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(short, { maxLength: 4 }), fc.array(short, { maxLength: 4 }), (a, b) => {
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
        const written = toBase64Url(content);
        expect(written).toBe(Buffer.from(content).toString('base64url'));
        expect(fromBase64Url(written)).toEqual(content);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.stringMatching(/^[A-Za-z0-9_-]{0,60}$/)), (some) => {
        const read = fromBase64Url(some);
        if (read !== null) expect(toBase64Url(read)).toBe(some);
        else expect(Buffer.from(some, 'base64url').toString('base64url')).not.toBe(some);
      }),
    );
    for (const wrong of ['A', 'AB', 'AA=', 'A A', 'AB+/', 'ÄÄ', 'AA\u{1f642}', 'AA\u0000A']) expect(fromBase64Url(wrong), wrong).toBeNull();
  });

  it('compares by content and length', () => {
    expect(equalText('abc', 'abc')).toBe(true);
    expect(equalText('abc', 'abd')).toBe(false);
    expect(equalText('abc', 'ab')).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  });
});
