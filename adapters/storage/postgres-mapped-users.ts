import type { Issue } from '../../src/errors.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { isName } from './postgres-text.ts';
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

/** Where a table of your own keeps what the library needs. Names are quoted: any name that PostgreSQL allows will do. */
export interface ColumnMapping<Profile = Record<string, unknown>> {
  /** The schema of the table. @default the search path of the connection */
  readonly schema?: string | undefined;
  readonly table: string;
  /** The primary key, of any type whose text is unique: uuid, bigint, text. */
  readonly id: string;
  /** A column of text. Must be unique, and must allow NULL where numbers may be removed. */
  readonly phoneNumber: string;
  /** NULL, false, 0 and '' mean enabled, anything else disabled: a flag or a time. @default nobody is disabled */
  readonly disabled?: string | undefined;
  /** Must allow NULL. @default none: the store has no passwords */
  readonly passwordHash?: string | undefined;
  /** Set when a user is created: a date and time, or epoch ms in a column of numbers. @default none */
  readonly createdAt?: string | undefined;
  /** Set likewise whenever a number is set, or proved again. @default none: the store does not know, and no sign-in is dormant */
  readonly phoneNumberVerifiedAt?: string | undefined;
  /** The column of each profile field; a field that is not here is refused. @default none */
  readonly profile?: { readonly [Field in keyof Profile]?: string } | undefined;
  /** Makes ids. @default the default of the column, else crypto.randomUUID */
  readonly newId?: (() => string) | undefined;
}

/** A user of a table of your own. */
export interface MappedUser<Profile = Record<string, unknown>> extends UserRecord {
  /** The primary key as text. */
  readonly id: string;
  readonly phoneNumber: string | null;
  readonly disabled: boolean;
  /** The mapped columns as PostgreSQL writes them into JSON: a time is text, a number beyond 2⁵³ loses digits. */
  readonly profile: Profile;
}

const KEYS = ['schema', 'table', 'id', 'phoneNumber', 'disabled', 'passwordHash', 'createdAt', 'phoneNumberVerifiedAt', 'profile', 'newId'];

/** Users in a table of the consumer's. */
export function postgresMappedUsers<Profile>(
  database: UsersDatabase,
  mapping: ColumnMapping<Profile>,
): PostgresUsers<UserStore<MappedUser<Profile>, Profile>, MappedUser<Profile>, Profile> {
  const fields = new Map(Object.entries((mapping.profile ?? {}) as Readonly<Record<string, string>>));
  checkMapping(mapping, fields);
  const {
    schema = null,
    table,
    id,
    phoneNumber,
    disabled = null,
    passwordHash = null,
    createdAt = null,
    phoneNumberVerifiedAt = null,
  } = mapping;
  const isPresent = (column: string | null): column is string => column !== null;
  const of: UsersTable = {
    schema,
    table,
    id,
    phoneNumber,
    passwordHash,
    setAtCreation: [createdAt, phoneNumberVerifiedAt].filter(isPresent),
    setWithNumber: [phoneNumberVerifiedAt].filter(isPresent),
    reads: [...new Set([phoneNumber, disabled, phoneNumberVerifiedAt, ...fields.values()].filter(isPresent))],
  };
  const shape: UsersShape<MappedUser<Profile>, Profile> = {
    of,
    disabled,
    verifiedAt: phoneNumberVerifiedAt,
    whole: null,
    write(profile) {
      const given = Object.entries(profile ?? {}).filter(([, value]) => value !== undefined);
      const columns = given.map(([field, value]) => [fields.get(field) ?? field, asJson(value)] as const);
      return { columns: Object.fromEntries(columns), issues: given.flatMap(([field, value]) => issuesWith(field, asJson(value), fields)) };
    },
    fields: Object.fromEntries([...fields].map(([field, column]) => [column, field])),
    rules: {},
    newId: () => mapping.newId?.() ?? null,
    toUser: ({ id: userId, row }) => ({
      id: userId,
      phoneNumber: row[phoneNumber] as string | null,
      disabled: disabled !== null && ![null, false, 0, ''].includes(row[disabled] as string | number | boolean | null),
      profile: Object.fromEntries([...fields].map(([field, column]) => [field, row[column] ?? null])) as Profile,
      ...(phoneNumberVerifiedAt === null ? {} : { phoneNumberVerifiedAt: timeIn(row[phoneNumberVerifiedAt]) }),
    }),
  };
  const { call } = database;
  const queries = userQueries(database, shape);
  const store = {
    ...postgresUsers(call, queries, shape),
    ...(passwordHash === null ? {} : postgresPasswords(call, queries, of)),
    ...(phoneNumberVerifiedAt === null ? {} : postgresVerification(call, of, phoneNumberVerifiedAt)),
  };
  return { store, shape };
}

// Epoch ms, of numbers and of dates and times alike; UTC where they do not say which. What is neither is no time that could be compared.
function timeIn(value: unknown): number | null {
  if (value === null || value === '') return null;
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  const text = String(value);
  const time = Date.parse(/T[^Z+-]*$/.test(text) ? `${text}Z` : text);
  return Number.isFinite(time) ? time : null;
}

function issuesWith(field: string, value: unknown, fields: ReadonlyMap<string, string>): readonly Issue[] {
  const path = `profile.${field}`;
  if (!fields.has(field)) return [{ path, message: 'Unknown field.' }];
  return value === undefined ? [{ path, message: 'This value cannot be stored.' }] : unstorableIn(value, path);
}

// A big integer goes as text, in which no digit is lost.
function asJson(value: unknown): unknown {
  const json: string | undefined = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return json === undefined ? undefined : JSON.parse(json);
}

function checkMapping<Profile>(mapping: ColumnMapping<Profile>, fields: ReadonlyMap<string, string>): void {
  const unknown = Object.keys(mapping).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new TypeError(`postgresStorage: unknown option "users.${unknown}".`);
  const { newId, profile: _, ...names } = mapping;
  const required = { table: mapping.table, id: mapping.id, phoneNumber: mapping.phoneNumber };
  for (const [key, name] of [...Object.entries({ ...names, ...required }), ...fields]) {
    if (!(name === undefined && !(key in required)) && !isName(name)) {
      throw new TypeError(`postgresStorage: users.${key} must name something, in 1 to 63 bytes.`);
    }
  }
  if (newId !== undefined && typeof newId !== 'function') throw new TypeError('postgresStorage: users.newId must be a function.');
}
