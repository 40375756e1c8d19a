import express, { type Request, type RequestHandler } from 'express';
import { nonField, refusal } from './answers.ts';

const TYPES = ['application/json', 'application/x-www-form-urlencoded'];

/** Reads the body of a JSON or form request. */
export const readBody: RequestHandler[] = [
  (request, _response, next) => {
    const isOther = request.is(TYPES) === false && request.get('content-length') !== '0';
    if (isOther) throw refusal(415, { detail: `Unsupported media type "${request.get('content-type') ?? ''}" in request.` });
    next();
  },
  express.json({ limit: '16kb', strict: false }),
  express.urlencoded({ limit: '16kb', extended: false }),
];

/** The fields of a body; one that is no object is refused. */
export function fieldsOf({ body = {} }: Request): Readonly<Record<string, unknown>> {
  if (body === null) throw refusal(400, nonField('No data provided'));
  if (typeof body === 'object' && !Array.isArray(body)) return body;
  const type = Array.isArray(body) ? 'list' : typeof body === 'string' ? 'str' : typeof body === 'boolean' ? 'bool' : 'int';
  throw refusal(400, nonField(`Invalid data. Expected a dictionary, but got ${type}.`));
}

/** The texts in some fields, trimmed; refused with what is wrong with each. An optional one may be absent or blank, and has at most 150 characters. */
export function textsOf<Name extends string>(
  request: Request,
  required: readonly Name[],
  optional: readonly Name[] = [],
): Readonly<Record<Name, string>> {
  const fields = fieldsOf(request);
  const texts: Record<string, string> = {};
  const problems: Record<string, readonly string[]> = {};
  for (const name of [...required, ...optional]) {
    const read = readText(Object.hasOwn(fields, name) ? fields[name] : undefined, optional.includes(name));
    if (read.is === 'text') texts[name] = read.text;
    else problems[name] = [read.problem];
  }
  if (Object.keys(problems).length > 0) throw refusal(400, problems);
  return texts as Record<Name, string>;
}

type Read = { readonly is: 'text'; readonly text: string } | { readonly is: 'wrong'; readonly problem: string };

function readText(value: unknown, isOptional: boolean): Read {
  if (value === undefined) return isOptional ? { is: 'text', text: '' } : wrong('This field is required.');
  if (value === null) return wrong('This field may not be null.');
  // a code may come as a number
  if (typeof value !== 'string' && !(typeof value === 'number' && Number.isSafeInteger(value))) return wrong('Not a valid string.');
  const text = String(value).trim();
  if (text.includes('\0')) return wrong('Null characters are not allowed.');
  if (/\p{Cs}/u.test(text)) return wrong('Surrogate characters are not allowed.');
  if (isOptional && [...text].length > 150) return wrong('Ensure this field has no more than 150 characters.');
  return text === '' && !isOptional ? wrong('This field may not be blank.') : { is: 'text', text };
}

function wrong(problem: string): Read {
  return { is: 'wrong', problem };
}
