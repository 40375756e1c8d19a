import type { Issue } from '../../src/errors.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import type { UserVerbs } from './joined-verbs.ts';
import { quoted, type SqliteConnection, type SqliteRow, type SqliteValue } from './sqlite-database.ts';
import { sqlitePasswords, sqliteVerification } from './sqlite-user-parts.ts';
import { type SqliteUsers, sqliteUserStore } from './sqlite-user-store.ts';
import { type ProfileColumns, sqliteUsers } from './sqlite-users.ts';

/** Where a table of your own keeps what the library needs. Names are quoted: any name that SQLite allows will do. */
export interface ColumnMapping<Profile = Record<string, unknown>> {
  readonly table: string;
  /** The primary key. An `INTEGER PRIMARY KEY` numbers its rows itself; its users' ids are the numbers as text. */
  readonly id: string;
  /** Must be unique, and must allow NULL where numbers may be removed. */
  readonly phoneNumber: string;
  /** NULL, 0 and '' mean enabled, anything else disabled: a flag or a time. @default nobody is disabled */
  readonly disabled?: string | undefined;
  /** Must allow NULL. @default none: the store has no passwords */
  readonly passwordHash?: string | undefined;
  /** Set to epoch ms when a user is created. @default none */
  readonly createdAt?: string | undefined;
  /** Set to epoch ms whenever a number is set, or proved again. @default none: the store does not know, and no sign-in is dormant */
  readonly phoneNumberVerifiedAt?: string | undefined;
  /** The column of each profile field; a field that is not here is refused. @default none */
  readonly profile?: { readonly [Field in keyof Profile]?: string } | undefined;
  /** Makes ids, where the table does not. @default crypto.randomUUID */
  readonly newId?: (() => string) | undefined;
}

/** A user of a table of your own. */
export interface MappedUser<Profile = Record<string, unknown>> extends UserRecord {
  readonly id: string;
  readonly phoneNumber: string | null;
  readonly disabled: boolean;
  /** The mapped columns as SQLite holds them: a boolean comes back as 0 or 1. */
  readonly profile: Profile;
}

const KEYS = ['table', 'id', 'phoneNumber', 'disabled', 'passwordHash', 'createdAt', 'phoneNumberVerifiedAt', 'profile', 'newId'];

/** Users in a table of the consumer's. */
export function sqliteMappedUsers<Profile>(
  connection: SqliteConnection,
  mapping: ColumnMapping<Profile>,
): SqliteUsers<UserStore<MappedUser<Profile>, Profile>, MappedUser<Profile>, Profile> {
  const fields = new Map(Object.entries((mapping.profile ?? {}) as Readonly<Record<string, string>>));
  checkMapping(connection, mapping, fields);
  const { table, id, phoneNumber, disabled = null, passwordHash = null, createdAt = null, phoneNumberVerifiedAt = null } = mapping;
  const isPresent = (column: string | null): column is string => column !== null;
  const users = sqliteUsers<MappedUser<Profile>, Profile>(connection, {
    table,
    id,
    phoneNumber,
    passwordHash,
    setAtCreation: [createdAt, phoneNumberVerifiedAt].filter(isPresent),
    phoneNumberVerifiedAt,
    newId: isNumbered(connection, table, id) ? null : (mapping.newId ?? (() => crypto.randomUUID())),
    profile: columnsOf<Profile>(fields),
    reads: [...new Set([id, phoneNumber, disabled, phoneNumberVerifiedAt, ...fields.values()].filter(isPresent))],
    toUser: (row) => ({
      id: String(row[id]),
      phoneNumber: (row[phoneNumber] ?? null) === null ? null : String(row[phoneNumber]),
      disabled: disabled !== null && ![null, 0, ''].includes(row[disabled] ?? null),
      profile: profileOf<Profile>(row, fields),
      ...(phoneNumberVerifiedAt === null ? {} : { phoneNumberVerifiedAt: timeIn(row[phoneNumberVerifiedAt]) }),
    }),
  });
  const verbs: UserVerbs<MappedUser<Profile>, Profile> = {
    ...users,
    ...(passwordHash === null ? {} : sqlitePasswords(connection, { table, id, passwordHash })),
    ...(phoneNumberVerifiedAt === null ? {} : sqliteVerification(connection, { table, id, phoneNumber, phoneNumberVerifiedAt })),
  };
  return { store: sqliteUserStore(connection, verbs), verbs };
}

