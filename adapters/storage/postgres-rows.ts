/** Reads and writes one kind of record as a row: fields are camelCase, columns their snake_case. */
export interface PostgresRows<Stored> {
  toRow(given: object): Readonly<Record<string, unknown>>;
  /** Columns that this release does not know are left out. */
  fromRow(row: Readonly<Record<string, unknown>>): Stored;
}

/** Makes {@link PostgresRows} of the fields of a record. */
export function postgresRows<Stored extends object>(fields: readonly (keyof Stored & string)[]): PostgresRows<Stored> {
  const columns = fields.map((field) => [field, columnOf(field)] as const);
  return {
    toRow(given) {
      const values = given as Readonly<Record<string, unknown>>;
      return Object.fromEntries(columns.map(([field, column]) => [column, values[field]]));
    },
    fromRow: (row) => Object.fromEntries(columns.map(([field, column]) => [field, row[column]])) as Stored,
  };
}

/** The column of a field. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
