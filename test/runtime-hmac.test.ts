import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { portableHash, portableHmac } from '../src/core/keys.ts';
import { runtimeHash, runtimeHmac } from '../src/runtime-hmac.ts';

const key = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 60, maxLength: 70 }), fc.uint8Array({ minLength: 100 }));
const content = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 1000, maxLength: 1100 }));

afterEach(() => void vi.restoreAllMocks());

describe('the HMAC of this runtime', () => {
  it('is the one of Node, and gives what the portable one and node:crypto give', () => {
    const hmac = runtimeHmac();
    expect(hmac).not.toBe(portableHmac);
    fc.assert(
      fc.property(key, content, (some, text) => {
        const mac = createHmac('sha256', some).update(text).digest();
        expect(Buffer.from(hmac(some)(text))).toEqual(mac);
        expect(Buffer.from(portableHmac(some)(text))).toEqual(mac);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps keys and answers apart, in whatever order they are used', () => {
    const hmac = runtimeHmac();
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 2, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(3), content), { maxLength: 20 }),
        (keys, uses) => {
          const macs = keys.map(hmac);
          const answers = uses.map(([at, text]) => macs[at % keys.length]?.(text));
          const expected = uses.map(([at, text]) => portableHmac(keys[at % keys.length] ?? text)(text));
          expect(answers).toEqual(expected);
        },
      ),
    );
  });

  it('does not change what it is given', () => {
    const [some, text] = [new Uint8Array(32).fill(7), new Uint8Array(90).fill(9)];
    runtimeHmac()(some)(text);
    expect([some, text]).toEqual([new Uint8Array(32).fill(7), new Uint8Array(90).fill(9)]);
  });

  it.each<[string, unknown]>([
    ['has no modules of Node', undefined],
    ['lacks the function', {}],
    ['means something else by it', { hash: () => 'x'.repeat(32) }],
    ['gives bytes instead of text', { hash: () => new Uint8Array(32) }],
  ])('is the portable one where the runtime %s', (_, module) => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(module as never);
    expect([runtimeHmac(), runtimeHash()]).toEqual([portableHmac, portableHash]);
  });

  it('is the portable one where modules may not be asked for', () => {
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      throw new Error('not permitted');
    });
    expect(runtimeHmac()).toBe(portableHmac);
  });

  it('is the portable one where nothing like Node is there', () => {
    vi.stubGlobal('process', undefined);
    const hmac = runtimeHmac();
    vi.unstubAllGlobals();
    expect(hmac).toBe(portableHmac);
  });
});

describe('the hash of this runtime', () => {
  it('gives what the portable one and node:crypto give', () => {
    const hash = runtimeHash();
    expect(hash).not.toBe(portableHash);
    fc.assert(
      fc.property(content, (text) => {
        const expected = createHash('sha256').update(text).digest();
        expect([Buffer.from(hash(text)), Buffer.from(portableHash(text))]).toEqual([expected, expected]);
      }),
    );
  });
});
