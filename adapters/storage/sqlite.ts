import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { joinedOver } from './joined-tables.ts';
import { sqliteChallenges } from './sqlite-challenges.ts';
import { connectionTo, type SqliteConnection, type SqliteDatabase } from './sqlite-database.ts';
import { type ColumnMapping, type MappedUser, sqliteMappedUsers } from './sqlite-mapped-users.ts';
import { migrate, STORAGE_MIGRATIONS } from './sqlite-migrations.ts';
import { sqliteOwnUsers } from './sqlite-own-users.ts';
import { sqliteSessions } from './sqlite-sessions.ts';
import type { SqliteUsers } from './sqlite-user-store.ts';
import type { StoredUser, StoredUserStore } from './stored-user.ts';

export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.ts';
export type { ColumnMapping, MappedUser } from './sqlite-mapped-users.ts';
export type { StoredUser, StoredUserStore } from './stored-user.ts';

/** What {@link sqliteStorage} takes whoever owns the users. */
export interface SqliteStorageOptions {
  /** Stands before the names of all tables: letters, digits and underscores. @default 'ringlatch_' */
  readonly tablePrefix?: string | undefined;
  /**
   * Calls that wait at the same moment share one transaction, and so one flush to the disk: several times the throughput of a busy process, at
   * the same durability. A call that is alone waits for nobody. @default false
   */
  readonly coalesce?: boolean | undefined;
}

/** For users in a table that the library makes. */
export interface OwnUsersOptions extends SqliteStorageOptions {
  readonly users?: undefined;
  /**
   * Top-level profile fields that no two users share; `create` answers `refused` with the path `profile.<field>`. A field stays unique until
   * its index is dropped. @default []
   */
  readonly unique?: readonly string[] | undefined;
}

/** For users in a table of your own. */
export interface MappedUsersOptions<Profile> extends SqliteStorageOptions {
  readonly users: ColumnMapping<Profile>;
}

/** For users that you keep yourself. */
export interface CustomUsersOptions<Users> extends SqliteStorageOptions {
  readonly users: Users;
}

/** What {@link sqliteStorage} gives. */
export interface SqliteStorage<Users> {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: Users;
}

/** What {@link sqliteStorage} gives where the users lie in the same database. */
export interface JoinedSqliteStorage<Users, User extends UserRecord, Profile> extends SqliteStorage<Users> {
  /** The three in one transaction; leave it out beside other users. */
  readonly joined: JoinedStore<User, Profile>;
}

/**
 * Keeps everything in one SQLite database, which any number of processes of one machine may share. Opening it migrates it, forwards only.
 *
 * Durability: write-ahead log and `synchronous = FULL` (set on this connection), so what was answered survives `kill -9` and the loss of power.
 * Every verb that writes is one `BEGIN IMMEDIATE … COMMIT`; a writer waits at most 5 s for another process. The verbs block the thread while
 * they run, and they open transactions: give the library a connection of its own.
 *
 * Works with `node:sqlite` (Node 22.13 or newer) and `better-sqlite3`. `:memory:` works too, and is as durable as it says.
 *
 * @throws {TypeError} for options that it cannot use
 * @throws {Error} of SQLite from opening and from the verbs; the core answers the latter as `unavailable`
 * @see https://www.sqlite.org/wal.html
 *
 * @example
 * ```ts
 * import { DatabaseSync } from 'node:sqlite';
 * import { sqliteStorage } from 'ringlatch/sqlite';
 *
 * const storage = sqliteStorage<{ username: string }>(new DatabaseSync('app.db'), { unique: ['username'] });
 * ```
 *
 * @example
 * ```ts
 * import { DatabaseSync } from 'node:sqlite';
 * import { sqliteStorage } from 'ringlatch/sqlite';
 *
 * const storage = sqliteStorage<{ name: string }>(new DatabaseSync('app.db'), {
 *   users: { table: 'people', id: 'id', phoneNumber: 'phone', disabled: 'blocked_at', profile: { name: 'full_name' } },
 * });
 * ```
 */
export function sqliteStorage<Profile = Record<string, unknown>>(
  database: SqliteDatabase,
  options?: OwnUsersOptions,
): JoinedSqliteStorage<StoredUserStore<Profile>, StoredUser<Profile>, Profile>;
export function sqliteStorage<Users extends UserStore<UserRecord, never>>(
  database: SqliteDatabase,
  options: CustomUsersOptions<Users>,
): SqliteStorage<Users>;
export function sqliteStorage<Profile = Record<string, unknown>>(
  database: SqliteDatabase,
  options: MappedUsersOptions<Profile>,
): JoinedSqliteStorage<UserStore<MappedUser<Profile>, Profile>, MappedUser<Profile>, Profile>;
export function sqliteStorage(
  database: SqliteDatabase,
  options: OwnUsersOptions | MappedUsersOptions<Record<string, unknown>> | CustomUsersOptions<UserStore<UserRecord, never>> = {},
): SqliteStorage<unknown> & { readonly joined?: unknown } {
  const { tablePrefix = 'ringlatch_', coalesce = false, users, unique = [], ...unknown } = { unique: undefined, ...options };
  for (const name of Object.keys(unknown)) throw new TypeError(`sqliteStorage: unknown option "${name}".`);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(tablePrefix)) throw new TypeError('sqliteStorage: tablePrefix is letters, digits and underscores.');
  if (typeof coalesce !== 'boolean') throw new TypeError('sqliteStorage: coalesce must be true or false.');
  if (!Array.isArray(unique)) throw new TypeError('sqliteStorage: unique must be an array of profile fields.');
  if (users !== undefined && unique.length > 0)
    throw new TypeError('sqliteStorage: unique belongs to the own users table; leave users out.');
  const connection = connectionTo(database, coalesce);
  makeDurable(connection);
  migrate(connection, tablePrefix, 'storage', STORAGE_MIGRATIONS);
  const challenges = sqliteChallenges(connection, tablePrefix);
  const sessions = sqliteSessions(connection, tablePrefix);
  const stores = { challenges: challenges.store, sessions: sessions.store };
  if (users !== undefined && 'findById' in users) return { ...stores, users };
  const here = usersIn(connection, tablePrefix, users, unique);
  const tables = { challenges: challenges.tables, sessions: sessions.table, users: here.verbs };
  const joined = joinedOver({ ...stores, users: here.store }, tables, (_, work) => connection.step(work));
  return { ...stores, users: here.store, joined };
}

function usersIn(
  connection: SqliteConnection,
  prefix: string,
  users: ColumnMapping | undefined,
  unique: readonly string[],
): SqliteUsers<UserStore<UserRecord, Record<string, unknown>>, UserRecord, Record<string, unknown>> {
  return users === undefined ? sqliteOwnUsers(connection, prefix, unique) : sqliteMappedUsers(connection, users);
}

const PATIENCE_MS = 5000;
const PAUSE_MS = 20;

function makeDurable(connection: SqliteConnection): void {
  connection.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  connection.exec('PRAGMA synchronous = FULL');
  // While another process switches the same file SQLite says "locked" at once: for this statement it does not wait by itself.
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      if (connection.first('PRAGMA journal_mode')?.journal_mode !== 'wal') connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (waitedMs >= PATIENCE_MS || !String(error).includes('locked')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
