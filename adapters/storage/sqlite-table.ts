import { quoted, type SqliteConnection, type SqliteRow, type SqliteValue } from './sqlite-database.ts';

const BATCH = 500;

/** Rows of one table by their primary key. Fields are camelCase, columns their snake_case. */
export interface SqliteTable<Row> {
  find(key: string): Row | null;
  /** Rows that meet a condition, which names columns and has `?` for values. */
  where(condition: string, ...values: SqliteValue[]): readonly Row[];
  /** Writes the row, over the one of the same key. */
  put(row: Row): void;
  delete(key: string): void;
  /** Deletes at most `max` rows that meet the condition; gives their number. */
  deleteWhere(max: number, condition: string, ...values: SqliteValue[]): number;
}

/** A table whose first field is its primary key; a field holds a string, a number or `null`. */
export function sqliteTable<Row extends object>(
  connection: SqliteConnection,
  name: string,
  fields: readonly (keyof Row & string)[],
): SqliteTable<Row> {
  const table = quoted(name);
  const columns = fields.map(columnOf);
  const key = columns[0];
  const selected = fields.map((field) => `${columnOf(field)} AS ${quoted(field)}`).join(', ');
  const changes = columns.slice(1).map((column) => `${column} = excluded.${column}`);
  const select = `SELECT ${selected} FROM ${table}`;
  const upsert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (${key}) DO UPDATE SET ${changes.join(', ')}`;
  return {
    find(value) {
      const row = connection.first(`${select} WHERE ${key} = ?`, value);
      return row === null ? null : asRow<Row>(row);
    },
    where: (condition, ...values) => connection.rows(`${select} WHERE ${condition}`, ...values).map(asRow<Row>),
    put(row) {
      connection.run(upsert, ...fields.map((field) => row[field] as SqliteValue));
    },
    delete(value) {
      connection.run(`DELETE FROM ${table} WHERE ${key} = ?`, value);
    },
    deleteWhere: (max, condition, ...values) =>
      connection.run(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ?)`, ...values, max),
  };
}

/** Deletes in short transactions with a pause between, so that sign-ins pass meanwhile; gives the number of rows. */
export async function sweepInBatches(connection: SqliteConnection, max: number, batch: (size: number) => number): Promise<number> {
  let removed = 0;
  while (removed < max) {
    const size = Math.min(BATCH, max - removed);
    const count = connection.transaction(() => batch(size));
    removed += count;
    if (count < size) break;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return removed;
}

function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

// The selected columns are named for the fields, and STRICT tables hold the types that were put.
function asRow<Row>(row: SqliteRow): Row {
  return row as Row;
}
