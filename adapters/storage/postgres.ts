import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { postgresChallenges } from './postgres-challenges.ts';
import { callsTo, type PostgresDatabase, queriesTo } from './postgres-database.ts';
import { joinedTable, postgresJoined } from './postgres-joined.ts';
import { joinedVerbsTo } from './postgres-joined-batches.ts';
import { type ColumnMapping, type MappedUser, postgresMappedUsers } from './postgres-mapped-users.ts';
import { checkDatabase, readSchemaOptions } from './postgres-migrations.ts';
import { postgresOwnUsers } from './postgres-own-users.ts';
import { runsOf } from './postgres-runs.ts';
import { coalescingSessionCalls } from './postgres-session-batches.ts';
import { postgresSessions } from './postgres-sessions.ts';
import { STORABLE_JSON } from './postgres-text.ts';
import type { UsersDatabase } from './postgres-user-queries.ts';
import type { PostgresUsers } from './postgres-users.ts';
import type { StoredUser, StoredUserStore } from './stored-user.ts';

export { fromPostgresJs, type PostgresDatabase, type PostgresJs } from './postgres-database.ts';
export type { ColumnMapping, MappedUser } from './postgres-mapped-users.ts';
export { migrate, type PostgresSchemaOptions, postgresSchema } from './postgres-migrations.ts';
export type { StoredUser, StoredUserStore } from './stored-user.ts';

/** What {@link postgresStorage} takes whoever owns the users. */
export interface PostgresStorageOptions {
  /** The schema that `migrate` made. @default 'ringlatch' */
  readonly schema?: string | undefined;
  /**
   * Whether requests for codes, sign-ins and refreshes that wait at the same moment share a trip and a commit: one alone leaves at once, what comes
   * meanwhile leaves with the next one. For servers where many sign in at once.
   *
   * @default false
   */
  readonly coalesce?: boolean | undefined;
}

/** For users in the table that `migrate` makes. */
export interface OwnUsersOptions extends PostgresStorageOptions {
  readonly users?: undefined;
  /**
   * Top-level profile fields that no two users share; `create` answers `refused` with the path `profile.<field>`. Give `migrate` the same: it
   * makes the indexes. @default []
   */
  readonly unique?: readonly string[] | undefined;
}

/** For users in a table of your own. */
export interface MappedUsersOptions<Profile> extends PostgresStorageOptions {
  readonly users: ColumnMapping<Profile>;
}

/** For users that you keep yourself. */
export interface CustomUsersOptions<Users> extends PostgresStorageOptions {
  readonly users: Users;
}

/** What {@link postgresStorage} gives. */
export interface PostgresStorage<Users> {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: Users;
}

/** What {@link postgresStorage} gives where the users lie in the same database. */
export interface JoinedPostgresStorage<Users, User extends UserRecord, Profile> extends PostgresStorage<Users> {
  /** The three in one statement; leave it out beside other users. */
  readonly joined: JoinedStore<User, Profile>;
}

/**
 * Keeps everything in PostgreSQL 15 or newer, which any number of machines may share. {@link migrate} makes the tables and functions first; the
 * encoding of the database must be UTF8, as it is by default.
 *
 * Each verb is one round trip and one step: a statement or a call of one installed function, with READ COMMITTED isolation. What the catalog says
 * about a table of yours is asked once. Nothing is kept in the session of a connection, so that PgBouncer may pool by transactions. With `coalesce`
 * one trip carries the verbs that wait at the same moment.
 *
 * Durability: what was answered survives `kill -9` and the loss of power, because a verb that writes waits for the write-ahead log although the
 * session says `synchronous_commit = off`. A standby is waited for as the server is set up; without a synchronous one, a failover may lose the
 * last moments.
 *
 * @param db a `Pool` of `pg`, a `PGlite`, Neon's `Pool`, or postgres.js through {@link fromPostgresJs}; not a client inside a transaction
 * @throws {TypeError} for options that it cannot use
 * @throws {Error} of PostgreSQL from the verbs, which the core answers as `unavailable`; where tables or functions are missing it says what to run
 * @see https://www.postgresql.org/docs/current/wal-async-commit.html
 *
 * @example
 * ```ts
 * import { Pool } from 'pg';
 * import { migrate, postgresStorage } from 'ringlatch/postgres';
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 * pool.on('error', (error) => console.error(error));
 * await migrate(pool);
 * const storage = postgresStorage<{ name: string }>(pool);
 * ```
 *
 * @example
 * ```ts
 * import { Pool } from 'pg';
 * import { postgresStorage } from 'ringlatch/postgres';
 *
 * const storage = postgresStorage<{ name: string }>(new Pool(), {
 *   users: { table: 'people', id: 'id', phoneNumber: 'phone', disabled: 'blocked_at', profile: { name: 'full_name' } },
 * });
 * ```
 */
export function postgresStorage<Profile = Record<string, unknown>>(
  db: PostgresDatabase,
  options?: OwnUsersOptions,
): JoinedPostgresStorage<StoredUserStore<Profile>, StoredUser<Profile>, Profile>;
export function postgresStorage<Users extends UserStore<UserRecord, never>>(
  db: PostgresDatabase,
  options: CustomUsersOptions<Users>,
): PostgresStorage<Users>;
export function postgresStorage<Profile = Record<string, unknown>>(
  db: PostgresDatabase,
  options: MappedUsersOptions<Profile>,
): JoinedPostgresStorage<UserStore<MappedUser<Profile>, Profile>, MappedUser<Profile>, Profile>;
export function postgresStorage(
  db: PostgresDatabase,
  options: OwnUsersOptions | MappedUsersOptions<Record<string, unknown>> | CustomUsersOptions<UserStore<UserRecord, never>> = {},
): PostgresStorage<unknown> & { readonly joined?: unknown } {
  const { users, coalesce = false, ...rest } = options;
  if (typeof coalesce !== 'boolean') throw new TypeError('postgresStorage: coalesce must be true or false.');
  const { schema, unique } = readSchemaOptions(rest, 'postgresStorage');
  if (users !== undefined && unique.length > 0)
    throw new TypeError('postgresStorage: unique belongs to the own users table; leave users out.');
  checkDatabase(db, 'postgresStorage');
  const call = callsTo(db, schema, STORABLE_JSON);
  const sessionCall = coalesce ? coalescingSessionCalls(db, schema, STORABLE_JSON) : call;
  const stores = {
    challenges: postgresChallenges(call, runsOf(db, schema, STORABLE_JSON, coalesce)),
    sessions: postgresSessions(sessionCall),
  };
  if (users !== undefined && 'findById' in users) return { ...stores, users };
  // Others read the tables of users too: what cannot lie there as it is, is refused.
  const database: UsersDatabase = { call: callsTo(db, schema, JSON), query: queriesTo(db, schema, JSON), schema };
  const here = usersIn(database, users, unique);
  const codecs = { ours: STORABLE_JSON, theirs: JSON };
  const verbs = joinedVerbsTo(db, schema, codecs, { table: joinedTable(here.shape), isCoalescing: coalesce });
  const joined = postgresJoined(verbs, { ...stores, users: here.store }, here.shape);
  return { ...stores, users: here.store, joined };
}

function usersIn(
  database: UsersDatabase,
  users: ColumnMapping | undefined,
  unique: readonly string[],
): PostgresUsers<UserStore<UserRecord, Record<string, unknown>>, UserRecord, Record<string, unknown>> {
  return users === undefined ? postgresOwnUsers(database, unique) : postgresMappedUsers(database, users);
}
