// Runs on Node and on Bun.
import { timingSafeEqual } from 'node:crypto';

/** Verifies the passwords of hashes whose form it knows. A `PasswordHasher` with `knows` is one too. */
export interface PasswordVerifier {
  /** Whether `verify` can read that hash: right form, sane parameters. Costs nothing. */
  knows(k: { readonly hash: string }): boolean;
  verify(p: { readonly password: string; readonly hash: string }): Promise<{ readonly ok: boolean; readonly needsRehash: boolean }>;
}

/** A hash that was read. */
export interface ReadHash {
  readonly tag: Uint8Array;
  /** The tag of that password, of the same length. */
  readonly compute: (message: Uint8Array) => Promise<Uint8Array>;
}

/**
 * A verifier of hashes that others made. They hashed the bytes that came, so nothing is normalised here. What it cannot read fits no password;
 * what fits needs a hash of today.
 */
export function verifierOf(read: (hash: string) => ReadHash | null): PasswordVerifier {
  return {
    knows: ({ hash }) => read(hash) !== null,
    async verify({ password, hash }) {
      const known = read(hash);
      if (known === null) return { ok: false, needsRehash: false };
      const ok = timingSafeEqual(await known.compute(new TextEncoder().encode(password)), known.tag);
      return { ok, needsRehash: ok };
    },
  };
}
