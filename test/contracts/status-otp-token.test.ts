import { createHmac, pbkdf2Sync } from 'node:crypto';
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
import { type App, createApp, type Settings, type Storage } from '../../examples/status-otp-token/app.ts';
import { nextPhoneNumber } from '../kit/phone-numbers.ts';
import { serveContract } from './contract-server.ts';
import { type Answer, type Call, contractOn, type FreshNumber, hostileBodies, type Opened, servedStoryOn, statusesOf } from './harness.ts';

const API = '/accounts/api';
const NO_ACCOUNT = { detail: 'No active account found with the given credentials' };
const BAD_TOKEN = { detail: 'Token is invalid or expired', code: 'token_not_valid' };
const WRONG_TYPE = { detail: 'Token has wrong type', code: 'token_not_valid' };
const BLACKLISTED = { detail: 'Token is blacklisted', code: 'token_not_valid' };
const BAD_FORMAT = 'phone number must be entered in the (09---------) format ';
const REQUIRED = ['This field is required.'];
const PASSWORD = 'correct horse battery staple';
const DAY_MS = 86_400_000;

type Asking = Pick<Opened<App>, 'call' | 'sentTo'>;

const statusOf = ({ call }: Pick<Asking, 'call'>, number: string): Promise<Answer> => call('GET', `${API}/status/${number}/`);
const askFor = ({ call }: Pick<Asking, 'call'>, number: string): Promise<Answer> => call('GET', `${API}/otp/${number}/`);

function obtain({ call }: Pick<Asking, 'call'>, phone_number: string, password: string, headers = {}): Promise<Answer> {
  return call('POST', `${API}/token/`, { phone_number, password }, headers);
}

async function codeFor(asking: Asking, { e164, local }: FreshNumber): Promise<string> {
  expect(await askFor(asking, local)).toMatchObject({ status: 200, body: { details: 'otp sent' } });
  return (await asking.sentTo(e164)).at(-1)?.code ?? '';
}

async function signIn(asking: Asking, number: FreshNumber): Promise<Answer> {
  return obtain(asking, number.local, await codeFor(asking, number));
}

function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

