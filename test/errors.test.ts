import { describe, expect, it } from 'vitest';
import {
  type AnyPhoneAuthError,
  isPhoneAuthError,
  PHONE_AUTH_ERROR_STATUS,
  PhoneAuthError,
  type PhoneAuthErrorCode,
  type PhoneAuthErrorDetails,
  smsError,
} from '../src/errors.ts';
import { problemOf } from '../src/http/problem.ts';

const answer = {
  challengeId: 'c',
  phoneNumber: '+12015550123',
  codeLength: 6,
  channel: 'sms',
  expiresAt: 1,
  expiresInSeconds: 1,
  resendAt: 1,
  resendInSeconds: 1,
} as const;

const TABLE: { readonly [Code in PhoneAuthErrorCode]: readonly [status: number, details: PhoneAuthErrorDetails[Code]] } = {
  invalid_input: [400, { issues: [{ path: 'a', message: 'b' }] }],
  profile_required: [422, { proof: 'p', issues: [] }],
  invalid_phone_number: [422, { reason: 'unparseable' }],
  invalid_code: [400, { reason: 'wrong', attemptsLeft: 4 }],
  attempts_exhausted: [400, {}],
  invalid_proof: [400, {}],
  rate_limited: [429, { retryAfterSeconds: 30, limit: 'smsPerDay' }],
  invalid_credentials: [400, {}],
  phone_number_taken: [409, { proof: 'p' }],
  account_not_found: [404, {}],
  account_disabled: [403, {}],
  invalid_session: [400, { reason: 'reused' }],
  invalid_token: [401, {}],
  reauthentication_required: [401, {}],
  weak_password: [422, { reason: 'too_common' }],
  delivery_failed: [502, { retryable: true, ...answer }],
  refused_by_policy: [403, { challenge: 'captcha' }],
  unavailable: [503, { retryAfterSeconds: 5, proof: 'p' }],
};
const CODES = Object.keys(TABLE) as PhoneAuthErrorCode[];

function errorOf(code: PhoneAuthErrorCode, cause?: unknown): AnyPhoneAuthError {
  return new PhoneAuthError(code, TABLE[code][1], { cause }) as AnyPhoneAuthError;
}

describe('a PhoneAuthError', () => {
  it.each(CODES)('of code %s carries what hosts need', (code) => {
    const cause = new Error('inside');
    const error = errorOf(code, cause);
    const [status, details] = TABLE[code];
    expect(error).toBeInstanceOf(Error);
    expect({ ...error }).toEqual({
      name: 'PhoneAuthError',
      code,
      details,
      status,
      statusCode: status,
      headers: error.headers,
      expose: true,
    });
    expect(error.cause).toBe(cause);
    expect(PHONE_AUTH_ERROR_STATUS[code]).toBe(status);
    expect(error.message).not.toBe('');
  });

  it('tells the waiting time and the way to authenticate in headers', () => {
    const headers = Object.fromEntries(CODES.map((code) => [code, errorOf(code).headers]));
    const withHeaders = Object.entries(headers).filter(([, some]) => Object.keys(some).length > 0);
    expect(Object.fromEntries(withHeaders)).toEqual({
      rate_limited: { 'retry-after': '30' },
      unavailable: { 'retry-after': '5' },
      invalid_token: { 'www-authenticate': 'Bearer error="invalid_token"' },
      reauthentication_required: { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' },
    });
  });
});

describe('isPhoneAuthError', () => {
  it('narrows to a union over the codes, or to those that are named', () => {
    const error: unknown = errorOf('rate_limited');
    expect(isPhoneAuthError(error)).toBe(true);
    expect(isPhoneAuthError(error, 'rate_limited')).toBe(true);
    expect(isPhoneAuthError(error, 'unavailable', 'rate_limited')).toBe(true);
    expect(isPhoneAuthError(error, 'unavailable')).toBe(false);
    if (!isPhoneAuthError(error, 'rate_limited', 'unavailable')) throw error;
    const seconds: number = error.details.retryAfterSeconds;
    expect(seconds).toBe(30);
    if (isPhoneAuthError(error) && error.code === 'rate_limited') expect(error.details.limit).toBe('smsPerDay');
  });

  it('knows errors of another copy of this module', async () => {
    const path = '../src/errors.ts?another-copy';
    const other = (await import(path)) as typeof import('../src/errors.ts');
    expect(other.PhoneAuthError).not.toBe(PhoneAuthError);
    const theirs = new other.PhoneAuthError('invalid_proof', {});
    expect(theirs).not.toBeInstanceOf(PhoneAuthError);
    expect([isPhoneAuthError(theirs, 'invalid_proof'), other.isPhoneAuthError(errorOf('invalid_proof'), 'invalid_proof')]).toEqual([
      true,
      true,
    ]);
    expect(problemOf(theirs).status).toBe(400);
  });

  it('knows no others', () => {
    const lookalike = Object.assign(new Error('x'), { name: 'PhoneAuthError', code: 'invalid_proof', details: {}, status: 400 });
    for (const error of [lookalike, new TypeError('x'), null, undefined, 'invalid_proof', 7, {}, { ...errorOf('invalid_proof') }]) {
      expect(isPhoneAuthError(error)).toBe(false);
      expect(isPhoneAuthError(error, 'invalid_proof')).toBe(false);
    }
  });
});

describe('a problem', () => {
  it.each(CODES)('of %s tells its details and never its cause', (code) => {
    const [status, details] = TABLE[code];
    const problem = problemOf(errorOf(code, new Error('postgres://user:password@host')));
    expect(problem.status).toBe(status);
    expect(problem.headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
    const body = JSON.parse(JSON.stringify(problem.body));
    const told = ['invalid_code', 'invalid_session'].includes(code) ? { ...details, reason: undefined } : details;
    expect(body).toEqual({
      type: `urn:ringlatch:error:${code}`,
      title: expect.any(String),
      status,
      code,
      ...JSON.parse(JSON.stringify(told)),
    });
    expect(JSON.stringify(problem)).not.toContain('postgres');
  });

  it('tells the reason when asked', () => {
    expect(problemOf(errorOf('invalid_code'), { exposeReason: true }).body).toMatchObject({ reason: 'wrong', attemptsLeft: 4 });
    expect(problemOf(errorOf('invalid_session'), { exposeReason: true }).body).toMatchObject({ reason: 'reused' });
  });
});

describe('an error of a sender', () => {
  it('says whether the message may still arrive', () => {
    const cause = new Error('ECONNRESET');
    const error = smsError({ kind: 'ambiguous', message: 'timed out', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ kind: 'ambiguous', message: 'timed out', cause });
    expect(smsError({ kind: 'permanent' }).message).not.toBe('');
  });
});
