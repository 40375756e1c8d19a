import { expect, test } from 'vitest';
import { isPhoneAuthError } from '../../src/errors.ts';
import { type Bodies, read } from '../../src/http/schemas.ts';

function issuesOf(name: keyof Bodies, body: unknown): readonly string[] {
  try {
    read(name, body);
    return [];
  } catch (error) {
    if (!isPhoneAuthError(error, 'invalid_input')) throw error;
    return error.details.issues.map(({ path, message }) => `${path}: ${message}`);
  }
}

test.each<[keyof Bodies, unknown, readonly string[]]>([
  ['request', null, [': must be an object']],
  ['request', [], [': must be an object']],
  ['request', 'x', [': must be an object']],
  [
    'request',
    { phoneNumber: 1, purpose: 'x' },
    ['phoneNumber: must be a string', expect.stringMatching(/^purpose: must be one of sign-in, /)],
  ],
  ['request', { channel: ['sms'] }, ['channel: must be one of sms, whatsapp, voice']],
  ['request', { profile: [] }, ['profile: must be an object']],
  ['request', { phoneNumber: null, profile: null }, ['phoneNumber: must be a string', 'profile: must be an object']],
  ['login', { code: '', userId: 'x' }, ['code: must not be empty', 'userId: is not an argument']],
  ['status', {}, ['phoneNumber: is required']],
  ['status', { toString: 'x' }, ['phoneNumber: is required', 'toString: is not an argument']],
  ['password', { newPassword: '', proof: {} }, ['newPassword: must not be empty', 'proof: must be a string']],
])('a body for %s that is %j is told all that is wrong with it', (name, body, issues) => {
  expect(issuesOf(name, body)).toEqual(issues);
});

test('a body that means something is handed on as it is', () => {
  const body = { phoneNumber: '+12015550100', purpose: 'login', profile: { name: 'x' } };
  expect(read('request', body)).toEqual(body);
});
