import type { NewSession, Session } from '../core/session.ts';

/** Holds sessions. Each verb is one round trip and one atomic step. A session is alive while it is not revoked and not expired. */
export interface SessionStore {
  /** Writes the session, and in the same step evicts the user's oldest ones beyond `maxPerUser`; answers the ids it evicted. */
  create(c: {
    readonly session: NewSession;
    readonly maxPerUser: number;
    readonly now: number;
  }): Promise<{ readonly evicted: readonly string[] }>;
  /** The live session, else `null`. */
  find(f: { readonly sessionId: string; readonly now: number }): Promise<Session | null>;
  /**
   * - unknown or revoked: `gone`; idle or absolute time over: `expired`;
   * - `presentedHash` is the current one: with `nextHash` it becomes the previous one, `generation + 1`, `rotatedAt = now`: `rotated`;
   *   with `nextHash: null` only the idle time moves: `kept`;
   * - it is the previous one and `now < rotatedAt + graceSeconds`: `replayed`, nothing is written;
   * - else `reused`, and with `onReuse: 'revoke'` the session is revoked in the same step.
   *
   * The new idle time is `min(idleExpiresAt, absoluteExpiresAt)`.
   */
  rotate(r: {
    readonly sessionId: string;
    readonly presentedHash: string;
    readonly nextHash: string | null;
    readonly graceSeconds: number;
    readonly idleExpiresAt: number;
    readonly onReuse: 'revoke' | 'reject';
    readonly now: number;
  }): Promise<{ readonly is: 'rotated' | 'replayed' | 'kept'; readonly session: Session } | { readonly is: 'reused' | 'gone' | 'expired' }>;
  /** `true` when this call ended a live session. */
  revoke(r: { readonly sessionId: string; readonly now: number }): Promise<boolean>;
  /** Ends every live session of the user but one; answers how many. */
  revokeAllOf(r: {
    readonly userId: string;
    readonly userKey: string;
    readonly exceptSessionId: string | null;
    readonly now: number;
  }): Promise<number>;
  /** The live sessions of the user, newest first. */
  listOf(l: { readonly userId: string; readonly userKey: string; readonly now: number }): Promise<readonly Session[]>;
  /** Deletes at most `max` dead sessions; returns how many. */
  sweep(s: { readonly now: number; readonly max: number }): Promise<number>;
}
