import { expect } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import type { GuardOptions } from '../../src/http/guard.ts';
import type { RoutesOptions } from '../../src/http/options.ts';
import type { StandardSchemaV1 } from '../../src/index.ts';
import { createTestAuth, type TestAuth, type TestAuthOverrides } from '../kit/index.ts';
import type { Call, Reply } from './hosts.ts';

/** What a case has in hand. */
export interface World extends Omit<TestAuth<Readonly<Record<string, unknown>>>, 'signIn'> {
  readonly call: (call: Call) => Promise<Reply>;
  readonly post: (path: string, json: unknown, headers?: Readonly<Record<string, string>>) => Promise<Reply>;
  /** Requests a code over HTTP; gives its handle and the code that the SMS had. */
  readonly code: (
    phoneNumber: string,
    wish?: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{ challengeId: string; code: string | null }>;
  /** Signs in over HTTP, by default a new user. */
  readonly signIn: (phoneNumber?: string) => Promise<Reply>;
}

/** One thing that every host must do. */
export interface HttpCase {
  readonly name: string;
  readonly config?: TestAuthOverrides<Readonly<Record<string, unknown>>>;
  readonly options?: RoutesOptions;
  readonly guard?: GuardOptions;
  readonly run: (world: World) => Promise<void>;
}

/** The helpers of a case around a host. */
export function worldOf(test: TestAuth<Readonly<Record<string, unknown>>>, call: World['call']): World {
  const post: World['post'] = (path, json, headers) => call({ method: 'POST', path, json, headers });
  const code: World['code'] = async (phoneNumber, wish = {}, headers = {}) => {
    const { json } = await post('/auth/codes', { phoneNumber, ...wish }, headers);
    // where waiting would tell whether the number is known, the SMS leaves after the answer
    await test.auth.drain();
    return { challengeId: json.challengeId as unknown as string, code: test.inbox.lastCode(phoneNumber) };
  };
  const signIn: World['signIn'] = async (phoneNumber = test.nextPhoneNumber()) => post('/auth/sign-in/code', await code(phoneNumber));
  return { ...test, call, post, code, signIn };
}

/** The auth object of a case, at a whole second: tokens know no other. */
export function testAuthOf({ config }: HttpCase): TestAuth<Readonly<Record<string, unknown>>> {
  const made = createTestAuth(config);
  made.clock.advance((1000 - (made.clock.now() % 1000)) / 1000);
  return made;
}

const bearer = (reply: Reply): { authorization: string } => ({ authorization: `Bearer ${reply.json.accessToken}` });
/** The cookies of an answer as a browser would send them back. */
export const cookiesOf = (reply: Reply): { cookie: string } => ({
  cookie: reply.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; '),
});
const code = (reply: Reply): unknown => reply.json.code;

const named: StandardSchemaV1<unknown, Readonly<Record<string, unknown>>> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const { name } = value as { name?: unknown };
      return typeof name === 'string' ? { value: { name } } : { issues: [{ message: 'is required', path: ['name'] }] };
    },
  },
};

const passwords = nodePasswords();
const site = { publicOrigin: 'https://acme.example', trustedOrigins: ['https://app.acme.example'] };
const ours = { origin: 'https://acme.example' };

