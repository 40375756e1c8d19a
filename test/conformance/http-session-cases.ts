import assert from 'node:assert/strict';
import type { PasswordHasher } from '../../src/ports/password-hasher.ts';
import { assertHolds, assertRefused, assertStatus, bearer, type HttpCase, type HttpReply } from './http-world.ts';

const TOKEN_TIMES = ['accessTokenExpiresAt', 'accessTokenExpiresInSeconds', 'refreshTokenExpiresAt', 'refreshTokenExpiresInSeconds'];

// Hashes nothing: what is tried here is the host.
const passwords: PasswordHasher = {
  hash: async ({ password }) => `$plain$${password}`,
  verify: async ({ password, hash }) => ({ ok: hash === `$plain$${password}`, needsRehash: false }),
};

/** Sessions, passwords, numbers and guards. */
export const HTTP_SESSION_CASES: readonly HttpCase[] = [
  {
    id: 'H-SESSION-01',
    name: 'MUST show, refresh, list and end a session',
    body: async ({ get, post, signIn }) => {
      const first = await signIn();
      const shown = await get('/auth/session', bearer(first));
      assertStatus(shown, 200);
      const { userId, sessionId } = first.json;
      assertHolds(shown.json, { userId, sessionId, amr: ['sms'], expiresInSeconds: 600, claims: {} });
      const next = await post('/auth/session/refresh', { refreshToken: first.json.refreshToken });
      assertStatus(next, 200);
      const names = ['accessToken', 'refreshToken', ...TOKEN_TIMES, 'sessionId', 'userId'];
      assert.deepEqual(Object.keys(next.json).toSorted(), names.toSorted());
      const [listed, ...others] = sessionsIn(await get('/auth/sessions', bearer(next)));
      assertHolds(listed ?? {}, { sessionId, expiresInSeconds: 30 * 86_400 });
      assert.deepEqual(others, []);
      const ended = await post('/auth/session/end', { refreshToken: next.json.refreshToken });
      assert.deepEqual([ended.status, ended.text, ended.headers.get('content-type')], [204, '', null]);
      const late = await post('/auth/session/refresh', { refreshToken: next.json.refreshToken });
      assertRefused(late, 400, 'invalid_session');
      assert.ok(!('reason' in late.json));
    },
  },
  {
    id: 'H-SESSION-02',
    name: "MUST end one session by its id, all others at once, and a stranger's not at all",
    body: async ({ call, get, signIn, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const here = await signIn(phoneNumber);
      clock.advance(100);
      const there = await signIn(phoneNumber);
      const stranger = await signIn();
      const count = async (): Promise<number> => sessionsIn(await get('/auth/sessions', bearer(here))).length;
      const end = (path: string, by: HttpReply): Promise<HttpReply> => call({ method: 'DELETE', path, headers: bearer(by) });
      assertStatus(await end(`/auth/sessions/${there.json.sessionId}`, stranger), 204);
      assert.equal(await count(), 2);
      assertStatus(await end(`/auth/sessions/${there.json.sessionId}`, here), 204);
      assert.equal(await count(), 1);
      clock.advance(300);
      await signIn(phoneNumber);
      assert.equal(await count(), 2);
      assertStatus(await end('/auth/sessions', here), 204);
      assert.equal(await count(), 1);
    },
  },
  {
    id: 'H-TOKEN-01',
    name: 'MUST refuse a missing, malformed or foreign access token',
    body: async ({ get, signIn }) => {
      const { json } = await signIn();
      const malformed = ['Bearer', 'Bearer ', `Bearer  ${json.accessToken}`, `Bearer ${json.accessToken} x`, `Basic ${json.accessToken}`];
      for (const authorization of [undefined, ...malformed, `Bearer ${json.refreshToken}`, 'Bearer é']) {
        for (const path of ['/auth/session', '/guarded']) {
          const reply = await get(path, authorization === undefined ? {} : { authorization });
          assertRefused(reply, 401, 'invalid_token', `${path} with ${authorization}`);
          assert.equal(reply.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
        }
      }
      assertStatus(await get('/auth/session', { authorization: `bEARER ${json.accessToken}` }), 200);
    },
  },
  {
    id: 'H-PASSWORD-01',
    name: 'MUST log in by password, reset it, and change it soon after signing in',
    config: { passwords },
    body: async ({ call, post, code, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const login = (password: string): Promise<HttpReply> => post('/auth/login/password', { phoneNumber, password });
      const put = (json: object, by: HttpReply): Promise<HttpReply> =>
        call({ method: 'PUT', path: '/auth/password', json, headers: bearer(by) });
      assertStatus(await post('/auth/register/code', { ...(await code(phoneNumber)), password: 'correct horse 1' }), 201);
      assertRefused(await login('wrong horse 1'), 400, 'invalid_credentials');
      const first = await login('correct horse 1');
      assertStatus(first, 200);
      const change = { currentPassword: 'correct horse 1', newPassword: 'correct horse 2' };
      clock.advance(301);
      const late = await put(change, first);
      assertRefused(late, 401, 'reauthentication_required');
      assert.equal(late.headers.get('www-authenticate'), 'Bearer error="insufficient_user_authentication"');
      const again = await login('correct horse 1');
      clock.advance(300);
      const changed = await put(change, again);
      assert.deepEqual([changed.status, changed.text], [204, '']);
      assertStatus(await post('/auth/session/refresh', { refreshToken: again.json.refreshToken }), 200);
      assertStatus(await post('/auth/session/refresh', { refreshToken: first.json.refreshToken }), 400);
      const answer = await code(phoneNumber, { purpose: 'reset-password' });
      const reset = await post('/auth/password/reset', { ...answer, newPassword: 'correct horse 3' });
      assertStatus(reset, 200);
      assertStatus(await login('correct horse 3'), 200);
      const weak = await put({ currentPassword: 'correct horse 3', newPassword: 'short' }, reset);
      assertRefused(weak, 422, 'weak_password');
      assert.equal(weak.json.reason, 'too_short');
      assertRefused(await put({ newPassword: 'correct horse 4' }, reset), 400, 'invalid_input');
    },
  },
  {
    id: 'H-PASSWORD-02',
    name: 'MUST have no routes for passwords without a hasher, and take none at registration',
    body: async ({ call, post, code, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      assertStatus(await post('/auth/login/password', { phoneNumber, password: 'correct horse 1' }), 404);
      assertStatus(await post('/auth/password/reset', {}), 404);
      assertStatus(await call({ method: 'PUT', path: '/auth/password', json: {} }), 404);
      const reply = await post('/auth/register/code', { ...(await code(phoneNumber)), password: 'correct horse 1' });
      assertRefused(reply, 400, 'invalid_input');
    },
  },
  {
    id: 'H-NUMBER-01',
    name: 'MUST change a number by a code to the new one, soon after signing in, and keep this session',
    body: async ({ call, post, code, signIn, nextPhoneNumber, clock }) => {
      const me = await signIn();
      const newNumber = nextPhoneNumber();
      const anonymous = await post('/auth/codes', { phoneNumber: newNumber, purpose: 'change-phone-number' });
      assertRefused(anonymous, 401, 'invalid_token');
      const json = await code(newNumber, { purpose: 'change-phone-number' }, bearer(me));
      const change = (): Promise<HttpReply> => call({ method: 'PUT', path: '/auth/phone-number', json, headers: bearer(me) });
      const changed = await change();
      assert.deepEqual([changed.status, changed.json], [200, { user: { id: me.json.userId, phoneNumber: newNumber } }]);
      assertStatus(await post('/auth/session/refresh', { refreshToken: me.json.refreshToken }), 200);
      clock.advance(301);
      assertRefused(await change(), 401, 'reauthentication_required');
    },
  },
  {
    id: 'H-GUARD-01',
    name: 'MUST tell behind the guard who is there',
    body: async ({ get, call, signIn }) => {
      const me = await signIn();
      const { userId, sessionId } = me.json;
      assertHolds((await get('/guarded', bearer(me))).json, { userId, sessionId, amr: ['sms'] });
      assertHolds((await call({ method: 'POST', path: '/guarded', headers: bearer(me) })).json, { userId, sessionId });
    },
  },
  {
    id: 'H-GUARD-02',
    name: 'MUST let strangers pass an optional guard, and bad tokens not',
    guard: { optional: true },
    body: async ({ get, signIn }) => {
      assert.equal((await get('/guarded')).text, 'null');
      assertStatus(await get('/guarded', { authorization: 'Bearer x' }), 401);
      const me = await signIn();
      assertHolds((await get('/guarded', bearer(me))).json, { userId: me.json.userId });
    },
  },
  {
    id: 'H-GUARD-03',
    name: 'MUST ask for a recent authentication and a live session where the guard does',
    guard: { checkSession: true, maxAgeSeconds: 60 },
    body: async ({ get, post, signIn, clock }) => {
      const me = await signIn();
      clock.advance(60);
      assertStatus(await get('/guarded', bearer(me)), 200);
      clock.advance(1);
      assertRefused(await get('/guarded', bearer(me)), 401, 'reauthentication_required');
      const other = await signIn();
      await post('/auth/session/end', { refreshToken: other.json.refreshToken });
      assertRefused(await get('/guarded', bearer(other)), 401, 'invalid_token');
    },
  },
];

function sessionsIn({ json }: HttpReply): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(json.sessions) ? json.sessions : [];
}
