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
