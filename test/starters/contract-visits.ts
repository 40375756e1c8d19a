import assert from 'node:assert/strict';
import type { Conversation } from './conversation.ts';

type Visit = (conversation: Conversation) => Promise<void>;

/** What a JWT says, unverified. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

const oneResource: Visit = async ({ call, code, restart }) => {
  const phone_number = '+96550012345';
  assert.equal((await call('POST /otp', 201, { phone_number })).body.usage, 'register');
  const verification_code = await code();
  await call('POST /otp', 400, { phone_number });
  await restart();
  const first = await call('POST /otp', 201, { phone_number, verification_code });
  assert.equal(first.body.created, true);
  await call('POST /otp', 400, { phone_number, verification_code });
  assert.equal((await call('POST /otp', 201, { phone_number })).body.usage, 'auth');
  const second = await call('POST /otp', 201, { phone_number, verification_code: await code() });
  assert.equal(second.body.created, false);
  assert.equal(claimsOf(second.text('access')).user_id, claimsOf(first.text('access')).user_id);
};

const statusOtpToken: Visit = async ({ call, code, restart }) => {
  const phone_number = '09123456789';
  await call(`GET /accounts/api/status/${phone_number}/`, 404);
  await call(`GET /accounts/api/otp/${phone_number}/`, 200);
  const { text } = await call('POST /accounts/api/token/', 200, { phone_number, password: await code() });
  await restart();
  assert.deepEqual((await call(`GET /accounts/api/status/${phone_number}/`, 200)).body, { password: false });
  await call('POST /accounts/api/token/verify/', 200, { token: text('access') });
  await call('POST /accounts/api/token/refresh/', 200, { refresh: text('refresh') });
  await call('POST /accounts/api/token/blacklist/', 200, { refresh: text('refresh') });
  await call('POST /accounts/api/token/refresh/', 401, { refresh: text('refresh') });
};

const sessionToken: Visit = async ({ call, code, restart }) => {
  const phone_number = '+12015550123';
  const registered = await call('POST /api/phone/register', 200, { phone_number });
  const answer = { phone_number, session_token: registered.text('session_token'), security_code: await code() };
  await restart();
  const person = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery staple' };
  await call('POST /api/phone/verify_and_register', 200, { ...answer, ...person });
  const again = await call('POST /api/phone/register', 200, { phone_number });
  const session_token = again.text('session_token');
  const verified = await call('POST /api/phone/verify', 200, { phone_number, session_token, security_code: await code() });
  assert.equal(verified.body.message, 'Security code is valid.');
  const form = new URLSearchParams({ phone_number });
  await call('POST /login', 403, form);
  const { body, cookie } = await call('POST /login', 200, form, { cookie: verified.cookie });
  assert.deepEqual(body, { status: '200' });
  await restart();
  assert.equal((await call('GET /me', 200, undefined, { cookie })).body.phone_number, phone_number);
};

const registerLogin: Visit = async ({ call, code, restart }) => {
  const phone = '09123456789';
  await call('POST /auth/api/login/', 404, { phone });
  const registered = await call('POST /auth/api/Register/', 200, { phonenumber: phone });
  const answer = { phone, token: registered.text('token'), code: await code() };
  await restart();
  await call('POST /auth/api/verify/', 200, answer);
  await call('POST /auth/api/register/', 409, { phonenumber: phone });
  const asked = await call('POST /auth/api/login/', 200, { phone });
  const user_id = asked.text('user_id');
  const signedIn = await call('POST /auth/api/login/verify/', 200, { user_id, code: await code() });
  assert.equal(claimsOf(signedIn.text('access_token')).type, 'access');
  assert.equal(claimsOf(signedIn.text('refresh_token')).type, 'refresh');
};

const signupProfile: Visit = async ({ call, code, restart }) => {
  const phone_number = '09123456789';
  await call('POST /otp/', 400, { phone_number });
  await call('POST /signup/', 201, { phone_number, first_name: 'Ada', last_name: 'Lovelace' });
  const otp = await code();
  await restart();
  const first = await call('POST /login/', 201, { phone_number, otp });
  assert.deepEqual(first.body.user, { phone_number, first_name: 'Ada', last_name: 'Lovelace' });
  await call('POST /login/', 400, { phone_number, otp });
  await call('POST /token/refresh/', 200, { refresh: first.text('refresh') });
  await call('POST /otp/', 201, { phone_number });
  const second = await call('POST /login/', 201, { phone_number, otp: await code() });
  assert.equal(claimsOf(second.text('access')).user_id, claimsOf(first.text('access')).user_id);
};

/** What a client of the original API does with each starter that answers as one, over a restart. */
export const CONTRACT_VISITS: Readonly<Record<string, Visit>> = {
  'one-resource': oneResource,
  'status-otp-token': statusOtpToken,
  'session-token': sessionToken,
  'register-login': registerLogin,
  'signup-profile': signupProfile,
};
