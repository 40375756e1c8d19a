import type { Issue } from '../../src/errors.ts';
import type { UserVerbs } from './joined-verbs.ts';
import type { StoredUser, StoredUserStore } from './stored-user.ts';

interface UserRow {
  readonly id: string;
  readonly phoneNumber: string | null;
  readonly disabled: boolean;
  /** JSON text, so that nobody outside holds a reference to what is stored. */
  readonly profile: string;
  readonly passwordHash: string | null;
  readonly createdAt: number;
  readonly phoneNumberVerifiedAt: number;
}

/** Users in maps, as a store and as verbs for steps that hold more; `reserve` throws when the store is full. */
export function memoryUsers<Profile>(o: { readonly unique: readonly string[]; readonly reserve: (entries: number, now: number) => void }): {
  readonly users: StoredUserStore<Profile>;
  readonly verbs: Required<UserVerbs<StoredUser<Profile>, Profile>>;
  readonly size: () => number;
} {
  const rows = new Map<string, UserRow>();
  const idOfNumber = new Map<string, string>();
  const idOfUniqueValue = new Map<string, string>();
  const change = (userId: string, changes: Partial<UserRow>): UserRow | null => {
    const row = rows.get(userId);
    if (row === undefined) return null;
    const changed = { ...row, ...changes };
    rows.set(userId, changed);
    return changed;
  };
  const verbs: Required<UserVerbs<StoredUser<Profile>, Profile>> = {
    findById({ userId }) {
      const row = rows.get(userId);
      return row === undefined ? null : toUser<Profile>(row);
    },
    findByPhoneNumber({ phoneNumber }) {
      const row = rows.get(idOfNumber.get(phoneNumber) ?? '');
      return row === undefined ? null : toUser<Profile>(row);
    },
    create({ phoneNumber, profile: given, passwordHash, now }) {
      if (idOfNumber.has(phoneNumber)) return { is: 'phone_number_taken' };
      const profile = JSON.stringify(given ?? {});
      const values = uniqueValues(profile, o.unique);
      const issues: Issue[] = values.filter(([, value]) => idOfUniqueValue.has(value)).map(([field]) => takenIssue(field));
      if (issues.length > 0) return { is: 'refused', issues };
      o.reserve(1, now);
      const id = crypto.randomUUID();
      const row = { id, phoneNumber, disabled: false, profile, passwordHash, createdAt: now, phoneNumberVerifiedAt: now };
      rows.set(id, row);
      idOfNumber.set(phoneNumber, id);
      for (const [, value] of values) idOfUniqueValue.set(value, id);
      return { is: 'created', user: toUser<Profile>(row) };
    },
    setPhoneNumber({ userId, phoneNumber, now }) {
      const previous = rows.get(userId)?.phoneNumber;
      if (previous === undefined) return { is: 'unknown' };
      if (phoneNumber !== null && (idOfNumber.get(phoneNumber) ?? userId) !== userId) return { is: 'taken' };
      if (previous !== null) idOfNumber.delete(previous);
      if (phoneNumber !== null) idOfNumber.set(phoneNumber, userId);
      const row = change(userId, phoneNumber === null ? { phoneNumber } : { phoneNumber, phoneNumberVerifiedAt: now });
      return row === null ? { is: 'unknown' } : { is: 'set', user: toUser<Profile>(row), previous };
    },
    passwordHashOf({ userId }) {
      return rows.get(userId)?.passwordHash ?? null;
    },
    setPasswordHash({ userId, passwordHash, replaces }) {
      const current = rows.get(userId)?.passwordHash;
      if (current === undefined || current !== replaces) return { is: 'stale' };
      change(userId, { passwordHash });
      return { is: 'set' };
    },
    setPhoneNumberVerifiedAt({ userId, phoneNumber, now }) {
      const row = rows.get(userId);
      if (row?.phoneNumber === phoneNumber && row.phoneNumberVerifiedAt < now) change(userId, { phoneNumberVerifiedAt: now });
    },
  };
  const users: StoredUserStore<Profile> = {
    findById: async (f) => verbs.findById(f),
    findByPhoneNumber: async (f) => verbs.findByPhoneNumber(f),
    create: async (c) => verbs.create(c),
    setPhoneNumber: async (s) => verbs.setPhoneNumber(s),
    passwordHashOf: async (p) => verbs.passwordHashOf(p),
    setPasswordHash: async (s) => verbs.setPasswordHash(s),
    setPhoneNumberVerifiedAt: async (s) => verbs.setPhoneNumberVerifiedAt(s),
    async setDisabled({ userId, disabled }) {
      return change(userId, { disabled }) !== null;
    },
    async delete({ userId }) {
      const row = rows.get(userId);
      if (row === undefined) return false;
      rows.delete(userId);
      if (row.phoneNumber !== null) idOfNumber.delete(row.phoneNumber);
      for (const [, value] of uniqueValues(row.profile, o.unique)) idOfUniqueValue.delete(value);
      return true;
    },
  };
  return { users, verbs, size: () => rows.size };
}

function takenIssue(field: string): Issue {
  return { path: `profile.${field}`, message: 'This value is taken.' };
}

function toUser<Profile>({ passwordHash: _, profile, ...row }: UserRow): StoredUser<Profile> {
  return { ...row, profile: JSON.parse(profile) as Profile };
}

function uniqueValues(profile: string, unique: readonly string[]): readonly (readonly [field: string, value: string])[] {
  if (unique.length === 0) return [];
  const fields = new Map<string, unknown>(Object.entries(JSON.parse(profile) as object));
  return unique
    .filter((field) => (fields.get(field) ?? null) !== null)
    .map((field) => [field, JSON.stringify([field, fields.get(field)])] as const);
}
