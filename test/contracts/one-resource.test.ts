import { randomBytes } from 'node:crypto';
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
import { type App, createApp, type Settings, type Storage, type User } from '../../examples/one-resource/app.ts';
import { nextPhoneNumber } from '../kit/phone-numbers.ts';
import { serveContract } from './contract-server.ts';
import { type Answer, type Call, contractOn, hostileBodies, type Opened, servedStoryOn, statusesOf } from './harness.ts';

const SENT = 'Verification code sent to phone number.';
const PENDING = { non_field_errors: ['We sent a verification code please wait for 2 minutes; before requesting a new code.'] };
const NOT_RIGHT = { non_field_errors: ['Invalid verification code or phone_number.'] };
const NOT_RIGHT_TO_REGISTER = { non_field_errors: ['Invalid verification code'] };
const REQUIRED = ['This field is required.'];

interface Asking {
  readonly call: Call;
  readonly sentTo: Opened<App>['sentTo'];
}

async function codeFor({ call, sentTo }: Asking, phone_number: string): Promise<string> {
  expect(await call('POST', '/otp', { phone_number })).toMatchObject({ status: 201 });
  return (await sentTo(phone_number)).at(-1)?.code ?? '';
}

async function signIn(asking: Asking, phone_number: string): Promise<Answer> {
  const verification_code = await codeFor(asking, phone_number);
  return asking.call('POST', '/otp', { phone_number, verification_code });
}

function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

