import assert from 'node:assert/strict';
import { BAD_BODIES, type BadBody } from './bad-bodies.ts';
import { assertHolds, assertRefused, assertStatus, bearer, type HttpCase, type HttpWorld, issuesOf } from './http-world.ts';

/** Methods, paths and bodies. */
export const HTTP_ROUTE_CASES: readonly HttpCase[] = [
  {
    id: 'H-ROUTE-01',
    name: 'MUST mount the chosen routes only',
    options: { routes: ['requestCode', 'signInWithCode'] },
    body: async ({ get, signIn }) => {
      const me = await signIn();
      assertStatus(me, 201);
      assertStatus(await get('/auth/session', bearer(me)), 404);
    },
  },
  {
    id: 'H-ROUTE-02',
    name: 'MUST publish its keys, none of them secret',
    body: async ({ get }) => {
      const { status, headers, json } = await get('/auth/.well-known/jwks.json');
      assert.deepEqual([status, headers.get('cache-control'), json], [200, 'no-store', { keys: [] }]);
    },
  },
  {
    id: 'H-ROUTE-03',
    name: 'MUST answer a wrong method with 405 and those that are right, and OPTIONS with them too',
    body: async ({ call }) => {
      const table = {
        '/auth/codes': 'POST, OPTIONS',
        '/auth/sessions': 'GET, HEAD, DELETE, OPTIONS',
        '/auth/sessions/x': 'DELETE, OPTIONS',
        '/auth/session': 'GET, HEAD, OPTIONS',
      };
      for (const [path, allow] of Object.entries(table)) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !allow.includes(one))) {
          const { status, headers, json } = await call({ method, path });
          assert.deepEqual([status, headers.get('allow'), headers.get('cache-control')], [405, allow, 'no-store'], `${method} ${path}`);
          if (method !== 'HEAD') assertHolds(json, { status: 405, code: 'invalid_input' });
        }
        const options = await call({ method: 'OPTIONS', path });
        assert.deepEqual([options.status, options.headers.get('allow'), options.text], [204, allow, '']);
      }
    },
  },
  {
    id: 'H-ROUTE-04',
    name: 'MUST answer HEAD as GET without the body',
    body: async ({ call, signIn }) => {
      const headers = bearer(await signIn());
      const reply = await call({ method: 'HEAD', path: '/auth/session', headers });
      assert.deepEqual([reply.status, reply.text, reply.headers.get('content-type')], [200, '', 'application/json']);
      assertStatus(await call({ method: 'HEAD', path: '/auth/session' }), 401);
    },
  },
  {
    id: 'H-ROUTE-05',
    name: 'MUST leave an unknown path alone',
    body: async ({ post }) => {
      const under = ['/auth/', '/auth/nothing', '/auth/codes/', '/auth/Codes', '/auth/codes/validate/x', '/auth/sessions//'];
      for (const path of [...under, '/authx/codes']) assertStatus(await post(path, {}), 404, path);
      assertStatus(await post('/auth/codes?x=1', {}), 400);
    },
  },
  {
    id: 'H-ROUTE-06',
    name: 'MUST forbid to store any answer',
    body: async ({ get, post, signIn, nextPhoneNumber }) => {
      const me = await signIn();
      const replies = [me, await get('/auth/session', bearer(me)), await get('/auth/sessions'), await post('/auth/codes', {})];
      for (const { headers } of [...replies, await post('/auth/codes', { phoneNumber: nextPhoneNumber() })]) {
        assert.equal(headers.get('cache-control'), 'no-store');
      }
    },
  },
  {
    id: 'H-BODY-01',
    name: 'MUST refuse bodies that mean nothing, and send nothing',
    body: (world) =>
      refuseAll(
        world,
        BAD_BODIES.filter(({ beyondParsers }) => !beyondParsers),
      ),
  },
  {
    id: 'H-BODY-03',
    name: 'MUST read 4096 bytes, and no more',
    body: async ({ call }) => {
      const headers = { 'content-type': 'application/json' };
      const ofBytes = (bytes: number): string => `{"phoneNumber":"${'1'.repeat(bytes - 18)}"}`;
      assertRefused(await call({ method: 'POST', path: '/auth/codes', body: ofBytes(4096), headers }), 422, 'invalid_phone_number');
      assertRefused(await call({ method: 'POST', path: '/auth/codes', body: ofBytes(4097), headers }), 413, 'invalid_input');
    },
  },
  {
    id: 'H-BODY-04',
    name: 'MUST take every spelling of the content type of JSON',
    body: async ({ call, nextPhoneNumber }) => {
      for (const contentType of [
        'application/json',
        'APPLICATION/JSON; charset=UTF-8',
        'application/json;charset="utf-8"',
        'application/json ; a=b',
      ]) {
        const body = JSON.stringify({ phoneNumber: nextPhoneNumber() });
        const reply = await call({ method: 'POST', path: '/auth/codes', body, headers: { 'content-type': contentType } });
        assertStatus(reply, 202, contentType);
      }
    },
  },
  {
    id: 'H-BODY-05',
    name: 'MUST name what is wrong with a body by its path',
    body: async ({ post }) => {
      const code = '123456';
      const table: readonly (readonly [path: string, json: object, issue: string])[] = [
        ['/auth/sign-in/code', {}, 'code'],
        ['/auth/sign-in/code', { code }, 'challengeId'],
        ['/auth/sign-in/code', { code: 123_456, challengeId: 'x' }, 'code'],
        ['/auth/sign-in/code', { code: '', challengeId: 'x' }, 'code'],
        ['/auth/sign-in/code', { code: ['1'], challengeId: 'x' }, 'code'],
        ['/auth/sign-in/code', { code, challengeId: null }, 'challengeId'],
        ['/auth/sign-in/code', { code, challengeId: 'x', deviceToken: 1 }, 'deviceToken'],
        ['/auth/sign-in/code', { code, challengeId: 'x', purpose: 'sign-in' }, 'purpose'],
        ['/auth/sign-in/code', { proof: 'x', code }, 'proof'],
        ['/auth/login/code', { code, challengeId: 'x', reference: 'x' }, 'reference'],
        ['/auth/codes/validate', { proof: 'x' }, 'proof'],
        ['/auth/codes/validate', { code }, 'challengeId'],
        ['/auth/register/code', { proof: 'x', session: false }, 'session'],
        ['/auth/register/code', { proof: 'x', profile: {} }, 'profile'],
        ['/auth/session/refresh', { refreshToken: null }, 'refreshToken'],
        ['/auth/session/refresh', {}, 'refreshToken'],
        ['/auth/session/end', { refreshToken: '' }, 'refreshToken'],
      ];
      for (const [path, json, issue] of table) {
        const reply = await post(path, json);
        assertRefused(reply, 400, 'invalid_input', `${path} ${JSON.stringify(json)}`);
        assert.deepEqual(issuesOf(reply), [issue]);
      }
    },
  },
];

