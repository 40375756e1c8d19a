import type { PhoneNumber } from '../core/phone-number.ts';
import type { Issue } from '../errors.ts';

/** The least that a user must have. Your own type may have anything beside it. */
export interface UserRecord {
  readonly id: string;
  /** E.164, or `null` once it was removed. */
  readonly phoneNumber: string | null;
  /** A disabled user proves the number and still gets no session. */
  readonly disabled?: boolean | undefined;
  /**
   * Epoch ms at which the number was last proved by a code, to the day. Absent or `null`: not known, and no sign-in is dormant.
   */
  readonly phoneNumberVerifiedAt?: number | null | undefined;
}

/**
 * Holds the accounts. At most one account per number: uniqueness is the store's, never a read's. An optional member is required at creation
 * only when the feature that needs it is configured.
 */
export interface UserStore<User extends UserRecord = UserRecord, Profile = unknown> {
  findById(f: { readonly userId: string }): Promise<User | null>;
  findByPhoneNumber(f: { readonly phoneNumber: PhoneNumber }): Promise<User | null>;
  /** One account per number, also when many calls race. `refused`: the profile breaks a rule of the store, e.g. a unique field. */
  create(c: {
    readonly phoneNumber: PhoneNumber;
    readonly profile: Profile;
    readonly passwordHash: string | null;
    readonly now: number;
  }): Promise<
    | { readonly is: 'created'; readonly user: User }
    | { readonly is: 'phone_number_taken' }
    | { readonly is: 'refused'; readonly issues: readonly Issue[] }
  >;
  /** Needed by `changePhoneNumber` and `removePhoneNumber`. */
  setPhoneNumber?(s: {
    readonly userId: string;
    readonly phoneNumber: PhoneNumber | null;
    readonly now: number;
  }): Promise<
    { readonly is: 'set'; readonly user: User; readonly previous: string | null } | { readonly is: 'taken' } | { readonly is: 'unknown' }
  >;
  /** Needed by passwords. `null`: unknown user, or no password. */
  passwordHashOf?(p: { readonly userId: string }): Promise<string | null>;
  /** Needed by passwords: compare-and-set on the hash that was read. */
  setPasswordHash?(p: {
    readonly userId: string;
    readonly passwordHash: string;
    readonly replaces: string | null;
  }): Promise<{ readonly is: 'set' } | { readonly is: 'stale' }>;
  /**
   * Needed by whoever wants `onDormantLogin` asked: the number was proved again. Nothing when the user has another number by now, and never
   * back in time.
   */
  setPhoneNumberVerifiedAt?(s: { readonly userId: string; readonly phoneNumber: PhoneNumber; readonly now: number }): Promise<void>;
}
