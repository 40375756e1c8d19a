import { codeOf } from './code.ts';
import { equalText, hashText, type Keys, mac, toBase64Url } from './keys.ts';

/** What an accepted code authorises. A closed set: a code is redeemable only by the functions of its purpose. */
export type Purpose = 'sign-in' | 'login' | 'register' | 'verify' | 'reset-password' | 'change-phone-number' | 'step-up';

/** Every {@link Purpose}, in the order of the documentation. */
export const PURPOSES: readonly Purpose[] = ['sign-in', 'login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up'];

/** A challenge as the core hands it to the store. Strings, numbers and nulls only, so that every store can hold it. */
export interface NewChallenge {
  /** `base64url(phoneKey[12] ‖ 16 bytes)`: 38 characters, of which the first 16 are the {@link phoneKey}. */
  readonly id: string;
  /** `base64url` of 12 bytes: the keyed name of the number, and the slot of everything that belongs to it. */
  readonly phoneKey: string;
  /** E.164. */
  readonly phoneNumber: string;
  readonly purpose: Purpose;
  readonly userId: string | null;
  readonly context: string | null;
  readonly contextHash: string | null;
  readonly reference: string | null;
  /** 32 random bytes, base64url. Never leaves the server. */
  readonly seed: string;
  /** Keyed digest of the right code, base64url; `null` marks a decoy, which no code meets. */
  readonly digest: string | null;
  /** JSON text. */
  readonly profile: string | null;
  /** In the store the hashes of every request that met the row, separated by spaces. */
  readonly idempotencyHash: string | null;
  readonly locale: string;
  readonly channel: string;
  readonly codeLength: number;
  readonly maxAttempts: number;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms; expired means `now >= expiresAt`. */
  readonly expiresAt: number;
}

/** A challenge as the store holds it. */
export interface Challenge extends NewChallenge {
  readonly attemptsLeft: number;
  /** SMS counted on this challenge, the first included. */
  readonly sends: number;
  /** Epoch ms; a resend at this very moment passes. */
  readonly resendAt: number;
}

/** The keyed name of a number, 16 characters: it stands in ids, proofs and counters instead of the number. */
export function phoneKeyOf(keys: Keys, phoneNumber: string): string {
  return toBase64Url(mac(keys.phone, phoneNumber).subarray(0, 12));
}

/** The phoneKey at the front of a challenge id or proof. */
export function phoneKeyIn(handle: string): string {
  return handle.slice(0, 16);
}

/** Whether a text can be a challenge id at all: 28 bytes of base64url. */
export function isChallengeId(text: string): boolean {
  return /^[A-Za-z0-9_-]{37}[AQgw]$/.test(text);
}

/** The id of a challenge that only its requester knows: 16 random bytes behind the phoneKey. */
export function randomChallengeId(phoneKey: string, random16: Uint8Array): string {
  return phoneKey + toBase64Url(random16);
}

/** The id of a challenge that is bound to the number: whoever knows the number can name it. */
export function phoneBoundChallengeId(
  keys: Keys,
  c: { phoneKey: string; purpose: Purpose; phoneNumber: string; userId: string | null; contextHash: string | null },
): string {
  return c.phoneKey + toBase64Url(mac(keys.handle, c.purpose, c.phoneNumber, c.userId, c.contextHash).subarray(0, 16));
}

/** The id that an idempotency key stands for. */
export function idempotentChallengeId(
  keys: Keys,
  c: { phoneKey: string; idempotencyKey: string; purpose: Purpose; phoneNumber: string; userId: string | null; contextHash: string | null },
): string {
  return c.phoneKey + toBase64Url(mac(keys.handle, c.idempotencyKey, c.purpose, c.phoneNumber, c.userId, c.contextHash).subarray(0, 16));
}

/** What the store compares instead of a code. */
export function digestOf(
  keys: Keys,
  c: { id: string; userId: string | null; contextHash: string | null; reference: string | null; code: string },
): string {
  return toBase64Url(mac(keys.digest, c.id, c.userId, c.contextHash, c.reference, c.code));
}

/** The hash under which a context is bound and compared. */
export function contextHashOf(context: string | null): string | null {
  return context === null ? null : hashText(context);
}

const DECISIVE = ['id', 'purpose', 'phoneNumber', 'userId', 'context', 'contextHash', 'reference', 'codeLength', 'seed', 'digest'] as const;

/** Whether a row has everything that decides its code, its digest and what its message names, in common with the one that was drafted. */
export function hasSameCode(row: NewChallenge, drafted: NewChallenge): boolean {
  return DECISIVE.every((field) => row[field] === drafted[field]);
}

/**
 * The code that a stored challenge stands for, under whichever live secret made it; `null` for a decoy, for a row that was altered, and when
 * its secret is gone.
 *
 * @param fixedCode the code of a test number, which is not derived
 */
export function codeOfStored(secrets: readonly Keys[], challenge: Challenge, fixedCode: string | null): string | null {
  if (challenge.digest === null || challenge.contextHash !== contextHashOf(challenge.context)) return null;
  for (const keys of secrets) {
    const code = fixedCode ?? codeOf(keys, challenge);
    if (equalText(digestOf(keys, { ...challenge, code }), challenge.digest)) return code;
  }
  return null;
}