/** For hosts whose bodies reach the routes as they were sent. */
export const HTTP_RAW_BODY_CASES: readonly HttpCase[] = [
  {
    id: 'H-BODY-02',
    name: 'MUST refuse bodies that a lax parser would take or change',
    body: (world) =>
      refuseAll(
        world,
        BAD_BODIES.filter(({ beyondParsers }) => beyondParsers),
      ),
  },
];

async function refuseAll({ call, post, inbox, nextPhoneNumber }: HttpWorld, bodies: readonly BadBody[]): Promise<void> {
  for (const { name, body, contentType = 'application/json', headers, status, issue } of bodies) {
    const reply = await call({
      method: 'POST',
      path: '/auth/codes',
      // A text would bring a content type of its own.
      body: contentType === null ? new TextEncoder().encode(String(body)) : body,
      headers: { ...(contentType !== null && { 'content-type': contentType }), ...headers },
    });
    assertRefused(reply, status, 'invalid_input', name);
    assert.equal(reply.headers.get('content-type'), 'application/problem+json', name);
    assert.equal(reply.headers.get('cache-control'), 'no-store', name);
    assertHolds(reply.json, { type: 'urn:ringlatch:error:invalid_input', status });
    if (issue !== undefined) assert.equal(issuesOf(reply)[0], issue, name);
  }
  assert.deepEqual(inbox.messages(), []);
  assert.deepEqual(Object.keys(Object.prototype), []);
  assertStatus(await post('/auth/codes', { phoneNumber: nextPhoneNumber() }), 202);
}
