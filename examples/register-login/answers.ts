import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AnyPhoneAuthError, isPhoneAuthError, type PhoneAuthErrorCode } from 'ringlatch';

/** An answer that is no success. */
export interface Answer {
  readonly status: number;
  readonly body: { readonly error: string } | { readonly message: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** What went wrong, as far as a route has words of its own for it. */
type Fault = Exclude<PhoneAuthErrorCode, 'rate_limited'> | 'code_pending' | 'no_code_pending' | 'too_many_requests';

/** What a route says in its own words. */
export type OwnAnswers = Readonly<Partial<Record<Fault, Answer>>>;

const EXISTS: Answer = { status: 409, body: { error: 'Account already Exists' } };
const NOT_FOUND: Answer = { status: 400, body: { error: 'User not found!' } };
const DOES_NOT_EXIST: Answer = { status: 404, body: { error: 'User does not exist' } };

export const REGISTER: OwnAnswers = {
  invalid_phone_number: { status: 400, body: { error: 'invalid phone number' } },
  phone_number_taken: EXISTS,
  code_pending: EXISTS,
};

export const VERIFY: OwnAnswers = {
  invalid_phone_number: NOT_FOUND,
  no_code_pending: NOT_FOUND,
  phone_number_taken: { status: 400, body: { error: 'User Registered !!' } },
  invalid_code: { status: 400, body: { error: 'code is invalid' } },
};

export const LOGIN: OwnAnswers = {
  invalid_phone_number: DOES_NOT_EXIST,
  account_not_found: DOES_NOT_EXIST,
  code_pending: { status: 429, body: { message: 'User already have a request for login' } },
};

export const LOGIN_VERIFY: OwnAnswers = {
  no_code_pending: { status: 400, body: { error: 'login first' } },
  invalid_code: { status: 400, body: { error: 'invalid code' } },
};

const ALL: OwnAnswers = {
  too_many_requests: { status: 429, body: { error: 'Too many requests' } },
  account_disabled: { status: 403, body: { error: 'Account is disabled' } },
  refused_by_policy: { status: 403, body: { error: 'Request is refused' } },
  delivery_failed: { status: 502, body: { error: 'Code could not be sent' } },
  unavailable: { status: 503, body: { error: 'Service is unavailable' } },
};

/** What is thrown beside errors of the library: an answer, or what Fastify refuses. */
interface Refused {
  readonly answer?: Answer;
  readonly statusCode?: number | undefined;
}

/** An answer to throw. */
export function refusal(status: number, body: Answer['body']): Error {
  return Object.assign(new Error(`Refused with ${status}.`), { answer: { status, body } });
}

/** Answers whatever was thrown on the way to a route, or in it, in the words of that route. */
export function answerErrors(own: OwnAnswers = {}) {
  return (error: Error & Refused, _request: FastifyRequest, reply: FastifyReply): void => {
    const { status, body, headers = {} } = isPhoneAuthError(error) ? answerOf(error, own) : answerOfRequest(error);
    if (status === 500) console.error(error);
    reply.code(status).headers(headers).send(body);
  };
}

/** Whether a code or its token is wrong, where one is pending. */
export function isWrongCode(error: unknown): boolean {
  return isPhoneAuthError(error) && faultOf(error) === 'invalid_code';
}

function answerOf(error: AnyPhoneAuthError, own: OwnAnswers): Answer {
  const fault = faultOf(error);
  const answer = own[fault] ?? ALL[fault] ?? { status: 400, body: { error: 'Try again!' } };
  const seconds = error.code === 'delivery_failed' ? { 'retry-after': String(error.details.resendInSeconds) } : {};
  return { ...answer, headers: { ...error.headers, ...seconds } };
}

function faultOf(error: AnyPhoneAuthError): Fault {
  switch (error.code) {
    case 'rate_limited':
      return ['resendAfterSeconds', 'sendsPerNumber'].includes(error.details.limit) ? 'code_pending' : 'too_many_requests';
    case 'invalid_code':
      return error.details.reason === 'wrong' ? 'invalid_code' : 'no_code_pending';
    case 'attempts_exhausted':
      return 'invalid_code';
    default:
      return error.code;
  }
}

// What Fastify throws has a status; its message may repeat what was sent.
function answerOfRequest({ answer, statusCode: status = 500 }: Refused): Answer {
  if (answer !== undefined) return answer;
  if (status === 413) return { status, body: { error: 'Request Entity Too Large' } };
  if (status === 415) return { status: 400, body: { error: 'Only JSON requests are accepted' } };
  if (status >= 400 && status < 500) return { status, body: { error: 'Bad Request' } };
  return { status: 500, body: { error: 'Internal Server Error' } };
}
