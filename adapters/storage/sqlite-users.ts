import type { Issue } from '../../src/errors.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import type { UserVerbs } from './joined-verbs.ts';
import { quoted, type SqliteConnection, type SqliteRow, type SqliteValue } from './sqlite-database.ts';
import { isExactly, type PasswordMember, type VerificationMember } from './sqlite-user-parts.ts';

/** How a profile lies in columns. */
export interface ProfileColumns<Profile> {
  /** The columns to set, or what cannot be stored. */
  write(profile: Profile): { readonly columns: readonly ColumnValue[] } | { readonly issues: readonly Issue[] };
  /** The profile field that a constraint speaks of: a column's name or an index's. */
  fieldOf(subject: string): string | null;
}

type ColumnValue = readonly [column: string, value: SqliteValue];

/** A table of users. */
export interface UsersTable<User extends UserRecord, Profile> {
  readonly table: string;
  readonly id: string;
  readonly phoneNumber: string;
  readonly passwordHash: string | null;
  readonly profile: ProfileColumns<Profile>;
  /** Columns that are set to the time when a user is created. */
  readonly setAtCreation: readonly string[];
  /** The column that is set to the time when a number is set. */
  readonly phoneNumberVerifiedAt: string | null;
  /** `null`: the table numbers its rows. */
  readonly newId: (() => string) | null;
  /** The columns that {@link UsersTable.toUser} reads. */
  readonly reads: readonly string[];
  toUser(row: SqliteRow): User;
}

const VIOLATION = /^(UNIQUE|NOT NULL) constraint failed: (.+)$/;

/** The part of the user port that every table has columns for. What writes runs in a transaction. */
export function sqliteUsers<User extends UserRecord, Profile>(
  connection: SqliteConnection,
  users: UsersTable<User, Profile>,
): Required<Omit<UserVerbs<User, Profile>, PasswordMember | VerificationMember>> {
  const table = quoted(users.table);
  const id = quoted(users.id);
  const number = quoted(users.phoneNumber);
  const reads = users.reads.map(quoted).join(', ');
  const select = `SELECT ${reads} FROM ${table}`;
  const one = (row: SqliteRow | null): User | null => (row === null ? null : users.toUser(row));
  const byNumber = (phoneNumber: string): SqliteRow | null => connection.first(`${select} WHERE ${number} = ?`, phoneNumber);

  const byId = (userId: string): SqliteRow | null => connection.first(`${select} WHERE ${isExactly(id)}`, userId, userId);

  function insert(columns: readonly ColumnValue[]): User {
    const names = columns.map(([column]) => quoted(column)).join(', ');
    const marks = columns.map(() => '?').join(', ');
    const values = columns.map(([, value]) => value);
    const row = connection.first(`INSERT INTO ${table} (${names}) VALUES (${marks}) RETURNING ${reads}`, ...values);
    if (row === null) throw new Error(`sqliteStorage: nothing was inserted into ${table}.`);
    return users.toUser(row);
  }

  return {
    findById: ({ userId }) => one(byId(userId)),
    findByPhoneNumber: ({ phoneNumber }) => one(byNumber(phoneNumber)),
    create({ phoneNumber, profile, passwordHash, now }) {
      const written = users.profile.write(profile);
      const columns: ColumnValue[] = [[users.phoneNumber, phoneNumber], ...users.setAtCreation.map((column) => [column, now] as const)];
      if (users.newId !== null) columns.push([users.id, users.newId()]);
      if (users.passwordHash !== null) columns.push([users.passwordHash, passwordHash]);
      if (byNumber(phoneNumber) !== null) return { is: 'phone_number_taken' };
      if ('issues' in written) return { is: 'refused', issues: written.issues };
      try {
        return { is: 'created', user: insert([...columns, ...written.columns]) };
      } catch (error) {
        const issues = issuesOf(error, users.profile);
        if (issues.length === 0) throw error;
        return { is: 'refused', issues };
      }
    },
    setPhoneNumber({ userId, phoneNumber, now }) {
      const before = byId(userId);
      if (before === null) return { is: 'unknown' };
      const user = users.toUser(before);
      const owner = phoneNumber === null ? null : one(byNumber(phoneNumber));
      if (owner !== null && owner.id !== user.id) return { is: 'taken' };
      connection.run(`UPDATE ${table} SET ${number} = ? WHERE ${id} = ?`, phoneNumber, userId);
      if (users.phoneNumberVerifiedAt !== null && phoneNumber !== null) {
        connection.run(`UPDATE ${table} SET ${quoted(users.phoneNumberVerifiedAt)} = ? WHERE ${id} = ?`, now, userId);
      }
      const after = byId(userId) ?? before;
      return { is: 'set', user: users.toUser(after), previous: user.phoneNumber };
    },
  };
}

// Both drivers pass SQLite's own message on: `UNIQUE constraint failed: users.username`, or `… failed: index 'name'`.
function issuesOf(error: unknown, profile: ProfileColumns<never>): readonly Issue[] {
  const [, kind, subjects = ''] = VIOLATION.exec(error instanceof Error ? error.message : '') ?? [];
  const message = kind === 'UNIQUE' ? 'This value is taken.' : 'This value is missing.';
  return subjects
    .split(', ')
    .map((subject) => profile.fieldOf(subject.startsWith("index '") ? subject.slice(7, -1) : subject.slice(subject.lastIndexOf('.') + 1)))
    .filter((field) => field !== null)
    .map((field) => ({ path: `profile.${field}`, message }));
}
