import { quoted, type SqliteConnection } from './sqlite-database.ts';

/** Steps of one part of the schema, oldest first. A step that was released never changes. */
export type Migrations = readonly ((prefix: string) => string)[];

/** Challenges, proofs, counters, deliveries and sessions. */
export const STORAGE_MIGRATIONS: Migrations = [
  (prefix) => `
    CREATE TABLE ${quoted(`${prefix}challenges`)} (
      id TEXT PRIMARY KEY,
      phone_key TEXT NOT NULL,
      phone_number TEXT NOT NULL,
      purpose TEXT NOT NULL,
      user_id TEXT,
      context TEXT,
      context_hash TEXT,
      reference TEXT,
      seed TEXT NOT NULL,
      digest TEXT,
      profile TEXT,
      idempotency_hash TEXT,
      locale TEXT NOT NULL,
      channel TEXT NOT NULL,
      code_length INTEGER NOT NULL,
      max_attempts INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      attempts_left INTEGER NOT NULL CHECK (attempts_left >= 0),
      sends INTEGER NOT NULL,
      resend_at INTEGER NOT NULL,
      used_at INTEGER
    ) STRICT;
    CREATE INDEX ${quoted(`${prefix}challenges_of_number`)} ON ${quoted(`${prefix}challenges`)} (phone_key, purpose) WHERE used_at IS NULL;
    CREATE INDEX ${quoted(`${prefix}challenges_by_expiry`)} ON ${quoted(`${prefix}challenges`)} (expires_at);
    CREATE TABLE ${quoted(`${prefix}proofs`)} (
      hash TEXT PRIMARY KEY,
      phone_key TEXT NOT NULL,
      phone_number TEXT NOT NULL,
      purpose TEXT NOT NULL,
      user_id TEXT,
      context TEXT,
      context_hash TEXT,
      reference TEXT,
      profile TEXT,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ${quoted(`${prefix}proofs_by_expiry`)} ON ${quoted(`${prefix}proofs`)} (expires_at);
    CREATE TABLE ${quoted(`${prefix}counters`)} (
      key TEXT PRIMARY KEY,
      buckets TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ${quoted(`${prefix}counters_by_expiry`)} ON ${quoted(`${prefix}counters`)} (expires_at);
    CREATE TABLE ${quoted(`${prefix}deliveries`)} (
      challenge_id TEXT NOT NULL,
      send INTEGER NOT NULL,
      state TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (challenge_id, send)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER ${quoted(`${prefix}challenge_deleted`)} AFTER DELETE ON ${quoted(`${prefix}challenges`)} BEGIN
      DELETE FROM ${quoted(`${prefix}deliveries`)} WHERE challenge_id = OLD.id;
    END;
    CREATE TRIGGER ${quoted(`${prefix}challenge_replaced`)} AFTER UPDATE ON ${quoted(`${prefix}challenges`)} WHEN NEW.created_at <> OLD.created_at BEGIN
      DELETE FROM ${quoted(`${prefix}deliveries`)} WHERE challenge_id = OLD.id;
    END;
    CREATE TABLE ${quoted(`${prefix}sessions`)} (
      id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL,
      user_key TEXT NOT NULL,
      current_hash TEXT NOT NULL,
      previous_hash TEXT,
      generation INTEGER NOT NULL,
      amr TEXT NOT NULL,
      user_agent TEXT,
      ip TEXT,
      auth_time INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      rotated_at INTEGER,
      idle_expires_at INTEGER NOT NULL,
      absolute_expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX ${quoted(`${prefix}sessions_of_user`)} ON ${quoted(`${prefix}sessions`)} (user_id, created_at);
    CREATE INDEX ${quoted(`${prefix}sessions_by_expiry`)} ON ${quoted(`${prefix}sessions`)} (min(idle_expires_at, absolute_expires_at));`,
  // One row for all counters of a slot, which is what a key has between braces.
  (prefix) => `
    DROP INDEX ${quoted(`${prefix}counters_by_expiry`)};
    ALTER TABLE ${quoted(`${prefix}counters`)} RENAME TO ${quoted(`${prefix}counters_by_key`)};
    CREATE TABLE ${quoted(`${prefix}counters`)} (
      slot TEXT PRIMARY KEY,
      counters TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO ${quoted(`${prefix}counters`)} (slot, counters, expires_at)
      SELECT substr(key, 1, length_of_slot), json_group_object(substr(key, length_of_slot + 1), json(numbers)), max(expires_at)
      FROM (
        SELECT
          key,
          expires_at,
          ifnull(nullif(instr(key, '}'), 0), length(key)) AS length_of_slot,
          (SELECT json_group_array(n.value) FROM json_each(buckets) AS bucket, json_each(bucket.value) AS n) AS numbers
        FROM ${quoted(`${prefix}counters_by_key`)}
      )
      GROUP BY 1;
    CREATE INDEX ${quoted(`${prefix}counters_by_expiry`)} ON ${quoted(`${prefix}counters`)} (expires_at);
    DROP TABLE ${quoted(`${prefix}counters_by_key`)};
    DROP INDEX ${quoted(`${prefix}challenges_of_number`)};
    DROP TRIGGER ${quoted(`${prefix}challenge_replaced`)};
    CREATE TRIGGER ${quoted(`${prefix}challenge_replaced`)} AFTER UPDATE OF created_at ON ${quoted(`${prefix}challenges`)}
    WHEN NEW.created_at <> OLD.created_at BEGIN
      DELETE FROM ${quoted(`${prefix}deliveries`)} WHERE challenge_id = OLD.id;
    END;`,
];

/** The users table of those who have none. */
export const USERS_MIGRATIONS: Migrations = [
  (prefix) => `
    CREATE TABLE ${quoted(`${prefix}users`)} (
      id TEXT PRIMARY KEY,
      phone_number TEXT UNIQUE,
      disabled INTEGER NOT NULL DEFAULT 0,
      profile TEXT NOT NULL,
      password_hash TEXT,
      created_at INTEGER NOT NULL,
      phone_number_verified_at INTEGER NOT NULL
    ) STRICT;`,
];

/**
 * Brings one part of the schema up to date, forwards only. Any number of processes may do so at once: each step is taken under the write lock,
 * after looking again.
 *
 * @throws {Error} when a newer release has migrated the database already
 */
export function migrate(connection: SqliteConnection, prefix: string, part: 'storage' | 'users', migrations: Migrations): void {
  const table = quoted(`${prefix}migrations`);
  const versionNow = (): number =>
    Number(connection.first(`SELECT max(version) AS version FROM ${table} WHERE part = ?`, part)?.version ?? 0);
  connection.transaction(() => {
    connection.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (part TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (part, version)) STRICT`,
    );
    const version = versionNow();
    if (version > migrations.length) {
      throw new Error(
        `sqliteStorage: ${table} holds version ${version} of "${part}"; this release knows ${migrations.length}. Update ringlatch.`,
      );
    }
    for (const [index, step] of migrations.entries()) {
      if (index < version) continue;
      connection.exec(step(prefix));
      connection.run(`INSERT INTO ${table} (part, version) VALUES (?, ?)`, part, index + 1);
    }
  });
}
