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
import { createApp, type Settings, type Storage } from '../../examples/session-token/app.ts';
import { smsError } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/phone-numbers.ts';
import { serveContract } from './contract-server.ts';
import { type Answer, contractOn, type FreshNumber, hostileBodies, type Opened, servedStoryOn, statusesOf } from './harness.ts';

type Created = Awaited<ReturnType<typeof createApp>>;
type App = Pick<Opened<Created>, 'call' | 'sentTo'>;
type Body = Readonly<Record<string, string>>;

const MESSAGE = { message: 'Security code is valid.' };
const NOT_VALID = { non_field_errors: ['Security code is not valid'] };
const EXPIRED = { non_field_errors: ['Security code has expired'] };
const USED = { non_field_errors: ['Security code is already verified'] };
const TOO_MANY = { non_field_errors: ['Too many failed verification attempts. Please request a new code.'] };
const NO_CREDENTIALS = { detail: 'Authentication credentials were not provided.' };

const ADA = { username: 'ada', email: 'ada@example.com', password: 'between engines 1842', first_name: 'Ada' };

/** Registers a number, and gives the right body for `verify`. */
async function register({ call, sentTo }: App, { e164 }: Pick<FreshNumber, 'e164'>): Promise<Body> {
  const answer = await call('POST', '/api/phone/register', { phone_number: e164 });
  expect(answer).toMatchObject({ status: 200, body: { session_token: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  const security_code = (await sentTo(e164)).at(-1)?.code ?? '';
  return { phone_number: e164, security_code, session_token: answer.field('session_token') };
}

const verify = ({ call }: App, body: object, headers = {}) => call('POST', '/api/phone/verify', body, headers);
const verifyAndRegister = ({ call }: App, body: object, headers = {}) => call('POST', '/api/phone/verify_and_register', body, headers);
const login = ({ call }: App, body: object, headers = {}) => call('POST', '/login', body, headers);

/** What a browser sends back after these answers. */
function cookiesOf(...answers: readonly Answer[]): { readonly cookie: string } {
  const jar = new Map<string, string>();
  for (const line of answers.flatMap(({ headers }) => headers.getSetCookie())) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }
  return { cookie: [...jar].map((pair) => pair.join('=')).join('; ') };
}

/** Proves a number in a browser. */
async function proved(app: App, number: Pick<FreshNumber, 'e164'>): Promise<{ readonly cookie: string }> {
  const answer = await verify(app, await register(app, number));
  expect(answer).toMatchObject({ status: 200, body: MESSAGE });
  return cookiesOf(answer);
}

/** Another code than the right one. */
function wrong(code = ''): string {
  return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}

const isShaped = ({ body }: Answer): boolean =>
  typeof body === 'object' &&
  body !== null &&
  Object.entries(body).every(([key, value]) => (key === 'detail' ? typeof value === 'string' : Array.isArray(value)));

contractOn<Settings, Created>(
  'django-phone-verify',
  createApp,
  (open) => {
    describe('case 1', () => {
      it('sends a code for a number, and takes it with the session token', async () => {
        const app = await open();
        const number = app.phoneNumber();
        const answer = await app.call('POST', '/api/phone/register', { phone_number: number.e164 });
        const [message] = await app.sentTo(number.e164);
        expect(Object.keys(answer.body as object)).toEqual(['session_token']);
        expect(message).toMatchObject({ text: `Welcome to Phone Verify! Please use security code ${message?.code} to proceed.` });
        expect(message?.code).toMatch(/^\d{6}$/);
        const body = { phone_number: number.e164, security_code: message?.code, session_token: answer.field('session_token') };
        expect(await verify(app, body)).toMatchObject({ status: 200, body: MESSAGE });
      });

      it('reads a number as people write it, a code as a number, and a form', async () => {
        const app = await open();
        const number = app.phoneNumber();
        const spelt = number.e164.replace(/^\+98(...)/, '+98 ($1) ');
        const body = { ...(await register(app, number)), phone_number: spelt };
        expect(await verify(app, new URLSearchParams(body))).toMatchObject({ status: 200, body: MESSAGE });
        expect(await verify(app, { ...body, security_code: Number('7') })).toMatchObject({ status: 400, body: NOT_VALID });
      });

      it('takes a code until it expires', async () => {
        const app = await open();
        const body = await register(app, app.phoneNumber());
        app.clock.advance(3599);
        expect(await verify(app, body)).toMatchObject({ status: 200 });
        app.clock.advance(1);
        expect(await verify(app, body)).toMatchObject({ status: 400, body: EXPIRED });
        app.clock.advance(86_400);
        expect((await verify(app, body)).status).toBe(400);
      });

      it('takes a code as often as it has attempts', async () => {
        const app = await open();
        const body = await register(app, app.phoneNumber());
        const answers = [];
        for (let times = 0; times < 6; times++) answers.push(await verify(app, body));
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 400]);
        expect(answers.at(-1)?.body).toEqual(TOO_MANY);
      });

      it('takes a code once with singleUse', async () => {
        const app = await open({ settings: { singleUse: true } });
        const body = await register(app, app.phoneNumber());
        expect(await verify(app, body)).toMatchObject({ status: 200, body: MESSAGE });
        expect(await verify(app, body)).toMatchObject({ status: 400, body: USED });
      });

      it('takes five wrong codes, and then no right one', async () => {
        const app = await open();
        const body = await register(app, app.phoneNumber());
        for (let times = 0; times < 5; times++) {
          expect(await verify(app, { ...body, security_code: wrong(body.security_code) })).toMatchObject({ status: 400, body: NOT_VALID });
        }
        expect(await verify(app, body)).toMatchObject({ status: 400, body: TOO_MANY });
      });

      it('takes no code with a token of nobody, or of another number, at no cost', async () => {
        const app = await open();
        const body = await register(app, app.phoneNumber());
        const other = await register(app, app.phoneNumber());
        for (const session_token of [other.session_token, 'a'.repeat(64), `${body.session_token}0`, 'x', 'y', 'z']) {
          expect(await verify(app, { ...body, session_token })).toMatchObject({ status: 400, body: NOT_VALID });
        }
        expect(await verify(app, body)).toMatchObject({ status: 200 });
      });

      it('takes no code for a number that did not ask', async () => {
        const app = await open({ settings: { sandboxCode: '123456' } });
        const body = await register(app, app.phoneNumber());
        const other = app.phoneNumber();
        expect(await verify(app, { ...body, phone_number: other.e164 })).toMatchObject({ status: 400, body: NOT_VALID });
        expect(await verify(app, { ...body, security_code: '654321' })).toMatchObject({ status: 400, body: NOT_VALID });
        expect(await verify(app, { ...body, security_code: '123456' })).toMatchObject({ status: 200 });
      });

      it('sends again when it is hit again, for a token that works and ends the one before', async () => {
        const app = await open();
        const number = app.phoneNumber();
        const before = await register(app, number);
        const early = await app.call('POST', '/api/phone/register', { phone_number: number.e164 });
        expect(early).toMatchObject({ status: 429, body: { detail: 'Request was throttled. Expected available in 30 seconds.' } });
        expect(early.headers.get('retry-after')).toBe('30');
        app.clock.advance(29);
        const later = await app.call('POST', '/api/phone/register', { phone_number: number.e164 });
        expect(later.body).toEqual({ detail: 'Request was throttled. Expected available in 1 second.' });
        app.clock.advance(1);
        const body = await register(app, number);
        expect(await verify(app, before)).toMatchObject({ status: 400, body: NOT_VALID });
        expect(await verify(app, body)).toMatchObject({ status: 200, body: MESSAGE });
        expect(await app.sentTo(number.e164)).toHaveLength(2);
      });

      it('does not give attempts back when it is hit again', async () => {
        const app = await open();
        const number = app.phoneNumber();
        const first = await register(app, number);
        for (let times = 0; times < 4; times++) await verify(app, { ...first, security_code: wrong(first.security_code) });
        app.clock.advance(30);
        const body = await register(app, number);
        expect(await verify(app, { ...body, security_code: wrong(body.security_code) })).toMatchObject({ body: NOT_VALID });
        expect(await verify(app, body)).toMatchObject({ status: 400, body: TOO_MANY });
      });
    });

    describe('fields', () => {
      it.each<[string, unknown, object]>([
        ['nothing', {}, { phone_number: ['This field is required.'] }],
        ['null', { phone_number: null }, { phone_number: ['This field may not be null.'] }],
        ['blank', { phone_number: '' }, { phone_number: ['This field may not be blank.'] }],
        ['spaces', { phone_number: '  ' }, { phone_number: ['This field may not be blank.'] }],
        ['too few digits', { phone_number: '+1' }, { phone_number: ['Enter a valid phone number.'] }],
        ['no calling code', { phone_number: '09121234567' }, { phone_number: ['Enter a valid phone number.'] }],
        ['a number', { phone_number: 989121234567 }, { phone_number: ['Enter a valid phone number.'] }],
        ['a list', ['+989121234567'], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
        ['a text', '"+989121234567"', { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }],
        ['null alone', 'null', { non_field_errors: ['No data provided'] }],
      ])('register refuses %s', async (_, sent, body) => {
        const { call } = await open();
        expect(await call('POST', '/api/phone/register', sent)).toMatchObject({ status: 400, body });
      });

      it('verify names what is missing', async () => {
        const app = await open();
        const required = ['This field is required.'];
        expect((await verify(app, {})).body).toEqual({ phone_number: required, session_token: required, security_code: required });
        const body = await register(app, app.phoneNumber());
        expect((await verify(app, { ...body, session_token: true })).body).toEqual({ session_token: ['Not a valid string.'] });
        expect((await verify(app, { ...body, security_code: '1\0' })).body).toEqual({
          security_code: ['Null characters are not allowed.'],
        });
      });

      it.each<[string, object, object]>([
        ['no username', { username: undefined }, { username: ['This field is required.'] }],
        ['a blank username', { username: ' ' }, { username: ['This field may not be blank.'] }],
        ['a number', { username: 7 }, { username: ['Not a valid string.'] }],
        ['a long username', { username: 'a'.repeat(151) }, { username: ['Ensure this field has no more than 150 characters.'] }],
        ['no email', { email: null }, { email: ['This field may not be null.'] }],
        ['a wrong email', { email: 'ada' }, { email: ['Enter a valid email address.'] }],
        ['no password', { password: '' }, { password: ['This field may not be blank.'] }],
        ['a short password', { password: 'ada1842' }, { password: ['This password is too short. It must contain at least 8 characters.'] }],
        ['a common password', { password: 'password' }, { password: ['This password is too common.'] }],
        ['a long password', { password: 'a1'.repeat(65) }, { password: ['Ensure this field has no more than 128 characters.'] }],
        ['half a character', { password: 'engines \ud800' }, { password: ['Surrogate characters are not allowed.'] }],
        ['a blank first name', { first_name: '' }, { first_name: ['This field may not be blank.'] }],
      ])('verify_and_register refuses %s before it looks at the code', async (_, change, body) => {
        const app = await open({ settings: { singleUse: true, maxAttempts: 1 } });
        const right = { ...(await register(app, app.phoneNumber())), ...ADA };
        expect(await verifyAndRegister(app, { ...right, ...change })).toMatchObject({ status: 400, body });
        expect(await verifyAndRegister(app, right)).toMatchObject({ status: 200 });
      });
    });

    describe('case 2', () => {
      it('makes a user of the proved number, and never answers the password', async () => {
        const app = await open();
        const number = app.phoneNumber();
        const { password, first_name: _, ...account } = ADA;
        const answer = await verifyAndRegister(app, { ...(await register(app, number)), ...account, password });
        expect(answer).toMatchObject({ status: 200, body: { ...account, first_name: 'First' } });
        expect(answer.text).not.toContain('password');
        const { user } = await app.auth.loginWithPassword({ phoneNumber: number.e164, password, client: { ip: null } });
        expect(user).toMatchObject({ phoneNumber: number.e164, profile: { ...account, first_name: 'First' } });
      });

      it('judges the code as verify does', async () => {
        const app = await open();
        const code = await register(app, app.phoneNumber());
        const body = { ...code, ...ADA };
        expect(await verifyAndRegister(app, { ...body, security_code: wrong(code.security_code) })).toMatchObject({ body: NOT_VALID });
        app.clock.advance(3600);
        expect(await verifyAndRegister(app, body)).toMatchObject({ status: 400, body: EXPIRED });
      });

      it('makes one user of a number, however often its code is good', async () => {
        const app = await open();
        const body = { ...(await register(app, app.phoneNumber())), ...ADA };
        expect(await verifyAndRegister(app, body)).toMatchObject({ status: 200 });
        expect(await verifyAndRegister(app, { ...body, username: 'bea' })).toMatchObject({
          status: 400,
          body: { phone_number: ['user with this phone number already exists.'] },
        });
      });

      it('refuses a username that is taken, in any spelling, and takes another one for the same code', async () => {
        const app = await open();
        await verifyAndRegister(app, { ...(await register(app, app.phoneNumber())), ...ADA });
        const body = { ...(await register(app, app.phoneNumber())), ...ADA };
        for (const username of ['ada', 'ａｄａ']) {
          expect(await verifyAndRegister(app, { ...body, username })).toMatchObject({
            status: 400,
            body: { username: ['A user with that username already exists.'] },
          });
        }
        expect(await verifyAndRegister(app, { ...body, username: 'bea' })).toMatchObject({ status: 200 });
      });

      it('keeps what a used code was worth in the browser, for a username that is free', async () => {
        const app = await open({ settings: { singleUse: true } });
        await verifyAndRegister(app, { ...(await register(app, app.phoneNumber())), ...ADA });
        const body = { ...(await register(app, app.phoneNumber())), ...ADA };
        const taken = await verifyAndRegister(app, body);
        expect(taken.field('username', '0')).toBe('A user with that username already exists.');
        const again = { ...body, username: 'bea' };
        expect(await verifyAndRegister(app, again)).toMatchObject({ status: 400, body: USED });
        const foreign = { ...(await register(app, app.phoneNumber())), ...ADA, username: 'eve' };
        await verify(app, foreign);
        expect(await verifyAndRegister(app, foreign, cookiesOf(taken))).toMatchObject({ status: 400, body: USED });
        expect(await verifyAndRegister(app, again, cookiesOf(taken))).toMatchObject({ status: 200 });
        expect(await verifyAndRegister(app, { ...again, username: 'cleo' }, cookiesOf(taken))).toMatchObject({ status: 400, body: USED });
      });
    });

    describe('case 3', () => {
      const settings = { createUserOnVerify: true };

      it('signs in right after a proof in the same browser', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const browser = await proved(app, number);
        const answer = await login(app, new URLSearchParams({ phone_number: number.e164 }), browser);
        expect(answer).toMatchObject({ status: 200, body: { status: '200' } });
        const me = await app.call('GET', '/me', undefined, cookiesOf(answer));
        expect(me).toMatchObject({ status: 200, body: { phone_number: number.e164 } });
        app.clock.advance(14 * 86_400 - 1);
        expect((await app.call('GET', '/me', undefined, cookiesOf(answer))).status).toBe(200);
        app.clock.advance(1);
        expect(await app.call('GET', '/me', undefined, cookiesOf(answer))).toMatchObject({ status: 403, body: NO_CREDENTIALS });
      });

      it('keeps proof and session where no script and no other site reaches them', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const answer = await verify(app, await register(app, number));
        const [proof = ''] = answer.headers.getSetCookie();
        expect(proof).toMatch(/^phone_proof=[\w-]+\.[0-9a-f]{64}; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
        const session = (await login(app, { phone_number: number.e164 }, cookiesOf(answer))).headers.getSetCookie();
        expect(session.find((line) => line.startsWith('sessionid='))).toMatch(/Max-Age=1209600; .*HttpOnly; SameSite=Lax$/);
        expect(session.find((line) => line.startsWith('phone_proof='))).toMatch(/^phone_proof=; Max-Age=0;/);
      });

      it('signs nobody in without a proof, or with one of another number', async () => {
        const app = await open({ settings });
        const [number, other] = [app.phoneNumber(), app.phoneNumber()];
        const browser = await proved(app, number);
        const invented = {
          cookie: browser.cookie.replace(/phone_proof=./, (start) => (start.endsWith('A') ? 'phone_proof=B' : 'phone_proof=A')),
        };
        expect(await login(app, { phone_number: number.e164 })).toMatchObject({ status: 403, body: NO_CREDENTIALS });
        expect(await login(app, { phone_number: number.e164 }, invented)).toMatchObject({ status: 403, body: NO_CREDENTIALS });
        expect(await login(app, { phone_number: other.e164 }, browser)).toMatchObject({ status: 403, body: NO_CREDENTIALS });
        expect(await login(app, { phone_number: number.e164 }, browser)).toMatchObject({ status: 200 });
        expect(await login(app, { phone_number: number.e164 }, browser)).toMatchObject({ status: 403, body: NO_CREDENTIALS });
      });

      it('signs nobody in ten minutes after the proof', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const browser = await proved(app, number);
        app.clock.advance(600);
        expect(await login(app, { phone_number: number.e164 }, browser)).toMatchObject({ status: 403, body: NO_CREDENTIALS });
      });

      it('finds the user again whom it made, also for a second use of the code', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const body = await register(app, number);
        const ids = [];
        for (let times = 0; times < 2; times++) {
          const signedIn = await login(app, { phone_number: number.e164 }, cookiesOf(await verify(app, body)));
          ids.push((await app.call('GET', '/me', undefined, cookiesOf(signedIn))).field('id'));
        }
        app.clock.advance(86_400);
        const returned = await login(app, { phone_number: number.e164 }, await proved(app, number));
        ids.push((await app.call('GET', '/me', undefined, cookiesOf(returned))).field('id'));
        expect(new Set(ids).size).toBe(1);
        expect(ids).toHaveLength(3);
      });

      it('answers under the path of the other two cases as well', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const browser = await proved(app, number);
        const body = { phone_number: number.e164 };
        expect(await app.call('POST', '/api/phone/login', body)).toMatchObject({ status: 403, body: NO_CREDENTIALS });
        const answer = await app.call('POST', '/api/phone/login', body, browser);
        expect(answer).toMatchObject({ status: 200, body: { status: '200' } });
        expect((await app.call('GET', '/me', undefined, cookiesOf(answer))).status).toBe(200);
        expect(await app.call('GET', '/api/phone/login')).toMatchObject({ status: 405 });
      });

      it('makes no user unless it is told to, and signs in whoever registered', async () => {
        const app = await open();
        const number = app.phoneNumber();
        const phone_number = number.e164;
        expect(await login(app, { phone_number }, await proved(app, number))).toMatchObject({
          status: 404,
          body: { detail: 'Not found.' },
        });
        app.clock.advance(30);
        const body = await register(app, number);
        expect(await verifyAndRegister(app, { ...body, ...ADA })).toMatchObject({ status: 200 });
        const browser = cookiesOf(await verify(app, body));
        expect(await login(app, { phone_number }, browser)).toMatchObject({ status: 200, body: { status: '200' } });
      });

      it('signs no disabled user in, and ends what one had', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const body = await register(app, number);
        const session = cookiesOf(await login(app, { phone_number: number.e164 }, cookiesOf(await verify(app, body))));
        const userId = (await app.call('GET', '/me', undefined, session)).field('id');
        await app.storage.users.setDisabled({ userId, disabled: true });
        const refused = { status: 403, body: { detail: 'User inactive or deleted.' } };
        expect(await login(app, { phone_number: number.e164 }, cookiesOf(await verify(app, body)))).toMatchObject(refused);
        expect(await app.call('GET', '/me', undefined, session)).toMatchObject(refused);
      });

      it('asks for the password of an account whose number nobody proved for 45 days', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        await verifyAndRegister(app, { ...(await register(app, number)), ...ADA });
        app.clock.advance(46 * 86_400);
        const body = await register(app, number);
        const dormant = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
        const attempt = async (password?: string) =>
          login(app, { phone_number: number.e164, ...(password === undefined ? {} : { password }) }, cookiesOf(await verify(app, body)));
        expect(await attempt()).toMatchObject(dormant);
        expect(await attempt('not between engines')).toMatchObject(dormant);
        expect(await attempt(ADA.password)).toMatchObject({ status: 200 });
      });

      it('keeps what was proved for the password that it asks for', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        await verifyAndRegister(app, { ...(await register(app, number)), ...ADA });
        app.clock.advance(46 * 86_400);
        const browser = await proved(app, number);
        const asked = await login(app, { phone_number: number.e164 }, browser);
        expect(asked.status).toBe(403);
        expect(await login(app, { phone_number: number.e164, password: ADA.password }, browser)).toMatchObject({ status: 403 });
        const kept = cookiesOf(asked);
        expect(await login(app, { phone_number: number.e164, password: ADA.password }, kept)).toMatchObject({ status: 200 });
      });

      it('signs out', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const signedIn = await login(app, { phone_number: number.e164 }, await proved(app, number));
        const out = await app.call('POST', '/logout', {}, cookiesOf(signedIn));
        expect(out).toMatchObject({ status: 200 });
        expect(cookiesOf(signedIn, out).cookie).not.toContain('sessionid');
        expect(await app.call('GET', '/me', undefined, cookiesOf(signedIn))).toMatchObject({ status: 403, body: NO_CREDENTIALS });
      });

      it('does nothing for a page of another site', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const body = await register(app, number);
        const foreign = { 'sec-fetch-site': 'cross-site' };
        expect((await verify(app, body, foreign)).headers.getSetCookie()).toEqual([]);
        const browser = cookiesOf(await verify(app, body, { 'sec-fetch-site': 'same-origin' }));
        const refused = { status: 403, body: { detail: 'CSRF Failed: Origin checking failed.' } };
        expect(await login(app, { phone_number: number.e164 }, { ...browser, ...foreign })).toMatchObject(refused);
        expect(await app.call('POST', '/logout', {}, foreign)).toMatchObject(refused);
      });

      it('knows a device that signed in, which a stranger cannot lock out', async () => {
        const app = await open({ settings });
        const number = app.phoneNumber();
        const device = cookiesOf(await login(app, { phone_number: number.e164 }, await proved(app, number)));
        for (let times = 0; times < 3; times++) {
          app.clock.advance(301);
          await app.call('POST', '/api/phone/register', { phone_number: number.e164 });
        }
        const ask = (headers = {}) => app.call('POST', '/api/phone/register', { phone_number: number.e164 }, headers);
        expect((await ask()).status).toBe(429);
        expect((await ask(device)).status).toBe(200);
      });
    });

    describe('of twenty identical calls at once', () => {
      it('one registers the number, for one SMS', async () => {
        const app = await open();
        const { e164 } = app.phoneNumber();
        const answers = await app.parallel(20, () => app.call('POST', '/api/phone/register', { phone_number: e164 }));
        expect(statusesOf(answers)).toEqual({ 200: 1, 429: 19 });
        expect(await app.sentTo(e164)).toHaveLength(1);
      });

      it.each([
        [true, 1],
        [false, 5],
      ])('with singleUse %s so many verify: %i', async (singleUse, verified) => {
        const app = await open({ settings: { singleUse } });
        const body = await register(app, app.phoneNumber());
        const answers = await app.parallel(20, () => verify(app, body));
        expect(statusesOf(answers)).toEqual({ 200: verified, 400: 20 - verified });
      });

      it.each([true, false])('with singleUse %s one makes the user', async (singleUse) => {
        const app = await open({ settings: { singleUse } });
        const body = { ...(await register(app, app.phoneNumber())), ...ADA };
        const answers = await app.parallel(20, () => verifyAndRegister(app, body));
        expect(statusesOf(answers)).toEqual({ 200: 1, 400: 19 });
      });

      it('one logs in', async () => {
        const app = await open({ settings: { createUserOnVerify: true } });
        const number = app.phoneNumber();
        const browser = await proved(app, number);
        const answers = await app.parallel(20, () => login(app, { phone_number: number.e164 }, browser));
        expect(statusesOf(answers)).toEqual({ 200: 1, 403: 19 });
      });

      it('so many browsers as proved the number log in to one account', async () => {
        const app = await open({ settings: { createUserOnVerify: true } });
        const number = app.phoneNumber();
        const body = await register(app, number);
        const browsers = await Promise.all([1, 2, 3, 4].map(async () => cookiesOf(await verify(app, body))));
        const answers = await Promise.all(browsers.map((browser) => login(app, { phone_number: number.e164 }, browser)));
        const mine = await Promise.all(answers.map((answer) => app.call('GET', '/me', undefined, cookiesOf(answer))));
        expect(statusesOf(answers)).toEqual({ 200: 4 });
        expect(new Set(mine.map((answer) => answer.field('id'))).size).toBe(1);
      });
    });

    describe('odd requests', () => {
      // Eastern digits are digits, forms are read, and names are anybody's.
      const MEANT = new Set(['Unicode digits', 'form']);
      const MEANT_IN: Readonly<Record<string, ReadonlySet<string>>> = {
        first_name: new Set(['missing', 'Unicode text', 'line break', 'SQL']),
        password: new Set(['Unicode text', 'line break', 'SQL']),
      };

      it.each(['/api/phone/register', '/api/phone/verify', '/api/phone/verify_and_register', '/login', '/api/phone/login'])(
        'are refused by %s in the shape of the framework',
        async (path) => {
          const app = await open();
          const right: Body = { ...(await register(app, app.phoneNumber())), ...ADA };
          const loginKeys = ['phone_number', 'password'];
          const keys = { '/api/phone/register': ['phone_number'], '/login': loginKeys, '/api/phone/login': loginKeys }[path];
          const verification = ['phone_number', 'session_token', 'security_code'];
          const wanted = keys ?? (path.endsWith('register') ? [...verification, ...Object.keys(ADA)] : verification);
          const body = Object.fromEntries(wanted.map((key) => [key, right[key] ?? '']));
          for (const { name, key, kind, body: sent, headers } of hostileBodies(body)) {
            if (MEANT.has(kind) || MEANT_IN[key ?? '']?.has(kind)) continue;
            const answer = await app.call('POST', path, sent, headers);
            expect([answer.status >= 400 && answer.status < 500, isShaped(answer)], `${name}: ${answer.status} ${answer.text}`).toEqual([
              true,
              true,
            ]);
          }
        },
      );

      it.each<[string, string, number, object]>([
        ['GET', '/api/phone/register', 405, { detail: 'Method "GET" not allowed.' }],
        ['PUT', '/api/phone/verify', 405, { detail: 'Method "PUT" not allowed.' }],
        ['DELETE', '/api/phone/verify_and_register', 405, { detail: 'Method "DELETE" not allowed.' }],
        ['GET', '/login', 405, { detail: 'Method "GET" not allowed.' }],
        ['POST', '/me', 405, { detail: 'Method "POST" not allowed.' }],
        ['GET', '/api/phone', 404, { detail: 'Not found.' }],
      ])('%s %s is %i', async (method, path, status, body) => {
        const { call } = await open();
        expect(await call(method, path)).toMatchObject({ status, body });
      });

      it('name the media type that is not read', async () => {
        const { call } = await open();
        const sent = await call('POST', '/api/phone/register', 'a', { 'content-type': 'text/plain' });
        expect(sent).toMatchObject({ status: 415, body: { detail: 'Unsupported media type "text/plain" in request.' } });
        const large = await call('POST', '/api/phone/register', { phone_number: 'x'.repeat(20_000) });
        expect(large).toMatchObject({ status: 413, body: { detail: 'Request body is too large.' } });
      });
    });

    describe('settings', () => {
      it('decide on length, life, attempts, name and text', async () => {
        const settings = {
          ...{ codeLength: 8, codeTtlSeconds: 60, maxAttempts: 2, appName: 'Acme $& {security_code}' },
          message: '{app}: {security_code}, {security_code}',
        };
        const app = await open({ settings });
        const number = app.phoneNumber();
        const body = await register(app, number);
        const [message] = await app.sentTo(number.e164);
        expect(message?.text).toBe(`Acme $& {security_code}: ${message?.code}, ${message?.code}`);
        expect(message?.code).toMatch(/^\d{8}$/);
        for (let times = 0; times < 2; times++) await verify(app, { ...body, security_code: wrong(body.security_code) });
        expect(await verify(app, body)).toMatchObject({ body: TOO_MANY });
        app.clock.advance(60);
        const next = await register(app, number);
        app.clock.advance(60);
        expect(await verify(app, next)).toMatchObject({ body: EXPIRED });
      });

      it('say whose numbers may ask, and how many', async () => {
        const app = await open({ settings: { allowedCountries: ['IR'], smsPerDay: 5 } });
        expect(await app.call('POST', '/api/phone/register', { phone_number: '+12025550123' })).toMatchObject({
          status: 400,
          body: { phone_number: ['Enter a valid phone number.'] },
        });
        for (let times = 0; times < 4; times++) await register(app, app.phoneNumber());
        const answer = await app.call('POST', '/api/phone/register', { phone_number: app.phoneNumber().e164 });
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '86400']);
      });

      it.each<[string, object, RegExp]>([
        ['unknown', { tokenLength: 6 }, /tokenLength/],
        ['of another document', { forceCode: '123456' }, /forceCode/],
        ['too many digits', { codeLength: 9 }, /code\.length/],
        ['too easily guessed', { codeLength: 4 }, /maxGuessProbabilityPerDay/],
        ['too long a life', { codeTtlSeconds: 3601 }, /code\.ttlSeconds/],
        ['no truth', { singleUse: 'no' }, /code\.singleUse/],
        ['nor this', { createUserOnVerify: 1 }, /createUserOnVerify/],
        ['no place for the code', { message: 'Hello' }, /message/],
        ['no message', { message: null }, /message/],
        ['a sandbox code of another length', { sandboxCode: '1234567', codeLength: 6 }, /testNumbers\.code/],
      ])('are refused: %s', async (_, settings, reason) => {
        const refused = createApp({
          settings,
          storage: memoryStorage(),
          sms: { name: 'none', delivers: false, send: async () => undefined },
        });
        await expect(refused).rejects.toThrow(reason);
        await expect(refused).rejects.toThrow(TypeError);
      });

      it('take no sandbox code beside a sender that delivers', async () => {
        const sms = { name: 'real', send: async () => undefined };
        await expect(createApp({ settings: { sandboxCode: '123456' }, storage: memoryStorage(), sms })).rejects.toThrow(TypeError);
      });
    });

    describe('outages', () => {
      it('of the provider are told, and the next call sends', async () => {
        let isDown = true;
        const sent: string[] = [];
        const sms = {
          name: 'shaky',
          send: async ({ code }: { readonly code: string }) => {
            if (isDown) throw smsError({ kind: 'retryable' });
            sent.push(code);
          },
        };
        const app = await open({ sms, mayFail: true });
        const { e164: phone_number } = app.phoneNumber();
        const failed = await app.call('POST', '/api/phone/register', { phone_number });
        expect(failed).toMatchObject({ status: 502, body: { detail: 'The security code could not be sent. Please try again later.' } });
        isDown = false;
        app.clock.advance(30);
        const answer = await app.call('POST', '/api/phone/register', { phone_number });
        const body = { phone_number, session_token: answer.field('session_token'), security_code: sent[0] };
        expect(await verify(app, body)).toMatchObject({ status: 200 });
      });
    });

    it('runs in as many processes as you like', async () => {
      const first = await open({ settings: { createUserOnVerify: true } });
      const second = await open({ beside: first, settings: { createUserOnVerify: true } });
      const number = first.phoneNumber();
      const verified = await verify(second, await register(first, number));
      expect(await login(first, { phone_number: number.e164 }, cookiesOf(verified))).toMatchObject({ status: 200 });
    });
  },
  { unique: ['username'] },
);