function claimsIn(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** As Django writes it, with fewer iterations. */
function djangoHash(password: string): string {
  return `pbkdf2_sha256$1000$salt$${pbkdf2Sync(password, 'salt', 1000, 32, 'sha256').toString('base64')}`;
}

async function addUser({ storage, clock }: Opened<App>, { e164 }: FreshNumber, password: string | null): Promise<string> {
  const passwordHash = password === null ? null : djangoHash(password);
  const made = await storage.users.create({ phoneNumber: e164 as never, profile: {}, passwordHash, now: clock.now() });
  return made.is === 'created' ? made.user.id : '';
}

contractOn<Settings, App>('status, code, token', createApp, (open) => {
  describe('the status of a number', () => {
    it('is whether it has an account, and whether that has a fixed password', async () => {
      const app = await open();
      const [stranger, coded, fixed] = [app.phoneNumber(), app.phoneNumber(), app.phoneNumber()];
      await addUser(app, coded, null);
      await addUser(app, fixed, PASSWORD);
      const answers = [await statusOf(app, stranger.local), await statusOf(app, coded.local), await statusOf(app, fixed.local)];
      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        [404, '{"detail":"Not found."}'],
        [200, '{"password":false}'],
        [200, '{"password":true}'],
      ]);
    });

    it.each(['xx09112223344y', '9112223344', '+989112223344', '0911222334', 'phone', '%20'])('is not found for %s', async (number) => {
      expect(await statusOf(await open(), number)).toMatchObject({ status: 404, body: { detail: 'Not found.' } });
    });

    it('is told to one address a hundred times in an hour', async () => {
      const app = await open();
      const { local } = app.phoneNumber();
      expect(statusesOf(await app.parallel(100, () => statusOf(app, local)))).toEqual({ 404: 100 });
      const refused = await statusOf(app, local);
      const seconds = refused.headers.get('retry-after');
      expect(refused).toMatchObject({ status: 429, body: { detail: `Request was throttled. Expected available in ${seconds} seconds.` } });
    });
  });

  describe('a request for a code', () => {
    it('sends one of six digits, and says no more than that', async () => {
      const app = await open();
      const { e164, local } = app.phoneNumber();
      const answer = await askFor(app, local);
      expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([200, '{"details":"otp sent"}', 'no-store']);
      const [message] = await app.sentTo(e164);
      expect(message?.code).toMatch(/^\d{6}$/);
      expect(message?.text).toContain('Mini 2');
      expect(message?.locale).toBe('fa');
    });

    it('hands the same code out again, after a pause', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const code = await codeFor(app, number);
      app.clock.advance(29);
      const early = await askFor(app, number.local);
      expect([early.status, early.text]).toEqual([429, '{"detail":"Request was throttled. Expected available in 1 second."}']);
      expect(early.headers.get('retry-after')).toBe('1');
      app.clock.advance(1);
      expect(await codeFor(app, number)).toBe(code);
      expect(await app.sentTo(number.e164)).toHaveLength(2);
    });

    it('after the code was used brings a new one, which works', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const first = await codeFor(app, number);
      await obtain(app, number.local, first);
      const second = await codeFor(app, number);
      expect(second).not.toBe(first);
      expect((await obtain(app, number.local, second)).status).toBe(200);
    });

    it('is throttled when the number got three in ten minutes', async () => {
      const app = await open();
      const { local } = app.phoneNumber();
      for (const status of [200, 200, 200, 429]) {
        expect((await askFor(app, local)).status).toBe(status);
        app.clock.advance(120);
      }
    });

    it.each([
      ['9112223344', [BAD_FORMAT]],
      ['xx09112223344y', [BAD_FORMAT]],
      ['091122233445', [BAD_FORMAT]],
      ['%D9%A0%D9%A9112223344', [BAD_FORMAT]],
      ['+989112223344', [BAD_FORMAT]],
      ['09800000000', [BAD_FORMAT]],
      ['0911222334409112223344', [BAD_FORMAT, 'Ensure this value has at most 15 characters (it has 22).']],
    ])('for %s is refused', async (number, texts) => {
      const { call } = await open();
      const answer = await askFor({ call }, number);
      expect([answer.status, answer.body]).toEqual([400, { details: [['phone_number', texts]] }]);
    });
  });

  describe('a code', () => {
    it('makes an account of a new number, and signs it in from then on', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const first = await signIn(app, number);
      expect([first.status, Object.keys(first.body as object)]).toEqual([200, ['refresh', 'access']]);
      expect((await statusOf(app, number.local)).body).toEqual({ password: false });
      const second = await signIn(app, number);
      const [user, sameUser] = [first, second].map((answer) => claimsIn(answer.field('access')).user_id);
      expect(user).toBe((await app.storage.users.findByPhoneNumber({ phoneNumber: number.e164 as never }))?.id);
      expect(sameUser).toBe(user);
    });

    it('gives tokens with the claims of simple-jwt', async () => {
      const app = await open();
      const answer = await signIn(app, app.phoneNumber());
      const [access, refresh] = [claimsIn(answer.field('access')), claimsIn(answer.field('refresh'))];
      expect(access).toMatchObject({ token_type: 'access', user_id: access.sub, jti: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(refresh).toMatchObject({ token_type: 'refresh', user_id: access.sub, jti: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect([access, refresh].map(({ iat, exp }) => Number(exp) - Number(iat))).toEqual([300, 86_400]);
      const [head, payload, signature] = answer.field('access').split('.');
      const signed = createHmac('sha256', process.env.RINGLATCH_SECRET ?? '').update(`${head}.${payload}`);
      expect(signature).toBe(signed.digest('base64url'));
    });

    it('is good once, for five minutes, for its number', async () => {
      const app = await open();
      const [mine, other] = [app.phoneNumber(), app.phoneNumber()];
      const code = await codeFor(app, mine);
      const refused = await obtain(app, mine.local, wrong(code));
      expect([refused.status, refused.body]).toEqual([401, NO_ACCOUNT]);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api"');
      expect((await obtain(app, other.local, code)).status).toBe(401);
      app.clock.advance(299);
      expect((await obtain(app, mine.local, code)).status).toBe(200);
      expect(await obtain(app, mine.local, code)).toMatchObject({ status: 401, body: NO_ACCOUNT });
      const late = await codeFor(app, other);
      app.clock.advance(300);
      expect(await obtain(app, other.local, late)).toMatchObject({ status: 401, body: NO_ACCOUNT });
    });

    it('may be typed in Persian digits, and come as a number or in a form', async () => {
      const { call, phoneNumber } = await open({ settings: { forceCode: '123456' } });
      const bodies = (phone_number: string) => [
        { phone_number, password: ' ۱۲۳۴۵۶ ' },
        { phone_number, password: 123456 },
        new URLSearchParams({ phone_number, password: '123456' }),
      ];
      const { local } = phoneNumber();
      for (const body of bodies(local)) {
        await askFor({ call }, local);
        expect((await call('POST', `${API}/token/`, body)).status).toBe(200);
      }
    });

    it('is dead after five wrong ones', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const code = await codeFor(app, number);
      for (const by of [1, 2, 3, 4, 5]) expect((await obtain(app, number.local, wrong(code, by))).status).toBe(401);
      expect(await obtain(app, number.local, code)).toMatchObject({ status: 401, body: NO_ACCOUNT });
    });

    it('is closed after ten wrong ones in an hour to everybody but known devices', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const known = { 'x-device-token': (await signIn(app, number)).headers.get('x-device-token') };
      for (const _ of ['first', 'second']) {
        const code = await codeFor(app, number);
        for (const by of [1, 2, 3, 4, 5]) await obtain(app, number.local, wrong(code, by));
        app.clock.advance(600);
      }
      const code = await codeFor(app, number);
      expect(await obtain(app, number.local, code)).toMatchObject({ status: 429 });
      expect((await obtain(app, number.local, code, known)).status).toBe(200);
    });

    it('gives nothing to a disabled user, neither by code nor by password nor by refresh token', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const userId = await addUser(app, number, PASSWORD);
      const refresh = (await signIn(app, number)).field('refresh');
      await app.storage.users.setDisabled({ userId, disabled: true });
      expect(await signIn(app, number)).toMatchObject({ status: 401, body: NO_ACCOUNT });
      expect(await obtain(app, number.local, PASSWORD)).toMatchObject({ status: 401, body: NO_ACCOUNT });
      const refused = await app.call('POST', `${API}/token/refresh/`, { refresh });
      expect([refused.status, refused.body]).toEqual([401, { detail: 'No active account found for the given token.' }]);
    });

    it('gives nothing where the number may have changed hands and there is a password', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await addUser(app, number, PASSWORD);
      app.clock.advance(46 * 86_400);
      const { status, body } = await signIn(app, number);
      expect([status, body]).toEqual([403, { detail: 'You do not have permission to perform this action. Sign in with the password.' }]);
      expect((await obtain(app, number.local, PASSWORD)).status).toBe(200);
    });
  });

  describe('a fixed password', () => {
    it('signs in, and a wrong one does not', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await addUser(app, number, PASSWORD);
      const refused = await obtain(app, number.local, 'wrong');
      expect([refused.status, refused.body, refused.headers.get('www-authenticate')]).toEqual([401, NO_ACCOUNT, 'Bearer realm="api"']);
      const answer = await obtain(app, number.local, PASSWORD);
      expect([answer.status, Object.keys(answer.body as object)]).toEqual([200, ['refresh', 'access']]);
      expect(await obtain(app, app.phoneNumber().local, PASSWORD)).toMatchObject({ status: 401, body: NO_ACCOUNT });
    });

    it('is set with a code of its own', async () => {
      const { auth, ...app } = await open();
      const number = app.phoneNumber();
      const { userId, sessionId } = await auth.verifyAccessToken({ accessToken: (await signIn(app, number)).field('access') });
      const stepUp = { purpose: 'step-up', userId, context: 'Set a password', client: { ip: null } } as const;
      const { challengeId } = await auth.requestCode(stepUp);
      const code = (await app.sentTo(number.e164)).at(-1)?.code ?? '';
      const { proof } = await auth.validateVerificationCode({ ...stepUp, challengeId, code });
      const answer = { userId, sessionId, proof, context: stepUp.context };
      await expect(auth.setPassword({ ...answer, newPassword: '123456' })).rejects.toMatchObject({ code: 'weak_password' });
      await auth.setPassword({ ...answer, newPassword: PASSWORD });
      expect((await statusOf(app, number.local)).body).toEqual({ password: true });
      expect((await obtain(app, number.local, PASSWORD)).status).toBe(200);
    });

    it('costs the code nothing when it is wrong', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const code = await codeFor(app, number);
      const texts = ['1234', '12345', '1234567', '12345678', '000 000', '0-0-0-0-0-0', `${code}x`, PASSWORD];
      for (const text of texts) expect((await obtain(app, number.local, text)).status).toBe(401);
      expect((await obtain(app, number.local, code)).status).toBe(200);
    });

    it('of six digits signs in with no code open, beside an open one, and when guesses are used up', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await addUser(app, number, '000000');
      expect((await obtain(app, number.local, '000000')).status).toBe(200);
      const code = await codeFor(app, number);
      expect(code).not.toBe('000000');
      expect((await obtain(app, number.local, '000000')).status).toBe(200);
      expect((await obtain(app, number.local, code)).status).toBe(200);
      // with the password beside the open code they are ten wrong codes
      for (const guesses of [5, 4]) {
        const next = await codeFor(app, number);
        for (let by = 1; by <= guesses; by += 1) expect((await obtain(app, number.local, wrong(next, by))).status).toBe(401);
        app.clock.advance(600);
      }
      await codeFor(app, number);
      expect(await obtain(app, number.local, '111111')).toMatchObject({ status: 429 });
      app.clock.advance(60);
      expect((await obtain(app, number.local, '000000')).status).toBe(200);
    });

    it('stays open to who typed ten wrong codes, after half a minute', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await addUser(app, number, PASSWORD);
      for (const pause of [30, 0]) {
        const code = await codeFor(app, number);
        for (const by of [1, 2, 3, 4, 5]) expect((await obtain(app, number.local, wrong(code, by))).status).toBe(401);
        app.clock.advance(pause);
      }
      expect(await obtain(app, number.local, PASSWORD)).toMatchObject({ status: 429 });
      app.clock.advance(30);
      expect((await obtain(app, number.local, PASSWORD)).status).toBe(200);
    });

    it('is tried twenty times in an hour, with pauses from the tenth on', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await addUser(app, number, PASSWORD);
      for (let tries = 0; tries < 10; tries += 1) expect((await obtain(app, number.local, 'wrong')).status).toBe(401);
      const refused = await obtain(app, number.local, PASSWORD);
      expect(refused).toMatchObject({ status: 429, body: { detail: 'Request was throttled. Expected available in 30 seconds.' } });
      expect((await signIn(app, number)).status).toBe(200);
    });
  });

  describe('a request for tokens', () => {
    it.each([
      [{}, { phone_number: REQUIRED, password: REQUIRED }],
      [{ phone_number: '09112223344' }, { password: REQUIRED }],
      [
        { phone_number: '', password: ' ' },
        { phone_number: ['This field may not be blank.'], password: ['This field may not be blank.'] },
      ],
      [{ phone_number: null, password: '1' }, { phone_number: ['This field may not be null.'] }],
      [
        { phone_number: ['0'], password: true },
        { phone_number: ['Not a valid string.'], password: ['Not a valid string.'] },
      ],
      [{ phone_number: '\0', password: '1' }, { phone_number: ['Null characters are not allowed.'] }],
    ])('with %j is refused', async (body, problems) => {
      const { call } = await open();
      const answer = await call('POST', `${API}/token/`, body);
      expect([answer.status, answer.body]).toEqual([400, problems]);
    });

    it.each(['xx09112223344y', '+989112223344', '9112223344', '0'])('of %s knows no account', async (phone_number) => {
      expect(await obtain(await open(), phone_number, '123456')).toMatchObject({ status: 401, body: NO_ACCOUNT });
    });
  });

  describe('of twenty calls at once', () => {
    it('one request sends an SMS', async () => {
      const app = await open();
      const { e164, local } = app.phoneNumber();
      expect(statusesOf(await app.parallel(20, () => askFor(app, local)))).toEqual({ 200: 1, 429: 19 });
      expect(await app.sentTo(e164)).toHaveLength(1);
    });

    it('one code makes one account', async () => {
      const app = await open();
      const number = app.phoneNumber();
      const code = await codeFor(app, number);
      expect(statusesOf(await app.parallel(20, () => obtain(app, number.local, code)))).toEqual({ 200: 1, 401: 19 });
      expect((await statusOf(app, number.local)).status).toBe(200);
    });

    it('passwords are taken or throttled', async () => {
      const app = await open();
      const number = app.phoneNumber();
      await addUser(app, number, PASSWORD);
      const { 200: taken = 0, 429: throttled = 0 } = statusesOf(await app.parallel(20, () => obtain(app, number.local, PASSWORD)));
      expect([taken > 0, taken + throttled]).toEqual([true, 20]);
    });

    it('one rotates a refresh token, and one blacklists it', async () => {
      const app = await open({ settings: { jwt: { rotate: true, blacklistAfterRotation: true } } });
      const refresh = (await signIn(app, app.phoneNumber())).field('refresh');
      const rotated = await app.parallel(20, () => app.call('POST', `${API}/token/refresh/`, { refresh }));
      expect(statusesOf(rotated)).toEqual({ 200: 1, 401: 19 });
      const next = rotated.find(({ status }) => status === 200)?.field('refresh');
      const ended = await app.parallel(20, () => app.call('POST', `${API}/token/blacklist/`, { refresh: next }));
      expect(statusesOf(ended)).toEqual({ 200: 1, 401: 19 });
    });
  });

  describe('a refresh token', () => {
    it('gives access tokens for a day', async () => {
      const app = await open();
      const refresh = (await signIn(app, app.phoneNumber())).field('refresh');
      app.clock.advance(86_390);
      const answer = await app.call('POST', `${API}/token/refresh/`, { refresh });
      expect([answer.status, Object.keys(answer.body as object)]).toEqual([200, ['access']]);
      expect(claimsIn(answer.field('access'))).toMatchObject({ token_type: 'access' });
      app.clock.advance(20);
      const late = await app.call('POST', `${API}/token/refresh/`, { refresh });
      expect([late.status, late.body, late.headers.get('www-authenticate')]).toEqual([401, BAD_TOKEN, 'Bearer realm="api"']);
    });

    it.each<[string, Settings['jwt'], number, number]>([
      ['stays good', {}, 200, 200],
      ['is refused', { blacklistAfterRotation: true }, 401, 200],
      ['ends its session', { reuse: 'revokeFamily' }, 401, 401],
    ])('that was rotated %s with %j', async (_, jwt, ofOld, ofNew) => {
      const app = await open({ settings: { jwt: { rotate: true, ...jwt } } });
      const refresh = (await signIn(app, app.phoneNumber())).field('refresh');
      app.clock.advance(60);
      const rotated = await app.call('POST', `${API}/token/refresh/`, { refresh });
      expect(Object.keys(rotated.body as object)).toEqual(['access', 'refresh']);
      const next = rotated.field('refresh');
      expect(Number(claimsIn(next).exp) - Number(claimsIn(refresh).exp)).toBe(60);
      const old = await app.call('POST', `${API}/token/refresh/`, { refresh });
      expect(old.status).toBe(ofOld);
      if (ofOld === 401) expect(old.body).toEqual(BLACKLISTED);
      expect((await app.call('POST', `${API}/token/refresh/`, { refresh: next })).status).toBe(ofNew);
    });

    it('that was blacklisted is good for nothing, once and for all', async () => {
      const app = await open();
      const refresh = (await signIn(app, app.phoneNumber())).field('refresh');
      const answers = [];
      for (const [route, body] of [
        ['blacklist', { refresh }],
        ['blacklist', { refresh }],
        ['refresh', { refresh }],
        ['verify', { token: refresh }],
      ] as const)
        answers.push(await app.call('POST', `${API}/token/${route}/`, body));
      expect(answers.map(({ status, body }) => [status, body])).toEqual([
        [200, {}],
        [401, BLACKLISTED],
        [401, BLACKLISTED],
        [400, { non_field_errors: ['Token is blacklisted'] }],
      ]);
    });

    it.each(['refresh', 'blacklist'])('is what %s wants', async (route) => {
      const app = await open();
      const access = (await signIn(app, app.phoneNumber())).field('access');
      const post = async (body: object) => {
        const { status, body: answer } = await app.call('POST', `${API}/token/${route}/`, body);
        return [status, answer];
      };
      expect(await post({ refresh: access })).toEqual([401, WRONG_TYPE]);
      expect(await post({ refresh: 'x.y.z' })).toEqual([401, BAD_TOKEN]);
      expect(await post({})).toEqual([400, { refresh: REQUIRED }]);
      expect(await post({ refresh: '' })).toEqual([400, { refresh: ['This field may not be blank.'] }]);
      expect(await post({ refresh: null })).toEqual([400, { refresh: ['This field may not be null.'] }]);
    });
  });

  it('a token of either kind is verified until it expires', async () => {
    const app = await open();
    const answer = await signIn(app, app.phoneNumber());
    const verify = async (body: object) => {
      const { status, body: said } = await app.call('POST', `${API}/token/verify/`, body);
      return [status, said];
    };
    const [token, refresh] = [answer.field('access'), answer.field('refresh')];
    expect(await verify({ token })).toEqual([200, {}]);
    expect(await verify({ token: refresh })).toEqual([200, {}]);
    expect(await verify({ token: `${token.slice(0, -2)}xx` })).toEqual([401, BAD_TOKEN]);
    expect(await verify({})).toEqual([400, { token: REQUIRED }]);
    app.clock.advance(310);
    expect(await verify({ token })).toEqual([401, BAD_TOKEN]);
    expect(await verify({ token: refresh })).toEqual([200, {}]);
    app.clock.advance(86_400);
    expect(await verify({ token: refresh })).toEqual([401, BAD_TOKEN]);
  });

  describe('bad input', () => {
    const phone_number = '09121234567';
    it.each<[string, Record<string, string>]>([
      ['token', { phone_number, password: 'password' }],
      ['token', { phone_number, password: '123456' }],
      ['token/refresh', { refresh: 'x.y.z' }],
      ['token/verify', { token: 'x.y.z' }],
      ['token/blacklist', { refresh: 'x.y.z' }],
    ])('to %s is refused in the shape of the original', async (route, right) => {
      const { call, clock } = await open();
      for (const { name, body, headers } of hostileBodies(right)) {
        const answer = await call('POST', `${API}/${route}/`, body, headers);
        expect([400, 401, 413, 415], `${name}: ${answer.text}`).toContain(answer.status);
        const texts = Object.values(answer.body as object).flat();
        expect(texts.length > 0 && texts.every((text) => typeof text === 'string'), `${name}: ${answer.text}`).toBe(true);
        // the pauses between passwords are none of this
        clock.advance(3600);
      }
    });

    const broken = { detail: 'JSON parse error - the body is not valid JSON.' };
    const [status, otp, token] = [`${API}/status/${phone_number}/`, `${API}/otp/${phone_number}/`, `${API}/token/`];
    it.each<[string, Parameters<Call>, number, object]>([
      ['a list', ['POST', token, '[]'], 400, { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
      ['null', ['POST', token, 'null'], 400, { non_field_errors: ['No data provided'] }],
      ['broken JSON', ['POST', token, '{'], 400, broken],
      ['text', ['POST', token, 'x', { 'content-type': 'text/plain' }], 415, { detail: 'Unsupported media type "text/plain" in request.' }],
      ['9 KB', ['POST', token, `"${'x'.repeat(9000)}"`], 413, { detail: 'The body is too large.' }],
      ['half a letter in the path', ['GET', `${API}/otp/%E0%A4%A/`], 400, { detail: 'Bad request.' }],
      ['a very long path', ['GET', `${API}/status/${'9'.repeat(10_000)}/`], 404, { detail: 'Not found.' }],
      ['another path', ['POST', '/'], 404, { detail: 'Not found.' }],
      ['a method that is no route', ['POST', otp], 405, { detail: 'Method "POST" not allowed.' }],
      ['a method with a body that is none', ['DELETE', token, '{', {}], 405, { detail: 'Method "DELETE" not allowed.' }],
      ['another method', ['PUT', status], 405, { detail: 'Method "PUT" not allowed.' }],
    ])('such as %s', async (_, args, expected, body) => {
      const { call } = await open();
      const answer = await call(...args);
      expect([answer.status, answer.body]).toEqual([expected, body]);
    });

    it('such as another method is told which is right, and sends nothing', async () => {
      const { call, inbox } = await open();
      const head = await call('HEAD', otp);
      expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
      const get = await call('GET', `${API}/token/refresh/`);
      expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
      expect(inbox.messages()).toEqual([]);
    });

    it('does not begin with a missing slash at the end', async () => {
      const app = await open();
      expect((await app.call('GET', otp.slice(0, -1))).status).toBe(200);
    });
  });

  describe('the setting', () => {
    it('codeLength, codeTtlSeconds, maxAttempts, message and appName shape a code', async () => {
      const settings = { codeLength: 4, codeTtlSeconds: 60, maxAttempts: 1, message: '{app}: {code}', appName: 'Acme' };
      const app = await open({ settings });
      const [number, other] = [app.phoneNumber(), app.phoneNumber()];
      const code = await codeFor(app, number);
      expect((await app.sentTo(number.e164)).map(({ text }) => text)).toEqual([`Acme: ${code}`]);
      expect(code).toMatch(/^\d{4}$/);
      await obtain(app, number.local, wrong(code));
      expect((await obtain(app, number.local, code)).status).toBe(401);
      const late = await codeFor(app, other);
      app.clock.advance(60);
      expect((await obtain(app, other.local, late)).status).toBe(401);
    });

    it('messages are chosen by Accept-Language', async () => {
      const messages = { 'en-GB': { default: ({ code }: { code: string }) => `Yours: ${code}` } };
      const app = await open({ settings: { message: 'کد {code}', messages } });
      const texts = [];
      for (const language of ['de, en-GB;q=0.5', 'de', '']) {
        const { e164, local } = app.phoneNumber();
        await app.call('GET', `${API}/otp/${local}/`, undefined, { 'accept-language': language });
        texts.push((await app.sentTo(e164))[0]?.text.replace(/\d+/, ''));
      }
      expect(texts).toEqual(['Yours: ', 'کد ', 'کد ']);
    });

    it('phoneFormat takes numbers of other countries', async () => {
      const app = await open({ settings: { phoneFormat: 'e164' } });
      const e164 = nextPhoneNumber('US');
      const code = await codeFor(app, { e164, local: e164 });
      expect((await obtain(app, e164, code)).status).toBe(200);
      expect((await statusOf(app, e164)).body).toEqual({ password: false });
      expect((await askFor(app, '09112223344')).status).toBe(400);
    });

    it('allowedCountries and smsPerDay hold', async () => {
      const app = await open({ settings: { phoneFormat: 'e164', allowedCountries: ['IR'], smsPerDay: 5 } });
      expect((await askFor(app, nextPhoneNumber('US'))).status).toBe(400);
      for (const status of [200, 200, 200, 200, 429]) expect((await askFor(app, app.phoneNumber().e164)).status).toBe(status);
    });

    it('jwt gives other lives and more claims', async () => {
      const claims = ({ user }: { user: { phoneNumber: string | null } }) => ({ phone_number: user.phoneNumber });
      const app = await open({ settings: { jwt: { accessSeconds: 900, refreshSeconds: 3600, claims } } });
      const number = app.phoneNumber();
      const answer = await signIn(app, number);
      const [access, refresh] = [claimsIn(answer.field('access')), claimsIn(answer.field('refresh'))];
      expect([access, refresh].map(({ iat, exp }) => Number(exp) - Number(iat))).toEqual([900, 3600]);
      expect(access).toMatchObject({ token_type: 'access', phone_number: number.e164 });
    });

    it('forceCode is the code of whoever asked, and no SMS leaves', async () => {
      const app = await open({ settings: { forceCode: '11111111' } });
      const [asked, other] = [app.phoneNumber(), app.phoneNumber()];
      expect((await obtain(app, asked.local, '11111111')).status).toBe(401);
      expect((await askFor(app, asked.local)).status).toBe(200);
      expect((await obtain(app, other.local, '11111111')).status).toBe(401);
      expect((await obtain(app, asked.local, '11111111')).status).toBe(200);
      expect((await obtain(app, asked.local, '11111111')).status).toBe(401);
      expect(app.inbox.messages()).toEqual([]);
    });

    it('forceCode is refused beside a sender that delivers', async () => {
      const sms = { name: 'provider', send: async () => undefined };
      await expect(open({ settings: { forceCode: '111111' }, sms })).rejects.toThrow(TypeError);
    });

    it.each([
      { codeTtl: 300 },
      { sandboxCode: '111111' },
      { jwt: { lifetime: 1 } },
      { jwt: { rotate: 1 } },
      { jwt: { blacklistAfterRotation: 'yes' } },
      { jwt: { reuse: 'ignore' } },
      { jwt: { claims: 'other' } },
      { phoneFormat: 'national' },
      { codeLength: 3 },
      { message: 'no code' },
      { trustedProxies: true },
      { forceCode: '11111', codeLength: 6 },
    ])('%j is refused', async (settings) => {
      await expect(open({ settings: settings as Settings })).rejects.toThrow(TypeError);
    });
  });

  it('a sender that is down is a 502', async () => {
    const sms = { name: 'down', send: () => Promise.reject(new Error('down')) };
    const { call, phoneNumber } = await open({ sms, mayFail: true });
    const { status, body } = await askFor({ call }, phoneNumber().local);
    expect([status, body]).toEqual([502, { detail: 'The message could not be delivered.' }]);
  });
});

