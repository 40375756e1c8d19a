import type { Purpose } from './challenge.ts';
import { type Keys, mac, toBase64Url } from './keys.ts';

/** The single-use evidence that a number was proved, as the core hands it to the store; the store copies the rest from the challenge. */
export interface NewProof {
  /** Keyed hash of the proof, base64url. */
  readonly hash: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** What a spent proof was worth. */
export interface Proof {
  readonly phoneNumber: string;
  readonly purpose: Purpose;
  readonly userId: string | null;
  readonly context: string | null;
  readonly contextHash: string | null;
  readonly reference: string | null;
  readonly profile: string | null;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** Seconds from the acceptance of the code; spending does not extend it. */
export const PROOF_SECONDS = 600;

/** What the holder gets: the phoneKey, so that a store finds its slot, and 32 random bytes. */
export function proofText(phoneKey: string, random32: Uint8Array): string {
  return phoneKey + toBase64Url(random32);
}

/** What the store gets. Keyed, so that whoever can write rows but lacks the secret cannot invent a proof. */
export function proofHashOf(keys: Keys, proof: string): string {
  return toBase64Url(mac(keys.proof, proof));
}

/** Whether a text can be a proof at all: 44 bytes of base64url. */
export function isProof(text: string): boolean {
  return /^[A-Za-z0-9_-]{58}[AEIMQUYcgkosw048]$/.test(text);
}