function claimsIn(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

async function userOf({ storage }: Pick<App, 'storage'>, e164: string): Promise<User | null> {
  return storage.users.findByPhoneNumber({ phoneNumber: e164 as never });
}

contractOn<Settings, App>('one resource', createApp, (open) => {
  describe('a request for a code', () => {
    it('is for registration while the number is unknown, and for authentication from then on', async () => {
      const app = await open();
      const { e164 } = app.phoneNumber();
      const request = () => app.call('POST', '/otp', { phone_number: e164 });
      expect(await request()).toMatchObject({ status: 201, body: { phone_number: e164, status: SENT, usage: 'register' } });
      const [message] = await app.sentTo(e164);
      expect(message?.text).toBe(`${message?.code} is your verification code.`);
      expect(message?.code).toMatch(/^\d{5}$/);
      await app.call('POST', '/otp', { phone_number: e164, verification_code: message?.code });
      expect((await request()).body).toEqual({ phone_number: e164, status: SENT, usage: 'auth' });
    });

    it('is refused while a code is open, for three minutes', async () => {
      const { call, sentTo, clock, phoneNumber } = await open();
      const body = { phone_number: phoneNumber().e164 };
      await call('POST', '/otp', body);
      clock.advance(179);
      const refused = await call('POST', '/otp', body);
      expect(refused).toMatchObject({ status: 400, body: PENDING });
      expect(refused.headers.get('retry-after')).toBe('1');
      clock.advance(1);
      expect((await call('POST', '/otp', body)).status).toBe(201);
      expect(await sentTo(body.phone_number)).toHaveLength(2);
    });

    it('is answered as pending when the number got too many', async () => {
      const { call, clock, phoneNumber } = await open();
      const body = { phone_number: phoneNumber().e164 };
      for (const status of [201, 201, 201, 400]) {
        expect((await call('POST', '/otp', body)).status).toBe(status);
        clock.advance(180);
      }
    });

    it('takes a number in any spelling of E.164, as JSON and as a form', async () => {
      const { call, phoneNumber } = await open();
      for (const spell of [(e164: string) => ` ${e164} `, (e164: string) => e164.replace('+98', '+98 ')]) {
        const { e164 } = phoneNumber();
        expect((await call('POST', '/otp', { phone_number: spell(e164) })).field('phone_number')).toBe(e164);
      }
      const { e164 } = phoneNumber();
      expect((await call('POST', '/otp', new URLSearchParams({ phone_number: e164 }))).status).toBe(201);
    });

    it.each([
      [{}, REQUIRED],
      [{ phone_number: '' }, ['This field may not be blank.']],
      [{ phone_number: ' ' }, ['This field may not be blank.']],
      [{ phone_number: null }, ['This field may not be null.']],
      [{ phone_number: ['+96550012345'] }, ['Not a valid string.']],
      [{ phone_number: 'phone' }, ['Enter a valid phone number.']],
      [{ phone_number: '96550012345' }, ['Enter a valid phone number.']],
    ])('with %j is refused', async (body, phone_number) => {
      const { call } = await open();
      expect(await call('POST', '/otp', body)).toMatchObject({ status: 400, body: { phone_number } });
    });
  });

  describe('a verification', () => {
    it('signs a new number in and makes its account, then signs it in', async () => {
      const app = await open();
      const { e164 } = app.phoneNumber();
      const first = await signIn(app, e164);
      expect(first).toMatchObject({ status: 201, body: { created: true } });
      expect(Object.keys(first.body as object)).toEqual(['refresh', 'access', 'created']);
      const user = await userOf(app, e164);
      const [access, refresh] = [claimsIn(first.field('access')), claimsIn(first.field('refresh'))];
      expect(access).toMatchObject({ token_type: 'access', user_id: user?.id, jti: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(refresh).toMatchObject({ token_type: 'refresh', user_id: user?.id, jti: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect([access, refresh].map(({ iat, exp }) => Number(exp) - Number(iat))).toEqual([300, 86_400]);
      expect(await signIn(app, e164)).toMatchObject({ status: 201, body: { created: false } });
    });

    it('tells the role that a user has', async () => {
      const app = await open();
      const { e164 } = app.phoneNumber();
      const create = { phoneNumber: e164 as never, profile: { role: 'driver' }, passwordHash: null, now: app.clock.now() };
      await app.storage.users.create(create);
      expect((await signIn(app, e164)).field('role')).toBe('driver');
    });

    it('takes a code once, until it expires, for its number', async () => {
      const app = await open();
      const [first, second] = [app.phoneNumber().e164, app.phoneNumber().e164];
      const code = await codeFor(app, first);
      const verify = (phone_number: string, verification_code: unknown) => app.call('POST', '/otp', { phone_number, verification_code });
      expect(await verify(first, wrong(code))).toMatchObject({ status: 400, body: NOT_RIGHT });
      expect(await verify(second, code)).toMatchObject({ status: 400, body: NOT_RIGHT });
      app.clock.advance(179);
      expect((await verify(first, code)).status).toBe(201);
      expect(await verify(first, code)).toMatchObject({ status: 400, body: NOT_RIGHT });
      const late = await codeFor(app, second);
      app.clock.advance(180);
      expect(await verify(second, late)).toMatchObject({ status: 400, body: NOT_RIGHT });
    });

    it('is over after five wrong codes, and after ten within an hour for everybody but known devices', async () => {
      const app = await open();
      const { e164 } = app.phoneNumber();
      const device = (await signIn(app, e164)).headers.get('x-device-token');
      const verify = (verification_code: string) => app.call('POST', '/otp', { phone_number: e164, verification_code });
      for (const _ of ['first', 'second']) {
        const code = await codeFor(app, e164);
        for (const by of [1, 2, 3, 4, 5]) expect(await verify(wrong(code, by))).toMatchObject({ status: 400, body: NOT_RIGHT });
        expect(await verify(code)).toMatchObject({ status: 400, body: NOT_RIGHT });
        app.clock.advance(600);
      }
      const code = await codeFor(app, e164);
      const throttled = await verify(wrong(code));
      const seconds = throttled.headers.get('retry-after');
      expect(throttled).toMatchObject({
        status: 429,
        body: { detail: `Request was throttled. Expected available in ${seconds} seconds.` },
      });
      expect(await app.call('POST', '/otp', { phone_number: e164 })).toMatchObject({ status: 400, body: PENDING });
      const known = { 'x-device-token': device };
      expect((await app.call('POST', '/otp', { phone_number: e164 }, known)).status).toBe(201);
      expect((await app.call('POST', '/otp', { phone_number: e164, verification_code: code }, known)).status).toBe(201);
    });

    it.each([
      [{ verification_code: '12345' }, { phone_number: REQUIRED }],
      [{ verification_code: null }, { phone_number: REQUIRED, verification_code: ['This field may not be null.'] }],
      [{ phone_number: '+96550012345', verification_code: '' }, { verification_code: ['This field may not be blank.'] }],
      [{ phone_number: '+96550012345', verification_code: true }, { verification_code: ['Not a valid string.'] }],
      [{ phone_number: '0', verification_code: '12345' }, { phone_number: ['Enter a valid phone number.'] }],
    ])('with %j is refused', async (body, problems) => {
      const { call } = await open();
      const answer = await call('POST', '/otp', body);
      expect([answer.status, answer.body]).toEqual([400, problems]);
    });

    it('gives nothing to a disabled user, neither by code nor by refresh token', async () => {
      const app = await open();
      const { e164 } = app.phoneNumber();
      const refresh = (await signIn(app, e164)).field('refresh');
      await app.storage.users.setDisabled({ userId: (await userOf(app, e164))?.id ?? '', disabled: true });
      const refused = await signIn(app, e164);
      expect([refused.status, refused.body]).toEqual([403, { detail: 'User account is disabled.' }]);
      expect((await app.call('POST', '/token/refresh', { refresh })).status).toBe(401);
    });
  });

  describe('a registration', () => {
    const person = { first_name: 'Noor', last_name: 'Salem' };

    it('uses the code up, and makes an account with its names', async () => {
      const app = await open();
      const { e164: phone_number } = app.phoneNumber();
      const verification_code = await codeFor(app, phone_number);
      const answer = await app.call('POST', '/users', { phone_number, verification_code, ...person, role: 'admin' });
      expect([answer.status, answer.body]).toEqual([201, { phone_number, ...person }]);
      expect((await userOf(app, phone_number))?.profile).toEqual(person);
      const again = { phone_number, verification_code };
      expect(await app.call('POST', '/otp', again)).toMatchObject({ status: 400, body: NOT_RIGHT });
      expect(await app.call('POST', '/users', again)).toMatchObject({ status: 400, body: NOT_RIGHT_TO_REGISTER });
      expect(await signIn(app, phone_number)).toMatchObject({ status: 201, body: { created: false } });
    });

    it('looks at the rest before it uses the code up', async () => {
      const app = await open();
      const { e164: phone_number } = app.phoneNumber();
      const right = { phone_number, verification_code: await codeFor(app, phone_number) };
      const first_name = ['Ensure this field has no more than 150 characters.'];
      const last_name = ['Not a valid string.'];
      const refused = await app.call('POST', '/users', { ...right, first_name: 'x'.repeat(151), last_name: {} });
      expect([refused.status, refused.body]).toEqual([400, { first_name, last_name }]);
      expect((await app.call('POST', '/users', right)).body).toEqual({ phone_number, first_name: '', last_name: '' });
    });

    it('tells that a number is taken to nobody but its owner', async () => {
      const app = await open();
      const { e164: phone_number } = app.phoneNumber();
      await signIn(app, phone_number);
      const verification_code = await codeFor(app, phone_number);
      const guess = await app.call('POST', '/users', { phone_number, verification_code: wrong(verification_code) });
      expect([guess.status, guess.body]).toEqual([400, NOT_RIGHT_TO_REGISTER]);
      const taken = await app.call('POST', '/users', { phone_number, verification_code });
      expect([taken.status, taken.body]).toEqual([400, { phone_number: ['user with this phone number already exists.'] }]);
    });

    it('names everything that is missing', async () => {
      const { call } = await open();
      const { status, body } = await call('POST', '/users', person);
      expect([status, body]).toEqual([400, { phone_number: REQUIRED, verification_code: REQUIRED }]);
    });
  });

  describe('of twenty calls at once', () => {
    it('one request sends an SMS', async () => {
      const { call, parallel, sentTo, phoneNumber } = await open();
      const { e164 } = phoneNumber();
      const answers = await parallel(20, () => call('POST', '/otp', { phone_number: e164 }));
      expect(statusesOf(answers)).toEqual({ 201: 1, 400: 19 });
      expect(answers.filter(({ status }) => status === 400).map(({ body }) => body)).toEqual(Array(19).fill(PENDING));
      expect(await sentTo(e164)).toHaveLength(1);
    });

    it.each(['/otp', '/users'])('one verification at %s makes one account', async (path) => {
      const app = await open();
      const { e164: phone_number } = app.phoneNumber();
      const body = { phone_number, verification_code: await codeFor(app, phone_number) };
      expect(statusesOf(await app.parallel(20, () => app.call('POST', path, body)))).toEqual({ 201: 1, 400: 19 });
      expect(await userOf(app, phone_number)).not.toBeNull();
    });
  });

  describe('bad input', () => {
    const [phone_number, verification_code] = ['+989121234567', '12345'];
    // the right number all the same, or a request for a code in place of its verification
    const meant = ['form', 'phone_number: Unicode digits'];
    it.each<[string, Record<string, string>, readonly string[]]>([
      ['/otp', { phone_number }, meant],
      ['/otp', { phone_number, verification_code }, ['verification_code: missing']],
      ['/users', { phone_number, verification_code, first_name: 'Noor', last_name: 'Salem' }, []],
      ['/token/refresh', { refresh: 'x.y.z' }, []],
    ])('to %s is refused in the shape of the original', async (path, right, passing) => {
      const { call } = await open();
      for (const { name, body, headers } of hostileBodies(right).filter((hostile) => !passing.includes(hostile.name))) {
        const answer = await call('POST', path, body, headers);
        expect([400, 401, 413, 415], `${name}: ${answer.text}`).toContain(answer.status);
        const texts = Object.values(answer.body as object).flat();
        expect(texts.length > 0 && texts.every((text) => typeof text === 'string'), `${name}: ${answer.text}`).toBe(true);
      }
    });

    it.each<[string, Parameters<Call>, number, object]>([
      ['a list', ['POST', '/otp', '[]'], 400, { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
      ['null', ['POST', '/otp', 'null'], 400, { non_field_errors: ['No data provided'] }],
      ['broken JSON', ['POST', '/otp', '{'], 400, { detail: 'JSON parse error' }],
      [
        'plain text',
        ['POST', '/users', 'x', { 'content-type': 'text/plain' }],
        415,
        { detail: 'Unsupported media type "text/plain" in request.' },
      ],
      ['17 KB', ['POST', '/users', `"${'x'.repeat(17_000)}"`], 413, { detail: 'Request body is too large.' }],
      ['another method', ['GET', '/otp'], 405, { detail: 'Method "GET" not allowed.' }],
      ['another path', ['POST', '/'], 404, { detail: 'Not found.' }],
    ])('such as %s', async (_, args, status, body) => {
      const { call } = await open();
      const answer = await call(...args);
      expect([answer.status, answer.body]).toEqual([status, body]);
    });
  });

  describe('a refresh token', () => {
    const refuse = { status: 401, body: { detail: 'Token is invalid or expired', code: 'token_not_valid' } };

    it('gives access tokens for a day', async () => {
      const app = await open();
      const refresh = (await signIn(app, app.phoneNumber().e164)).field('refresh');
      app.clock.advance(86_000);
      const answer = await app.call('POST', '/token/refresh', { refresh });
      expect(Object.keys(answer.body as object)).toEqual(['access']);
      expect(await app.auth.verifyAccessToken({ accessToken: answer.field('access') })).toMatchObject({ claims: { token_type: 'access' } });
      expect(await app.call('POST', '/token/refresh', { refresh: answer.field('access') })).toMatchObject(refuse);
      app.clock.advance(500);
      expect(await app.call('POST', '/token/refresh', { refresh })).toMatchObject(refuse);
    });

    it.each<[string, Settings['jwt'], number, number]>([
      ['stays good', {}, 200, 200],
      ['is refused', { blacklistAfterRotation: true }, 401, 200],
      ['ends its session', { reuse: 'revokeFamily' }, 401, 401],
    ])('that was rotated %s with %j', async (_, jwt, ofOld, ofNew) => {
      const app = await open({ settings: { jwt: { rotate: true, ...jwt } } });
      const refresh = (await signIn(app, app.phoneNumber().e164)).field('refresh');
      app.clock.advance(60);
      const next = (await app.call('POST', '/token/refresh', { refresh })).field('refresh');
      expect(next).not.toBe(refresh);
      expect((await app.call('POST', '/token/refresh', { refresh })).status).toBe(ofOld);
      expect((await app.call('POST', '/token/refresh', { refresh: next })).status).toBe(ofNew);
    });
  });

  describe('the setting', () => {
    it('authOnly has codes for known numbers alone', async () => {
      const open_ = await open();
      const [known, stranger] = [open_.phoneNumber().e164, open_.phoneNumber().e164];
      await signIn(open_, known);
      const app = await open({ settings: { authOnly: true }, beside: open_ });
      const refused = await app.call('POST', '/otp', { phone_number: stranger });
      expect([refused.status, refused.body]).toEqual([400, { non_field_errors: ['Invalid phone number.'] }]);
      expect(await app.sentTo(stranger)).toEqual([]);
      const verification_code = await codeFor(app, known);
      const body = { phone_number: known, verification_code };
      expect(await app.call('POST', '/users', body)).toMatchObject({ status: 400, body: NOT_RIGHT_TO_REGISTER });
      expect(await app.call('POST', '/otp', body)).toMatchObject({ status: 201, body: { created: false } });
    });

    it('returnUsage leaves out who has an account', async () => {
      const { call, phoneNumber } = await open({ settings: { returnUsage: false } });
      const { e164: phone_number } = phoneNumber();
      expect((await call('POST', '/otp', { phone_number })).body).toEqual({ phone_number, status: SENT });
    });

    it('codeLength, codeTtlSeconds, maxAttempts and message shape a code', async () => {
      const settings = { codeLength: 4, codeTtlSeconds: 60, maxAttempts: 1, message: '{app}: {code}', appName: 'Acme' };
      const app = await open({ settings });
      const { e164: phone_number } = app.phoneNumber();
      const first = await codeFor(app, phone_number);
      expect((await app.sentTo(phone_number)).map(({ text }) => text)).toEqual([`Acme: ${first}`]);
      expect(first).toMatch(/^\d{4}$/);
      const verify = (verification_code: string) => app.call('POST', '/otp', { phone_number, verification_code });
      await verify(wrong(first));
      expect((await verify(first)).status).toBe(400);
      app.clock.advance(60);
      const second = await codeFor(app, phone_number);
      app.clock.advance(60);
      expect((await verify(second)).status).toBe(400);
    });

    it('messages are chosen by Accept-Language', async () => {
      const app = await open({ settings: { messages: { ar: { default: ({ code }) => `رمزك ${code}` } } } });
      const [arab, other] = [app.phoneNumber().e164, app.phoneNumber().e164];
      await app.call('POST', '/otp', { phone_number: arab }, { 'accept-language': 'ar-KW,ar;q=0.9' });
      await app.call('POST', '/otp', { phone_number: other }, { 'accept-language': 'fr' });
      expect((await app.sentTo(arab))[0]?.text).toMatch(/^رمزك \d{5}$/);
      expect((await app.sentTo(other))[0]?.text).toMatch(/^\d{5} is your verification code\.$/);
    });

    it('jwt gives other lives and more claims', async () => {
      const claims = ({ user }: { user: { phoneNumber: string | null } }) => ({ phone_number: user.phoneNumber });
      const app = await open({ settings: { jwt: { accessSeconds: 900, refreshSeconds: 3600, claims } } });
      const { e164 } = app.phoneNumber();
      const answer = await signIn(app, e164);
      const [access, refresh] = [claimsIn(answer.field('access')), claimsIn(answer.field('refresh'))];
      expect([access, refresh].map(({ iat, exp }) => Number(exp) - Number(iat))).toEqual([900, 3600]);
      expect(access).toMatchObject({ token_type: 'access', phone_number: e164 });
    });

    it('forceCode is the code of whoever asked, and no SMS leaves', async () => {
      const { call, inbox, phoneNumber } = await open({ settings: { forceCode: '111111' } });
      const [phone_number, other] = [phoneNumber().e164, phoneNumber().e164];
      const verify = (number: string) => call('POST', '/otp', { phone_number: number, verification_code: '111111' });
      expect((await verify(phone_number)).status).toBe(400);
      expect((await call('POST', '/otp', { phone_number })).status).toBe(201);
      expect(await call('POST', '/otp', { phone_number })).toMatchObject({ status: 400, body: PENDING });
      expect((await verify(other)).status).toBe(400);
      expect((await verify(phone_number)).status).toBe(201);
      expect((await verify(phone_number)).status).toBe(400);
      expect(inbox.messages()).toEqual([]);
    });

    it('forceCode is refused beside a sender that delivers', async () => {
      const sms = { name: 'provider', send: async () => undefined };
      await expect(open({ settings: { forceCode: '11111' }, sms })).rejects.toThrow(TypeError);
    });

    it.each([
      { codeTtl: 180 },
      { jwt: { lifetime: 1 } },
      { authOnly: 'yes' },
      { jwt: { rotate: 1 } },
      { jwt: { reuse: 'ignore' } },
      { jwt: { claims: 'other' } },
      { codeLength: 3 },
      { message: 'no code' },
      { forceCode: '11111', codeLength: 6 },
    ])('%j is refused', async (settings) => {
      await expect(open({ settings: settings as Settings })).rejects.toThrow(TypeError);
    });
  });

  it('a sender that is down is a 502', async () => {
    const sms = { name: 'down', send: () => Promise.reject(new Error('down')) };
    const { call, phoneNumber } = await open({ sms, mayFail: true });
    const { status, body } = await call('POST', '/otp', { phone_number: phoneNumber().e164 });
    expect([status, body]).toEqual([502, { detail: 'The verification code could not be sent.' }]);
  });
});

servedStoryOn<Settings, App>(createApp, async (app) => {
  const { e164: phone_number } = app.phoneNumber();
  const body = { phone_number, verification_code: await codeFor(app, phone_number), first_name: 'Noor' };
  expect(statusesOf(await app.parallel(20, () => app.call('POST', '/users', body)))).toEqual({ 201: 1, 400: 19 });
  const answer = await signIn(app, phone_number);
  expect(answer).toMatchObject({ status: 201, body: { created: false } });
  expect((await app.call('POST', '/token/refresh', { refresh: answer.field('refresh') })).status).toBe(200);
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
  const folder = mkdtempSync(join(tmpdir(), 'one-resource-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('by itself', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('keeps accounts and its secret in files, so that a code survives a restart', async () => {
    vi.stubEnv('RINGLATCH_SECRET', '');
    vi.stubEnv('DATABASE_FILE', join(temporaryFolder(), 'data.sqlite'));
    const [before, after] = [await served(), await served()];
    const phone_number = nextPhoneNumber('IR');
    const verification_code = await codeFor(before, phone_number);
    expect((await after.call('POST', '/otp', { phone_number, verification_code })).status).toBe(201);
  });

  it('refuses production without a secret, and with the console in place of a sender', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('RINGLATCH_SECRET', '');
    await expect(createApp({ storage: memoryStorage() })).rejects.toThrow(/production/);
    vi.stubEnv('RINGLATCH_SECRET', randomBytes(32).toString('hex'));
    await expect(createApp({ storage: memoryStorage() })).rejects.toThrow(/production/);
  });

  it('answers 503 while its store is down', async () => {
    const { challenges, joined: _, ...storage } = memoryStorage();
    const down = { ...challenges, issue: () => Promise.reject(new Error('down')) };
    const { call } = await served({ storage: { ...storage, challenges: down } });
    const { status, body, headers } = await call('POST', '/otp', { phone_number: nextPhoneNumber('IR') });
    expect([status, body]).toEqual([503, { detail: 'Service temporarily unavailable, try again later.' }]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('the migration guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../examples/one-resource/README.md'), 'utf8');
  const [onSqlite = '', onPostgres = ''] = [...guide.matchAll(/```sql\n(.+?)```/gs)].map(([, sql]) => sql);
  const [ada, bob] = [nextPhoneNumber('IR'), nextPhoneNumber('IR')];
  // As Django makes it for a user model with a number.
  const table = `CREATE TABLE users_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login TIME NULL, is_active bool NOT NULL,
    first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, date_joined TIME NOT NULL, phone_number varchar(128) NOT NULL UNIQUE)`;
  const rows = `INSERT INTO users_user VALUES
    (41, 'pbkdf2_sha256$600000$salt$aGFzaA==', '2024-05-01 10:00:00.25', true, 'Ada', 'O''Neil', '2023-01-31 23:59:59', '${ada}'),
    (42, '!unusable', NULL, false, '', '', '2023-02-01 00:00:00.5', '${bob}'),
    (43, '!unusable', NULL, true, '', '', '2023-02-01 00:00:00', '0912')`;

  async function findsThem(storage: Storage, idOf: (id: number) => string): Promise<void> {
    const asking = await served({ storage });
    const joined = { createdAt: Date.UTC(2023, 0, 31, 23, 59, 59), phoneNumberVerifiedAt: expect.any(Number) };
    const profile = { first_name: 'Ada', last_name: "O'Neil" };
    expect(await userOf({ storage } as never, ada)).toEqual({ id: idOf(41), phoneNumber: ada, disabled: false, profile, ...joined });
    expect(await storage.users.passwordHashOf?.({ userId: idOf(41) })).toBe('pbkdf2_sha256$600000$salt$aGFzaA==');
    expect(await storage.users.passwordHashOf?.({ userId: idOf(42) })).toBeNull();
    const answer = await signIn(asking, ada);
    expect(answer).toMatchObject({ status: 201, body: { created: false } });
    expect(claimsIn(answer.field('access')).user_id).toBe(idOf(41));
    expect((await signIn(asking, bob)).status).toBe(403);
  }

  it('moves the accounts of an SQLite file', async () => {
    const folder = temporaryFolder();
    const django = new DatabaseSync(join(folder, 'django.sqlite3'));
    django.exec(`${table.replaceAll('TIME', 'datetime')}; ${rows};`);
    django.close();
    const database = new DatabaseSync(join(folder, 'data.sqlite'));
    ends.push(() => database.close());
    const storage = sqliteStorage(database);
    database.exec(onSqlite.replace('django.sqlite3', join(folder, 'django.sqlite3')));
    await findsThem(storage, String);
  });

  it('moves the accounts of a Postgres database', async () => {
    const database = new PGlite();
    ends.push(() => database.close());
    await migrate(database);
    await database.exec(`${table.replaceAll('TIME', 'timestamptz')}; ${rows};`);
    await database.exec(onPostgres);
    await findsThem(postgresStorage(database), (id) => `00000000-0000-0000-0000-0000000000${id}`);
  });
});