// A column that others write may hold a date as text, which is no time that could be compared.
function timeIn(value: string | number | null | undefined): number | null {
  const time = value === '' ? Number.NaN : Number(value ?? Number.NaN);
  return Number.isFinite(time) ? time : null;
}

function columnsOf<Profile>(fields: ReadonlyMap<string, string>): ProfileColumns<Profile> {
  return {
    write(profile) {
      const given = Object.entries(profile ?? {}).filter(([, value]) => value !== undefined);
      const issues = given.flatMap(([field, value]) => issueWith(field, value, fields) ?? []);
      if (issues.length > 0) return { issues };
      return { columns: given.map(([field, value]) => [fields.get(field) ?? field, toSqlite(value)] as const) };
    },
    fieldOf: (subject) => [...fields].find(([, column]) => column === subject)?.[0] ?? null,
  };
}

function profileOf<Profile>(row: SqliteRow, fields: ReadonlyMap<string, string>): Profile {
  return Object.fromEntries([...fields].map(([field, column]) => [field, row[column] ?? null])) as Profile;
}

function issueWith(field: string, value: unknown, fields: ReadonlyMap<string, string>): Issue | null {
  if (!fields.has(field)) return { path: `profile.${field}`, message: 'Unknown field.' };
  const isStorable = value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
  return isStorable ? null : { path: `profile.${field}`, message: 'This value cannot be stored.' };
}

function toSqlite(value: unknown): SqliteValue {
  return typeof value === 'boolean' ? Number(value) : (value as SqliteValue);
}

function isNumbered(connection: SqliteConnection, table: string, id: string): boolean {
  const column = connection.first('SELECT type FROM pragma_table_info(?) WHERE name = ? AND pk = 1', table, id);
  return String(column?.type).toUpperCase() === 'INTEGER';
}

// A misspelt column, or a number that is not unique, must fail at start and not at the first sign-in.
function checkMapping<Profile>(connection: SqliteConnection, mapping: ColumnMapping<Profile>, fields: ReadonlyMap<string, string>): void {
  const unknown = Object.keys(mapping).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new TypeError(`sqliteStorage: unknown option "users.${unknown}".`);
  const { table, id, phoneNumber, disabled, passwordHash, createdAt, phoneNumberVerifiedAt } = mapping;
  const existing = connection.rows('SELECT name FROM pragma_table_info(?)', table).map((row) => row.name);
  for (const column of [id, phoneNumber, disabled, passwordHash, createdAt, phoneNumberVerifiedAt, ...fields.values()]) {
    if (column !== undefined && !existing.includes(column)) {
      throw new TypeError(`sqliteStorage: users names the column ${quoted(String(column))}, which ${quoted(String(table))} does not have.`);
    }
  }
  // A column of numbers would turn +98… into 98….
  const type = connection.first('SELECT type FROM pragma_table_info(?) WHERE name = ?', table, phoneNumber)?.type;
  if (!/^$|BLOB|^(?!.*INT).*(CHAR|CLOB|TEXT)/i.test(String(type)))
    throw new TypeError(`sqliteStorage: ${quoted(phoneNumber)} must be TEXT.`);
  const unique = connection.first(
    `SELECT 1 AS found FROM pragma_index_list(?) AS list
      WHERE list."unique" = 1 AND (SELECT group_concat(ifnull(name, '')) FROM pragma_index_info(list.name)) = ?`,
    table,
    phoneNumber,
  );
  if (unique === null) {
    const example = `CREATE UNIQUE INDEX ${quoted(`${table}_${phoneNumber}`)} ON ${quoted(table)} (${quoted(phoneNumber)})`;
    throw new TypeError(`sqliteStorage: the users' phone number must be unique in the database: ${example}`);
  }
}
