import type { Issue } from '../../src/errors.ts';
import { uniqueIndexOf } from './postgres-migrations.ts';
import { isStorable } from './postgres-text.ts';
import { type UsersDatabase, userQueries } from './postgres-user-queries.ts';
import {
  type PostgresUsers,
  postgresPasswords,
  postgresUsers,
  postgresVerification,
  type UsersShape,
  type UsersTable,
  unstorableIn,
} from './postgres-users.ts';
import type { StoredUser, StoredUserStore } from './stored-user.ts';

// What fits into an entry of an index, with room for the rest of it.
const UNIQUE_BYTES = 2000;

/** Users in the table that the migration makes, with the profile as JSON. */
export function postgresOwnUsers<Profile>(
  database: UsersDatabase,
  unique: readonly string[],
): PostgresUsers<StoredUserStore<Profile>, StoredUser<Profile>, Profile> {
  const { call, schema } = database;
  const of: UsersTable = {
    schema,
    table: 'users',
    id: 'id',
    phoneNumber: 'phone_number',
    passwordHash: 'password_hash',
    setAtCreation: ['created_at', 'phone_number_verified_at'],
    setWithNumber: ['phone_number_verified_at'],
    reads: ['phone_number', 'disabled', 'profile', 'created_at', 'phone_number_verified_at'],
  };
  const shape: UsersShape<StoredUser<Profile>, Profile> = {
    of,
    disabled: 'disabled',
    verifiedAt: 'phone_number_verified_at',
    whole: { column: 'profile', unique },
    write(given) {
      const profile = JSON.parse(JSON.stringify(given ?? {})) as Readonly<Record<string, unknown>>;
      return { columns: { profile }, issues: [...unstorableIn(profile, 'profile'), ...unique.flatMap((field) => tooLong(profile, field))] };
    },
    fields: {},
    rules: Object.fromEntries(unique.map((field) => [uniqueIndexOf(field), field])),
    newId: () => crypto.randomUUID(),
    toUser: ({ id, row }) => ({
      id,
      phoneNumber: row.phone_number as string | null,
      disabled: row.disabled as boolean,
      profile: row.profile as Profile,
      createdAt: row.created_at as number,
      phoneNumberVerifiedAt: row.phone_number_verified_at as number,
    }),
  };
  const queries = userQueries(database, shape);
  const store: StoredUserStore<Profile> = {
    ...postgresUsers(call, queries, shape),
    ...postgresPasswords(call, queries, of),
    ...postgresVerification(call, of, 'phone_number_verified_at'),
    setDisabled: async ({ userId, disabled }) => isStorable(userId) && call('set_disabled', { of, userId, disabled }),
    delete: async ({ userId }) => isStorable(userId) && call('delete_user', { of, userId }),
  };
  return { store, shape };
}

function tooLong(profile: Readonly<Record<string, unknown>>, field: string): readonly Issue[] {
  const json = JSON.stringify(Object.hasOwn(profile, field) ? profile[field] : null);
  const fits = new TextEncoder().encode(json).length <= UNIQUE_BYTES;
  return fits ? [] : [{ path: `profile.${field}`, message: 'This value is too long.' }];
}
