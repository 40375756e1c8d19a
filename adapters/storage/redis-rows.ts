/** How each field of a row is written down: `?` where it may be `null`. */
export type FieldKinds<Row> = {
  readonly [Field in keyof Row]-?: Row[Field] extends number
    ? 'number'
    : Row[Field] extends number | null
      ? 'number?'
      : Row[Field] extends string
        ? 'text'
        : 'text?';
};

/** A row as scripts take it and as they give it. */
export interface RedisRow<Row> {
  /** `field, value, field, value …`, each an argument of its own: no character of a value means anything. */
  toPairs(row: Row): string[];
  /** From the JSON that a script wrote, in which every value is a text. */
  fromJson(json: unknown): Row;
}

/** `null` is empty and everything else stands behind a sign, so that the empty text stays a text; scripts compare what is written. */
export function nullable(value: string | number | null): string {
  return value === null ? '' : `=${value}`;
}

/** Writes rows of these fields, and reads them. */
export function redisRow<Row extends object>(kinds: FieldKinds<Row>): RedisRow<Row> {
  const fields = Object.entries(kinds) as [keyof Row & string, string][];
  return {
    toPairs: (row) =>
      fields.flatMap(([field, kind]) => {
        const value = row[field] as string | number | null;
        return [field, kind.endsWith('?') ? nullable(value) : String(value)];
      }),
    fromJson(json) {
      const written = JSON.parse(String(json)) as Readonly<Record<string, string | undefined>>;
      return Object.fromEntries(fields.map(([field, kind]) => [field, readField(written[field] ?? '', kind)])) as Row;
    },
  };
}

function readField(written: string, kind: string): string | number | null {
  if (kind === 'text') return written;
  if (kind === 'number') return Number(written);
  if (written === '') return null;
  return kind === 'number?' ? Number(written.slice(1)) : written.slice(1);
}
