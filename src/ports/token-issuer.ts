/** What an access token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Epoch ms of the authentication that opened the session (`auth_time`). */
  readonly authTime: number;
  /** Authentication methods (RFC 8176): `sms`, `pwd`, or what `startSession` was told. */
  readonly amr: readonly string[];
  /** Epoch ms. */
  readonly issuedAt: number;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** What the `claims` option added. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A JSON Web Key Set (RFC 7517), public keys only. */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Issues and verifies access tokens; may wrap refresh tokens. Times come from the core's `now`, `appName` is the default issuer and audience. */
export interface TokenIssuer {
  issueAccessToken(t: AccessClaims & { readonly appName: string; readonly now: number }): Promise<string>;
  /** `null` for anything that is not a live token of ours. */
  verifyAccessToken(t: { readonly accessToken: string; readonly appName: string; readonly now: number }): Promise<AccessClaims | null>;
  /** The public keys; absent where there are none to publish. */
  jwks?(): Promise<JsonWebKeySet>;
  wrapRefreshToken?(t: {
    readonly refreshToken: string;
    readonly userId: string;
    readonly sessionId: string;
    readonly issuedAt: number;
    readonly expiresAt: number;
    readonly appName: string;
  }): Promise<string>;
  /** The token that was wrapped; `null` for anything that is not a wrapping of ours. */
  unwrapRefreshToken?(t: { readonly refreshToken: string; readonly appName: string; readonly now: number }): Promise<string | null>;
}
