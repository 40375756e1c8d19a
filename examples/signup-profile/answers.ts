import type { AnyPhoneAuthError, PhoneAuthErrorCode } from 'ringlatch';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const BEARER = { 'www-authenticate': 'Bearer realm="api"' };
const NO_USER = wrong({ non_field_errors: ['user does not exist'] });
const NO_OTP = wrong({ non_field_errors: ['OTP does not exist'] });
const NO_ACCOUNT = unauthorized({ detail: 'No active account found with the given credentials' });
const INVALID_TOKEN = notValid('Token is invalid or expired');

/** What each route says to what the library refuses; the rest is said alike everywhere. */
const ANSWERS: Readonly<Record<string, Readonly<Partial<Record<PhoneAuthErrorCode, Answer>>>>> = {
  '/otp/': { account_not_found: NO_USER, invalid_phone_number: NO_USER },
  '/signup/': {
    phone_number_taken: wrong({ phone_number: ['user with this phone number already exists.'] }),
    invalid_phone_number: wrong({ phone_number: ['Enter a valid phone number.'] }),
  },
  '/login/': {
    account_not_found: NO_USER,
    invalid_phone_number: NO_USER,
    invalid_code: NO_OTP,
    attempts_exhausted: NO_OTP,
    phone_number_taken: NO_OTP,
    account_disabled: NO_ACCOUNT,
    invalid_credentials: NO_ACCOUNT,
    invalid_input: NO_ACCOUNT,
  },
  '/token/': { invalid_credentials: NO_ACCOUNT, invalid_phone_number: NO_ACCOUNT, invalid_input: NO_ACCOUNT },
  '/token/refresh/': { invalid_input: INVALID_TOKEN },
};

/** The answer to an error of the library on a route. */
export function answerTo(path: string, error: AnyPhoneAuthError): Response {
  const { status, body, headers } = ANSWERS[path]?.[error.code] ?? answerAnywhere(error);
  return Response.json(body, { status, headers: { ...error.headers, ...headers } });
}

function answerAnywhere(error: AnyPhoneAuthError): Answer {
  switch (error.code) {
    case 'rate_limited': {
      const { retryAfterSeconds: seconds } = error.details;
      const wait = `${seconds} second${seconds === 1 ? '' : 's'}`;
      return { status: 429, body: { detail: `Request was throttled. Expected available in ${wait}.` } };
    }
    case 'refused_by_policy': {
      const needs = error.details.challenge === undefined ? '' : ` Send the ${error.details.challenge} too.`;
      return { status: 403, body: { detail: `You do not have permission to perform this action.${needs}` } };
    }
    case 'invalid_session':
      switch (error.details.reason) {
        case 'reused':
        case 'unknown':
          return notValid('Token is blacklisted');
        case 'revoked':
          return unauthorized({ detail: 'No active account found for the given token.' });
        default:
          return INVALID_TOKEN;
      }
    case 'invalid_token':
      return notValid('Token has wrong type');
    default:
      return { status: error.status, body: { detail: error.message } };
  }
}

function wrong(body: object): Answer {
  return { status: 400, body };
}

function unauthorized(body: object): Answer {
  return { status: 401, body, headers: BEARER };
}

function notValid(detail: string): Answer {
  return unauthorized({ detail, code: 'token_not_valid' });
}
