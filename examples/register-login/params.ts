import type { FastifyRequest } from 'fastify';
import { refusal } from './answers.ts';

/** What a route takes, in the order in which it looks, and what it says where one is missing. */
export type Rules<Name extends string> = Readonly<Record<Name, string>>;

/** What came, none of it empty; the types are for the route to judge. */
export type Params<Name extends string> = Readonly<Record<Name, unknown>>;

const JSON_TYPE = /^application\/([\w.-]+\+)?json *(;|$)/i;

/** The members of a body; refused in the order of the original. */
export function paramsOf<Name extends string>(request: FastifyRequest, rules: Rules<Name>): Params<Name> {
  const body = bodyOf(request);
  const names = Object.keys(rules) as Name[];
  const params = typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<Name, unknown>) : null;
  if (params === null || Object.keys(params).length !== names.length) {
    const list = names.map((name) => `'${name}'`).join(', ');
    throw refusal(400, { error: `params are invalid. this view Accept only [${list}]` });
  }
  const missing = names.find((name) => isEmpty(params[name]));
  if (missing !== undefined) throw refusal(400, { error: rules[missing] });
  return params;
}

/** A text that is short enough for what is looked up with it, else one that nothing is called. */
export function textIn(value: unknown): string {
  return typeof value === 'string' && value.length <= 128 ? value : '-';
}

/** The digits of a code that came as text or number. What is none becomes one that is too short or too long: wrong, where a code is pending. */
export function codeIn(value: unknown, length: number): string {
  const text = typeof value === 'number' ? String(value).padStart(length, '0') : textIn(value).replace(/[\s-]/g, '');
  return /^\p{Nd}{4,8}$/u.test(text) ? text : '0'.repeat(length === 4 ? 5 : 4);
}

function bodyOf(request: FastifyRequest): unknown {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) throw refusal(400, { error: 'Only JSON requests are accepted' });
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body instanceof Uint8Array ? request.body : undefined));
  } catch {
    throw refusal(400, { error: 'Bad Json!' });
  }
}

// What Python takes for false.
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value;
}