/** What every host must do. */
export const HTTP_CASES: readonly HttpCase[] = [
  {
    name: 'a code is requested, and signs a new number in',
    run: async ({ post, inbox, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const requested = await post('/auth/codes', { phoneNumber });
      expect(requested.status).toBe(202);
      expect(requested.json).toEqual({
        challengeId: expect.any(String),
        phoneNumber,
        codeLength: 6,
        channel: 'sms',
        expiresAt: clock.now() + 300_000,
        expiresInSeconds: 300,
        resendAt: clock.now() + 30_000,
        resendInSeconds: 30,
      });
      const signedIn = await post('/auth/sign-in/code', { challengeId: requested.json.challengeId, code: inbox.lastCode(phoneNumber) });
      expect(signedIn.status).toBe(201);
      expect(signedIn.json).toEqual({
        userId: expect.any(String),
        sessionId: expect.any(String),
        accessToken: expect.any(String),
        accessTokenExpiresAt: clock.now() + 600_000,
        accessTokenExpiresInSeconds: 600,
        refreshToken: expect.any(String),
        refreshTokenExpiresAt: clock.now() + 30 * 86_400_000,
        refreshTokenExpiresInSeconds: 30 * 86_400,
        deviceToken: expect.any(String),
        user: { id: signedIn.json.userId, phoneNumber },
        isNewUser: true,
      });
    },
  },
  {
    name: 'a known number signs in with 200, logs in, and cannot register again',
    run: async ({ post, code: codeFor, signIn, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      await signIn(phoneNumber);
      clock.advance(600);
      expect((await signIn(phoneNumber)).status).toBe(200);
      clock.advance(600);
      expect((await post('/auth/login/code', await codeFor(phoneNumber, { purpose: 'login' }))).status).toBe(200);
      clock.advance(3600);
      const taken = await post('/auth/register/code', await codeFor(phoneNumber));
      expect([taken.status, code(taken)]).toEqual([409, 'phone_number_taken']);
      expect((await post('/auth/login/code', { proof: taken.json.proof })).status).toBe(200);
    },
  },
  {
    name: 'of 64 parallel right codes one signs in',
    run: async ({ post, code: codeFor, nextPhoneNumber }) => {
      const answer = await codeFor(nextPhoneNumber());
      const replies = await Promise.all(Array.from({ length: 64 }, () => post('/auth/sign-in/code', answer)));
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(replies.filter((reply) => code(reply) === 'invalid_code')).toHaveLength(63);
    },
  },
  {
    name: 'registering answers 201',
    run: async ({ post, code: codeFor, nextPhoneNumber }) => {
      expect((await post('/auth/register/code', await codeFor(nextPhoneNumber(), { purpose: 'register' }))).status).toBe(201);
    },
  },
  {
    name: 'a validated code gives a proof, which registers',
    run: async ({ post, code: codeFor, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const validated = await post('/auth/codes/validate', await codeFor(phoneNumber, { purpose: 'verify' }));
      expect(validated.status).toBe(200);
      expect(validated.json).toEqual({
        phoneNumber,
        purpose: 'verify',
        userId: null,
        proof: expect.any(String),
        proofExpiresAt: clock.now() + 600_000,
        proofExpiresInSeconds: 600,
      });
      expect((await post('/auth/register/code', { proof: validated.json.proof })).status).toBe(201);
    },
  },
  {
    name: 'a session is shown, refreshed, listed and ended',
    run: async ({ call, post, signIn }) => {
      const first = await signIn();
      const shown = await call({ method: 'GET', path: '/auth/session', headers: bearer(first) });
      expect(shown.status).toBe(200);
      expect(shown.json).toMatchObject({
        userId: first.json.userId,
        sessionId: first.json.sessionId,
        amr: ['sms'],
        expiresInSeconds: 600,
        claims: {},
      });

      const next = await post('/auth/session/refresh', { refreshToken: first.json.refreshToken });
      expect(next.status).toBe(200);
      expect(Object.keys(next.json).sort()).toEqual([
        'accessToken',
        'accessTokenExpiresAt',
        'accessTokenExpiresInSeconds',
        'refreshToken',
        'refreshTokenExpiresAt',
        'refreshTokenExpiresInSeconds',
        'sessionId',
        'userId',
      ]);

      const listed = await call({ method: 'GET', path: '/auth/sessions', headers: bearer(next) });
      expect(listed.json.sessions).toMatchObject([{ sessionId: first.json.sessionId, expiresInSeconds: 30 * 86_400 }]);

      const ended = await post('/auth/session/end', { refreshToken: next.json.refreshToken });
      expect([ended.status, ended.text, ended.headers.get('content-type')]).toEqual([204, '', null]);
      const late = await post('/auth/session/refresh', { refreshToken: next.json.refreshToken });
      expect([late.status, late.json]).toEqual([400, expect.objectContaining({ code: 'invalid_session' })]);
      expect(late.json).not.toHaveProperty('reason');
    },
  },
  {
    name: "one session is ended by its id, all others at once, and a stranger's not at all",
    run: async ({ call, signIn, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const here = await signIn(phoneNumber);
      clock.advance(100);
      const there = await signIn(phoneNumber);
      const stranger = await signIn();
      const sessions = async (): Promise<number> =>
        ((await call({ method: 'GET', path: '/auth/sessions', headers: bearer(here) })).json.sessions as unknown as unknown[]).length;
      expect((await call({ method: 'DELETE', path: `/auth/sessions/${there.json.sessionId}`, headers: bearer(stranger) })).status).toBe(
        204,
      );
      expect(await sessions()).toBe(2);
      expect((await call({ method: 'DELETE', path: `/auth/sessions/${there.json.sessionId}`, headers: bearer(here) })).status).toBe(204);
      expect(await sessions()).toBe(1);
      clock.advance(300);
      await signIn(phoneNumber);
      expect(await sessions()).toBe(2);
      expect((await call({ method: 'DELETE', path: '/auth/sessions', headers: bearer(here) })).status).toBe(204);
      expect(await sessions()).toBe(1);
    },
  },
  {
    name: 'a missing, malformed or foreign access token is refused',
    run: async ({ call, signIn }) => {
      const { json } = await signIn();
      for (const authorization of [
        undefined,
        'Bearer',
        'Bearer ',
        `Bearer  ${json.accessToken}`,
        `Bearer ${json.accessToken} x`,
        `Basic ${json.accessToken}`,
        `Bearer ${json.refreshToken}`,
        'Bearer é',
      ]) {
        for (const path of ['/auth/session', '/guarded']) {
          const reply = await call({ method: 'GET', path, headers: authorization === undefined ? {} : { authorization } });
          expect([authorization, path, reply.status, code(reply), reply.headers.get('www-authenticate')]).toEqual([
            authorization,
            path,
            401,
            'invalid_token',
            'Bearer error="invalid_token"',
          ]);
        }
      }
      expect((await call({ method: 'GET', path: '/auth/session', headers: { authorization: `bEARER ${json.accessToken}` } })).status).toBe(
        200,
      );
    },
  },
  {
    name: 'what a client must not choose is not an argument',
    run: async ({ post, nextPhoneNumber, inbox }) => {
      for (const key of ['userId', 'binding', 'amr', 'context', 'reference', 'profile', 'idempotencyKey', 'client', 'session', 'ip']) {
        const reply = await post('/auth/codes', { phoneNumber: nextPhoneNumber(), [key]: 'x' });
        expect([key, reply.status, reply.json.issues]).toEqual([key, 400, [{ path: key, message: expect.any(String) }]]);
      }
      expect(inbox.messages()).toEqual([]);
    },
  },
  {
    name: 'a profile comes in when a schema judges it, and is asked for when it is missing',
    config: { profile: named },
    options: { presentUser: (user) => ({ ...user, disabled: undefined }) },
    run: async ({ post, code: codeFor, nextPhoneNumber }) => {
      const missing = await post('/auth/sign-in/code', await codeFor(nextPhoneNumber()));
      expect([missing.status, code(missing)]).toEqual([422, 'profile_required']);
      expect(missing.json.issues).toMatchObject([{ path: 'profile.name' }]);
      const registered = await post('/auth/sign-in/code', { proof: missing.json.proof, profile: { name: 'Ada', role: 'admin' } });
      expect(registered.status).toBe(201);
      expect(JSON.stringify(registered.json.user)).toContain('"name":"Ada"');
      expect(registered.text).not.toContain('admin');
    },
  },
  {
    name: 'passwords log in, are reset and are changed soon after signing in',
    config: { passwords },
    run: async ({ call, post, code: codeFor, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const registered = await post('/auth/register/code', { ...(await codeFor(phoneNumber)), password: 'correct horse 1' });
      expect(registered.status).toBe(201);
      const wrong = await post('/auth/login/password', { phoneNumber, password: 'wrong horse 1' });
      expect([wrong.status, code(wrong)]).toEqual([400, 'invalid_credentials']);
      const login = await post('/auth/login/password', { phoneNumber, password: 'correct horse 1' });
      expect(login.status).toBe(200);

      const change = { currentPassword: 'correct horse 1', newPassword: 'correct horse 2' };
      clock.advance(301);
      const late = await call({ method: 'PUT', path: '/auth/password', json: change, headers: bearer(login) });
      expect([late.status, code(late), late.headers.get('www-authenticate')]).toEqual([
        401,
        'reauthentication_required',
        'Bearer error="insufficient_user_authentication"',
      ]);
      const again = await post('/auth/login/password', { phoneNumber, password: 'correct horse 1' });
      clock.advance(300);
      const changed = await call({ method: 'PUT', path: '/auth/password', json: change, headers: bearer(again) });
      expect([changed.status, changed.text]).toEqual([204, '']);
      expect((await post('/auth/session/refresh', { refreshToken: again.json.refreshToken })).status).toBe(200);
      expect((await post('/auth/session/refresh', { refreshToken: login.json.refreshToken })).status).toBe(400);

      const reset = await post('/auth/password/reset', {
        ...(await codeFor(phoneNumber, { purpose: 'reset-password' })),
        newPassword: 'correct horse 3',
      });
      expect(reset.status).toBe(200);
      expect((await post('/auth/login/password', { phoneNumber, password: 'correct horse 3' })).status).toBe(200);
      const weak = await call({
        method: 'PUT',
        path: '/auth/password',
        json: { currentPassword: 'correct horse 3', newPassword: 'short' },
        headers: bearer(reset),
      });
      expect([weak.status, code(weak), weak.json.reason]).toEqual([422, 'weak_password', 'too_short']);
      const neither = await call({
        method: 'PUT',
        path: '/auth/password',
        json: { newPassword: 'correct horse 4' },
        headers: bearer(reset),
      });
      expect([neither.status, code(neither)]).toEqual([400, 'invalid_input']);
    },
  },
  {
    name: 'without passwords there are no routes for them, and no password at registration',
    run: async ({ call, post, code: codeFor, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      expect((await post('/auth/login/password', { phoneNumber, password: 'correct horse 1' })).status).toBe(404);
      expect((await post('/auth/password/reset', {})).status).toBe(404);
      expect((await call({ method: 'PUT', path: '/auth/password', json: {} })).status).toBe(404);
      const reply = await post('/auth/register/code', { ...(await codeFor(phoneNumber)), password: 'correct horse 1' });
      expect([reply.status, code(reply)]).toEqual([400, 'invalid_input']);
    },
  },
  {
    name: 'a number changes with a code to the new one, soon after signing in, and this session survives',
    run: async ({ call, post, code: codeFor, signIn, nextPhoneNumber, clock }) => {
      const me = await signIn();
      const newNumber = nextPhoneNumber();
      const anonymous = await post('/auth/codes', { phoneNumber: newNumber, purpose: 'change-phone-number' });
      expect([anonymous.status, code(anonymous)]).toEqual([401, 'invalid_token']);
      const answer = await codeFor(newNumber, { purpose: 'change-phone-number' }, bearer(me));
      const changed = await call({ method: 'PUT', path: '/auth/phone-number', json: answer, headers: bearer(me) });
      expect([changed.status, changed.json]).toEqual([200, { user: { id: me.json.userId, phoneNumber: newNumber } }]);
      expect((await post('/auth/session/refresh', { refreshToken: me.json.refreshToken })).status).toBe(200);
      clock.advance(301);
      const late = await call({ method: 'PUT', path: '/auth/phone-number', json: answer, headers: bearer(me) });
      expect(code(late)).toBe('reauthentication_required');
    },
  },
  {
    name: 'a step-up is bound to the user of the token and to what the server says',
    options: {
      contextOf: async ({ header }, { route, purpose, userId }) =>
        purpose === 'step-up' && userId !== null && ['requestCode', 'validateVerificationCode'].includes(route)
          ? { context: `Transfer ${header('x-transfer')}` }
          : undefined,
    },
    run: async ({ call, post, signIn, auth, inbox, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const me = await signIn(phoneNumber);
      const stranger = await signIn();
      clock.advance(60);
      const headers = { ...bearer(me), 'x-transfer': '42' };
      const requested = await post('/auth/codes', { purpose: 'step-up' }, headers);
      expect(requested.status).toBe(202);
      expect(inbox.messages(phoneNumber).at(-1)?.text).toContain('Transfer 42');
      const answer = { challengeId: requested.json.challengeId, code: inbox.lastCode(phoneNumber), purpose: 'step-up' };
      expect((await post('/auth/codes/validate', answer)).status).toBe(401);
      expect((await post('/auth/codes/validate', answer, { ...bearer(stranger), 'x-transfer': '42' })).status).toBe(400);
      expect((await post('/auth/codes/validate', answer, { ...bearer(me), 'x-transfer': '43' })).status).toBe(400);
      const { status, json } = await post('/auth/codes/validate', answer, headers);
      expect(status).toBe(200);
      const userId = me.json.userId as unknown as string;
      await expect(
        auth.consumeProof({ proof: json.proof as unknown as string, purpose: 'step-up', userId, context: 'Transfer 42' }),
      ).resolves.toMatchObject({ userId });
      const spelt = await call({ method: 'POST', path: '/auth/codes', json: { purpose: 'step-up', phoneNumber }, headers });
      expect(code(spelt)).toBe('invalid_input');
    },
  },
  {
    name: 'a reference comes from the server, and must come again',
    options: { contextOf: ({ header }) => ({ reference: header('x-device') }) },
    run: async ({ post, code: codeFor, nextPhoneNumber }) => {
      const answer = await codeFor(nextPhoneNumber(), {}, { 'x-device': 'mine' });
      expect((await post('/auth/sign-in/code', answer)).status).toBe(400);
      expect((await post('/auth/sign-in/code', answer, { 'x-device': 'mine' })).status).toBe(201);
    },
  },
  {
    name: 'the same idempotency key gives the same challenge and no second SMS',
    run: async ({ post, inbox, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      const headers = { 'idempotency-key': 'b5f0c9d2-3f0a-4b7e-9d3a-1c2d3e4f5a6b' };
      const first = await post('/auth/codes', { phoneNumber }, headers);
      const second = await post('/auth/codes', { phoneNumber }, headers);
      expect([second.status, second.json.challengeId]).toEqual([202, first.json.challengeId]);
      expect(inbox.messages(phoneNumber)).toHaveLength(1);
    },
  },
  {
    name: 'a limit answers 429 with Retry-After',
    run: async ({ post, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      await post('/auth/codes', { phoneNumber });
      const { status, headers, json } = await post('/auth/codes', { phoneNumber });
      expect([status, json.code, headers.get('retry-after'), json.retryAfterSeconds]).toEqual([429, 'rate_limited', '30', 30]);
    },
  },
  {
    name: 'a wrong code says how many attempts are left, and not why',
    run: async ({ post, code: codeFor, nextPhoneNumber }) => {
      const { challengeId, code: right } = await codeFor(nextPhoneNumber());
      const { status, json, headers } = await post('/auth/sign-in/code', { challengeId, code: right === '000000' ? '000001' : '000000' });
      expect(status).toBe(400);
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(json).toEqual({
        type: 'urn:ringlatch:error:invalid_code',
        title: expect.any(String),
        status: 400,
        code: 'invalid_code',
        attemptsLeft: 4,
      });
    },
  },
  {
    name: 'with exposeReason it also says why',
    options: { exposeReason: true },
    run: async ({ post, code: codeFor, nextPhoneNumber, clock }) => {
      const answer = await codeFor(nextPhoneNumber());
      clock.advance(300);
      expect((await post('/auth/sign-in/code', answer)).json).toMatchObject({ code: 'invalid_code', reason: 'expired' });
      expect((await post('/auth/session/refresh', { refreshToken: 'x' })).json).toMatchObject({
        code: 'invalid_session',
        reason: 'malformed',
      });
    },
  },
  {
    name: 'whether an account exists is told only where accounts are revealed',
    config: { revealAccounts: true },
    run: async ({ post, signIn, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      expect((await post('/auth/status', { phoneNumber })).json).toEqual({ exists: false, hasPassword: false });
      await signIn(phoneNumber);
      expect((await post('/auth/status', { phoneNumber })).json).toEqual({ exists: true, hasPassword: false });
    },
  },
  {
    name: 'elsewhere that route does not exist',
    run: async ({ post, nextPhoneNumber }) => {
      expect((await post('/auth/status', { phoneNumber: nextPhoneNumber() })).status).toBe(404);
    },
  },
  {
    name: 'only the chosen routes are mounted',
    options: { routes: ['requestCode', 'signInWithCode'] },
    run: async ({ call, signIn }) => {
      const me = await signIn();
      expect(me.status).toBe(201);
      expect((await call({ method: 'GET', path: '/auth/session', headers: bearer(me) })).status).toBe(404);
    },
  },
  {
    name: 'keys are published, none of them secret',
    run: async ({ call }) => {
      const { status, headers, json } = await call({ method: 'GET', path: '/auth/.well-known/jwks.json' });
      expect([status, headers.get('cache-control'), json]).toEqual([200, 'no-store', { keys: [] }]);
    },
  },
  {
    name: 'a wrong method is a 405 that says which are right; OPTIONS says it too',
    run: async ({ call }) => {
      const table = {
        '/auth/codes': 'POST, OPTIONS',
        '/auth/sessions': 'GET, HEAD, DELETE, OPTIONS',
        '/auth/sessions/x': 'DELETE, OPTIONS',
        '/auth/session': 'GET, HEAD, OPTIONS',
      };
      for (const [path, allow] of Object.entries(table)) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !allow.includes(one))) {
          const reply = await call({ method, path });
          expect([method, path, reply.status, reply.headers.get('allow'), reply.headers.get('cache-control')]).toEqual([
            method,
            path,
            405,
            allow,
            'no-store',
          ]);
          if (method !== 'HEAD') expect(reply.json).toMatchObject({ status: 405, code: 'invalid_input' });
        }
        const options = await call({ method: 'OPTIONS', path });
        expect([options.status, options.headers.get('allow'), options.text]).toEqual([204, allow, '']);
      }
    },
  },
  {
    name: 'HEAD is GET without the body',
    run: async ({ call, signIn }) => {
      const headers = bearer(await signIn());
      const { status, text, headers: got } = await call({ method: 'HEAD', path: '/auth/session', headers });
      expect([status, text, got.get('content-type')]).toEqual([200, '', 'application/json']);
      expect((await call({ method: 'HEAD', path: '/auth/session' })).status).toBe(401);
    },
  },
  {
    name: 'an unknown path is not ours',
    run: async ({ call }) => {
      for (const path of [
        '/auth/',
        '/auth/nothing',
        '/auth/codes/',
        '/auth/Codes',
        '/auth/codes/validate/x',
        '/auth/sessions//',
        '/authx/codes',
      ]) {
        expect([path, (await call({ method: 'POST', path, json: {} })).status]).toEqual([path, 404]);
      }
      expect((await call({ method: 'POST', path: '/auth/codes?x=1', json: {} })).status).toBe(400);
    },
  },
  {
    name: 'with cookies the tokens are in no body',
    options: { cookies: site },
    guard: { cookies: site },
    run: async ({ call, post, code: codeFor, nextPhoneNumber }) => {
      const signedIn = await post('/auth/sign-in/code', await codeFor(nextPhoneNumber()), ours);
      expect(signedIn.status).toBe(201);
      for (const key of ['accessToken', 'refreshToken', 'deviceToken']) expect(signedIn.json).not.toHaveProperty(key);
      const attributes = 'Path=/; HttpOnly; SameSite=Lax; Secure';
      expect(signedIn.headers.getSetCookie().map((line) => line.replace(/=[^;]+/, '='))).toEqual([
        `__Host-ringlatch-access=; Max-Age=600; ${attributes}`,
        `__Host-ringlatch-refresh=; Max-Age=2592000; ${attributes}`,
        `__Host-ringlatch-device=; Max-Age=15552000; ${attributes}`,
      ]);

      const cookies = cookiesOf(signedIn);
      expect((await call({ method: 'GET', path: '/auth/session', headers: cookies })).status).toBe(200);
      expect((await call({ method: 'GET', path: '/guarded', headers: cookies })).json).toMatchObject({ userId: signedIn.json.userId });

      const refreshed = await call({ method: 'POST', path: '/auth/session/refresh', headers: { ...cookies, ...ours } });
      expect(refreshed.status).toBe(200);
      expect(Object.keys(refreshed.json).sort()).toEqual([
        'accessTokenExpiresAt',
        'accessTokenExpiresInSeconds',
        'refreshTokenExpiresAt',
        'refreshTokenExpiresInSeconds',
        'sessionId',
        'userId',
      ]);
      expect(refreshed.headers.getSetCookie()).toHaveLength(2);

      const ended = await call({ method: 'POST', path: '/auth/session/end', headers: { ...cookiesOf(refreshed), ...ours } });
      expect(ended.status).toBe(204);
      const cleared = ['access', 'refresh'].map((name) => `__Host-ringlatch-${name}=; Max-Age=0; ${attributes}`);
      expect(ended.headers.getSetCookie()).toEqual(cleared);

      const late = await call({ method: 'POST', path: '/auth/session/refresh', headers: { ...cookiesOf(refreshed), ...ours } });
      expect([late.status, code(late), late.headers.getSetCookie()]).toEqual([400, 'invalid_session', cleared]);
      const signedOut = await call({ method: 'POST', path: '/auth/session/refresh', headers: ours });
      expect([signedOut.status, code(signedOut), signedOut.headers.getSetCookie()]).toEqual([400, 'invalid_session', cleared]);
      expect((await call({ method: 'POST', path: '/auth/session/end', headers: ours })).status).toBe(204);
    },
  },
  {
    name: "ending one's own session by its id clears the cookies, ending another does not",
    options: { cookies: site },
    run: async ({ call, post, code: codeFor, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const there = await post('/auth/sign-in/code', await codeFor(phoneNumber), ours);
      clock.advance(60);
      const here = await post('/auth/sign-in/code', await codeFor(phoneNumber), ours);
      const headers = { ...cookiesOf(here), ...ours };
      const other = await call({ method: 'DELETE', path: `/auth/sessions/${there.json.sessionId}`, headers });
      expect([other.status, other.headers.getSetCookie()]).toEqual([204, []]);
      const own = await call({ method: 'DELETE', path: `/auth/sessions/${here.json.sessionId}`, headers });
      expect([own.status, own.headers.getSetCookie().length]).toEqual([204, 2]);
    },
  },
  {
    name: 'with cookies an unsafe request must come from a page of ours',
    options: { cookies: site },
    guard: { cookies: site },
    run: async ({ call, post, code: codeFor, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const answer = await codeFor(phoneNumber);
      const foreign: readonly Readonly<Record<string, string>>[] = [
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
      for (const headers of foreign) {
        const reply = await post('/auth/sign-in/code', answer, headers);
        expect([headers, reply.status, code(reply), reply.headers.getSetCookie()]).toEqual([headers, 403, 'refused_by_policy', []]);
      }
      const signedIn = await post('/auth/sign-in/code', answer, { origin: 'https://app.acme.example', 'sec-fetch-site': 'cross-site' });
      expect(signedIn.status).toBe(201);
      const cookies = cookiesOf(signedIn);
      for (const headers of foreign) {
        for (const [method, path] of [
          ['POST', '/auth/session/refresh'],
          ['POST', '/auth/session/end'],
          ['DELETE', '/auth/sessions'],
          ['DELETE', `/auth/sessions/${signedIn.json.sessionId}`],
          ['PUT', '/auth/phone-number'],
          ['POST', '/guarded'],
        ] as const) {
          const reply = await call({ method, path, headers: { ...cookies, ...headers } });
          expect([method, path, headers, reply.status, code(reply)]).toEqual([method, path, headers, 403, 'refused_by_policy']);
        }
      }
      clock.advance(60);
      expect((await post('/auth/codes', { purpose: 'change-phone-number', phoneNumber: nextPhoneNumber() }, cookies)).status).toBe(403);
      expect((await call({ method: 'POST', path: '/guarded', headers: { ...cookies, 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
      expect(
        (await call({ method: 'POST', path: '/auth/session/refresh', headers: { ...cookies, 'sec-fetch-site': 'same-origin' } })).status,
      ).toBe(200);
    },
  },
  {
    name: 'a bearer needs no origin, and goes before a cookie',
    options: { cookies: site },
    guard: { cookies: site },
    run: async ({ call, auth, storage, client, post, code: codeFor, nextPhoneNumber }) => {
      const browser = await post('/auth/sign-in/code', await codeFor(nextPhoneNumber()), ours);
      const { user } = await createUser({ storage, nextPhoneNumber });
      const { accessToken } = await auth.startSession({ userId: user.id, client });
      const headers = { ...cookiesOf(browser), authorization: `Bearer ${accessToken}` };
      expect((await call({ method: 'POST', path: '/guarded', headers })).json).toMatchObject({ userId: user.id });
      expect((await call({ method: 'DELETE', path: '/auth/sessions', headers })).status).toBe(204);
      const broken = await call({ method: 'GET', path: '/auth/session', headers: { ...cookiesOf(browser), authorization: 'Bearer x' } });
      expect(broken.status).toBe(401);
      const basic = await call({ method: 'GET', path: '/auth/session', headers: { ...cookiesOf(browser), authorization: 'Basic dTpw' } });
      expect(basic.json).toMatchObject({ userId: browser.json.userId });
    },
  },
  {
    name: 'a cookie that is there twice, quoted or odd is no cookie',
    options: { cookies: site },
    run: async ({ call, post, code: codeFor, nextPhoneNumber }) => {
      const { cookie } = cookiesOf(await post('/auth/sign-in/code', await codeFor(nextPhoneNumber()), ours));
      const access = cookie.split('; ')[0] as string;
      const value = access.split('=')[1] as string;
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
      for (const [given, status] of Object.entries(table)) {
        expect([given, (await call({ method: 'GET', path: '/auth/session', headers: { cookie: given } })).status]).toEqual([given, status]);
      }
    },
  },
  {
    name: 'on plain localhost the development switch gives cookies that work there',
    options: { cookies: { publicOrigin: 'http://localhost:3000', development: true } },
    run: async ({ post, code: codeFor, nextPhoneNumber }) => {
      const reply = await post('/auth/sign-in/code', await codeFor(nextPhoneNumber()), { origin: 'http://localhost:3000' });
      expect(reply.headers.getSetCookie()[0]).toMatch(/^ringlatch-access=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    },
  },
  {
    name: 'without the cookies option cookies are nothing, and origins are not asked for',
    run: async ({ call, signIn }) => {
      const { json } = await signIn();
      expect(
        (await call({ method: 'GET', path: '/auth/session', headers: { cookie: `__Host-ringlatch-access=${json.accessToken}` } })).status,
      ).toBe(401);
      const missing = await call({ method: 'POST', path: '/auth/session/end', json: {} });
      expect([missing.status, missing.json.issues]).toEqual([400, [{ path: 'refreshToken', message: expect.any(String) }]]);
    },
  },
  {
    name: 'an optional guard lets strangers pass, and bad tokens not',
    guard: { optional: true },
    run: async ({ call, signIn }) => {
      expect((await call({ method: 'GET', path: '/guarded' })).text).toBe('null');
      expect((await call({ method: 'GET', path: '/guarded', headers: { authorization: 'Bearer x' } })).status).toBe(401);
      const me = await signIn();
      expect((await call({ method: 'GET', path: '/guarded', headers: bearer(me) })).json).toMatchObject({ userId: me.json.userId });
    },
  },
  {
    name: 'a guard may ask for a recent authentication and a live session',
    guard: { checkSession: true, maxAgeSeconds: 60 },
    run: async ({ call, post, signIn, clock }) => {
      const me = await signIn();
      clock.advance(60);
      expect((await call({ method: 'GET', path: '/guarded', headers: bearer(me) })).status).toBe(200);
      clock.advance(1);
      expect(code(await call({ method: 'GET', path: '/guarded', headers: bearer(me) }))).toBe('reauthentication_required');
      const other = await signIn();
      await post('/auth/session/end', { refreshToken: other.json.refreshToken });
      expect(code(await call({ method: 'GET', path: '/guarded', headers: bearer(other) }))).toBe('invalid_token');
    },
  },
];

async function createUser({ nextPhoneNumber, storage }: Pick<World, 'nextPhoneNumber' | 'storage'>): Promise<{ user: { id: string } }> {
  const made = await storage.users.create({ phoneNumber: nextPhoneNumber() as never, profile: {}, passwordHash: null, now: 0 });
  if (made.is !== 'created') throw new Error('The number is taken.');
  return made;
}