describe('status, code, token', () => {
  afterEach(() => vi.unstubAllEnvs());

  async function served(storage: Storage | undefined, talk: (asking: Asking) => Promise<void>): Promise<void> {
    const inbox = inboxSms();
    const { handler, auth } = await createApp(storage === undefined ? { sms: inbox } : { storage, sms: inbox });
    const { call, close } = await serveContract(handler);
    const sentTo: Asking['sentTo'] = async (number) => {
      await auth.drain();
      return inbox.messages(number);
    };
    try {
      await talk({ call, sentTo });
    } finally {
      await auth.drain();
      await close();
    }
  }

  it('answers 503 while a store is down', async () => {
    const down = () => Promise.reject(new Error('down'));
    const { users, challenges, sessions } = memoryStorage();
    const storage = { users: { ...users, findByPhoneNumber: down }, challenges: { ...challenges, issue: down }, sessions };
    await served(storage, async (asking) => {
      const detail = 'Service temporarily unavailable, try again later.';
      for (const ask of [statusOf, askFor]) {
        const answer = await ask(asking, '09112223344');
        expect([answer.status, answer.body]).toEqual([503, { detail }]);
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      }
      expect((await obtain(asking, '09112223344', PASSWORD)).status).toBe(503);
    });
  });

  it('keeps everything in a file and a secret beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringlatch-status-otp-token-'));
    vi.stubEnv('DATABASE_FILE', join(folder, 'data.sqlite'));
    vi.stubEnv('RINGLATCH_SECRET', '');
    const number = { e164: '+989112223344', local: '09112223344' };
    let refresh = '';
    try {
      await served(undefined, async (asking) => {
        refresh = (await signIn(asking, number)).field('refresh');
      });
      await served(undefined, async (asking) => {
        expect((await statusOf(asking, number.local)).status).toBe(200);
        expect((await asking.call('POST', `${API}/token/refresh/`, { refresh })).status).toBe(200);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('starts in production with a secret of its own alone', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('RINGLATCH_SECRET', '');
    await expect(createApp({ storage: memoryStorage(), sms: inboxSms() })).rejects.toThrow('RINGLATCH_SECRET');
  });

  describe('after the move from the original', () => {
    const guide = readFileSync(new URL('../../examples/status-otp-token/README.md', import.meta.url), 'utf8');
    const [forSqlite = '', forPostgres = ''] = [...guide.matchAll(/^```sql\n([\s\S]*?)^```/gm)].map(([, sql]) => sql);
    const rows: readonly (readonly [number, string, string, boolean])[] = [
      [7, '09112223344', djangoHash(PASSWORD), true],
      [8, '09112223345', '', true],
      [9, '09112223346', '!unusable0123456789', true],
      [10, '09112223347', 'as it was typed', true],
      [11, '09112223348', djangoHash('123456'), true],
      [12, '09112223349', djangoHash(PASSWORD), false],
      [13, 'xx09112223344y', djangoHash(PASSWORD), true],
    ];
    const values = rows.map(([id, number, hash, active]) => `(${id}, '${number}', '${hash}', ${active}, '2023-09-10 08:00:00')`).join();
    const table = (id: string, time: string) =>
      `CREATE TABLE account_user (id ${id} PRIMARY KEY, phone_number varchar(15) UNIQUE, password varchar(128), is_active bool, date_joined ${time});
       INSERT INTO account_user (id, phone_number, password, is_active, date_joined) VALUES ${values};`;

    async function tellsTheSame(storage: Storage, idOf: (id: number) => string): Promise<void> {
      await served(storage, async (asking) => {
        const told: [number, unknown][] = [];
        for (const [, number] of rows) {
          const { status, body } = await statusOf(asking, number);
          told.push([status, body]);
        }
        const [yes, no] = [[200, { password: true }] as const, [200, { password: false }] as const];
        expect(told).toEqual([yes, no, no, no, yes, yes, [404, { detail: 'Not found.' }]]);
        const byPassword = await obtain(asking, '09112223344', PASSWORD);
        expect(claimsIn(byPassword.field('access')).user_id).toBe(idOf(7));
        expect((await obtain(asking, '09112223348', '123456')).status).toBe(200);
        expect((await obtain(asking, '09112223347', 'as it was typed')).status).toBe(401);
        expect((await obtain(asking, '09112223349', PASSWORD)).status).toBe(401);
        const byCode = await signIn(asking, { e164: '+989112223345', local: '09112223345' });
        expect(claimsIn(byCode.field('access')).user_id).toBe(idOf(8));
        expect((await signIn(asking, { e164: '+989112223348', local: '09112223348' })).status).toBe(200);
      });
      const upgraded = await storage.users.passwordHashOf?.({ userId: idOf(7) });
      expect(upgraded).toMatch(/^\$argon2id\$/);
    }

    it('users of an SQLite file sign in as before', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'ringlatch-moved-'));
      const theirs = join(folder, 'db.sqlite3');
      const django = new DatabaseSync(theirs);
      django.exec(table('integer', 'datetime'));
      django.close();
      const database = new DatabaseSync(join(folder, 'data.sqlite'));
      const storage = sqliteStorage<Record<string, unknown>>(database);
      expect(forSqlite).toContain("ATTACH 'db.sqlite3'");
      database.exec(forSqlite.replace('db.sqlite3', theirs));
      await tellsTheSame(storage, String);
      const moved = await storage.users.findById({ userId: '7' });
      expect(moved?.createdAt).toBe(Date.UTC(2023, 8, 10, 8));
      expect(Date.now() - Number(moved?.phoneNumberVerifiedAt)).toBeLessThan(DAY_MS);
      database.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('users of a Postgres table sign in as before', async () => {
      const database = new PGlite();
      await database.exec(table('bigint', 'timestamptz'));
      await migrate(database);
      await database.exec(forPostgres);
      await tellsTheSame(
        postgresStorage<Record<string, unknown>>(database),
        (id) => `00000000-0000-0000-0000-${String(id).padStart(12, '0')}`,
      );
      await database.close();
    });
  });

  servedStoryOn<Settings, App>(createApp, async (app) => {
    const number = app.phoneNumber();
    expect((await statusOf(app, number.local)).status).toBe(404);
    const code = await codeFor(app, number);
    expect((await obtain(app, number.local, wrong(code))).status).toBe(401);
    const answers = await app.parallel(20, () => obtain(app, number.local, code));
    expect(statusesOf(answers)).toEqual({ 200: 1, 401: 19 });
    const [access, refresh] = ['access', 'refresh'].map((key) => answers.find(({ status }) => status === 200)?.field(key));
    expect((await statusOf(app, number.local)).body).toEqual({ password: false });
    expect((await app.call('POST', `${API}/token/verify/`, { token: access })).status).toBe(200);
    expect((await app.call('POST', `${API}/token/refresh/`, { refresh })).status).toBe(200);
    expect((await app.call('POST', `${API}/token/blacklist/`, { refresh })).status).toBe(200);
    expect((await app.call('POST', `${API}/token/refresh/`, { refresh })).status).toBe(401);
    await addUser(app, app.phoneNumber(), null);
    const fixed = app.phoneNumber();
    await addUser(app, fixed, '123456');
    expect((await obtain(app, fixed.local, '123456')).status).toBe(200);
  });
});
