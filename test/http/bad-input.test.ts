import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestAuth } from '../kit/index.ts';
import { BAD_BODIES } from './bad-bodies.ts';
import { HOSTS, type OpenHost } from './hosts.ts';

describe.each(HOSTS)('bad input on $name', ({ name, open }) => {
  const { auth, inbox, nextPhoneNumber } = createTestAuth();
  const isParsed = name.includes('express.json');
  let host: OpenHost;
  beforeAll(async () => {
    host = await open(auth);
  });
  afterAll(() => host.close());

  test.each(BAD_BODIES.filter(({ beyondParsers = false }) => !(isParsed && beyondParsers)))(
    '$name is refused, and nothing is sent',
    async (bad) => {
      const { body, contentType = 'application/json', headers, status, issue } = bad;
      const sent = contentType === null ? new TextEncoder().encode(body as string) : body;
      const reply = await host.call({
        method: 'POST',
        path: '/auth/codes',
        body: sent,
        headers: { ...(contentType !== null && { 'content-type': contentType }), ...headers },
      });
      expect([reply.status, reply.headers.get('content-type'), reply.headers.get('cache-control')]).toEqual([
        status,
        'application/problem+json',
        'no-store',
      ]);
      expect(reply.json).toMatchObject({ type: 'urn:ringlatch:error:invalid_input', status, code: 'invalid_input' });
      if (issue !== undefined) expect(reply.json).toMatchObject({ issues: [{ path: issue }] });
      expect(inbox.messages()).toEqual([]);
    },
  );

  test('the host lives on', async () => {
    expect((await host.call({ method: 'POST', path: '/auth/codes', json: { phoneNumber: nextPhoneNumber() } })).status).toBe(202);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('exactly 4096 bytes are read', async () => {
    const body = `{"phoneNumber":"${'1'.repeat(4096 - 18)}"}`;
    const { status, json } = await host.call({
      method: 'POST',
      path: '/auth/codes',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect([body.length, status, json.code]).toEqual([4096, 422, 'invalid_phone_number']);
  });

  test.each(['application/json', 'APPLICATION/JSON; charset=UTF-8', 'application/json;charset="utf-8"', 'application/json ; a=b'])(
    '%s is JSON',
    async (contentType) => {
      const body = JSON.stringify({ phoneNumber: nextPhoneNumber() });
      expect((await host.call({ method: 'POST', path: '/auth/codes', body, headers: { 'content-type': contentType } })).status).toBe(202);
    },
  );

  test.each([
    ['/auth/sign-in/code', {}, 'code'],
    ['/auth/sign-in/code', { code: '123456' }, 'challengeId'],
    ['/auth/sign-in/code', { code: 123456, challengeId: 'x' }, 'code'],
    ['/auth/sign-in/code', { code: '', challengeId: 'x' }, 'code'],
    ['/auth/sign-in/code', { code: ['1'], challengeId: 'x' }, 'code'],
    ['/auth/sign-in/code', { code: '123456', challengeId: null }, 'challengeId'],
    ['/auth/sign-in/code', { code: '123456', challengeId: 'x', deviceToken: 1 }, 'deviceToken'],
    ['/auth/sign-in/code', { code: '123456', challengeId: 'x', purpose: 'sign-in' }, 'purpose'],
    ['/auth/sign-in/code', { proof: 'x', code: '123456' }, 'proof'],
    ['/auth/login/code', { code: '123456', challengeId: 'x', reference: 'x' }, 'reference'],
    ['/auth/codes/validate', { proof: 'x' }, 'proof'],
    ['/auth/codes/validate', { code: '123456' }, 'challengeId'],
    ['/auth/register/code', { proof: 'x', session: false }, 'session'],
    ['/auth/register/code', { proof: 'x', profile: {} }, 'profile'],
    ['/auth/session/refresh', { refreshToken: null }, 'refreshToken'],
    ['/auth/session/refresh', {}, 'refreshToken'],
    ['/auth/session/end', { refreshToken: '' }, 'refreshToken'],
  ])('%s refuses %j', async (path, json, issue) => {
    const reply = await host.call({ method: 'POST', path, json });
    expect([reply.status, reply.json.issues]).toEqual([400, [{ path: issue, message: expect.any(String) }]]);
  });
});
