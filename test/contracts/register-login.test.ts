import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PGlite } from '@electric-sql/pglite';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { migrate, postgresStorage } from '../../adapters/storage/postgres.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { type App, createApp, type Settings, type Storage } from '../../examples/register-login/app.ts';
import { nextPhoneNumber } from '../kit/phone-numbers.ts';
import { serveContract } from './contract-server.ts';
import { type Answer, type Call, contractOn, type FreshNumber, hostileBodies, type Opened, servedStoryOn, statusesOf } from './harness.ts';

const REGISTER = '/auth/api/Register/';
const VERIFY = '/auth/api/verify/';
const LOGIN = '/auth/api/login/';
const LOGIN_VERIFY = '/auth/api/login/verify/';
const REFRESH = '/auth/session/refresh';

const CREATED = 'User Created Successfully';
const EXISTS = { error: 'Account already Exists' };
const NOT_FOUND = { error: 'User not found!' };
const PENDING = { message: 'User already have a request for login' };
const LOGIN_FIRST = { error: 'login first' };
const TOO_MANY = { error: 'Too many requests' };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DAY_SECONDS = 86_400;

interface Asking {
  readonly call: Call;
  readonly sentTo: Opened<App>['sentTo'];
}

interface Registration {
  readonly phone: string;
  readonly token: string;
  readonly code: string;
}

async function codeTo({ sentTo }: Asking, { e164 }: FreshNumber): Promise<string> {
  return (await sentTo(e164)).at(-1)?.code ?? '';
}

async function requestRegistration(asking: Asking, number: FreshNumber): Promise<Registration> {
  const answer = await asking.call('POST', REGISTER, { phonenumber: number.local });
  expect(answer.status).toBe(200);
  return { phone: number.local, token: answer.field('token'), code: await codeTo(asking, number) };
}

async function register(asking: Asking, number: FreshNumber): Promise<void> {
  expect((await asking.call('POST', VERIFY, await requestRegistration(asking, number))).status).toBe(200);
}

async function requestLogin(asking: Asking, number: FreshNumber): Promise<{ readonly user_id: string; readonly code: string }> {
  const answer = await asking.call('POST', LOGIN, { phone: number.local });
  expect(answer.status).toBe(200);
  return { user_id: answer.field('user_id'), code: await codeTo(asking, number) };
}

async function logIn(asking: Asking, number: FreshNumber): Promise<Answer> {
  return asking.call('POST', LOGIN_VERIFY, await requestLogin(asking, number));
}

async function said(answer: Promise<Answer>): Promise<readonly [number, unknown]> {
  const { status, body } = await answer;
  return [status, body];
}

function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

