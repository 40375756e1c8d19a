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

/**
 * A table whose first field is its primary key; a field holds a string, a number or `null`. A row that was read in the same transaction is written
 * over by an update of what differs, which leaves all other indexes alone.
 */
export function sqliteTable<Row extends object>(
  connection: SqliteConnection,
  name: string,
  fields: readonly [keyof Row & string, ...(keyof Row & string)[]],
): SqliteTable<Row> {
  const table = quoted(name);
  const columns = fields.map(columnOf);
  const [keyField] = fields;
  const key = columnOf(keyField);
  const selected = fields.map((field) => `${columnOf(field)} AS ${quoted(field)}`).join(', ');
  const changes = columns.slice(1).map((column) => `${column} = excluded.${column}`);
  const select = `SELECT ${selected} FROM ${table}`;
  const selectOne = `${select} WHERE ${key} = ?`;
  const upsert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (${key}) DO UPDATE SET ${changes.join(', ')}`;
  const deleteOne = `DELETE FROM ${table} WHERE ${key} = ?`;
  const valuesOf = (row: Row, of: readonly (keyof Row)[]): SqliteValue[] => of.map((field) => row[field] as SqliteValue);
  const updates = new Map<string, string>();
  const read = new Map<unknown, Row>();
  connection.hold({ forget: () => read.clear() });

  function remembered(row: SqliteRow): Row {
    // The selected columns are named for the fields, and STRICT tables hold the types that were put.
    const found = row as Row;
    if (connection.isInTransaction()) read.set(found[keyField], found);
    return found;
  }

  function updateOf(changed: readonly (keyof Row & string)[]): string {
    const names = changed.join();
    const known = updates.get(names);
    if (known !== undefined) return known;
    const sql = `UPDATE ${table} SET ${changed.map((field) => `${columnOf(field)} = ?`).join(', ')} WHERE ${key} = ?`;
    updates.set(names, sql);
    return sql;
  }

  function update(before: Row, row: Row): void {
    const changed = fields.filter((field) => before[field] !== row[field]);
    if (changed.length > 0) connection.run(updateOf(changed), ...valuesOf(row, changed), row[keyField] as SqliteValue);
  }

  return {
    find(value) {
      const row = connection.first(selectOne, value);
      return row === null ? null : remembered(row);
    },
    where: (condition, ...values) => connection.rows(`${select} WHERE ${condition}`, ...values).map(remembered),
    put(row) {
      const before = read.get(row[keyField]);
      if (before === undefined) connection.run(upsert, ...valuesOf(row, fields));
      else update(before, row);
      read.set(row[keyField], row);
    },
    delete(value) {
      read.delete(value);
      connection.run(deleteOne, value);
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

/** A condition with two marks, both for the beginning of a text; ids begin with the key of their owner, and so need no index for it. */
export function beginsWith(column: string): string {
  return `${column} >= ? AND ${column} < ? || char(${0x10ffff})`;
}

function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
