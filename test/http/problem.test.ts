import { expect, test } from 'vitest';
import { PHONE_AUTH_ERROR_STATUS, PhoneAuthError, type PhoneAuthErrorCode, type PhoneAuthErrorDetails } from '../../src/errors.ts';
import { problemOf } from '../../src/http/problem.ts';

const request = {
  challengeId: 'x',
  phoneNumber: '+12015550100',
  codeLength: 6,
  channel: 'sms',
  expiresAt: 1,
  expiresInSeconds: 1,
  resendAt: 1,
  resendInSeconds: 1,
} as const;

const DETAILS: PhoneAuthErrorDetails = {
  invalid_input: { issues: [{ path: 'code', message: 'must be a string' }] },
  profile_required: { proof: 'x', issues: [] },
  invalid_phone_number: { reason: 'unparseable' },
  invalid_code: { reason: 'wrong', attemptsLeft: 4 },
  attempts_exhausted: {},
  invalid_proof: {},
  rate_limited: { retryAfterSeconds: 30, limit: 'sendsPerNumber' },
  invalid_credentials: {},
  phone_number_taken: { proof: 'x' },
  account_not_found: { proof: 'x' },
  account_disabled: {},
  invalid_session: { reason: 'reused' },
  invalid_token: {},
  reauthentication_required: {},
  weak_password: { reason: 'too_short' },
  delivery_failed: { retryable: true, ...request },
  refused_by_policy: { challenge: 'captcha' },
  unavailable: { retryAfterSeconds: 5, proof: 'x' },
};

const codes = Object.keys(PHONE_AUTH_ERROR_STATUS) as PhoneAuthErrorCode[];
const errorOf = (code: PhoneAuthErrorCode): PhoneAuthError =>
  new PhoneAuthError(code, DETAILS[code], { cause: new Error('SELECT secret FROM rows') });

test.each(codes)('%s has the members of a problem and its details, nothing else', (code) => {
  const { status, headers, body } = problemOf(errorOf(code), { exposeReason: true });
  expect(body).toEqual({
    type: `urn:ringlatch:error:${code}`,
    title: expect.any(String),
    status: PHONE_AUTH_ERROR_STATUS[code],
    code,
    ...DETAILS[code],
  });
  expect(status).toBe(body.status);
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  expect(JSON.stringify(body)).not.toMatch(/SELECT|stack|cause/);
});

test.each(codes)('%s says when to come back or how to authenticate, in the header that HTTP has for it', (code) => {
  const { headers } = problemOf(errorOf(code));
  expect(headers['retry-after']).toBe({ rate_limited: '30', unavailable: '5' }[code as string]);
  expect(headers['www-authenticate'] !== undefined).toBe(PHONE_AUTH_ERROR_STATUS[code] === 401);
});

test('reasons that help a guesser are kept, others are told', () => {
  const told = codes.filter((code) => 'reason' in DETAILS[code] && JSON.stringify(problemOf(errorOf(code)).body).includes('reason'));
  expect(told).toEqual(['invalid_phone_number', 'weak_password']);
});