function claimsIn(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

async function userOf({ storage }: Pick<App, 'storage'>, { e164 }: FreshNumber) {
  return storage.users.findByPhoneNumber({ phoneNumber: e164 as never });
}

contractOn<Settings, App>('register and login', createApp, (open) => {
  describe('a registration', () => {
    it.each([REGISTER, '/auth/api/register/', '/auth/api/register'])('at %s sends a code and hands out a token', async (path) => {
      const app = await open();
      const number = app.phoneNumber();
      const answer = await app.call('POST', path, { phonenumber: number.local });
      const token = expect.stringMatching(UUID);
      expect([answer.status, answer.body]).toEqual([200, { message: CREATED, phone: number.local, token }]);
      const [message] = await app.sentTo(number.e164);
      expect(message?.code).toMatch(/^\d{6}$/);
      expect(message?.text).toContain(message?.code);
    });

    it('writes the account when the number is proved, not before', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const right = await requestRegistration(app, number);
      expect(await userOf(app, number)).toBeNull();
      expect(await said(app.call('POST', VERIFY, right))).toEqual([200, { message: 'User verify Successfully!' }]);
      expect(await userOf(app, number)).toMatchObject({ phoneNumber: number.e164, disabled: false });
    });

    it('is refused for a number that has an account, and while one waits for its code', async () => {
      const app = await open();
      const [first, second] = [app.phoneNumber(), app.phoneNumber()];
      await register(app, first);
      expect(await said(app.call('POST', REGISTER, { phonenumber: first.local }))).toEqual([409, EXISTS]);
      await requestRegistration(app, second);
      app.clock.advance(299);
      const pending = await app.call('POST', REGISTER, { phonenumber: second.local });
      expect([pending.status, pending.body, pending.headers.get('retry-after')]).toEqual([409, EXISTS, '1']);
      app.clock.advance(1);
      expect((await app.call('POST', VERIFY, await requestRegistration(app, second))).status).toBe(200);
    });

    it.each([
      '09123',
      '0912345678',
      '091234567890',
      '09abcdefghi',
      '9123456789',
      '+989121234567',
      '۰۹۱۲۱۲۳۴۵۶۷',
      '02112345678',
      ' 09121234567',
    ])('of %s is one of no number', async (phonenumber) => {
      const { call } = await open();
      expect(await said(call('POST', REGISTER, { phonenumber }))).toEqual([400, { error: 'invalid phone number' }]);
    });

    it('is answered as pending when the number got too many', async () => {
      const app = await open();
      const phonenumber = app.phoneNumber().local;
      for (const status of [200, 200, 200, 200, 200, 409]) {
        expect((await app.call('POST', REGISTER, { phonenumber })).status).toBe(status);
        app.clock.advance(300);
      }
    });
  });

  describe('a verification', () => {
    it('needs a registration that waits for its code', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const verify = (body: object) =>
        said(app.call('POST', VERIFY, { phone: number.local, token: randomUUID(), code: '123456', ...body }));
      expect(await verify({})).toEqual([400, NOT_FOUND]);
      expect(await verify({ code: 'none' })).toEqual([400, NOT_FOUND]);
      expect(await verify({ phone: 'nobody' })).toEqual([400, NOT_FOUND]);
      const late = await requestRegistration(app, number);
      app.clock.advance(300);
      expect(await verify(late)).toEqual([400, NOT_FOUND]);
      const right = await requestRegistration(app, number);
      expect((await verify(right))[0]).toBe(200);
      expect(await verify(right)).toEqual([400, NOT_FOUND]);
    });

    it('needs the token of that registration, then the code', async () => {
      const app = await open();
      const [number, other] = [app.phoneNumber(), app.phoneNumber()];
      const before = await requestRegistration(app, number);
      app.clock.advance(300);
      const right = await requestRegistration(app, number);
      const foreign = await requestRegistration(app, other);
      const verify = (body: object) => said(app.call('POST', VERIFY, { ...right, ...body }));
      const tokenIsWrong = [400, { error: 'Token is invalid' }];
      expect(await verify({ token: before.token })).toEqual(tokenIsWrong);
      expect(await verify({ token: foreign.token, code: wrong(right.code) })).toEqual(tokenIsWrong);
      expect(await verify({ token: 7 })).toEqual(tokenIsWrong);
      expect(await verify({ code: wrong(right.code) })).toEqual([400, { error: 'code is invalid' }]);
      expect((await verify({}))[0]).toBe(200);
    });

    it('takes a code as text or number, in digits of any script', async () => {
      const app = await open();
      const inPersian = (code: string) => code.replace(/\d/g, (digit) => String.fromCharCode(0x6f0 + Number(digit)));
      for (const spell of [Number, inPersian, (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`]) {
        const right = await requestRegistration(app, app.phoneNumber());
        expect((await app.call('POST', VERIFY, { ...right, code: spell(right.code) })).status).toBe(200);
      }
    });

    it('tells of an account that came in between', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const right = await requestRegistration(app, number);
      await app.storage.users.create({ phoneNumber: number.e164 as never, profile: {}, passwordHash: null, now: app.clock.now() });
      const registered = [400, { error: 'User Registered !!' }];
      expect(await said(app.call('POST', VERIFY, { ...right, code: wrong(right.code) }))).toEqual(registered);
      expect(await said(app.call('POST', VERIFY, right))).toEqual(registered);
    });

    it('is over after five wrong codes, and after ten within an hour', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const codeIsWrong = [400, { error: 'code is invalid' }];
      for (const _ of ['first', 'second']) {
        const right = await requestRegistration(app, number);
        const verify = (code: string) => said(app.call('POST', VERIFY, { ...right, code }));
        for (const by of [1, 2, 3, 4, 5]) expect(await verify(wrong(right.code, by))).toEqual(codeIsWrong);
        expect(await verify(right.code)).toEqual(codeIsWrong);
        app.clock.advance(300);
      }
      const limited = await app.call('POST', VERIFY, await requestRegistration(app, number));
      expect([limited.status, limited.body]).toEqual([429, TOO_MANY]);
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(2000);
    });
  });

  describe('a login', () => {
    it('sends a code, tells its life and the id of the user', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const answer = await app.call('POST', LOGIN, { phone: number.local });
      const user_id = (await userOf(app, number))?.id;
      expect([answer.status, answer.body]).toEqual([200, { expire_time: '300', message: 'Code Send to user', user_id }]);
      expect(user_id).toMatch(UUID);
      expect(await app.sentTo(number.e164)).toHaveLength(2);
    });

    it.each(['09121234567', '09abcdefghi', '0', 'nobody', 9121234567])('of %j, which is no user, is a 404', async (phone) => {
      const { call, inbox } = await open();
      expect(await said(call('POST', LOGIN, { phone }))).toEqual([404, { error: 'User does not exist' }]);
      expect(inbox.messages()).toEqual([]);
    });

    it('is refused while one waits for its code, for five minutes', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      app.clock.advance(600);
      await requestLogin(app, number);
      app.clock.advance(299);
      const pending = await app.call('POST', LOGIN, { phone: number.local });
      expect([pending.status, pending.body, pending.headers.get('retry-after')]).toEqual([429, PENDING, '1']);
      app.clock.advance(1);
      expect((await logIn(app, number)).status).toBe(200);
      expect((await logIn(app, number)).status, 'after a success at once').toBe(200);
      expect(await said(app.call('POST', LOGIN, { phone: number.local })), 'three in ten minutes').toEqual([429, PENDING]);
    });

    it('gives the tokens of flask-jwt-extended', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const answer = await logIn(app, number);
      expect([answer.status, Object.keys(answer.body as object)]).toEqual([200, ['access_token', 'refresh_token']]);
      const sub = (await userOf(app, number))?.id;
      const [access, refresh] = [claimsIn(answer.field('access_token')), claimsIn(answer.field('refresh_token'))];
      for (const [claims, type, days] of [[access, 'access', 15] as const, [refresh, 'refresh', 16] as const]) {
        expect(claims).toMatchObject({ type, sub, fresh: false, jti: expect.stringMatching(/^[0-9a-f]{32}$/), nbf: claims.iat });
        expect(Number(claims.exp) - Number(claims.iat)).toBe(days * DAY_SECONDS);
      }
      expect(await app.auth.verifyAccessToken({ accessToken: answer.field('access_token') })).toMatchObject({ userId: sub });
    });

    it('is verified once, by the code of the one who asked', async () => {
      const app = await open();
      const [number, other] = [app.phoneNumber(), app.phoneNumber()];
      await register(app, number);
      await register(app, other);
      const verify = (body: object) => said(app.call('POST', LOGIN_VERIFY, body));
      expect(await verify({ code: '123456', user_id: randomUUID() })).toEqual([400, LOGIN_FIRST]);
      expect(await verify({ code: 'none', user_id: (await userOf(app, number))?.id })).toEqual([400, LOGIN_FIRST]);
      const [right, foreign] = [await requestLogin(app, number), await requestLogin(app, other)];
      expect(await verify({ ...right, code: wrong(right.code) })).toEqual([400, { error: 'invalid code' }]);
      expect(await verify({ ...right, code: 'none' })).toEqual([400, { error: 'invalid code' }]);
      if (right.code !== foreign.code) expect(await verify({ ...right, code: foreign.code })).toEqual([400, { error: 'invalid code' }]);
      expect((await verify(right))[0]).toBe(200);
      expect(await verify(right)).toEqual([400, LOGIN_FIRST]);
      app.clock.advance(300);
      expect(await verify(foreign)).toEqual([400, LOGIN_FIRST]);
    });

    it('is not stopped by strangers on a device that signed in before', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const device = { 'x-device-token': (await logIn(app, number)).headers.get('x-device-token') };
      app.clock.advance(600);
      for (const _ of ['first', 'second']) {
        const { user_id, code } = await requestLogin(app, number);
        for (const by of [1, 2, 3, 4, 5]) await app.call('POST', LOGIN_VERIFY, { user_id, code: wrong(code, by) });
        app.clock.advance(300);
      }
      const { user_id, code } = await requestLogin(app, number);
      expect(await said(app.call('POST', LOGIN_VERIFY, { user_id, code }))).toEqual([429, TOO_MANY]);
      expect((await app.call('POST', LOGIN, { phone: number.local }, device)).status).toBe(200);
      expect((await app.call('POST', LOGIN_VERIFY, { user_id, code: await codeTo(app, number) }, device)).status).toBe(200);
    });

    it('gives nothing to a disabled user, neither by code nor by refresh token', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const refreshToken = (await logIn(app, number)).field('refresh_token');
      await app.storage.users.setDisabled({ userId: (await userOf(app, number))?.id ?? '', disabled: true });
      expect(await said(logIn(app, number))).toEqual([403, { error: 'Account is disabled' }]);
      expect((await app.call('POST', REFRESH, { refreshToken })).status).toBe(400);
    });

    it('is none for a user without a number', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const right = await requestLogin(app, number);
      await app.storage.users.setPhoneNumber({ userId: right.user_id, phoneNumber: null, now: app.clock.now() });
      expect(await said(app.call('POST', LOGIN_VERIFY, right))).toEqual([400, LOGIN_FIRST]);
    });
  });

  describe('of twenty calls at once', () => {
    it('one registers, with one SMS and one account', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const answers = await app.parallel(20, () => app.call('POST', REGISTER, { phonenumber: number.local }));
      expect(statusesOf(answers)).toEqual({ 200: 1, 409: 19 });
      const token = answers.find(({ status }) => status === 200)?.field('token') ?? '';
      expect(await app.sentTo(number.e164)).toHaveLength(1);
      const right = { phone: number.local, token, code: await codeTo(app, number) };
      expect(statusesOf(await app.parallel(20, () => app.call('POST', VERIFY, right)))).toEqual({ 200: 1, 400: 19 });
      expect(await userOf(app, number)).not.toBeNull();
    });

    it('one signs in, with one SMS', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      app.inbox.clear();
      const answers = await app.parallel(20, () => app.call('POST', LOGIN, { phone: number.local }));
      expect(statusesOf(answers)).toEqual({ 200: 1, 429: 19 });
      expect(await app.sentTo(number.e164)).toHaveLength(1);
      const user_id = (await userOf(app, number))?.id ?? '';
      const right = { user_id, code: await codeTo(app, number) };
      expect(statusesOf(await app.parallel(20, () => app.call('POST', LOGIN_VERIFY, right)))).toEqual({ 200: 1, 400: 19 });
      expect((await app.auth.listSessions({ userId: user_id })).sessions).toHaveLength(1);
    });
  });

  describe('bad input', () => {
    const phone = '09121234567';
    it.each<[string, Record<string, string>]>([
      [REGISTER, { phonenumber: phone }],
      [VERIFY, { token: randomUUID(), phone, code: '123456' }],
      [LOGIN, { phone }],
      [LOGIN_VERIFY, { code: '123456', user_id: randomUUID() }],
    ])('to %s is refused in the shape of the original', async (path, right) => {
      const { call, inbox } = await open();
      for (const { name, body, headers } of hostileBodies(right)) {
        const answer = await call('POST', path, body, headers);
        expect([400, 404, 413], `${name}: ${answer.text}`).toContain(answer.status);
        expect(answer.body, name).toEqual({ error: expect.any(String) });
      }
      expect(inbox.messages()).toEqual([]);
    });

    it('is refused in that shape while a code is pending too', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const pending = [await requestRegistration(app, app.phoneNumber()), await requestLogin(app, number)] as const;
      for (const [path, right] of [[VERIFY, pending[0]] as const, [LOGIN_VERIFY, pending[1]] as const]) {
        for (const { name, key, kind, body, headers } of hostileBodies({ ...right })) {
          if (key === 'code' && kind === 'Unicode digits') continue;
          const answer = await app.call('POST', path, body, headers);
          expect([400, 413, 429], `${name}: ${answer.text}`).toContain(answer.status);
          expect(answer.body, name).toEqual({ error: expect.any(String) });
        }
      }
    });

    it.each<[string, string, object]>([
      [REGISTER, 'phonenumber', { phonenumber: 'Phone number is required' }],
      [VERIFY, 'token, phone and code', { token: 'token is required', phone: 'phone is required', code: 'code is required' }],
      [LOGIN, 'phone', { phone: 'PhoneNumber is required' }],
      [LOGIN_VERIFY, 'code and user_id', { code: 'code is required', user_id: 'user_id is required' }],
    ])('to %s is judged in order, as is %s', async (path, _, texts) => {
      const { call } = await open();
      const names = Object.keys(texts);
      const list = `[${names.map((name) => `'${name}'`).join(', ')}]`;
      const params = [400, { error: `params are invalid. this view Accept only ${list}` }];
      const full: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, 'x']));
      for (const body of [{}, { ...full, more: 1 }, [full], [], 'null', '7', '"text"'])
        expect(await said(call('POST', path, body))).toEqual(params);
      for (const [index, [name, text]] of Object.entries(texts).entries()) {
        const blank = Object.fromEntries(names.slice(index).map((other) => [other, '']));
        for (const empty of ['', null, 0, false, [], {}]) {
          expect(await said(call('POST', path, { ...full, ...blank, [name]: empty }))).toEqual([400, { error: text }]);
        }
        const misnamed = Object.fromEntries(Object.entries(full).map(([key, value]) => [key === name ? 'other' : key, value]));
        expect(await said(call('POST', path, misnamed))).toEqual([400, { error: text }]);
      }
    });

    const JSON_ONLY = { error: 'Only JSON requests are accepted' };
    const BAD_JSON = { error: 'Bad Json!' };
    it.each<[string, Parameters<Call>, number, object]>([
      ['a form', ['POST', LOGIN, new URLSearchParams({ phone })], 400, JSON_ONLY],
      ['plain text', ['POST', LOGIN, '{}', { 'content-type': 'text/plain' }], 400, JSON_ONLY],
      ['no content type', ['POST', LOGIN, '{}', { 'content-type': null }], 400, JSON_ONLY],
      ['an unreadable one', ['POST', LOGIN, '{}', { 'content-type': ';;;' }], 400, JSON_ONLY],
      ['a similar one', ['POST', LOGIN, '{}', { 'content-type': 'application/jsonp' }], 400, JSON_ONLY],
      ['nothing', ['POST', LOGIN], 400, JSON_ONLY],
      ['nothing, though JSON', ['POST', LOGIN, undefined, { 'content-type': 'application/json' }], 400, BAD_JSON],
      ['broken JSON', ['POST', LOGIN, '{'], 400, BAD_JSON],
      ['5 KB', ['POST', LOGIN, `{"phone":"${'0'.repeat(5000)}"}`], 413, { error: 'Request Entity Too Large' }],
      ['another method', ['GET', LOGIN], 405, { error: 'Method Not Allowed' }],
      ['another method, misspelt', ['PUT', `${LOGIN_VERIFY.slice(0, -1)}?a=b`, '{'], 405, { error: 'Method Not Allowed' }],
      ['a method of files', ['PROPFIND', LOGIN], 405, { error: 'Method Not Allowed' }],
      ['another path', ['POST', '/auth/api/LOGIN/', { phone }], 404, { error: 'Not Found' }],
      ['no path', ['GET', '/%zz'], 400, { error: 'Bad Request' }],
    ])('such as %s', async (_, args, status, body) => {
      const { call } = await open();
      expect(await said(call(...args))).toEqual([status, body]);
    });

    it('is no JSON with a suffix or a character set', async () => {
      const { call } = await open();
      for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.api+json'])
        expect((await call('POST', LOGIN, { phone }, { 'content-type': type })).status).toBe(404);
    });
  });

  describe('a refresh token', () => {
    const refresh = (call: Call, refreshToken: string) => call('POST', REFRESH, { refreshToken });

    it('gives the next pair, and ends its session when it comes back', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const token = (await logIn(app, number)).field('refresh_token');
      app.clock.advance(15 * DAY_SECONDS);
      const next = await refresh(app.call, token);
      expect(claimsIn(next.field('accessToken'))).toMatchObject({ type: 'access', fresh: false });
      app.clock.advance(60);
      expect((await refresh(app.call, token)).status).toBe(400);
      expect((await refresh(app.call, next.field('refreshToken'))).status).toBe(400);
    });

    it.each<[string, Settings['jwt'], number, number]>([
      ['is refused', { reuse: 'reject' }, 400, 200],
      ['stays good', { rotate: false }, 200, 200],
    ])('that comes back %s with %j', async (_, jwt, ofOld, ofNew) => {
      const app = await open({ settings: { jwt } });
      const number = app.phoneNumber();
      await register(app, number);
      const token = (await logIn(app, number)).field('refresh_token');
      const next = (await refresh(app.call, token)).field('refreshToken');
      app.clock.advance(60);
      expect((await refresh(app.call, token)).status).toBe(ofOld);
      expect((await refresh(app.call, next)).status).toBe(ofNew);
    });

    it('is forgotten at sign-out', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await register(app, number);
      const token = (await logIn(app, number)).field('refresh_token');
      expect((await app.call('POST', '/auth/session/end', { refreshToken: token })).status).toBe(204);
      expect((await refresh(app.call, token)).status).toBe(400);
    });
  });

  describe('the setting', () => {
    it('codeLength, codeTtlSeconds, maxAttempts and message shape a code', async () => {
      const settings = { codeLength: 4, codeTtlSeconds: 60, maxAttempts: 1, message: '{app}: {code}', appName: 'Acme' };
      const app = await open({ settings });
      const number = app.phoneNumber();
      const first = await requestRegistration(app, number);
      expect((await app.sentTo(number.e164)).map(({ text }) => text)).toEqual([`Acme: ${first.code}`]);
      expect(first.code).toMatch(/^\d{4}$/);
      await app.call('POST', VERIFY, { ...first, code: wrong(first.code) });
      expect((await app.call('POST', VERIFY, first)).status).toBe(400);
      app.clock.advance(60);
      const second = await requestRegistration(app, number);
      app.clock.advance(60);
      expect(await said(app.call('POST', VERIFY, second))).toEqual([400, NOT_FOUND]);
      app.clock.advance(600);
      await register(app, number);
      expect((await app.call('POST', LOGIN, { phone: number.local })).field('expire_time')).toBe('60');
    });

    it('messages are chosen by Accept-Language, else Persian', async () => {
      const app = await open({ settings: { messages: { 'ar-IQ': { default: ({ code }) => `رمزك ${code}` } } } });
      const [arab, other] = [app.phoneNumber(), app.phoneNumber()];
      await app.call('POST', REGISTER, { phonenumber: arab.local }, { 'accept-language': 'de, ar-iq;q=0.9' });
      await app.call('POST', REGISTER, { phonenumber: other.local }, { 'accept-language': 'fr' });
      expect((await app.sentTo(arab.e164))[0]?.text).toMatch(/^رمزك \d{6}$/);
      expect((await app.sentTo(other.e164))[0]?.text).toMatch(/^کد ثبت‌نام Register Login: \u2066\d{6}\u2069\n/);
    });

    it('phoneFormat takes E.164 of the allowed countries instead', async () => {
      const app = await open({ settings: { phoneFormat: 'e164', allowedCountries: ['IR'] } });
      const number = app.phoneNumber();
      const e164 = { e164: number.e164, local: number.e164 };
      expect((await app.call('POST', REGISTER, { phonenumber: number.local })).status).toBe(400);
      expect((await app.call('POST', REGISTER, { phonenumber: nextPhoneNumber('US') })).status).toBe(400);
      await register(app, e164);
      expect((await logIn(app, e164)).status).toBe(200);
    });

    it('jwt gives other lives and more claims', async () => {
      const claims = ({ user }: { user: { phoneNumber: string | null } }) => ({ phone: user.phoneNumber, type: 'refresh' });
      const app = await open({ settings: { jwt: { accessSeconds: 900, refreshSeconds: 3600, claims } } });
      const number = app.phoneNumber();
      await register(app, number);
      const answer = await logIn(app, number);
      const [access, refresh] = [claimsIn(answer.field('access_token')), claimsIn(answer.field('refresh_token'))];
      expect([access, refresh].map(({ iat, exp }) => Number(exp) - Number(iat))).toEqual([900, 3600]);
      expect(access).toMatchObject({ type: 'access', phone: number.e164 });
    });

    it('forceCode is the code of whoever asked, and no SMS leaves', async () => {
      const app = await open({ settings: { forceCode: '11111' } });
      const number = app.phoneNumber();
      const verify = (token: string) => said(app.call('POST', VERIFY, { phone: number.local, token, code: '11111' }));
      expect(await verify(randomUUID())).toEqual([400, NOT_FOUND]);
      const { token } = await requestRegistration(app, number);
      expect(await said(app.call('POST', REGISTER, { phonenumber: number.local }))).toEqual([409, EXISTS]);
      expect(await verify(randomUUID())).toEqual([400, { error: 'Token is invalid' }]);
      expect((await verify(token))[0]).toBe(200);
      const { user_id } = await requestLogin(app, number);
      expect((await app.call('POST', LOGIN_VERIFY, { user_id, code: '11111' })).status).toBe(200);
      expect(await said(app.call('POST', LOGIN_VERIFY, { user_id, code: '11111' }))).toEqual([400, LOGIN_FIRST]);
      expect(app.inbox.messages()).toEqual([]);
    });

    it('forceCode is refused beside a sender that delivers', async () => {
      const sms = { name: 'provider', send: async () => undefined };
      await expect(open({ settings: { forceCode: '111111' }, sms })).rejects.toThrow(TypeError);
    });

    it.each([
      { codeTtl: 180 },
      { authOnly: true },
      { jwt: { lifetime: 1 } },
      { jwt: { rotate: 1 } },
      { jwt: { reuse: 'ignore' } },
      { jwt: { claims: 'simple-jwt' } },
      { jwt: { refreshSeconds: 0 } },
      { codeLength: 3 },
      { message: 'no code' },
      { phoneFormat: 'national' },
      { allowedCountries: ['US'] },
      { forceCode: '11111', codeLength: 6 },
    ])('%j is refused', async (settings) => {
      await expect(open({ settings: settings as Settings })).rejects.toThrow(TypeError);
    });
  });

  it('a sender that is down is a 502, and the request is pending', async () => {
    const sms = { name: 'down', send: () => Promise.reject(new Error('down')) };
    const { call, phoneNumber } = await open({ sms, mayFail: true });
    const phonenumber = phoneNumber().local;
    const failed = await call('POST', REGISTER, { phonenumber });
    expect([failed.status, failed.body, failed.headers.get('retry-after')]).toEqual([502, { error: 'Code could not be sent' }, '300']);
    expect(await said(call('POST', REGISTER, { phonenumber }))).toEqual([409, EXISTS]);
  });

  it('a code that one process sent is taken by another', async () => {
    const one = await open();
    const other = await open({ beside: one });
    const number = one.phoneNumber();
    const right = await requestRegistration(one, number);
    expect(await said(other.call('POST', VERIFY, { ...right, token: randomUUID() }))).toEqual([400, { error: 'Token is invalid' }]);
    expect(await said(other.call('POST', VERIFY, { ...right, code: wrong(right.code) }))).toEqual([400, { error: 'code is invalid' }]);
    expect((await other.call('POST', VERIFY, right)).status).toBe(200);
    const login = await requestLogin(other, number);
    expect((await one.call('POST', LOGIN_VERIFY, login)).status).toBe(200);
  });
});

servedStoryOn<Settings, App>(createApp, async (app) => {
  const number = app.phoneNumber();
  const right = await requestRegistration(app, number);
  expect(await said(app.call('POST', VERIFY, { ...right, token: randomUUID() }))).toEqual([400, { error: 'Token is invalid' }]);
  expect(statusesOf(await app.parallel(20, () => app.call('POST', VERIFY, right)))).toEqual({ 200: 1, 400: 19 });
  expect(statusesOf(await app.parallel(20, () => app.call('POST', LOGIN, { phone: number.local })))).toEqual({ 200: 1, 429: 19 });
  const user_id = (await userOf(app, number))?.id ?? '';
  for (const { body, headers } of hostileBodies({ code: '123456', user_id: randomUUID() })) {
    expect([400, 413]).toContain((await app.call('POST', LOGIN_VERIFY, body, headers)).status);
  }
  const answers = await app.parallel(20, async () => app.call('POST', LOGIN_VERIFY, { user_id, code: await codeTo(app, number) }));
  expect(statusesOf(answers)).toEqual({ 200: 1, 400: 19 });
  const refreshToken = answers.find(({ status }) => status === 200)?.field('refresh_token');
  expect((await app.call('POST', REFRESH, { refreshToken })).status).toBe(200);
});

/** Another way than the harness to serve an app: with a storage of the test, or with what the app takes by itself. */
async function served(options: Parameters<typeof createApp>[0] = {}): Promise<Asking & { readonly app: App }> {
  const inbox = inboxSms();
  const app = await createApp({ sms: inbox, ...options });
  const { call, close } = await serveContract(app.handler);
  ends.push(close);
  return { app, call, sentTo: async (phoneNumber) => inbox.messages(phoneNumber) };
}

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'register-login-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

function freshNumber(): FreshNumber {
  const e164 = nextPhoneNumber('IR');
  return { e164, local: e164.replace('+98', '0') };
}

describe('by itself', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('keeps accounts and its secret in files, so that a code survives a restart', async () => {
    vi.stubEnv('RINGLATCH_SECRET', '');
    vi.stubEnv('DATABASE_FILE', join(temporaryFolder(), 'data.sqlite'));
    const [before, after] = [await served(), await served()];
    const right = await requestRegistration(before, freshNumber());
    expect((await after.call('POST', VERIFY, right)).status).toBe(200);
  });

  it('refuses production without a secret, and with the console in place of a sender', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('RINGLATCH_SECRET', '');
    await expect(createApp({ storage: memoryStorage() })).rejects.toThrow(/production/);
    vi.stubEnv('RINGLATCH_SECRET', randomBytes(32).toString('hex'));
    await expect(createApp({ storage: memoryStorage() })).rejects.toThrow(/production/);
  });

  const down = () => Promise.reject(new Error('down'));
  it.each<[string, (storage: Omit<ReturnType<typeof memoryStorage>, 'joined'>) => Storage, string, object]>([
    [
      'challenges',
      (storage) => ({ ...storage, challenges: { ...storage.challenges, issue: down } }),
      REGISTER,
      { phonenumber: freshNumber().local },
    ],
    ['users', (storage) => ({ ...storage, users: { ...storage.users, findByPhoneNumber: down } }), LOGIN, { phone: freshNumber().local }],
    ['users', (storage) => ({ ...storage, users: { ...storage.users, findById: down } }), LOGIN_VERIFY, { user_id: 'x', code: '123456' }],
  ])('answers 503 while its %s are down', async (_, brokenOf, path, body) => {
    const { joined: __, ...storage } = memoryStorage();
    const { call } = await served({ storage: brokenOf(storage) });
    const answer = await call('POST', path, body);
    expect([answer.status, answer.body]).toEqual([503, { error: 'Service is unavailable' }]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('the migration guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../examples/register-login/README.md'), 'utf8');
  const [onSqlite = '', onPostgres = ''] = [...guide.matchAll(/```sql\n(.+?)```/gs)].map(([, sql]) => sql);
  const [ada, bob, unverified] = [freshNumber(), freshNumber(), freshNumber()];
  const keys = { ada: randomUUID(), bob: randomUUID() };
  // As their migration makes it.
  const table = `CREATE TABLE divar_users (PhoneNumber varchar(11) NOT NULL UNIQUE, NationalCode varchar(11) NULL UNIQUE,
    AccountVerified bool NOT NULL, IdentityVerified bool NOT NULL, id integer PRIMARY KEY, Updated_at bigint NOT NULL, Created_at TIME NULL,
    PublicKey varchar(36) NOT NULL UNIQUE)`;
  const rows = `INSERT INTO divar_users VALUES
    ('${ada.local}', '0012345678', true, true, 1, 1689010808, '2023-07-10 17:00:08', '${keys.ada}'),
    ('${bob.local}', NULL, true, false, 2, 1689010900, NULL, '${keys.bob.toUpperCase()}'),
    ('${unverified.local}', NULL, false, false, 3, 1689010901, NULL, '${randomUUID()}'),
    ('09abcdefghi', NULL, true, false, 4, 1689010902, NULL, '${randomUUID()}')`;

  async function findsThem(storage: Storage): Promise<void> {
    const asking = await served({ storage });
    expect(await userOf({ storage }, ada)).toEqual({
      id: keys.ada,
      phoneNumber: ada.e164,
      disabled: false,
      profile: { nationalCode: '0012345678', identityVerified: true },
      createdAt: Date.UTC(2023, 6, 10, 17, 0, 8),
      phoneNumberVerifiedAt: 1_689_010_808_000,
    });
    expect(await userOf({ storage }, bob)).toMatchObject({
      profile: { nationalCode: null, identityVerified: false },
      createdAt: 1_689_010_900_000,
    });
    for (const [number, key] of [[ada, keys.ada] as const, [bob, keys.bob] as const]) {
      expect(await said(asking.call('POST', REGISTER, { phonenumber: number.local }))).toEqual([409, EXISTS]);
      const answer = await logIn(asking, number);
      expect(claimsIn(answer.field('access_token')).sub).toBe(key);
    }
    await register(asking, unverified);
  }

  it('moves the accounts of an SQLite file', async () => {
    const folder = temporaryFolder();
    const divar = new DatabaseSync(join(folder, 'divar.sqlite3'));
    divar.exec(`${table.replaceAll('TIME', 'datetime')}; ${rows};`);
    divar.close();
    const database = new DatabaseSync(join(folder, 'data.sqlite'));
    ends.push(() => database.close());
    const storage = sqliteStorage(database);
    database.exec(onSqlite.replace('divar.sqlite3', join(folder, 'divar.sqlite3')));
    await findsThem(storage);
  });

  it('moves the accounts of a Postgres database', async () => {
    const database = new PGlite();
    ends.push(() => database.close());
    await migrate(database);
    await database.exec(`${table.replaceAll('TIME', 'timestamptz')}; ${rows.replaceAll(" 17:00:08'", " 17:00:08Z'")};`);
    await database.exec(onPostgres);
    await findsThem(postgresStorage(database));
  });
});
