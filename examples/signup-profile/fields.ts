// Reads bodies as Django REST framework does, and refuses them in its words.
import { HTTPException } from 'hono/http-exception';

/** What a body may hold. */
export const MAX_BODY_BYTES = 16_384;

interface Field {
  /** Characters. @default as many as the body holds */
  readonly max?: number;
  /** Where it is missing it reads as `''`. @default false */
  readonly optional?: boolean;
  /** A number is taken for its digits. @default false */
  readonly orNumber?: boolean;
}

/** The fields of a JSON object or a form, each a text that is not blank. Throws the answer to a body that has them not. */
export async function fieldsOf<Name extends string>(
  request: Request,
  fields: Readonly<Record<Name, Field>>,
): Promise<Record<Name, string>> {
  const body = await bodyOf(request);
  if (body === null) throw refusal(400, { non_field_errors: ['No data provided'] });
  if (typeof body !== 'object' || Array.isArray(body))
    throw refusal(400, { non_field_errors: [`Invalid data. Expected a dictionary, but got ${kindOf(body)}.`] });
  const errors: Record<string, readonly string[]> = {};
  const values = {} as Record<Name, string>;
  for (const [name, field] of Object.entries(fields) as [Name, Field][]) {
    const read = textOf((body as Readonly<Record<string, unknown>>)[name], field);
    if (typeof read === 'string') values[name] = read;
    else errors[name] = read;
  }
  if (Object.keys(errors).length > 0) throw refusal(400, errors);
  return values;
}

/** An answer, as something to throw. */
export function refusal(status: 400 | 413 | 415, body: object): HTTPException {
  return new HTTPException(status, { res: Response.json(body, { status }) });
}

async function bodyOf(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return {};
  switch (type.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/json':
      return parsed('JSON', () => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    case 'application/x-www-form-urlencoded':
    case 'multipart/form-data':
      return parsed('Form', async () => Object.fromEntries(await new Response(bytes, { headers: { 'content-type': type } }).formData()));
    default:
      throw refusal(415, { detail: `Unsupported media type "${type}" in request.` });
  }
}

async function parsed(kind: string, parse: () => unknown): Promise<unknown> {
  try {
    return await parse();
  } catch {
    throw refusal(400, { detail: `${kind} parse error - the body could not be read.` });
  }
}

/** The text of a field, without blanks around it; or what is wrong with it. */
function textOf(value: unknown, { max = MAX_BODY_BYTES, optional = false, orNumber = false }: Field): string | readonly string[] {
  if (value === undefined) return optional ? '' : ['This field is required.'];
  if (value === null) return ['This field may not be null.'];
  if (typeof value !== 'string' && !(orNumber && typeof value === 'number')) return ['Not a valid string.'];
  const text = String(value).trim();
  if (text === '') return ['This field may not be blank.'];
  const halves = text.match(/\p{Surrogate}/u);
  const errors = [
    [...text].length > max ? `Ensure this field has no more than ${max} characters.` : null,
    text.includes('\0') ? 'Null characters are not allowed.' : null,
    halves === null ? null : `Surrogate characters are not allowed: U+${halves[0].charCodeAt(0).toString(16).toUpperCase()}.`,
  ].filter((error) => error !== null);
  return errors.length === 0 ? text : errors;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'boolean' ? 'bool' : 'str';
}
