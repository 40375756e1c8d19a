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

/** A row as scripts take it and as they give it: JSON in which every value is a text. */
export interface RedisRow<Row> {
  toJson(row: Row): string;
  fromJson(json: unknown): Row;
}

/** `null` is empty and everything else stands behind a sign, so that the empty text stays a text; scripts compare what is written. */
export function nullable(value: string | number | null): string {
  return value === null ? '' : `=${value}`;
}

/**
 * JSON that Lua reads. Halves of a character are no text: Lua refuses their escapes, and UTF-8 has none. They become what they become wherever a text
 * is sent.
 */
export function jsonOf(value: object): string {
  const json = JSON.stringify(value);
  return json.includes('\\ud') ? JSON.stringify(value, (_, part) => (typeof part === 'string' ? wellFormed(part) : part)) : json;
}

/** Writes rows of these fields, and reads them. */
export function redisRow<Row extends object>(kinds: FieldKinds<Row>): RedisRow<Row> {
  const fields = Object.entries(kinds) as [keyof Row & string, string][];
  return {
    toJson(row) {
      const written: Record<string, string> = {};
      for (const [field, kind] of fields) {
        const value = row[field] as string | number | null;
        written[field] = kind.endsWith('?') ? nullable(value) : String(value);
      }
      return jsonOf(written);
    },
    fromJson(json) {
      const written = JSON.parse(String(json)) as Readonly<Record<string, string | undefined>>;
      const row: Record<string, string | number | null> = {};
      for (const [field, kind] of fields) row[field] = readField(written[field] ?? '', kind);
      return row as Row;
    },
  };
}

function readField(written: string, kind: string): string | number | null {
  if (kind === 'text') return written;
  if (kind === 'number') return Number(written);
  if (written === '') return null;
  return kind === 'number?' ? Number(written.slice(1)) : written.slice(1);
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