servedStoryOn<Settings, Created>(
  createApp,
  async (app) => {
    const number = app.phoneNumber();
    const [phone_number, body] = [number.e164, await register(app, number)];
    expect(statusesOf(await app.parallel(20, () => verifyAndRegister(app, { ...body, ...ADA })))).toEqual({ 200: 1, 400: 19 });
    const other = { ...(await register(app, app.phoneNumber())), ...ADA };
    const taken = await verifyAndRegister(app, other);
    expect(taken).toMatchObject({ status: 400, body: { username: ['A user with that username already exists.'] } });
    expect(await verifyAndRegister(app, { ...other, username: 'bea' }, cookiesOf(taken))).toMatchObject({ status: 200 });
    app.clock.advance(30);
    const browser = await proved(app, number);
    const answers = await app.parallel(20, () => login(app, { phone_number }, browser));
    expect(statusesOf(answers)).toEqual({ 200: 1, 403: 19 });
    const session = cookiesOf(...answers.filter(({ status }) => status === 200));
    expect(await app.call('GET', '/me', undefined, session)).toMatchObject({ status: 200, body: { phone_number } });
    const newcomer = app.phoneNumber();
    expect(await login(app, { phone_number: newcomer.e164 }, await proved(app, newcomer))).toMatchObject({ status: 200 });
  },
  { unique: ['username'], settings: { singleUse: true, createUserOnVerify: true } },
);

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An app without the harness, for what the harness does not give. */
async function served(options: { readonly storage?: Storage; readonly settings?: Settings } = {}): Promise<App & Created> {
  const inbox = inboxSms();
  const app = await createApp({ ...options, sms: inbox });
  const { call, close } = await serveContract(app.handler);
  ends.push(close);
  return { ...app, call, sentTo: async (phoneNumber) => inbox.messages(phoneNumber) };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'session-token-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('by itself', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('keeps users and its secret in files, so that a code survives a restart', async () => {
    vi.stubEnv('RINGLATCH_SECRET', '');
    vi.stubEnv('DATABASE_FILE', join(temporaryFolder(), 'data.sqlite'));
    const [before, after] = [await served(), await served()];
    const body = { ...(await register(before, { e164: nextPhoneNumber('IR') })), ...ADA };
    expect(await verifyAndRegister(after, body)).toMatchObject({ status: 200 });
    const other = { ...(await register(before, { e164: nextPhoneNumber('IR') })), ...ADA };
    expect((await verifyAndRegister(after, other)).field('username', '0')).toBe('A user with that username already exists.');
  });

  it('refuses production without a secret, and with the console in place of a sender', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('RINGLATCH_SECRET', '');
    await expect(createApp({ storage: memoryStorage(), sms: inboxSms() })).rejects.toThrow(/RINGLATCH_SECRET/);
    vi.stubEnv('RINGLATCH_SECRET', randomBytes(32).toString('hex'));
    await expect(createApp({ storage: memoryStorage() })).rejects.toThrow(/production/);
  });

  it('sends cookies over TLS alone in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('RINGLATCH_SECRET', randomBytes(32).toString('hex'));
    const app = await served({ storage: memoryStorage() });
    const verified = await verify(app, await register(app, { e164: nextPhoneNumber('IR') }));
    expect(verified.headers.get('set-cookie')).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
  });

  it('answers 503 while its store is down', async () => {
    const { challenges, users, sessions } = memoryStorage();
    const down = (): Promise<never> => Promise.reject(new Error('down'));
    const unavailable = { detail: 'Service temporarily unavailable, try again later.' };
    const withoutChallenges = await served({ storage: { users, sessions, challenges: { ...challenges, issue: down } } });
    const asked = await withoutChallenges.call('POST', '/api/phone/register', { phone_number: nextPhoneNumber('IR') });
    expect([asked.status, asked.body, asked.headers.get('retry-after')]).toEqual([503, unavailable, expect.stringMatching(/^\d+$/)]);

    const withoutUsers = await served({ storage: { challenges, sessions, users: { ...users, findByPhoneNumber: down } } });
    const number = { e164: nextPhoneNumber('IR') };
    const answer = await login(withoutUsers, { phone_number: number.e164 }, await proved(withoutUsers, number));
    expect([answer.status, answer.body]).toEqual([503, unavailable]);
  });

  it('keeps a proof for when the users are there again', async () => {
    const { challenges, users, sessions } = memoryStorage();
    let isDown = true;
    const create = (c: never) => (isDown ? Promise.reject(new Error('down')) : users.create(c));
    const app = await served({ storage: { challenges, sessions, users: { ...users, create } }, settings: { singleUse: true } });
    const body = { ...(await register(app, { e164: nextPhoneNumber('IR') })), ...ADA };
    const failed = await verifyAndRegister(app, body);
    isDown = false;
    expect(failed.status).toBe(503);
    expect(await verifyAndRegister(app, body, cookiesOf(failed))).toMatchObject({ status: 200 });
  });
});

