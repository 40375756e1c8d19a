import type { PostgresDatabase } from './postgres-database.ts';
import { SERVES_SINCE, STEPS } from './postgres-steps.ts';
import { dollarQuoted, isName, isStorable, literal, quoted } from './postgres-text.ts';

/** What {@link migrate} and {@link postgresSchema} take. */
export interface PostgresSchemaOptions {
  /** The schema of all tables and functions; made where it is missing. @default 'ringlatch' */
  readonly schema?: string | undefined;
  /** Top-level profile fields that no two users of the library's own table share. A field stays unique until its index is dropped. @default [] */
  readonly unique?: readonly string[] | undefined;
}

/**
 * Everything that {@link migrate} does, as SQL: one statement, for those who run migrations themselves. It may be run any number of times.
 *
 * @throws {TypeError} for options that it cannot use
 */
export function postgresSchema(options: PostgresSchemaOptions = {}): string {
  const { schema, unique } = readSchemaOptions(options, 'postgresSchema');
  const name = quoted(schema);
  const steps = STEPS.map(
    (step, index) => `
  if present < ${index + 1} then${step(name)}
    insert into migrations (version, serves_since) values (${index + 1}, ${SERVES_SINCE});
  end if;`,
  );
  const indexes = unique.map(
    (field) => `
  if to_regclass(${literal(quoted(uniqueIndexOf(field)))}) is null then
    create unique index ${quoted(uniqueIndexOf(field))} on users (nullif(profile -> ${literal(field)}, 'null'));
  end if;`,
  );
  return `do ${dollarQuoted(`
declare
  present integer;
  served integer;
  outer_path text := current_setting('search_path');
begin
  -- Only one process at a time; the others find everything done.
  perform pg_advisory_xact_lock(hashtextextended(${literal(`ringlatch ${schema}`)}, 0));
  if not exists (select from pg_namespace where nspname = ${literal(schema)}) then
    create schema ${name};
  end if;
  perform set_config('search_path', ${literal(`${name}, pg_temp`)}, true);
  if to_regclass('migrations') is null then
    create table migrations (version integer primary key, serves_since integer not null);
  end if;
  select coalesce(max(version), 0), coalesce(max(serves_since), 0) into present, served from migrations;
  if served > ${STEPS.length} then
    raise exception 'ringlatch: schema % is of version %, which serves releases from version % on; this one knows %. Update ringlatch.',
      ${literal(schema)}, present, served, ${STEPS.length} using errcode = 'object_not_in_prerequisite_state';
  end if;${steps.join('')}${indexes.join('')}
  perform set_config('search_path', outer_path, true);
end
`)}`;
}

/**
 * Brings the tables and functions of this library up to date, forwards only, in one transaction. Any number of processes may do so at once.
 *
 * Releases whose schema is one version apart run side by side: the newer one leaves the functions of the older one in place.
 *
 * @throws {TypeError} for options that it cannot use
 * @throws {Error} when the database cannot be reached, refuses, or was migrated by a release that no longer serves this one
 *
 * @example
 * ```ts
 * import { Pool } from 'pg';
 * import { migrate, postgresStorage } from 'ringlatch/postgres';
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 * await migrate(pool, { unique: ['username'] });
 * const storage = postgresStorage<{ username: string }>(pool, { unique: ['username'] });
 * ```
 */
export async function migrate(db: PostgresDatabase, options: PostgresSchemaOptions = {}): Promise<void> {
  const sql = postgresSchema(options);
  checkDatabase(db, 'migrate');
  try {
    await db.query(sql, []);
  } catch (error) {
    const { message, code } = (typeof error === 'object' && error !== null ? error : {}) as { message?: unknown; code?: unknown };
    const reason = [message, code].find((text) => typeof text === 'string' && text !== '') ?? 'unknown reason';
    throw Object.assign(new Error(`ringlatch: the database could not be migrated: ${reason}`, { cause: error }), { code });
  }
}

/** The index that keeps a profile field unique. */
export function uniqueIndexOf(field: string): string {
  return `users_unique_${field}`;
}

/** Refuses what is not a database. */
export function checkDatabase(db: PostgresDatabase, name: string): void {
  if (typeof db === 'object' && db !== null && typeof db.query === 'function') return;
  const isPostgresJs = typeof db === 'function' && 'unsafe' in db;
  throw new TypeError(
    isPostgresJs
      ? `${name}: pass fromPostgresJs(sql) instead of the sql of postgres.js.`
      : `${name}: pass something with query(text, values), such as a Pool of pg.`,
  );
}

/** Checks the options that the schema and its user have in common. */
export function readSchemaOptions(
  options: PostgresSchemaOptions,
  name: string,
): Required<{ [Key in keyof PostgresSchemaOptions]: NonNullable<PostgresSchemaOptions[Key]> }> {
  const { schema = 'ringlatch', unique = [], ...unknown } = options;
  for (const key of Object.keys(unknown)) throw new TypeError(`${name}: unknown option "${key}".`);
  if (!isName(schema)) throw new TypeError(`${name}: schema must be a name of 1 to 63 bytes.`);
  if (!Array.isArray(unique) || !unique.every((field) => typeof field === 'string' && isStorable(field) && isName(uniqueIndexOf(field)))) {
    throw new TypeError(`${name}: unique must be an array of profile fields, each of at most 50 bytes.`);
  }
  return { schema, unique };
}
