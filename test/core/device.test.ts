import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVICE_TOKEN_SECONDS, deviceTokenText, readDeviceToken } from '../../src/core/device.ts';
import { keysUnder } from '../../src/core/keys.ts';

const keys = keysUnder(Uint8Array.from({ length: 32 }, (_, i) => i));
const otherKeys = keysUnder(Uint8Array.from({ length: 32 }, (_, i) => i + 1));
const now = 1_800_000_000_000;
const device = { userId: 'user-1', phoneNumber: '+12015550123', now };
const deviceToken = deviceTokenText(keys, device);
const expiresAt = now + DEVICE_TOKEN_SECONDS * 1000;

function read(text: string, d: { now?: number; secrets?: readonly (typeof keys)[] } = {}): unknown {
  const { secrets = [keys], ...rest } = d;
  return readDeviceToken(secrets, { deviceToken: text, now, ...rest });
}

describe('a device token', () => {
  it('names its user for 180 days', () => {
    expect(DEVICE_TOKEN_SECONDS).toBe(180 * 86_400);
    expect(read(deviceToken)).toEqual({ userId: 'user-1', phoneNumber: '+12015550123', expiresAt });
    expect(read(deviceToken, { now: expiresAt - 1 })).not.toBeNull();
    expect(read(deviceToken, { now: expiresAt })).toBeNull();
  });

  it('of a user without a number names none', () => {
    expect(read(deviceTokenText(keys, { ...device, phoneNumber: null }))).toEqual({ userId: 'user-1', phoneNumber: null, expiresAt });
  });

  it('is another one for another number or user, in every byte that could tell which', () => {
    const others = [
      deviceTokenText(keys, { ...device, phoneNumber: '+12015550124' }),
      deviceTokenText(keys, { ...device, userId: 'user-2' }),
    ];
    for (const other of others) {
      const [a, b] = [deviceToken, other].map((text) => Buffer.from(text, 'base64url').subarray(7, 14));
      expect(a?.equals(b ?? Buffer.of())).toBe(false);
    }
  });

  it('outlives a rotation of secrets, until the old one is dropped', () => {
    expect(read(deviceToken, { secrets: [otherKeys, keys] })).not.toBeNull();
    expect(read(deviceToken, { secrets: [otherKeys] })).toBeNull();
  });

  it('says what was written into it', () => {
    const some = fc.record({
      userId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
      phoneNumber: fc.option(fc.integer({ min: 1_000_000, max: 999_999_999_999_999 }).map((digits) => `+${digits}`)),
      now: fc.integer({ min: 0, max: 2 ** 48 - DEVICE_TOKEN_SECONDS * 1000 - 1 }),
    });
    fc.assert(
      fc.property(some, (d) => {
        const text = deviceTokenText(keys, d);
        expect(readDeviceToken([keys], { deviceToken: text, now: d.now })).toEqual({
          userId: d.userId,
          phoneNumber: d.phoneNumber,
          expiresAt: d.now + DEVICE_TOKEN_SECONDS * 1000,
        });
      }),
    );
  });

  it('is read in its one spelling alone, whatever is changed', () => {
    const changed = fc.oneof(
      fc
        .tuple(fc.nat(deviceToken.length - 1), fc.constantFrom(...'ABCDwxyz0189-_=+/ é'))
        .map(([at, character]) => deviceToken.slice(0, at) + character + deviceToken.slice(at + 1)),
      fc.tuple(fc.nat(deviceToken.length), fc.nat(6)).map(([at, length]) => deviceToken.slice(0, at) + deviceToken.slice(at + length)),
      fc.string({ maxLength: 80 }),
    );
    fc.assert(
      fc.property(changed, (other) => {
        expect(read(other) !== null).toBe(other === deviceToken);
      }),
      { numRuns: 2000 },
    );
    for (const text of ['', 'A', 'A'.repeat(1025), 'A'.repeat(40)]) expect(read(text)).toBeNull();
  });

  it('shows neither the number nor a secret', () => {
    const shown = Buffer.from(deviceToken, 'base64url').toString('latin1');
    expect(shown).not.toContain('2015550123');
  });
});
