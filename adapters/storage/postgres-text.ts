/** Quotes a name of a schema, table, column, index or function. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text as a constant, whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Quotes a program. Names that came from outside stand in it, so that no fixed tag would do. */
export function dollarQuoted(program: string): string {
  for (let attempt = 0; ; attempt++) {
    const tag = `$ringlatch${attempt}$`;
    if (!program.includes(tag)) return `${tag}${program}${tag}`;
  }
}

/** Whether PostgreSQL takes a text for a name as it is: longer ones are cut, so that two of them could become one. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && isStorable(name) && new TextEncoder().encode(name).length <= 63;
}

/** Whether PostgreSQL can hold a text: neither U+0000 nor half a surrogate pair fits into it. */
export function isStorable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}

/** How a value becomes JSON, and JSON a value. */
export interface JsonCodec {
  stringify(value: unknown): string;
  parse(json: string): unknown;
}

const MARK = '\\u0001';

/** JSON in which every text is storable: what is not becomes U+0001 and four hexadecimal digits, U+0001 itself as well. Loses nothing. */
export const STORABLE_JSON: JsonCodec = {
  stringify(value) {
    const json = JSON.stringify(value);
    if (!/\\u(000[01]|d)/.test(json)) return json;
    // Every escape is met in turn, so that an escaped backslash is not taken for the beginning of another one.
    return json.replace(/\\(?:u(....)|.)/g, (match, digits?: string) =>
      digits !== undefined && /^(000[01]|d)/.test(digits) ? `${MARK}${digits}` : match,
    );
  },
  parse(json) {
    if (!json.includes(MARK)) return JSON.parse(json);
    return JSON.parse(
      json.replace(/\\(?:u0001(....)|u....|.)/g, (match, digits?: string) => (digits === undefined ? match : `\\u${digits}`)),
    );
  },
};
