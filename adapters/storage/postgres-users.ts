import type { Issue } from '../../src/errors.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import type { PostgresCall } from './postgres-database.ts';
import { isStorable } from './postgres-text.ts';
import { type Created, creationAnswer, creationInput } from './postgres-user-creation.ts';
import type { UserQueries } from './postgres-user-queries.ts';

/** A user as the installed functions answer one. */
export interface UserAnswer {
  readonly id: string;
  /** The columns that are read, by name. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** A table of users, as the installed functions take it. */
export interface UsersTable {
  /** `null`: found by the search path of the connection. */
  readonly schema: string | null;
  readonly table: string;
  readonly id: string;
  readonly phoneNumber: string;
  readonly passwordHash: string | null;
  readonly setAtCreation: readonly string[];
  readonly setWithNumber: readonly string[];
  readonly reads: readonly string[];
}

/** A table of users in the same database: the port over it, and what joined verbs must know of it. */
export interface PostgresUsers<Users, User extends UserRecord, Profile> {
  readonly store: Users;
  readonly shape: UsersShape<User, Profile>;
}

/** How users of a table are made and read. */
export interface UsersShape<User extends UserRecord, Profile> {
  readonly of: UsersTable;
  /** The columns to set, or what cannot be stored. */
  write(profile: Profile): { readonly columns: Readonly<Record<string, unknown>>; readonly issues: readonly Issue[] };
  /** The profile field that lies in a column, by column. */
  readonly fields: Readonly<Record<string, string>>;
  /** The profile field that a constraint or index keeps, by its name. */
  readonly rules: Readonly<Record<string, string>>;
  /** The column that says who may not sign in. */
  readonly disabled: string | null;
  /** The column of the time at which a number was proved. */
  readonly verifiedAt: string | null;
  /** The column that holds the whole profile as JSON, with the fields that are unique in it. */
  readonly whole: { readonly column: string; readonly unique: readonly string[] } | null;
  /** `null`: the default of the column makes ids, else they are random UUIDs. */
  newId(): string | null;
  toUser(answer: UserAnswer): User;
}

type NumberSet =
  | { readonly is: 'set'; readonly user: UserAnswer; readonly previous: string | null }
  | { readonly is: 'taken' }
  | { readonly is: 'unknown' };

type PasswordMember = 'passwordHashOf' | 'setPasswordHash';
type VerificationMember = 'setPhoneNumberVerifiedAt';

/** The part of the user port that needs no column of its own. */
export function postgresUsers<User extends UserRecord, Profile>(
  call: PostgresCall,
  queries: UserQueries,
  shape: UsersShape<User, Profile>,
): Required<Omit<UserStore<User, Profile>, PasswordMember | VerificationMember>> {
  const { of } = shape;
  // Nobody has a name that cannot be stored.
  const found = async (by: object, asked: Promise<UserAnswer | null | undefined> | null): Promise<User | null> => {
    let answer = await asked;
    if (answer === undefined) answer = await call<UserAnswer | null>('find_user', { of, ...by });
    return answer === null ? null : shape.toUser(answer);
  };
  return {
    findById: ({ userId }) => found({ userId }, isStorable(userId) ? queries.findById(userId) : null),
    findByPhoneNumber: ({ phoneNumber }) => found({ phoneNumber }, isStorable(phoneNumber) ? queries.findByPhoneNumber(phoneNumber) : null),
    async create({ phoneNumber, profile, passwordHash, now }) {
      const { columns, named, ...input } = creationInput(shape, { profile, passwordHash, now });
      const given = { ...columns, ...named, [of.phoneNumber]: phoneNumber };
      const made = input.issues.length > 0 ? undefined : await queries.create({ columns: given, id: input.id, now });
      if (made !== undefined) return made === null ? { is: 'phone_number_taken' } : { is: 'created', user: shape.toUser(made) };
      return creationAnswer(shape, await call<Created>('create_user', { of, phoneNumber, columns: given, ...input }));
    },
    async setPhoneNumber({ userId, phoneNumber, now }) {
      if (!isStorable(userId)) return { is: 'unknown' };
      const answer = await call<NumberSet>('set_phone_number', { of, userId, phoneNumber, now });
      return answer.is === 'set' ? { ...answer, user: shape.toUser(answer.user) } : answer;
    },
  };
}

/** The part of the user port that passwords need. */
export function postgresPasswords(call: PostgresCall, queries: UserQueries, of: UsersTable): Required<Pick<UserStore, PasswordMember>> {
  return {
    async passwordHashOf({ userId }) {
      if (!isStorable(userId)) return null;
      const hash = await queries.passwordHashOf(userId);
      return hash === undefined ? call<string | null>('password_hash_of', { of, userId }) : hash;
    },
    setPasswordHash: async (s) => (isStorable(s.userId) ? call('set_password_hash', { of, ...s }) : { is: 'stale' }),
  };
}

/** The part of the user port that remembers when a number was proved, in a column of the table. */
export function postgresVerification(call: PostgresCall, of: UsersTable, column: string): Required<Pick<UserStore, VerificationMember>> {
  return {
    async setPhoneNumberVerifiedAt({ userId, phoneNumber, now }) {
      if (isStorable(userId)) await call('set_phone_number_verified_at', { of, userId, phoneNumber, column, now });
    },
  };
}

/** What of a value, as JSON would give it back, no text of PostgreSQL can hold. */
export function unstorableIn(value: unknown, path: string): readonly Issue[] {
  if (typeof value === 'string') return isStorable(value) ? [] : [{ path, message: 'This text cannot be stored.' }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    isStorable(key) ? unstorableIn(member, `${path}.${key}`) : [{ path, message: 'A name in it cannot be stored.' }],
  );
}
