import assert from 'node:assert/strict';
import type { StandardSchemaV1 } from '../../src/ports/standard-schema.ts';
import { tally } from './case.ts';
import { assertHolds, assertIs, assertRefused, assertStatus, bearer, type HttpCase, issuesOf } from './http-world.ts';

const named: StandardSchemaV1<unknown, Readonly<Record<string, unknown>>> = {
  '~standard': {
    version: 1,
    vendor: 'conformance',
    validate: (value) => {
      const { name } = value as { name?: unknown };
      return typeof name === 'string' ? { value: { name } } : { issues: [{ message: 'is required', path: ['name'] }] };
    },
  },
};

/** Codes: requested, redeemed, limited. */
export const HTTP_CODE_CASES: readonly HttpCase[] = [
  {
    id: 'H-CODE-01',
    name: 'MUST request a code, and sign a new number in by it',
    body: async ({ post, inbox, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const requested = await post('/auth/codes', { phoneNumber });
      assertStatus(requested, 202);
      const times = { expiresAt: clock.now() + 300_000, expiresInSeconds: 300, resendAt: clock.now() + 30_000, resendInSeconds: 30 };
      assertIs(requested.json, { challengeId: String, phoneNumber, codeLength: 6, channel: 'sms', ...times });
      const { challengeId } = requested.json;
      const signedIn = await post('/auth/sign-in/code', { challengeId, code: inbox.lastCode(phoneNumber) });
      assertStatus(signedIn, 201);
      assertIs(signedIn.json, {
        userId: String,
        sessionId: String,
        accessToken: String,
        accessTokenExpiresAt: clock.now() + 600_000,
        accessTokenExpiresInSeconds: 600,
        refreshToken: String,
        refreshTokenExpiresAt: clock.now() + 30 * 86_400_000,
        refreshTokenExpiresInSeconds: 30 * 86_400,
        deviceToken: String,
        user: { id: signedIn.json.userId, phoneNumber },
        isNewUser: true,
      });
    },
  },
  {
    id: 'H-CODE-02',
    name: 'MUST sign a known number in with 200, log it in, and not register it again',
    body: async ({ post, code, signIn, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      await signIn(phoneNumber);
      clock.advance(600);
      assertStatus(await signIn(phoneNumber), 200);
      clock.advance(600);
      assertStatus(await post('/auth/login/code', await code(phoneNumber, { purpose: 'login' })), 200);
      clock.advance(3600);
      const taken = await post('/auth/register/code', await code(phoneNumber));
      assertRefused(taken, 409, 'phone_number_taken');
      assertStatus(await post('/auth/login/code', { proof: taken.json.proof }), 200);
    },
  },
  {
    id: 'H-CODE-03',
    name: 'MUST let one of many right codes that race sign in',
    body: async ({ post, code, nextPhoneNumber }) => {
      const answer = await code(nextPhoneNumber());
      const replies = await Promise.all(Array.from({ length: 64 }, () => post('/auth/sign-in/code', answer)));
      assert.deepEqual(tally(replies.map(({ status, json }) => ({ is: `${status} ${json.code}` }))), {
        '201 undefined': 1,
        '400 invalid_code': 63,
      });
    },
  },
  {
    id: 'H-CODE-04',
    name: 'MUST answer a registration with 201',
    body: async ({ post, code, nextPhoneNumber }) => {
      assertStatus(await post('/auth/register/code', await code(nextPhoneNumber(), { purpose: 'register' })), 201);
    },
  },
  {
    id: 'H-CODE-05',
    name: 'MUST give a proof for a validated code, which registers',
    body: async ({ post, code, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const validated = await post('/auth/codes/validate', await code(phoneNumber, { purpose: 'verify' }));
      assertStatus(validated, 200);
      const times = { proofExpiresAt: clock.now() + 600_000, proofExpiresInSeconds: 600 };
      assertIs(validated.json, { phoneNumber, purpose: 'verify', userId: null, proof: String, ...times });
      assertStatus(await post('/auth/register/code', { proof: validated.json.proof }), 201);
    },
  },
  {
    id: 'H-CODE-06',
    name: 'MUST say of a wrong code how many attempts are left, and not why',
    body: async ({ post, code, nextPhoneNumber }) => {
      const { challengeId, code: right } = await code(nextPhoneNumber());
      const reply = await post('/auth/sign-in/code', { challengeId, code: right === '000000' ? '000001' : '000000' });
      assertStatus(reply, 400);
      assert.equal(reply.headers.get('content-type'), 'application/problem+json');
      const type = 'urn:ringlatch:error:invalid_code';
      assertIs(reply.json, { type, title: String, status: 400, code: 'invalid_code', attemptsLeft: 4 });
    },
  },
  {
    id: 'H-CODE-07',
    name: 'MUST say why with exposeReason',
    options: { exposeReason: true },
    body: async ({ post, code, nextPhoneNumber, clock }) => {
      const answer = await code(nextPhoneNumber());
      clock.advance(300);
      assertHolds((await post('/auth/sign-in/code', answer)).json, { code: 'invalid_code', reason: 'expired' });
      assertHolds((await post('/auth/session/refresh', { refreshToken: 'x' })).json, { code: 'invalid_session', reason: 'malformed' });
    },
  },
  {
    id: 'H-CODE-08',
    name: 'MUST answer a limit with 429 and Retry-After',
    body: async ({ post, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      await post('/auth/codes', { phoneNumber });
      const reply = await post('/auth/codes', { phoneNumber });
      assertRefused(reply, 429, 'rate_limited');
      assert.deepEqual([reply.headers.get('retry-after'), reply.json.retryAfterSeconds], ['30', 30]);
    },
  },
  {
    id: 'H-CODE-09',
    name: 'MUST give the same challenge for the same idempotency key, and send no second SMS',
    body: async ({ post, inbox, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      const headers = { 'idempotency-key': 'b5f0c9d2-3f0a-4b7e-9d3a-1c2d3e4f5a6b' };
      const first = await post('/auth/codes', { phoneNumber }, headers);
      const second = await post('/auth/codes', { phoneNumber }, headers);
      assert.deepEqual([second.status, second.json.challengeId], [202, first.json.challengeId]);
      assert.equal(inbox.messages(phoneNumber).length, 1);
    },
  },
  {
    id: 'H-CODE-10',
    name: 'MUST NOT let a client choose what is not its to choose',
    body: async ({ post, nextPhoneNumber, inbox }) => {
      for (const key of ['userId', 'binding', 'amr', 'context', 'reference', 'profile', 'idempotencyKey', 'client', 'session', 'ip']) {
        const reply = await post('/auth/codes', { phoneNumber: nextPhoneNumber(), [key]: 'x' });
        assertRefused(reply, 400, 'invalid_input', key);
        assert.deepEqual(issuesOf(reply), [key]);
      }
      assert.deepEqual(inbox.messages(), []);
    },
  },
  {
    id: 'H-PROFILE-01',
    name: 'MUST take a profile that a schema judged, and ask for it when it is missing',
    config: { profile: named },
    options: { presentUser: (user) => ({ ...user, disabled: undefined }) },
    body: async ({ post, code, nextPhoneNumber }) => {
      const missing = await post('/auth/sign-in/code', await code(nextPhoneNumber()));
      assertRefused(missing, 422, 'profile_required');
      assert.deepEqual(issuesOf(missing), ['profile.name']);
      const registered = await post('/auth/sign-in/code', { proof: missing.json.proof, profile: { name: 'Ada', role: 'admin' } });
      assertStatus(registered, 201);
      assert.ok(JSON.stringify(registered.json.user).includes('"name":"Ada"'));
      assert.ok(!registered.text.includes('admin'));
    },
  },
  {
    id: 'H-CONTEXT-01',
    name: 'MUST bind a step-up to the user of the token and to what the server says',
    options: {
      contextOf: async ({ header }, { route, purpose, userId }) =>
        purpose === 'step-up' && userId !== null && ['requestCode', 'validateVerificationCode'].includes(route)
          ? { context: `Transfer ${header('x-transfer')}` }
          : undefined,
    },
    body: async ({ post, signIn, auth, inbox, nextPhoneNumber, clock }) => {
      const phoneNumber = nextPhoneNumber();
      const me = await signIn(phoneNumber);
      const stranger = await signIn();
      clock.advance(60);
      const headers = { ...bearer(me), 'x-transfer': '42' };
      const requested = await post('/auth/codes', { purpose: 'step-up' }, headers);
      assertStatus(requested, 202);
      assert.ok(inbox.messages(phoneNumber).at(-1)?.text.includes('Transfer 42'));
      const answer = { challengeId: requested.json.challengeId, code: inbox.lastCode(phoneNumber), purpose: 'step-up' };
      assertStatus(await post('/auth/codes/validate', answer), 401);
      assertStatus(await post('/auth/codes/validate', answer, { ...bearer(stranger), 'x-transfer': '42' }), 400);
      assertStatus(await post('/auth/codes/validate', answer, { ...bearer(me), 'x-transfer': '43' }), 400);
      const validated = await post('/auth/codes/validate', answer, headers);
      assertStatus(validated, 200);
      const [proof, userId] = [String(validated.json.proof), String(me.json.userId)];
      assert.equal((await auth.consumeProof({ proof, purpose: 'step-up', userId, context: 'Transfer 42' })).userId, userId);
      assertRefused(await post('/auth/codes', { purpose: 'step-up', phoneNumber }, headers), 400, 'invalid_input');
    },
  },
  {
    id: 'H-CONTEXT-02',
    name: 'MUST take a reference from the server, and ask for it again',
    options: { contextOf: ({ header }) => ({ reference: header('x-device') }) },
    body: async ({ post, code, nextPhoneNumber }) => {
      const answer = await code(nextPhoneNumber(), {}, { 'x-device': 'mine' });
      assertStatus(await post('/auth/sign-in/code', answer), 400);
      assertStatus(await post('/auth/sign-in/code', answer, { 'x-device': 'mine' }), 201);
    },
  },
  {
    id: 'H-LANGUAGE-01',
    name: 'MUST write in the language that the request likes best, unless its body names one',
    body: async ({ post, inbox, auth, nextPhoneNumber }) => {
      const localesOf = async (languages: string, wish: object = {}): Promise<readonly string[]> => {
        const phoneNumber = nextPhoneNumber();
        assertStatus(await post('/auth/codes', { phoneNumber, ...wish }, { 'accept-language': languages }), 202);
        await auth.drain();
        return inbox.messages(phoneNumber).map(({ locale }) => locale);
      };
      assert.deepEqual(await localesOf('tlh, en;q=0.5, fa-IR;q=0.8'), ['fa']);
      assert.deepEqual(await localesOf('fa', { locale: 'de' }), ['de']);
      assert.deepEqual(await localesOf('tlh, *'), ['en']);
    },
  },
  {
    id: 'H-STATUS-01',
    name: 'MUST tell whether an account exists where accounts are revealed',
    config: { revealAccounts: true },
    body: async ({ post, signIn, nextPhoneNumber }) => {
      const phoneNumber = nextPhoneNumber();
      assert.deepEqual((await post('/auth/status', { phoneNumber })).json, { exists: false, hasPassword: false });
      await signIn(phoneNumber);
      assert.deepEqual((await post('/auth/status', { phoneNumber })).json, { exists: true, hasPassword: false });
    },
  },
  {
    id: 'H-STATUS-02',
    name: 'MUST NOT have that route elsewhere',
    body: async ({ post, nextPhoneNumber }) => {
      assertStatus(await post('/auth/status', { phoneNumber: nextPhoneNumber() }), 404);
    },
  },
];
