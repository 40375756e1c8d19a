import type { Challenge, NewChallenge, Purpose } from '../core/challenge.ts';
import type { Cooldown, Hit, LimitName } from '../core/limits.ts';
import type { NewProof, Proof } from '../core/proof.ts';

/** Refused by a window or a cooldown; nothing was written. A call at `retryAt` itself passes. */
export interface Limited {
  readonly is: 'limited';
  readonly limit: LimitName;
  /** Epoch ms; `Number.MAX_SAFE_INTEGER` where waiting never helps (a window that counts until cleared). */
  readonly retryAt: number;
}

/** What was charged, by those verbs that charge. */
export interface Counted {
  /**
   * What the counter of each hit holds after this step, in the order of `hits`, before `clears` are forgotten. A hit that was not written
   * down (`wrong` on a right answer, or an amount of 0) counts nothing there.
   */
  readonly counts: readonly number[];
}

/**
 * Holds challenges, proofs and counters. Each verb is one round trip and one atomic step; outcomes are returned, never thrown; `now` is an
 * argument, never read. A challenge is *live* while it is unused, has attempts left and is not expired.
 */
export interface ChallengeStore {
  /**
   * In this order: a row of that id, or of the same request under the id of `resendOf`, that met the same `idempotencyHash` before is
   * `repeated`; then all hits and the cooldown are taken, or none and the answer is `limited`; then a send is counted on the live row named
   * by `resendOf` (same number, purpose, user and context) or by the same id, else the new row is written (a dead row of the same id is
   * replaced).
   *
   * A resend sets `expiresAt = min(new expiresAt, row.createdAt + max(ttl, 600 s))`, never touches the row's profile or attempts, keeps a
   * decoy's `digest: null`, and adds the `idempotencyHash`, behind a space, to those that the row met. With `resend: 'rotate'`, or when a live
   * row of the same id has another `reference`, it takes over the new seed, code length, reference and digest: the challenge's own, or
   * `resendDigest` under another id, because a digest binds its id.
   */
  issue(i: {
    readonly challenge: NewChallenge;
    readonly resendOf: string | null;
    readonly resend: 'same' | 'rotate';
    /** The digest of the new code under the id that `resendOf` names. */
    readonly resendDigest: string | null;
    readonly hits: readonly Hit[];
    readonly cooldown: Cooldown | null;
    readonly now: number;
  }): Promise<
    | ({ readonly is: 'issued' | 'resent'; readonly challenge: Challenge } & Counted)
    | { readonly is: 'repeated'; readonly challenge: Challenge }
    | Limited
  >;
  /**
   * unknown (also: other purpose) → used → exhausted → expired → limited → pay one attempt → compare → consume and store the proof. Only
   * `wrong` writes the `wrong` hits (and `always` hits are written by both); `accepted` clears `clears` and ends the number's other live
   * challenges of that purpose. With `keep` the challenge stays redeemable.
   */
  redeem(r: {
    readonly id: string;
    readonly purposes: readonly Purpose[];
    readonly digests: readonly string[];
    readonly hits: readonly Hit[];
    readonly clears: readonly string[];
    readonly proof: NewProof;
    readonly keep: boolean;
    readonly now: number;
  }): Promise<
    | ({ readonly is: 'accepted'; readonly challenge: Challenge } & Counted)
    | { readonly is: 'wrong'; readonly attemptsLeft: number }
    | { readonly is: 'exhausted' | 'expired' | 'used' | 'unknown' }
    | Limited
  >;
  /**
   * One winner, ever. A mismatch of purpose, user (`null` = any), context or reference is `refused` and leaves the proof unspent. The winner's
   * content lives on under `nextProofHash` with unchanged expiry.
   */
  spend(s: {
    readonly proofHash: string;
    readonly phoneKey: string;
    readonly purposes: readonly Purpose[];
    readonly userId: string | null;
    readonly contextHash: string | null;
    readonly reference: string | null;
    readonly nextProofHash: string;
    readonly now: number;
  }): Promise<{ readonly is: 'spent'; readonly proof: Proof } | { readonly is: 'refused' }>;
  /** Takes all hits and the cooldown, or none. */
  take(t: {
    readonly hits: readonly Hit[];
    readonly cooldown: Cooldown | null;
    readonly now: number;
  }): Promise<({ readonly is: 'taken' } & Counted) | Limited>;
  /** Forgets these counters, whole. */
  clear(keys: readonly string[]): Promise<void>;
  /**
   * Counts one more send of the same code, which nobody asked for: the message before it was not heard of. In this order: `settled` when the
   * row is unknown, is not the one that was made at `createdAt`, is not live or counts another number of sends than `send`, or when that send
   * was `delivered`; then all hits are taken, or none and the answer is `limited`; then the send is counted. Nothing else of the row changes.
   */
  nextSend(n: {
    readonly id: string;
    readonly createdAt: number;
    readonly send: number;
    readonly hits: readonly Hit[];
    readonly now: number;
  }): Promise<({ readonly is: 'next'; readonly challenge: Challenge } & Counted) | { readonly is: 'settled' } | Limited>;
  /**
   * Remembers what became of one send of a challenge. Idempotent; `delivered` and `failed` are final; never touches anything else. `unknown`
   * is a challenge that is not there, or a send that it does not count.
   */
  recordDelivery(d: {
    readonly id: string;
    readonly send: number;
    readonly state: 'accepted' | 'delivered' | 'failed' | 'unknown';
    readonly now: number;
  }): Promise<{ readonly is: 'recorded'; readonly challenge: Challenge } | { readonly is: 'unknown' }>;
  /** Deletes at most `max` rows that no verb could still act upon; returns how many. Correctness never depends on it. */
  sweep(s: { readonly now: number; readonly max: number }): Promise<number>;
}
