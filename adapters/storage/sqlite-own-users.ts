import { quoted, type SqliteConnection } from './sqlite-database.ts';
import { migrate, USERS_MIGRATIONS } from './sqlite-migrations.ts';
import { sqlitePasswords, sqliteVerification } from './sqlite-user-parts.ts';
import { type SqliteUsers, sqliteUserStore } from './sqlite-user-store.ts';
import { sqliteUsers } from './sqlite-users.ts';
import type { StoredUser, StoredUserStore } from './stored-user.ts';

const FIELD = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Users in a table that this library makes, with the profile as JSON. */
export function sqliteOwnUsers<Profile>(
  connection: SqliteConnection,
  prefix: string,
  unique: readonly string[],
): SqliteUsers<StoredUserStore<Profile>, StoredUser<Profile>, Profile> {
  const wrong = unique.find((field) => !FIELD.test(field));
  if (wrong !== undefined) throw new TypeError(`sqliteStorage: unique names "${wrong}"; a field is letters, digits and underscores.`);
  migrate(connection, prefix, 'users', USERS_MIGRATIONS);
  const name = `${prefix}users`;
  const table = quoted(name);
  const indexPrefix = `${name}_unique_`;
  for (const field of unique) {
    const index = quoted(`${indexPrefix}${field}`);
    connection.exec(`CREATE UNIQUE INDEX IF NOT EXISTS ${index} ON ${table} (json_extract(profile, '$.${field}'))`);
  }
  const phoneNumberVerifiedAt = 'phone_number_verified_at';
  const columns = { table: name, id: 'id', phoneNumber: 'phone_number', passwordHash: 'password_hash', phoneNumberVerifiedAt };
  const users = sqliteUsers<StoredUser<Profile>, Profile>(connection, {
    ...columns,
    setAtCreation: ['created_at', phoneNumberVerifiedAt],
    newId: () => crypto.randomUUID(),
    profile: {
      write: (profile) => ({ columns: [['profile', JSON.stringify(profile ?? {})]] }),
      fieldOf: (subject) => (subject.startsWith(indexPrefix) ? subject.slice(indexPrefix.length) : null),
    },
    reads: ['id', 'phone_number', 'disabled', 'profile', 'created_at', phoneNumberVerifiedAt],
    toUser: (row) => ({
      id: String(row.id),
      phoneNumber: row.phone_number === null ? null : String(row.phone_number),
      disabled: row.disabled !== 0,
      profile: JSON.parse(String(row.profile)) as Profile,
      createdAt: Number(row.created_at),
      phoneNumberVerifiedAt: Number(row[phoneNumberVerifiedAt]),
    }),
  });
  const verbs = { ...users, ...sqlitePasswords(connection, columns), ...sqliteVerification(connection, columns) };
  const store: StoredUserStore<Profile> = {
    ...sqliteUserStore<StoredUser<Profile>, Profile>(connection, verbs),
    setDisabled: async ({ userId, disabled }) =>
      (await connection.step(() => connection.run(`UPDATE ${table} SET disabled = ? WHERE id = ?`, Number(disabled), userId))) > 0,
    delete: async ({ userId }) => (await connection.step(() => connection.run(`DELETE FROM ${table} WHERE id = ?`, userId))) > 0,
  };
  return { store, verbs };
}
