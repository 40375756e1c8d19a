import { type AnyPhoneAuthError, isPhoneAuthError } from 'ringlatch';

/** An answer that is no success, in the shapes of Django REST framework. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

type Refusal = Error & { readonly answer: Answer };

/** What a handler throws to answer that. */
export function refusal(status: number, body: Answer['body'], headers: Answer['headers'] = {}): Refusal {
  return Object.assign(new Error(`Refused with ${status}.`), { answer: { status, body, headers } });
}

export const NOT_AUTHENTICATED: string = 'Authentication credentials were not provided.';
export const NOT_PERMITTED: string = 'You do not have permission to perform this action.';
export const NOT_FOUND: string = 'Not found.';

const CODE_TEXTS = {
  wrong: 'Security code is not valid',
  unknown: 'Security code is not valid',
  expired: 'Security code has expired',
  used: 'Security code is already verified',
} as const;

/** What Django says of a password. */
export const PASSWORD_TEXTS = {
  too_short: 'This password is too short. It must contain at least 8 characters.',
  too_long: 'Ensure this field has no more than 128 characters.',
  too_common: 'This password is too common.',
} as const;

/** What the original answers to a code, or to a session token, that is not right. */
export function codeRefusal(reason: keyof typeof CODE_TEXTS): Refusal {
  return refusal(400, { non_field_errors: [CODE_TEXTS[reason]] });
}

/** The answer to whatever was thrown. */
export function answerTo(error: unknown): Answer {
  if (isRefusal(error)) return error.answer;
  if (isPhoneAuthError(error)) {
    const { status, body } = answerOf(error);
    return { status, body, headers: error.headers };
  }
  const status = statusOf(error);
  if (status === 413) return { status, body: { detail: 'Request body is too large.' }, headers: {} };
  if (status !== null) return { status, body: { detail: 'Malformed request.' }, headers: {} };
  console.error(error);
  return { status: 503, body: UNAVAILABLE, headers: {} };
}

const UNAVAILABLE = { detail: 'Service temporarily unavailable, try again later.' };

function answerOf(error: AnyPhoneAuthError): Omit<Answer, 'headers'> {
  switch (error.code) {
    case 'invalid_code':
      return codeRefusal(error.details.reason).answer;
    case 'attempts_exhausted':
      return { status: 400, body: { non_field_errors: ['Too many failed verification attempts. Please request a new code.'] } };
    case 'invalid_phone_number':
      return { status: 400, body: { phone_number: ['Enter a valid phone number.'] } };
    case 'phone_number_taken':
      return { status: 400, body: { phone_number: ['user with this phone number already exists.'] } };
    case 'profile_required':
      return { status: 400, body: { username: ['A user with that username already exists.'] } };
    case 'weak_password':
      return { status: 400, body: { password: [PASSWORD_TEXTS[error.details.reason]] } };
    case 'rate_limited':
      return { status: 429, body: { detail: throttled(error.details.retryAfterSeconds) } };
    case 'invalid_proof':
    case 'invalid_session':
      return { status: 403, body: { detail: NOT_AUTHENTICATED } };
    case 'account_disabled':
      return { status: 403, body: { detail: 'User inactive or deleted.' } };
    case 'account_not_found':
      return { status: 404, body: { detail: NOT_FOUND } };
    case 'invalid_credentials':
    case 'refused_by_policy':
      return { status: 403, body: { detail: NOT_PERMITTED } };
    case 'delivery_failed':
      return { status: 502, body: { detail: 'The security code could not be sent. Please try again later.' } };
    case 'unavailable':
      return { status: 503, body: UNAVAILABLE };
    default:
      return { status: 400, body: { detail: 'Malformed request.' } };
  }
}

function throttled(seconds: number): string {
  return `Request was throttled. Expected available in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'answer' in error;
}

// What Express and its body parsers refuse says so by a status.
function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
