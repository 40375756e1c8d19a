import { type CryptoPlugin, generateSync, NobleCryptoPlugin } from 'otplib';
import { toAsciiDigits } from './digits.ts';
import { type Hmac, type Keys, mac } from './keys.ts';

const { randomBytes, constantTimeEqual } = new NobleCryptoPlugin();

/** The fields of a challenge that decide its code. */
export interface CodeFields {
  readonly id: string;
  readonly purpose: string;
  readonly phoneNumber: string;
  readonly userId: string | null;
  readonly contextHash: string | null;
  readonly codeLength: number;
  readonly seed: string;
}

/**
 * The code of a challenge: the HOTP value (SHA-256, counter 0) under
 * `HMAC(K_code, id, purpose, phoneNumber, userId, contextHash, codeLength, seed)`. Neither the key nor the row alone tells it.
 *
 * @see RFC 4226, section 5.3
 */
export function codeOf(keys: Keys, c: CodeFields): string {
  const secret = mac(keys.code, c.id, c.purpose, c.phoneNumber, c.userId, c.contextHash, String(c.codeLength), c.seed);
  // otplib writes 6 to 8 digits; a shorter HOTP value is the end of a longer one, because truncation is "modulo 10^digits"
  const crypto = cryptoOver(keys.hmac);
  return generateSync({ strategy: 'hotp', secret, counter: 0, algorithm: 'sha256', digits: 8, crypto }).slice(-c.codeLength);
}

function cryptoOver(hmac: Hmac): CryptoPlugin {
  return { name: 'ringlatch', algorithms: ['sha256'], hmac: (_, key, content) => hmac(key)(content), randomBytes, constantTimeEqual };
}

/**
 * The digits of what somebody typed: Unicode decimal digits become ASCII, spaces and hyphens go. `null` when it is not 4 to 8 digits then,
 * or longer than 32 characters before.
 */
export function readCode(text: string): string | null {
  if (text.length > 32) return null;
  const digits = toAsciiDigits(text.replace(/[\s\u2010-\u2015\u2212-]/g, ''));
  return /^[0-9]{4,8}$/.test(digits) ? digits : null;
}

/** The chance that one guess meets a code: the likeliest value of a 31-bit number modulo `10^length`. */
export function guessProbability(codeLength: number): number {
  return Math.ceil(2 ** 31 / 10 ** codeLength) / 2 ** 31;
}
