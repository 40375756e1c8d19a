import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type AnyPhoneAuthError, isPhoneAuthError } from 'ringlatch';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is no success, as something to throw. */
export interface Refusal extends Error {
  readonly answer: Answer;
}

export function refusal(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Refusal {
  return Object.assign(new Error(`Refused with ${status}.`), { answer: { status, body, headers } });
}

/** What nobody is told more about: unknown number, wrong code or password, disabled account. */
export function noAccount(): Refusal {
  return unauthorized({ detail: 'No active account found with the given credentials' });
}

export function notFound(): Refusal {
  return refusal(404, { detail: 'Not found.' });
}

/** What simple-jwt says of a token that is not good. */
export function badToken(detail: string): Refusal {
  return unauthorized({ detail, code: 'token_not_valid' });
}

function unauthorized(body: object): Refusal {
  return refusal(401, body, { 'www-authenticate': 'Bearer realm="api"' });
}

/** The answer to whatever was thrown. */
export function answerError(error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body, headers } = answerOf(error, request);
  if (status === 500) console.error(error);
  return reply
    .code(status)
    .headers({ ...headers })
    .send(body);
}

function answerOf(error: FastifyError | Refusal, request: FastifyRequest): Answer {
  if ('answer' in error) return error.answer;
  if (isPhoneAuthError(error)) return answerOfLibrary(error);
  switch (error.statusCode) {
    // a path that is too long to be one
    case 414:
      return notFound().answer;
    case 413:
      return { status: 413, body: { detail: 'The body is too large.' } };
    case 415:
      return { status: 415, body: { detail: `Unsupported media type "${request.headers['content-type'] ?? ''}" in request.` } };
    default:
      return (error.statusCode ?? 500) < 500
        ? { status: 400, body: { detail: 'Bad request.' } }
        : { status: 500, body: { detail: 'A server error occurred.' } };
  }
}

function answerOfLibrary(error: AnyPhoneAuthError): Answer {
  const { headers } = error;
  switch (error.code) {
    case 'invalid_code':
    case 'attempts_exhausted':
    case 'invalid_credentials':
    case 'account_disabled':
    case 'invalid_input':
      return noAccount().answer;
    case 'invalid_session':
      switch (error.details.reason) {
        case 'reused':
        case 'unknown':
          return badToken('Token is blacklisted').answer;
        case 'revoked':
          return unauthorized({ detail: 'No active account found for the given token.' }).answer;
        default:
          return badToken('Token is invalid or expired').answer;
      }
    case 'rate_limited': {
      const { retryAfterSeconds: seconds } = error.details;
      const wait = `${seconds} second${seconds === 1 ? '' : 's'}`;
      return { status: 429, body: { detail: `Request was throttled. Expected available in ${wait}.` }, headers };
    }
    case 'refused_by_policy': {
      const help = error.details.challenge === 'password' ? ' Sign in with the password.' : '';
      return { status: 403, body: { detail: `You do not have permission to perform this action.${help}` } };
    }
    case 'unavailable':
      return { status: 503, body: { detail: 'Service temporarily unavailable, try again later.' }, headers };
    default:
      return { status: error.status, body: { detail: error.message }, headers };
  }
}
