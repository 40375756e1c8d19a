/** Hashes passwords into PHC strings. Length and common-password rules are the core's. */
export interface PasswordHasher {
  hash(p: { readonly password: string }): Promise<string>;
  /** `needsRehash`: right, but under weaker parameters than today's. */
  verify(p: { readonly password: string; readonly hash: string }): Promise<{ readonly ok: boolean; readonly needsRehash: boolean }>;
  /** A shipped list of common passwords; absent: nothing is refused as common. */
  isCommon?(p: { readonly password: string }): boolean;
}
