import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';

/** A user of a store that owns its users. */
export interface StoredUser<Profile = Record<string, unknown>> extends UserRecord {
  /** A random UUID. */
  readonly id: string;
  /** E.164, or `null` once it was removed. */
  readonly phoneNumber: string | null;
  readonly disabled: boolean;
  /** What registration added, as JSON gives it back: dates are strings, `undefined` is absent. */
  readonly profile: Profile;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms at which the number was proved; after its removal, the last one. */
  readonly phoneNumberVerifiedAt: number;
}

/** The whole user port, and what support needs beside it. */
export interface StoredUserStore<Profile = Record<string, unknown>> extends Required<UserStore<StoredUser<Profile>, Profile>> {
  /** A disabled user proves the number and still gets no session. `false`: unknown user. */
  setDisabled(s: { readonly userId: string; readonly disabled: boolean }): Promise<boolean>;
  /** Removes the user and frees the number. Sessions are ended by `revokeSessions`. `false`: unknown user. */
  delete(d: { readonly userId: string }): Promise<boolean>;
}
