import type { PostgresQuery } from './postgres-database.ts';

/** What the catalog says about a column. */
export interface UserColumn {
  /** With its length or precision. */
  readonly type: string;
  /** Without. */
  readonly base: string;
  /** `typcategory`. */
  readonly category: string;
  readonly hasDefault: boolean;
}

/** The columns of a table, by name. */
export type UserColumns = Readonly<Record<string, UserColumn>>;

const COLUMNS = `select json_object_agg(attname, json_build_object('type', format_type(atttypid, atttypmod), 'base', format_type(atttypid, -1),
    'category', typcategory, 'hasDefault', atthasdef or attidentity <> ''))::text as answer
  from pg_attribute join pg_type t on t.oid = atttypid where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`;

/** Asks the catalog; `null`: there is no such table. */
export function columnsOf(query: PostgresQuery, table: string): Promise<UserColumns | null> {
  return query<UserColumns>(COLUMNS, [table]);
}

/** Those of the table that the migration makes, as far as users are made of them. */
export const OWN_COLUMNS: UserColumns = {
  id: columnOf('uuid', 'U'),
  phone_number: columnOf('text', 'S'),
  profile: columnOf('jsonb', 'U'),
  password_hash: columnOf('text', 'S'),
  created_at: columnOf('bigint', 'N'),
  phone_number_verified_at: columnOf('bigint', 'N'),
};

function columnOf(type: string, category: string): UserColumn {
  return { type, base: type, category, hasDefault: false };
}

// Ids as these types write them: no other spelling is one, and none of these is beyond its type.
const SPELLINGS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  bigint: /^(0|-?[1-9][0-9]{0,17})$/,
  integer: /^(0|-?[1-9][0-9]{0,8})$/,
  text: /^/,
  'character varying': /^/,
};

/** Whether a text can be compared with a column of ids without further ado. */
export function isIdOf(column: UserColumn, userId: string): boolean {
  return SPELLINGS[column.base]?.test(userId) === true;
}

/** A moment as a column of that type takes it from JSON; UTC where it does not say which. Epoch ms where it is none of times. */
export function momentIn(column: UserColumn, now: number): number | string {
  if (column.category !== 'D') return now;
  const moment = new Date(now).toISOString();
  return column.base === 'timestamp with time zone' ? moment : moment.slice(0, -1);
}

/** Whether a value comes back as it was given: an object would lie in a column of text as its JSON. */
export function isKeptBy(column: UserColumn, value: unknown): boolean {
  return column.category !== 'S' || typeof value !== 'object' || value === null;
}
