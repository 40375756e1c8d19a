import { coalesced, oneByOne, type SqliteStep, type Transaction } from './sqlite-coalescing.ts';

/** What SQLite can hold of what this library writes. */
export type SqliteValue = string | number | bigint | null;

/** The part of a prepared statement that is used. */
export interface SqliteStatement {
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
}

/** The part of a database connection that is used: `DatabaseSync` of `node:sqlite` and `Database` of `better-sqlite3` fit as they are. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** A row as SQLite gives it; big integers are numbers already. */
export type SqliteRow = Readonly<Record<string, string | number | null>>;

/** A connection whose statements are prepared once. */
export interface SqliteConnection {
  first(sql: string, ...values: SqliteValue[]): SqliteRow | null;
  rows(sql: string, ...values: SqliteValue[]): readonly SqliteRow[];
  /** Gives the number of rows that changed. */
  run(sql: string, ...values: SqliteValue[]): number;
  exec(sql: string): void;
  /** One atomic step: takes the write lock first, so that nobody else writes between what it reads and what it writes. */
  transaction<Answer>(work: () => Answer): Answer;
  /** The same for a verb, which may share its transaction with others that wait. */
  readonly step: SqliteStep;
  /** Whether a transaction of {@link SqliteConnection.transaction} is running. */
  isInTransaction(): boolean;
  /** Has something held in memory for the length of each transaction. */
  hold(held: Held): void;
}

/** What is held in memory while a transaction runs. */
export interface Held {
  /** Writes down what has not been written yet; the last thing before the commit. */
  write?(): void;
  /** Empties the memory, however the transaction ended. */
  forget(): void;
}

const STATEMENTS = 200;

/** Makes a {@link SqliteConnection}. */
export function connectionTo(database: SqliteDatabase, coalesce: boolean): SqliteConnection {
  const statements = new Map<string, SqliteStatement>();
  const prepared = (sql: string): SqliteStatement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    // Inserts into a table of the consumer's name the columns that were given: the number of texts has a bound that nobody chose.
    if (statements.size >= STATEMENTS) statements.clear();
    statements.set(sql, statement);
    return statement;
  };
  const held: Held[] = [];
  const writeHeld = (): void => {
    for (const one of held) one.write?.();
  };
  let isInTransaction = false;
  const transaction: Transaction = (work) => {
    prepared('BEGIN IMMEDIATE').run();
    isInTransaction = true;
    try {
      const answer = work();
      prepared('COMMIT').run();
      return answer;
    } catch (error) {
      try {
        prepared('ROLLBACK').run();
      } catch {
        // After a full disk or an input/output error SQLite has rolled back by itself, and the first error is the one that matters.
      }
      throw error;
    } finally {
      isInTransaction = false;
      for (const one of held) one.forget();
    }
  };
  const whole: Transaction = (work) =>
    transaction(() => {
      const answer = work();
      writeHeld();
      return answer;
    });
  return {
    first(sql, ...values) {
      const row = prepared(sql).get(...values);
      return row === undefined || row === null ? null : plainRow(row);
    },
    rows: (sql, ...values) =>
      prepared(sql)
        .all(...values)
        .map(plainRow),
    run: (sql, ...values) => Number(prepared(sql).run(...values).changes),
    exec: (sql) => void database.exec(sql),
    transaction: whole,
    step: coalesce ? coalesced(transaction, writeHeld) : oneByOne(whole),
    isInTransaction: () => isInTransaction,
    hold: (one) => void held.push(one),
  };
}

/** Quotes a name of a table, index or column. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

// A connection may be set to big integers.
function plainRow(row: unknown): SqliteRow {
  const values = row as Record<string, SqliteValue>;
  for (const name in values) if (typeof values[name] === 'bigint') values[name] = Number(values[name]);
  return values as SqliteRow;
}
