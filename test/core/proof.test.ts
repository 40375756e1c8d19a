import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveKeys, keysUnder } from '../../src/core/keys.ts';
import { isProof, PROOF_SECONDS, proofHashOf, proofText } from '../../src/core/proof.ts';

const phoneKey = 'A'.repeat(16);
const keys = keysUnder(new Uint8Array(32));

describe('a proof', () => {
  it('is the name of the number and 32 random bytes, and lives ten minutes', () => {
    const proof = proofText(phoneKey, new Uint8Array(32).fill(255));
    expect(proof).toBe(`${phoneKey}${Buffer.alloc(32, 255).toString('base64url')}`);
    expect(Buffer.from(proof, 'base64url')).toHaveLength(44);
    expect(PROOF_SECONDS).toBe(600);
  });

  it('is known by a keyed hash', () => {
    const proof = proofText(phoneKey, new Uint8Array(32));
    const field = Buffer.concat([Uint8Array.of(0, proof.length), Buffer.from(proof)]);
    expect(proofHashOf(keys, proof)).toBe(
      createHmac('sha256', deriveKeys(new Uint8Array(32)).proof)
        .update(field)
        .digest('base64url'),
    );
  });

  it('has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
        expect(isProof(proofText(phoneKey, random))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 70 }), fc.stringMatching(/^[A-Za-z0-9_-]{57,61}$/)), (text) => {
        const bytes = Buffer.from(text, 'base64url');
        expect(isProof(text)).toBe(bytes.length === 44 && bytes.toString('base64url') === text);
      }),
      { numRuns: 500 },
    );
    const proof = proofText(phoneKey, new Uint8Array(32));
    for (const text of ['', `${proof}\n`, proof.slice(1), `${proof}A`, `${proof}=`]) expect(isProof(text)).toBe(false);
  });
});