describe('the migration guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../examples/session-token/README.md'), 'utf8');
  const [onSqlite = '', onPostgres = ''] = [...guide.matchAll(/```sql\n(.+?)```/gs)].map(([, sql]) => sql);
  const [ada, bob] = [nextPhoneNumber('IR'), nextPhoneNumber('IR')];
  const password = 'between engines 1842';
  const hash = 'pbkdf2_sha256$1000$seasalt$uiNjwV8ycWvNrTDMk3a7fIU0brUoHigECNPe6E4Xt3M=';
  // As Django makes them for the user of case 3 and for django-phone-verify 3.2.
  const tables = `CREATE TABLE accounts_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login TIME NULL, is_superuser bool NOT NULL,
      username varchar(150) NOT NULL UNIQUE, first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL,
      is_staff bool NOT NULL, is_active bool NOT NULL, date_joined TIME NOT NULL, phone_number varchar(20) NULL UNIQUE);
    CREATE TABLE sms_verification (id char(32) PRIMARY KEY, created_at TIME NOT NULL, modified_at TIME NOT NULL, security_code varchar(120) NOT NULL,
      phone_number varchar(128) NOT NULL, session_token varchar(500) NOT NULL, is_verified bool NOT NULL, failed_attempts integer NOT NULL)`;
  const rows = `INSERT INTO accounts_user VALUES
      (41, '${hash}', '2024-05-01 10:00:00.25', false, 'ada', 'Ada', 'O''Neil', 'ada@example.com', false, true, '2023-01-31 23:59:59', '${ada}'),
      (42, '!unusable', NULL, false, 'bob', '', '', '', false, false, '2023-02-01 00:00:00.5', '${bob}'),
      (43, '!unusable', NULL, false, 'carol', '', '', '', false, true, '2023-02-01 00:00:00', NULL);
    INSERT INTO sms_verification VALUES
      ('a', '2023-02-01 00:00:00', '2024-05-01 00:00:00.5', '123456', '${ada}', 'token', true, 0),
      ('b', '2023-02-01 00:00:00', '2025-05-01 00:00:00', '654321', '${ada}', 'other', false, 0)`;

  async function findsThem(storage: Storage, idOf: (id: number) => string): Promise<void> {
    const app = await served({ storage });
    const found = await storage.users.findById({ userId: idOf(41) });
    expect(found).toMatchObject({
      phoneNumber: ada,
      disabled: false,
      profile: { username: 'ada', first_name: 'Ada', email: 'ada@example.com' },
    });
    expect(found).toMatchObject({ createdAt: Date.UTC(2023, 0, 31, 23, 59, 59) });
    expect(Math.floor((found?.phoneNumberVerifiedAt ?? 0) / 1000) * 1000).toBe(Date.UTC(2024, 4, 1));
    expect(await storage.users.findById({ userId: idOf(43) })).toBeNull();

    const old = await verify(app, { phone_number: ada, session_token: 'token', security_code: '123456' });
    expect(old).toMatchObject({ status: 400, body: NOT_VALID });
    const verified = cookiesOf(await verify(app, await register(app, { e164: ada })));
    const session = await login(app, { phone_number: ada, password }, verified);
    expect((await app.call('GET', '/me', undefined, cookiesOf(session))).body).toEqual({ id: idOf(41), phone_number: ada });
    expect(await storage.users.passwordHashOf?.({ userId: idOf(41) })).toMatch(/^\$argon2id\$/);
    expect(await storage.users.passwordHashOf?.({ userId: idOf(42) })).toBeNull();
    expect((await login(app, { phone_number: bob }, await proved(app, { e164: bob }))).status).toBe(403);
    const taken = { ...(await register(app, { e164: nextPhoneNumber('IR') })), ...ADA };
    expect((await verifyAndRegister(app, taken)).field('username', '0')).toBe('A user with that username already exists.');
  }

  it('moves the users of an SQLite file', async () => {
    const folder = temporaryFolder();
    const django = new DatabaseSync(join(folder, 'django.sqlite3'));
    django.exec(`${tables.replaceAll('TIME', 'datetime')}; ${rows};`);
    django.close();
    const database = new DatabaseSync(join(folder, 'data.sqlite'));
    ends.push(() => database.close());
    const storage = sqliteStorage(database, { unique: ['username'] });
    database.exec(onSqlite.replace('django.sqlite3', join(folder, 'django.sqlite3')));
    await findsThem(storage, String);
  });

  it('moves the users of a Postgres database', async () => {
    const database = new PGlite();
    ends.push(() => database.close());
    await migrate(database, { unique: ['username'] });
    await database.exec(`SET TIME ZONE 'UTC'; ${tables.replaceAll('TIME', 'timestamptz')}; ${rows};`);
    await database.exec(onPostgres);
    await findsThem(postgresStorage(database, { unique: ['username'] }), (id) => `00000000-0000-0000-0000-0000000000${id}`);
  });
});
