import type { Purpose } from './challenge.ts';

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
