import type { ErrorRequestHandler } from 'express';
import { type AnyPhoneAuthError, isPhoneAuthError } from 'ringlatch';

type Body = Readonly<Record<string, unknown>>;

/** An answer that is no success. */
interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

const PENDING = 'We sent a verification code please wait for 2 minutes; before requesting a new code.';

/** What is wrong with the whole of a request. */
export function nonField(text: string): Body {
  return { non_field_errors: [text] };
}

/** An answer to throw. */
export function refusal(status: number, body: Body): Error {
  return Object.assign(new Error(`Refused with ${status}.`), { answer: { status, body } });
}

/** Answers whatever was thrown on the way; `wrongCode` is what a route says of a code that is not right. */
export function answerErrors(wrongCode: string): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, body, headers = {} } = isPhoneAuthError(error) ? answerOf(error, wrongCode) : answerOfRequest(error);
    if (status === 500) console.error(error);
    response.status(status).set(headers).json(body);
  };
}

function answerOf(error: AnyPhoneAuthError, wrongCode: string): Answer {
  const { headers } = error;
  switch (error.code) {
    case 'invalid_phone_number':
      return { status: 400, body: { phone_number: ['Enter a valid phone number.'] } };
    case 'phone_number_taken':
      return { status: 400, body: { phone_number: ['user with this phone number already exists.'] } };
    case 'account_not_found':
      return { status: 400, body: nonField('Invalid phone number.') };
    case 'invalid_code':
    case 'attempts_exhausted':
      return { status: 400, body: nonField(wrongCode) };
    case 'account_disabled':
      return { status: 403, body: { detail: 'User account is disabled.' } };
    case 'refused_by_policy':
      return { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
    case 'invalid_session': {
      const body = { detail: 'Token is invalid or expired', code: 'token_not_valid' };
      return { status: 401, body, headers: { 'www-authenticate': 'Bearer realm="api"' } };
    }
    case 'rate_limited':
      return { ...throttled(error.details), headers };
    case 'delivery_failed':
      return { status: 502, body: { detail: 'The verification code could not be sent.' } };
    case 'unavailable':
      return { status: 503, body: { detail: 'Service temporarily unavailable, try again later.' }, headers };
    default:
      return { status: 400, body: nonField(error.message) };
  }
}

function throttled({ limit, retryAfterSeconds: seconds }: { readonly limit: string; readonly retryAfterSeconds: number }): Answer {
  if (limit === 'resendAfterSeconds' || limit === 'sendsPerNumber') return { status: 400, body: nonField(PENDING) };
  return { status: 429, body: { detail: `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.` } };
}

// What a parser throws has a status; its message may repeat what was sent.
function answerOfRequest(error: { readonly answer?: Answer; readonly status?: number; readonly type?: string }): Answer {
  const { answer, status = 500, type } = error;
  if (answer !== undefined) return answer;
  if (status === 413) return { status, body: { detail: 'Request body is too large.' } };
  if (status >= 400 && status < 500)
    return { status, body: { detail: type === 'entity.parse.failed' ? 'JSON parse error' : 'Bad request.' } };
  return { status: 500, body: { detail: 'A server error occurred.' } };
}
