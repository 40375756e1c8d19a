import assert from 'node:assert/strict';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { assertHolds, assertRefused, assertStatus, bearer, cookiesOf, type HttpCase, type HttpWorld, issuesOf } from './http-world.ts';

const site = { publicOrigin: 'https://acme.example', trustedOrigins: ['https://app.acme.example'] };
const ours = { origin: 'https://acme.example' };
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax; Secure';
const CLEARED = ['access', 'refresh'].map((name) => `__Host-ringlatch-${name}=; Max-Age=0; ${ATTRIBUTES}`);

const FOREIGN: readonly Readonly<Record<string, string>>[] = [
  {},
  { origin: 'null' },
  { origin: '' },
  { origin: 'https://evil.example' },
  { origin: 'http://acme.example' },
  { origin: 'https://acme.example:8443' },
  { origin: 'https://acme.example.evil.example' },
  { origin: 'https://acme.example, https://evil.example' },
  { origin: 'https://ACME.example' },
  { origin: 'http://127.0.0.1', 'x-forwarded-host': 'acme.example' },
  { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'none' },
  { referer: 'https://acme.example/' },
];

/** Tokens in cookies, and the origins that this asks for. */
export const HTTP_COOKIE_CASES: readonly HttpCase[] = [
  {
    id: 'H-COOKIE-01',
    name: 'MUST carry the tokens in cookies and in no body where it is told to',
    options: { cookies: site },
    guard: { cookies: site },
    body: async ({ call, get, post, code, nextPhoneNumber }) => {
      const signedIn = await post('/auth/sign-in/code', await code(nextPhoneNumber()), ours);
      assertStatus(signedIn, 201);
      for (const key of ['accessToken', 'refreshToken', 'deviceToken']) assert.ok(!(key in signedIn.json));
      assert.deepEqual(
        signedIn.headers.getSetCookie().map((line) => line.replace(/=[^;]+/, '=')),
        [
          `__Host-ringlatch-access=; Max-Age=600; ${ATTRIBUTES}`,
          `__Host-ringlatch-refresh=; Max-Age=2592000; ${ATTRIBUTES}`,
          `__Host-ringlatch-device=; Max-Age=15552000; ${ATTRIBUTES}`,
        ],
      );
      assertStatus(await get('/auth/session', cookiesOf(signedIn)), 200);
      assertHolds((await get('/guarded', cookiesOf(signedIn))).json, { userId: signedIn.json.userId });

      const refreshed = await call({ method: 'POST', path: '/auth/session/refresh', headers: { ...cookiesOf(signedIn), ...ours } });
      assertStatus(refreshed, 200);
      assert.ok(!('accessToken' in refreshed.json) && !('refreshToken' in refreshed.json));
      assert.equal(refreshed.headers.getSetCookie().length, 2);

      const headers = { ...cookiesOf(refreshed), ...ours };
      const ended = await call({ method: 'POST', path: '/auth/session/end', headers });
      assert.deepEqual([ended.status, ended.headers.getSetCookie()], [204, CLEARED]);
      for (const given of [headers, ours]) {
        const late = await call({ method: 'POST', path: '/auth/session/refresh', headers: given });
        assertRefused(late, 400, 'invalid_session');
        assert.deepEqual(late.headers.getSetCookie(), CLEARED);
      }
      assertStatus(await call({ method: 'POST', path: '/auth/session/end', headers: ours }), 204);
    },
  },
  {
    id: 'H-COOKIE-02',
    name: 'MUST clear the cookies when the own session is ended by its id, and not for another',
    options: { cookies: site },
    body: async ({ call, post, code, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const there = await post('/auth/sign-in/code', await code(phoneNumber), ours);
      clock.advance(60);
      const here = await post('/auth/sign-in/code', await code(phoneNumber), ours);
      const headers = { ...cookiesOf(here), ...ours };
      const other = await call({ method: 'DELETE', path: `/auth/sessions/${there.json.sessionId}`, headers });
      assert.deepEqual([other.status, other.headers.getSetCookie()], [204, []]);
      const own = await call({ method: 'DELETE', path: `/auth/sessions/${here.json.sessionId}`, headers });
      assert.deepEqual([own.status, own.headers.getSetCookie().length], [204, 2]);
    },
  },
  {
    id: 'H-COOKIE-03',
    name: 'MUST take a cookie that is there twice, quoted or odd for none',
    options: { cookies: site },
    body: async ({ get, post, code, nextPhoneNumber }) => {
      const [access = ''] = cookiesOf(await post('/auth/sign-in/code', await code(nextPhoneNumber()), ours)).cookie.split('; ');
      const value = access.split('=')[1];
      const table: Readonly<Record<string, number>> = {
        [access]: 200,
        [`a=b; ${access}; c="d"; =; e`]: 200,
        [`${access}; ${access}`]: 401,
        [`${access}; __Host-ringlatch-access=x`]: 401,
        [`__Host-ringlatch-access="${value}"`]: 401,
        [`__host-ringlatch-access=${value}`]: 401,
        [`ringlatch-access=${value}`]: 401,
        [`x__Host-ringlatch-access=${value}`]: 401,
        '__Host-ringlatch-access=': 401,
        '__Host-ringlatch-access': 401,
      };
      for (const [cookie, status] of Object.entries(table)) assertStatus(await get('/auth/session', { cookie }), status, cookie);
    },
  },
  {
    id: 'H-COOKIE-04',
    name: 'MUST give cookies that work on plain localhost with the development switch',
    options: { cookies: { publicOrigin: 'http://localhost:3000', development: true } },
    body: async ({ post, code, nextPhoneNumber }) => {
      const reply = await post('/auth/sign-in/code', await code(nextPhoneNumber()), { origin: 'http://localhost:3000' });
      assert.match(reply.headers.getSetCookie()[0] ?? '', /^ringlatch-access=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    },
  },
  {
    id: 'H-COOKIE-05',
    name: 'MUST take cookies for nothing without the option, and ask for no origin',
    body: async ({ get, post, signIn }) => {
      const { json } = await signIn();
      assertStatus(await get('/auth/session', { cookie: `__Host-ringlatch-access=${json.accessToken}` }), 401);
      const missing = await post('/auth/session/end', {});
      assertStatus(missing, 400);
      assert.deepEqual(issuesOf(missing), ['refreshToken']);
    },
  },
  {
    id: 'H-ORIGIN-01',
    name: 'MUST refuse an unsafe request by cookie, or for cookies, that comes from no page of ours',
    options: { cookies: site },
    guard: { cookies: site },
    body: async ({ call, post, code, nextPhoneNumber, clock }) => {
      const answer = await code(nextPhoneNumber());
      for (const headers of FOREIGN) {
        const reply = await post('/auth/sign-in/code', answer, headers);
        assertRefused(reply, 403, 'refused_by_policy', JSON.stringify(headers));
        assert.deepEqual(reply.headers.getSetCookie(), []);
      }
      const trusted = { origin: 'https://app.acme.example', 'sec-fetch-site': 'cross-site' };
      const signedIn = await post('/auth/sign-in/code', answer, trusted);
      assertStatus(signedIn, 201);
      const cookies = cookiesOf(signedIn);
      for (const headers of FOREIGN) {
        for (const [method, path] of [
          ['POST', '/auth/session/refresh'],
          ['POST', '/auth/session/end'],
          ['DELETE', '/auth/sessions'],
          ['DELETE', `/auth/sessions/${signedIn.json.sessionId}`],
          ['PUT', '/auth/phone-number'],
          ['POST', '/guarded'],
        ] as const) {
          const reply = await call({ method, path, headers: { ...cookies, ...headers } });
          assertRefused(reply, 403, 'refused_by_policy', `${method} ${path} ${JSON.stringify(headers)}`);
        }
      }
      clock.advance(60);
      assertStatus(await post('/auth/codes', { purpose: 'change-phone-number', phoneNumber: nextPhoneNumber() }, cookies), 403);
      const here = { ...cookies, 'sec-fetch-site': 'same-origin' };
      assertStatus(await call({ method: 'POST', path: '/guarded', headers: here }), 200);
      assertStatus(await call({ method: 'POST', path: '/auth/session/refresh', headers: here }), 200);
    },
  },
  {
    id: 'H-ORIGIN-02',
    name: 'MUST ask for no origin beside a bearer, and let it go before a cookie',
    options: { cookies: site },
    guard: { cookies: site },
    body: async (world) => {
      const { call, get, auth, client, post, code, nextPhoneNumber } = world;
      const browser = await post('/auth/sign-in/code', await code(nextPhoneNumber()), ours);
      const userId = await someUser(world);
      const { accessToken } = await auth.startSession({ userId, client });
      const headers = { ...cookiesOf(browser), ...bearer({ ...browser, json: { accessToken } }) };
      assertHolds((await call({ method: 'POST', path: '/guarded', headers })).json, { userId });
      assertStatus(await call({ method: 'DELETE', path: '/auth/sessions', headers }), 204);
      assertStatus(await get('/auth/session', { ...cookiesOf(browser), authorization: 'Bearer x' }), 401);
      const basic = await get('/auth/session', { ...cookiesOf(browser), authorization: 'Basic dTpw' });
      assertHolds(basic.json, { userId: browser.json.userId });
    },
  },
];

async function someUser({ nextPhoneNumber, storage }: Pick<HttpWorld, 'nextPhoneNumber' | 'storage'>): Promise<string> {
  const phoneNumber = nextPhoneNumber() as PhoneNumber;
  const made = await storage.users.create({ phoneNumber, profile: {}, passwordHash: null, now: 0 });
  assert.equal(made.is, 'created');
  return made.user.id;
}
