import { PURPOSES } from '../../core/challenge.ts';
import { anything, issuesOf, oneOf, optional, type Rule, type Shape, text } from '../../core/input.ts';
import { isSafeLine } from '../../core/message.ts';
import { PhoneAuthError } from '../../errors.ts';

/** The keys that an answer may have, for the shapes of flows that take one. */
export const ANSWER: Shape = {
  challengeId: optional(text(64)),
  phoneNumber: optional(text(Number.MAX_SAFE_INTEGER)),
  code: optional(text(Number.MAX_SAFE_INTEGER)),
  purpose: optional(oneOf(PURPOSES)),
  proof: optional(text(256)),
  reference: optional(text(128)),
};

/** A context, where it is asked for and wherever it is presented again. */
export const CONTEXT: Rule = (value) =>
  typeof value === 'string' && isSafeLine(value, 64) ? null : 'must be one line of 1 to 64 characters without a URL';

/** A shape of flows that charge limits: whoever calls them says for whom. */
export const CLIENT: Shape = { client: () => null };

/** A shape of flows that may be told for whom. */
export const OPTIONAL_CLIENT: Shape = { client: anything };

/** Refuses wrong arguments as `invalid_input`; a missing argument object or `client` is a mistake of the program, hence a `TypeError`. */
export function checkInput(name: string, input: unknown, shape: Shape): void {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new TypeError(`${name} takes one object`);
  const { client } = input as { client?: unknown };
  if (shape.client === CLIENT.client || (shape.client === OPTIONAL_CLIENT.client && client !== undefined)) checkClient(name, client);
  const issues = issuesOf(input, shape);
  if (issues.length > 0) throw new PhoneAuthError('invalid_input', { issues });
}

function checkClient(name: string, client: unknown): void {
  const { ip, userAgent, deviceToken } = (typeof client === 'object' && client !== null ? client : {}) as Readonly<Record<string, unknown>>;
  if (ip !== null && typeof ip !== 'string') {
    throw new TypeError(
      `${name} needs client: { ip: '203.0.113.7', userAgent?, deviceToken? }, the address of the requester; ip: null puts it into one shared, strict bucket`,
    );
  }
  for (const [key, value] of Object.entries({ userAgent, deviceToken })) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`${name}: client.${key} must be a string`);
  }
}

/** The error for one argument that is wrong in itself or beside another. */
export function inputError(path: string, message: string): PhoneAuthError<'invalid_input'> {
  return new PhoneAuthError('invalid_input', { issues: [{ path, message }] });
}
