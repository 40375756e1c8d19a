/** A session as the core hands it to the store: one login on one device, which is one refresh-token family. */
export interface NewSession {
  /** `base64url(userKey[12] ‖ 16 random bytes)`: 38 characters, of which the first 16 are the {@link userKey}. */
  readonly id: string;
  readonly userId: string;
  /** `base64url` of the first 12 bytes of SHA-256 over the user id: the slot of everything that belongs to the user. */
  readonly userKey: string;
  /** Hash of the current refresh token's secret, base64url. */
  readonly currentHash: string;
  /** Authentication methods, space separated (RFC 8176: `sms`, `pwd` …). */
  readonly amr: string;
  readonly userAgent: string | null;
  readonly ip: string | null;
  /** Epoch ms of the authentication that opened the session. */
  readonly authTime: number;
  readonly createdAt: number;
  /** Epoch ms; moves with each refresh, never past {@link absoluteExpiresAt}. */
  readonly idleExpiresAt: number;
  readonly absoluteExpiresAt: number;
}

/** A session as the store holds it. */
export interface Session extends NewSession {
  /** Number of rotations so far. */
  readonly generation: number;
  readonly previousHash: string | null;
  /** Epoch ms of the last rotation. */
  readonly rotatedAt: number | null;
}
