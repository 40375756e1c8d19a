import type { FastifyInstance } from 'fastify';
import { refusal } from './answers.ts';

/** Reads JSON and forms; everything else is refused as unsupported. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, bytes: Buffer) => {
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
    } catch {
      // The parser's own message repeats what was sent.
      throw refusal(400, { detail: 'JSON parse error - the body is not valid JSON.' });
    }
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, async (_request: unknown, text: string) =>
    Object.fromEntries(new URLSearchParams(text)),
  );
}

/** The texts of a body under these names, without blanks around them; or a refusal that says of each what is wrong. */
export function fieldsOf<Name extends string>(body: unknown, names: readonly Name[]): Readonly<Record<Name, string>> {
  if (body === null) throw refusal(400, { non_field_errors: ['No data provided'] });
  if (typeof (body ?? {}) !== 'object' || Array.isArray(body))
    throw refusal(400, { non_field_errors: [`Invalid data. Expected a dictionary, but got ${kindOf(body)}.`] });
  const given = new Map<string, unknown>(Object.entries(body ?? {}));
  const read = names.map((name) => [name, textOf(given.get(name))] as const);
  const wrong = read.filter(([, text]) => typeof text !== 'string');
  if (wrong.length > 0) throw refusal(400, Object.fromEntries(wrong));
  return Object.fromEntries(read) as Record<Name, string>;
}

/** The text that a field stands for, or what is wrong with it. A number is text to clients that forgot the quotes. */
function textOf(value: unknown): string | readonly string[] {
  if (value === undefined) return ['This field is required.'];
  if (value === null) return ['This field may not be null.'];
  if (typeof value !== 'string' && typeof value !== 'number') return ['Not a valid string.'];
  const text = String(value).trim();
  if (text === '') return ['This field may not be blank.'];
  const half = text.match(/\p{Surrogate}/u)?.[0];
  const problems = [
    ...(text.includes('\0') ? ['Null characters are not allowed.'] : []),
    ...(half === undefined ? [] : [`Surrogate characters are not allowed: U+${half.charCodeAt(0).toString(16).toUpperCase()}.`]),
  ];
  return problems.length === 0 ? text : problems;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'boolean' ? 'bool' : 'str';
}
