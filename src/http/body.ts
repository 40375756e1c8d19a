import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES } from './message.ts';
import { refusal } from './problem.ts';
import { invalid } from './schemas.ts';

const MAX_DEPTH = 5;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

// They mean something to JavaScript itself; no argument of ours has such a name.
const POISONOUS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Why HTTP already refuses this body, unread: 413 or 415; `null` when it does not. */
export function refusalOfBody(request: HttpRequest): HttpResponse | null {
  const bytes = bytesOf(request);
  if (bytes === 'too large' || bytes.length > MAX_BODY_BYTES) return refusal(413, `The body may have ${MAX_BODY_BYTES} bytes.`);
  if (bytes.length === 0) return null;
  if (!isJson(request.header('content-type') ?? '')) return refusal(415, 'The body must be application/json in UTF-8.');
  // a parser before us has already decoded what it handed over
  const cameAsItIs = request.body !== null && 'bytes' in request.body;
  return cameAsItIs && isEncoded(request) ? refusal(415, 'The body must not be compressed.') : null;
}

function isEncoded({ header }: HttpRequest): boolean {
  const encoding = header('content-encoding');
  return encoding !== undefined && !['', 'identity'].includes(encoding.trim().toLowerCase());
}

/** The same for a body whose type is its sender's to choose: 413, or 415 where a parser was there before and the bytes are gone. */
export function refusalOfForeignBody({ body }: HttpRequest): HttpResponse | null {
  if (body === null) return null;
  if ('parsed' in body) return refusal(415, 'The body was parsed before it came here; mount the routes in front of body parsers.');
  return body.bytes.length > MAX_BODY_BYTES ? refusal(413, `The body may have ${MAX_BODY_BYTES} bytes.`) : null;
}

/** A body as text, as it came. */
export function rawTextOf({ body }: HttpRequest): string {
  return body !== null && 'bytes' in body ? new TextDecoder().decode(body.bytes) : '';
}

/** The JSON value of a body; no body is an empty object. Throws `invalid_input` for what is not clean JSON. */
export function jsonOf(request: HttpRequest): unknown {
  const bytes = bytesOf(request);
  if (bytes === 'too large' || bytes.length === 0) return {};
  const text = textOf(bytes);
  const value = parse(text);
  if (namesTwice(text, inspect(value, '', 1))) throw invalid('', 'must not name a key twice');
  return value;
}

/** The media type of RFC 8259, with no charset but UTF-8. */
function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() !== 'application/json') return false;
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=');
    return name.trim() !== 'charset' || ['utf-8', '"utf-8"', 'utf8'].includes(value.trim());
  });
}

function bytesOf({ body, header }: HttpRequest): Uint8Array | 'too large' {
  if (body === null) return new Uint8Array();
  if ('bytes' in body) return body.bytes;
  if (Number(header('content-length')) > MAX_BODY_BYTES) return 'too large';
  return new TextEncoder().encode(written(body.parsed) ?? '');
}

function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    throw invalid('', 'must be JSON');
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw invalid('', 'must be UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('', 'must be JSON');
  }
}

/** Counts the keys of a value, and refuses what no argument may contain. */
function inspect(value: unknown, path: string, depth: number): number {
  if (typeof value === 'string' && !isWellFormed(value)) throw invalid(path, 'must be well-formed Unicode');
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw invalid(path, `must not be nested deeper than ${MAX_DEPTH}`);
  const entries = Object.entries(value);
  let keys = Array.isArray(value) ? 0 : entries.length;
  for (const [key, inner] of entries) {
    const place = depth === 1 ? key : `${path}.${key}`;
    if (POISONOUS.has(key) || !isWellFormed(key)) throw invalid(place, 'is not an argument');
    keys += inspect(inner, place, depth + 1);
  }
  return keys;
}

/** Whether a JSON text has more keys than its value: JSON.parse keeps only the last one of a name. */
function namesTwice(text: string, keys: number): boolean {
  // each key has a colon, so that no more colons than keys leave no room for another one
  return colonsIn(text) > keys && keysIn(text) > keys;
}

function colonsIn(text: string): number {
  let colons = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) colons += 1;
  return colons;
}

function keysIn(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
