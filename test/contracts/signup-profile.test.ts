import { pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Pool } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/index.ts';
import { type Inbox, inboxSms } from '../../adapters/sms/inbox.ts';
import { migrate, postgresStorage } from '../../adapters/storage/postgres.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { type App, createApp, type Settings } from '../../examples/signup-profile/app.ts';
import { HAS_POSTGRES } from '../adapters/postgres-databases.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import { type ContractServer, serveContract } from './contract-server.ts';
import {
  type Answer,
  type ContractStorage,
  contractOn,
  type FreshNumber,
  hostileBodies,
  type Open,
  type Opened,
  servedStoryOn,
  statusesOf,
} from './harness.ts';

type World = Opened<App>;

const ADA = { first_name: 'Ada', last_name: 'Lovelace' };
const NO_USER = { status: 400, body: { non_field_errors: ['user does not exist'] } };
const NO_OTP = { status: 400, body: { non_field_errors: ['OTP does not exist'] } };
const NO_ACCOUNT = { status: 401, body: { detail: 'No active account found with the given credentials' } };
const REALM = 'Bearer realm="api"';
const REQUIRED = 'This field is required.';
const ROUTES = ['/otp/', '/signup/', '/login/', '/token/', '/token/refresh/'];

const post = ({ call }: Pick<World, 'call'>, path: string, body: unknown): Promise<Answer> => call('POST', path, body);
const saidIn = ({ status, body }: Answer): object => ({ status, body });
const throttled = (seconds: number): object => ({
  status: 429,
  body: { detail: `Request was throttled. Expected available in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.` },
});
const tokenNotValid = (detail: string): object => ({ status: 401, body: { detail, code: 'token_not_valid' } });

async function lastCode({ sentTo }: World, { e164 }: FreshNumber): Promise<string> {
  const [code] = (await sentTo(e164)).map((message) => message.code).slice(-1);
  if (code === undefined) throw new Error(`Nothing was sent to ${e164}.`);
  return code;
}

const wrongCode = (code: string): string => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');

/** Signs up; the code is sent and not used. */
async function signUp(world: World, number = world.phoneNumber(), names = ADA): Promise<{ number: FreshNumber; code: string }> {
  const answer = await post(world, '/signup/', { ...names, phone_number: number.local });
  expect(saidIn(answer)).toEqual({ status: 201, body: { ...names, phone_number: number.local } });
  return { number, code: await lastCode(world, number) };
}

/** Signs up and in. */
async function member(world: World): Promise<{ number: FreshNumber; access: string; refresh: string; userId: string }> {
  const { number, code } = await signUp(world);
  const answer = await post(world, '/login/', { phone_number: number.local, otp: code });
  expect(answer.status).toBe(201);
  const access = answer.field('access');
  return { number, access, refresh: answer.field('refresh'), userId: decodeJwt(access).sub ?? '' };
}

/** An account with a password, which no route sets. */
async function memberWithPassword({ storage, clock, phoneNumber }: World, password = 'green tea at four'): Promise<FreshNumber> {
  const number = phoneNumber();
  const passwordHash = await nodePasswords().hash({ password });
  await storage.users.create({ phoneNumber: number.e164 as never, profile: ADA, passwordHash, now: clock.now() });
  return number;
}

contractOn<Settings, App>('sign-up with a profile', createApp, (open) => {
  flows(open);
  refusals(open);
  passwords(open);
  refreshing(open);
  parallelCalls(open);
  badInput(open);
  settings(open);
});

function flows(open: Open<Settings, App>): void {
  it('makes the account once the number is proved, and signs in', async () => {
    const world = await open();
    const { number, code } = await signUp(world);
    expect(await world.storage.users.findByPhoneNumber({ phoneNumber: number.e164 as never })).toBeNull();
    const answer = await post(world, '/login/', { phone_number: number.local, otp: code });
    expect(saidIn(answer)).toEqual({
      status: 201,
      body: { access: expect.any(String), refresh: expect.any(String), user: { phone_number: number.local, ...ADA } },
    });
    expect(await world.storage.users.findByPhoneNumber({ phoneNumber: number.e164 as never })).toMatchObject({ profile: ADA });
  });

  it('signs a known number in by the code of /otp/', async () => {
    const world = await open();
    const { number } = await member(world);
    const asked = await post(world, '/otp/', { phone_number: number.local });
    expect(asked.text).toBe(`{"phone_number":"${number.local}"}`);
    expect(asked.status).toBe(201);
    const answer = await post(world, '/login/', { phone_number: number.local, otp: await lastCode(world, number) });
    expect(answer).toMatchObject({ status: 201, body: { user: { phone_number: number.local, ...ADA } } });
  });

  it('takes a number in any spelling for the same account', async () => {
    const world = await open();
    const { number } = await member(world);
    expect(await post(world, '/otp/', { phone_number: number.e164 })).toMatchObject({ status: 201, body: { phone_number: number.e164 } });
    const spaced = `${number.local.slice(0, 4)} ${number.local.slice(4)}`;
    const answer = await post(world, '/login/', { phone_number: spaced, otp: await lastCode(world, number) });
    expect(answer).toMatchObject({ status: 201, body: { user: { phone_number: number.local } } });
  });

  it('reads forms, and a code that is a number', async () => {
    const world = await open();
    const number = world.phoneNumber();
    const form = new URLSearchParams({ ...ADA, phone_number: number.local });
    expect((await post(world, '/signup/', form)).status).toBe(201);
    const code = await lastCode(world, number);
    const login = code.startsWith('0') ? code : Number(code);
    expect((await post(world, '/login/', { phone_number: number.local, otp: login })).status).toBe(201);
  });

  it('reads forms of several parts, and says when they cannot be read', async () => {
    const world = await open();
    const fields = { ...ADA, phone_number: world.phoneNumber().local };
    const parts = Object.entries(fields).map(
      ([name, value]) => `--X\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const send = (type: string): Promise<Answer> => world.call('POST', '/signup/', `${parts.join('')}--X--\r\n`, { 'content-type': type });
    const parseError = { status: 400, body: { detail: 'Form parse error - the body could not be read.' } };
    expect(saidIn(await send('multipart/form-data'))).toEqual(parseError);
    expect(saidIn(await send('multipart/form-data; boundary=X'))).toEqual({ status: 201, body: fields });
  });

  it('signs up again once the code is too old, with other names', async () => {
    const world = await open();
    const { number, code } = await signUp(world);
    world.clock.advance(300);
    expect(await post(world, '/login/', { phone_number: number.local, otp: code })).toMatchObject(NO_OTP);
    const names = { first_name: 'Grace', last_name: 'Hopper' };
    const again = await signUp(world, number, names);
    const answer = await post(world, '/login/', { phone_number: number.local, otp: again.code });
    expect(answer).toMatchObject({ status: 201, body: { user: names } });
  });

  it('sends the code of a sign-up that waits again, under the names it began with', async () => {
    const world = await open();
    const { number, code } = await signUp(world);
    world.clock.advance(30);
    const again = await signUp(world, number, { first_name: 'Mallory', last_name: 'M' });
    expect(again.code).toBe(code);
    const answer = await post(world, '/login/', { phone_number: number.local, otp: code });
    expect(answer).toMatchObject({ status: 201, body: { user: ADA } });
  });
}

function refusals(open: Open<Settings, App>): void {
  it('knows no user before the sign-up', async () => {
    const world = await open();
    const { local } = world.phoneNumber();
    expect(await post(world, '/otp/', { phone_number: local })).toMatchObject(NO_USER);
    for (const otp of ['123456', '1', 'abc']) expect(await post(world, '/login/', { phone_number: local, otp })).toMatchObject(NO_USER);
    expect(world.inbox.messages()).toEqual([]);
  });

  it.each(['not-a-phone', '0912', '+12015550100', '02112345678'])('takes %s for no number', async (phone_number) => {
    const world = await open();
    const invalid = { status: 400, body: { phone_number: ['Enter a valid phone number.'] } };
    expect(await post(world, '/signup/', { ...ADA, phone_number })).toMatchObject(invalid);
    expect(await post(world, '/otp/', { phone_number })).toMatchObject(NO_USER);
    expect(await post(world, '/login/', { phone_number, otp: '123456' })).toMatchObject(NO_USER);
    expect(await post(world, '/token/', { phone_number, password: 'x' })).toMatchObject(NO_ACCOUNT);
  });

  it('signs a number up once', async () => {
    const world = await open();
    const { number } = await member(world);
    const taken = { status: 400, body: { phone_number: ['user with this phone number already exists.'] } };
    expect(saidIn(await post(world, '/signup/', { ...ADA, phone_number: number.local }))).toEqual(taken);
  });

  it('refuses a code that is wrong, used, too old, or of another number', async () => {
    const world = await open();
    const { number } = await member(world);
    const login = (otp: string, { local } = number): Promise<Answer> => post(world, '/login/', { phone_number: local, otp });
    await post(world, '/otp/', { phone_number: number.local });
    const code = await lastCode(world, number);
    const other = await member(world);
    expect(saidIn(await login(wrongCode(code)))).toEqual(NO_OTP);
    expect(saidIn(await login('abc'))).toEqual(NO_OTP);
    expect(saidIn(await login(code, other.number))).toEqual(NO_OTP);
    expect((await login(code)).status).toBe(201);
    expect(saidIn(await login(code))).toEqual(NO_OTP);
    world.clock.advance(60);
    await post(world, '/otp/', { phone_number: number.local });
    world.clock.advance(300);
    expect(saidIn(await login(await lastCode(world, number)))).toEqual(NO_OTP);
  });

  it('refuses the right code of a sign-up after five wrong ones', async () => {
    const world = await open();
    const { number, code } = await signUp(world);
    const login = (otp: string): Promise<Answer> => post(world, '/login/', { phone_number: number.local, otp });
    for (let tries = 0; tries < 5; tries++) expect(saidIn(await login(wrongCode(code)))).toEqual(NO_OTP);
    expect(saidIn(await login(code))).toEqual(NO_OTP);
  });

  it('gives a disabled account no tokens', async () => {
    const world = await open();
    const { number, refresh, userId } = await member(world);
    await world.storage.users.setDisabled({ userId, disabled: true });
    await post(world, '/otp/', { phone_number: number.local });
    const login = await post(world, '/login/', { phone_number: number.local, otp: await lastCode(world, number) });
    expect(saidIn(login)).toEqual(NO_ACCOUNT);
    expect(login.headers.get('www-authenticate')).toBe(REALM);
    const inactive = { status: 401, body: { detail: 'No active account found for the given token.' } };
    expect(saidIn(await post(world, '/token/refresh/', { refresh }))).toEqual(inactive);
  });

  it('asks for the password of an account that was away for long', async () => {
    const world = await open();
    const number = await memberWithPassword(world);
    const login = async (more: object): Promise<Answer> => {
      world.clock.advance(46 * 86_400);
      await post(world, '/otp/', { phone_number: number.local });
      return post(world, '/login/', { phone_number: number.local, otp: await lastCode(world, number), ...more });
    };
    const detail = 'You do not have permission to perform this action. Send the password too.';
    expect(saidIn(await login({}))).toEqual({ status: 403, body: { detail } });
    expect(saidIn(await login({ password: 'coffee at four' }))).toEqual(NO_ACCOUNT);
    expect((await login({ password: 'green tea at four' })).status).toBe(201);
  });

  it('lets a number wait between two SMS, and says how long', async () => {
    const world = await open();
    const { number } = await signUp(world);
    const early = await post(world, '/signup/', { ...ADA, phone_number: number.local });
    expect(saidIn(early)).toEqual(throttled(30));
    expect(early.headers.get('retry-after')).toBe('30');
    world.clock.advance(29);
    expect(saidIn(await post(world, '/signup/', { ...ADA, phone_number: number.local }))).toEqual(throttled(1));
    expect(await world.sentTo(number.e164)).toHaveLength(1);
  });

  it('tells in its own shape that a store is down, or no SMS left', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const world = await open();
    const { number } = await member(world);
    const down = { ...world.storage.users, findByPhoneNumber: () => Promise.reject(new Error('down')) };
    const broken = await open({ beside: { ...world, storage: { ...world.storage, users: down, joined: undefined } }, mayFail: true });
    const unavailable = await post(broken, '/otp/', { phone_number: number.local });
    expect(saidIn(unavailable)).toEqual({ status: 503, body: { detail: expect.any(String) } });
    expect(Number(unavailable.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(logged).toHaveBeenCalledTimes(1);
    const send = () => Promise.reject(new Error('no credit'));
    const mute = await open({ beside: world, sms: { name: 'mute', delivers: false, send }, mayFail: true });
    const failed = await post(mute, '/otp/', { phone_number: number.local });
    expect(saidIn(failed)).toEqual({ status: 502, body: { detail: expect.any(String) } });
    world.clock.advance(30);
    expect((await post(world, '/otp/', { phone_number: number.local })).status).toBe(201);
  });
}

function passwords(open: Open<Settings, App>): void {
  it('gives a pair of tokens for number and password', async () => {
    const world = await open();
    const number = await memberWithPassword(world);
    const answer = await post(world, '/token/', { phone_number: number.local, password: 'green tea at four' });
    expect(saidIn(answer)).toEqual({ status: 200, body: { refresh: expect.any(String), access: expect.any(String) } });
    expect((await post(world, '/token/refresh/', { refresh: answer.field('refresh') })).status).toBe(200);
  });

  it('says the same to a wrong password, to nobody, and to who has none or is disabled', async () => {
    const world = await open();
    const number = await memberWithPassword(world);
    const disabled = await memberWithPassword(world);
    const user = await world.storage.users.findByPhoneNumber({ phoneNumber: disabled.e164 as never });
    await world.storage.users.setDisabled({ userId: user?.id ?? '', disabled: true });
    const without = await member(world);
    const token = (to: FreshNumber, password: string): Promise<Answer> => post(world, '/token/', { phone_number: to.local, password });
    const answers = [
      await token(number, 'green tea at five'),
      await token(world.phoneNumber(), 'green tea at four'),
      await token(without.number, 'green tea at four'),
      await token(disabled, 'green tea at four'),
      await token(number, 'x'.repeat(2000)),
    ];
    for (const answer of answers) {
      expect(saidIn(answer)).toEqual(NO_ACCOUNT);
      expect(answer.headers.get('www-authenticate')).toBe(REALM);
    }
  });
}

function refreshing(open: Open<Settings, App>): void {
  const refreshed = (world: World, refresh: string): Promise<Answer> => post(world, '/token/refresh/', { refresh });

  it('has the claims of simple-jwt', async () => {
    const world = await open();
    const { access, refresh, userId } = await member(world);
    const iat = Math.floor(world.clock.now() / 1000);
    const shared = { jti: expect.stringMatching(/^[0-9a-f]{32}$/), user_id: userId, sub: userId, iat };
    expect(decodeJwt(access)).toMatchObject({ ...shared, token_type: 'access', exp: iat + 300 });
    expect(decodeJwt(refresh)).toMatchObject({ ...shared, token_type: 'refresh', exp: iat + 86_400 });
    for (const token of [access, refresh]) expect(decodeProtectedHeader(token).alg).toBe('HS256');
    expect((await world.auth.verifyAccessToken({ accessToken: access })).userId).toBe(userId);
  });

  it('gives a new access token, and the refresh token stays until its day is over', async () => {
    const world = await open();
    const { refresh, userId } = await member(world);
    for (const seconds of [0, 40_000, 46_000]) {
      world.clock.advance(seconds);
      const answer = await refreshed(world, refresh);
      expect(saidIn(answer)).toEqual({ status: 200, body: { access: expect.any(String) } });
      expect((await world.auth.verifyAccessToken({ accessToken: answer.field('access') })).userId).toBe(userId);
    }
    world.clock.advance(500);
    expect(saidIn(await refreshed(world, refresh))).toEqual(tokenNotValid('Token is invalid or expired'));
  });

  it('refuses what is no refresh token, or one of nobody', async () => {
    const world = await open();
    const { access, refresh, userId } = await member(world);
    expect(saidIn(await refreshed(world, access))).toEqual(tokenNotValid('Token has wrong type'));
    for (const text of ['x', `${refresh}x`, 'x'.repeat(9000)]) {
      const answer = await refreshed(world, text);
      expect(saidIn(answer)).toEqual(tokenNotValid('Token is invalid or expired'));
      expect(answer.headers.get('www-authenticate')).toBe(REALM);
    }
    const other = await member(world);
    await world.auth.revokeSessions({ userId: other.userId });
    expect(saidIn(await refreshed(world, other.refresh))).toEqual(tokenNotValid('Token is blacklisted'));
    await world.storage.users.delete({ userId });
    const gone = { status: 401, body: { detail: 'No active account found for the given token.' } };
    expect(saidIn(await refreshed(world, refresh))).toEqual(gone);
  });

  it('rotates by setting, and the token before stays good', async () => {
    const world = await open({ settings: { jwt: { rotate: true } } });
    const { refresh } = await member(world);
    world.clock.advance(80_000);
    const answer = await refreshed(world, refresh);
    expect(saidIn(answer)).toEqual({ status: 200, body: { access: expect.any(String), refresh: expect.any(String) } });
    expect((await refreshed(world, refresh)).status).toBe(200);
    world.clock.advance(80_000);
    expect((await refreshed(world, refresh)).status).toBe(401);
    expect((await refreshed(world, answer.field('refresh'))).status).toBe(200);
  });

  it.each<[Settings['jwt'], number]>([
    [{ rotate: true, blacklistAfterRotation: true }, 200],
    [{ rotate: true, reuse: 'reject' }, 200],
    [{ rotate: true, blacklistAfterRotation: true, reuse: 'revokeFamily' }, 401],
  ])('blacklists by setting: %j', async (jwt, successor) => {
    const world = await open({ settings: { jwt } });
    const { refresh } = await member(world);
    const next = (await refreshed(world, refresh)).field('refresh');
    expect(saidIn(await refreshed(world, refresh))).toEqual(tokenNotValid('Token is blacklisted'));
    expect((await refreshed(world, next)).status).toBe(successor);
  });
}

function parallelCalls(open: Open<Settings, App>): void {
  it('sends one SMS for twenty sign-ups at once, and makes one account of twenty logins, at two processes', async () => {
    const world = await open();
    const worlds = [world, await open({ beside: world })];
    const at = (index: number): World => worlds[index % 2] ?? world;
    const number = world.phoneNumber();
    const asked = await world.parallel(20, (index) => post(at(index), '/signup/', { ...ADA, phone_number: number.local }));
    expect(statusesOf(asked)).toEqual({ 201: 1, 429: 19 });
    const codes = (await Promise.all(worlds.map(({ sentTo }) => sentTo(number.e164)))).flat().map(({ code }) => code);
    expect(codes).toHaveLength(1);
    const logins = await world.parallel(20, (index) => post(at(index), '/login/', { phone_number: number.local, otp: codes[0] }));
    expect(statusesOf(logins)).toEqual({ 201: 1, 400: 19 });
    for (const login of logins.filter(({ status }) => status === 400)) expect(saidIn(login)).toEqual(NO_OTP);
  });

  it('sends one SMS for twenty requests of a code at once, and opens one session with it', async () => {
    const world = await open();
    const { number, userId } = await member(world);
    const asked = await world.parallel(20, () => post(world, '/otp/', { phone_number: number.local }));
    expect(statusesOf(asked)).toEqual({ 201: 1, 429: 19 });
    expect(await world.sentTo(number.e164)).toHaveLength(2);
    const otp = await lastCode(world, number);
    const logins = await world.parallel(20, () => post(world, '/login/', { phone_number: number.local, otp }));
    expect(statusesOf(logins)).toEqual({ 201: 1, 400: 19 });
    expect((await world.auth.listSessions({ userId })).sessions).toHaveLength(2);
  });

  it('survives twenty logins by password at once, and twenty refreshes', async () => {
    const world = await open({ settings: { jwt: { rotate: true, blacklistAfterRotation: true } } });
    const number = await memberWithPassword(world);
    const logins = await world.parallel(20, () => post(world, '/token/', { phone_number: number.local, password: 'green tea at four' }));
    expect(logins.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
    const refresh = logins.find(({ status }) => status === 200)?.field('refresh') ?? '';
    const refreshes = await world.parallel(20, () => post(world, '/token/refresh/', { refresh }));
    expect(statusesOf(refreshes)).toEqual({ 200: 1, 401: 19 });
  });
}

// What the fields of a body are told; `null` is up to the route.
const TOLD: Readonly<Record<string, string | null>> = {
  missing: REQUIRED,
  blank: 'This field may not be blank.',
  spaces: 'This field may not be blank.',
  null: 'This field may not be null.',
  number: 'Not a valid string.',
  'a number that JSON loses': 'Not a valid string.',
  boolean: 'Not a valid string.',
  list: 'Not a valid string.',
  'empty list': 'Not a valid string.',
  object: 'Not a valid string.',
  'half a character': 'Surrogate characters are not allowed: U+D800.',
  'NUL character': 'Null characters are not allowed.',
};

const PARSE_ERROR = { status: 400, body: { detail: 'JSON parse error - the body could not be read.' } };
const notADictionary = (kind: string): object => ({
  status: 400,
  body: { non_field_errors: [`Invalid data. Expected a dictionary, but got ${kind}.`] },
});
const unsupported = (type: string): object => ({ status: 415, body: { detail: `Unsupported media type "${type}" in request.` } });

function badInput(open: Open<Settings, App>): void {
  const bodies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    '/otp/': { phone_number: '09121234567' },
    '/signup/': { ...ADA, phone_number: '09121234567' },
    '/login/': { phone_number: '09121234567', otp: '123456' },
    '/token/': { phone_number: '09121234567', password: 'green tea at four' },
    '/token/refresh/': { refresh: 'x' },
  };
  // What a name may be, and a form, which is read as JSON is.
  const isMeant = (path: string, key: string | null, kind: string): boolean =>
    path === '/signup/' && (kind === 'form' || (key?.endsWith('_name') === true && ['Unicode text', 'SQL', 'line break'].includes(kind)));

  it.each(Object.entries(bodies))('%s answers every hostile field in its shape', async (path, right) => {
    const world = await open();
    for (const { name, key, kind, body, headers } of hostileBodies(right).filter((hostile) => hostile.key !== null)) {
      const answer = await world.call('POST', path, body, headers);
      if (isMeant(path, key, kind) || (key === 'phone_number' && kind === 'Unicode digits' && path === '/signup/')) {
        expect([201, 429], name).toContain(answer.status);
        continue;
      }
      const told = key === 'otp' && ['number', 'a number that JSON loses'].includes(kind) ? null : (TOLD[kind] ?? null);
      if (told !== null && key !== null) expect(saidIn(answer), name).toEqual({ status: 400, body: { [key]: [told] } });
      else expect([400, 401, 429], `${name}: ${answer.text}`).toContain(answer.status);
      expect(isShaped(answer.body), `${name}: ${answer.text}`).toBe(true);
    }
  });

  it.each(Object.entries(bodies))('%s answers every hostile body in its shape', async (path, right) => {
    const world = await open();
    const required = { status: 400, body: Object.fromEntries(Object.keys(right).map((key) => [key, [REQUIRED]])) };
    const expected: Readonly<Record<string, object>> = {
      'no body': required,
      'no body, though JSON': required,
      'empty object': required,
      'a prototype': required,
      'broken JSON': PARSE_ERROR,
      'no UTF-8': PARSE_ERROR,
      'unknown character set': PARSE_ERROR,
      'compressed, it says': PARSE_ERROR,
      'JSON list': notADictionary('list'),
      'empty JSON list': notADictionary('list'),
      'deep JSON': notADictionary('list'),
      'JSON text': notADictionary('str'),
      'JSON number': notADictionary('int'),
      'JSON true': notADictionary('bool'),
      'JSON null': { status: 400, body: { non_field_errors: ['No data provided'] } },
      '40 KB': { status: 413, body: { detail: 'The body is too large.' } },
      'plain text': unsupported('text/plain'),
      'no content type': unsupported(''),
      'unreadable content type': unsupported(';;;'),
    };
    const wholes = hostileBodies(right).filter(({ key, kind }) => key === null && kind !== 'form');
    expect(wholes.map(({ kind }) => kind).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const { kind, body, headers } of wholes) {
      expect({ kind, ...saidIn(await world.call('POST', path, body, headers)) }).toEqual({ kind, ...expected[kind] });
    }
  });

  it('names every field that is wrong, and how long it may be', async () => {
    const world = await open();
    const wrong = { first_name: 'x'.repeat(151), last_name: '\0'.repeat(151), phone_number: '0'.repeat(17) };
    const tooLong = (max: number): string => `Ensure this field has no more than ${max} characters.`;
    expect(saidIn(await post(world, '/signup/', wrong))).toEqual({
      status: 400,
      body: { first_name: [tooLong(150)], last_name: [tooLong(150), 'Null characters are not allowed.'], phone_number: [tooLong(16)] },
    });
    const longest = { first_name: '👩‍👩‍👧'.repeat(30), last_name: '\u0001'.repeat(150), phone_number: world.phoneNumber().local };
    expect((await post(world, '/signup/', longest)).status).toBe(201);
  });

  it('takes POST alone, at the paths as they are printed', async () => {
    const { call } = await open();
    for (const path of ROUTES) {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const answer = await call(method, path);
        expect(saidIn(answer)).toEqual({ status: 405, body: { detail: `Method "${method}" not allowed.` } });
        expect(answer.headers.get('allow')).toBe('POST');
      }
      expect(saidIn(await call('POST', path.slice(0, -1), {}))).toEqual({ status: 404, body: { detail: 'Not found.' } });
    }
  });
}

/** `{ field: [text] }` or `{ detail, code? }`. */
function isShaped(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const { detail, code, ...fields } = body as Readonly<Record<string, unknown>>;
  const isText = (value: unknown): boolean => typeof value === 'string';
  if (detail !== undefined) return isText(detail) && Object.keys(fields).length === 0 && (code === undefined || isText(code));
  return Object.values(fields).every((errors) => Array.isArray(errors) && errors.length > 0 && errors.every(isText));
}

function settings(open: Open<Settings, App>): void {
  it('takes length, life and tries of a code', async () => {
    const world = await open({ settings: { codeLength: 8, codeTtlSeconds: 60, maxAttempts: 1 } });
    const { number, code } = await signUp(world);
    expect(code).toMatch(/^\d{8}$/);
    const login = (otp: string): Promise<Answer> => post(world, '/login/', { phone_number: number.local, otp });
    expect((await login(wrongCode(code))).status).toBe(400);
    expect((await login(code)).status).toBe(400);
    world.clock.advance(60);
    const again = await signUp(world, number);
    world.clock.advance(60);
    expect((await login(again.code)).status).toBe(400);
  });

  it('writes the SMS that the settings say, in the language of the client', async () => {
    const world = await open({
      settings: { appName: 'Calendar', message: '{app}: $& {code}', messages: { fa: { default: ({ code }) => `کد: ${code}` } } },
    });
    const [first, second] = [world.phoneNumber(), world.phoneNumber()];
    await post(world, '/signup/', { ...ADA, phone_number: first.local });
    await world.call('POST', '/signup/', { ...ADA, phone_number: second.local }, { 'accept-language': 'xx;q=0.1, fa-IR, *' });
    expect((await world.sentTo(first.e164))[0]?.text).toBe(`Calendar: $& ${await lastCode(world, first)}`);
    expect((await world.sentTo(second.e164))[0]?.text).toBe(`کد: ${await lastCode(world, second)}`);
  });

  it('takes and shows numbers as E.164', async () => {
    const world = await open({ settings: { phoneFormat: 'e164' } });
    const { e164, local } = world.phoneNumber();
    expect((await post(world, '/signup/', { ...ADA, phone_number: local })).status).toBe(400);
    await post(world, '/signup/', { ...ADA, phone_number: e164 });
    const answer = await post(world, '/login/', { phone_number: e164, otp: await lastCode(world, { e164, local }) });
    expect(answer).toMatchObject({ status: 201, body: { user: { phone_number: e164 } } });
    expect((await post(world, '/signup/', { ...ADA, phone_number: '+12015550123' })).status).toBe(201);
  });

  it('takes the life of the tokens, and more claims', async () => {
    const claims = ({ user }: { readonly user: { readonly profile: object } }): object => ({ profile: user.profile, token_type: 'mine' });
    const jwt = { accessSeconds: 60, refreshSeconds: 600, claims: claims as never };
    const world = await open({ settings: { appName: 'Calendar', jwt } });
    const { access, refresh } = await member(world);
    const [read, held] = [decodeJwt(access), decodeJwt(refresh)];
    expect(read).toMatchObject({ iss: 'Calendar', profile: ADA, token_type: 'access', exp: Number(read.iat) + 60 });
    expect(held.exp).toBe(Number(held.iat) + 600);
  });

  it('knows the requester by the header of the proxy', async () => {
    const world = await open({ settings: { clientIpHeader: 'x-real-ip' } });
    const { number, code } = await signUp(world);
    const login = await world.call('POST', '/login/', { phone_number: number.local, otp: code }, { 'x-real-ip': '203.0.113.9' });
    const { sessions } = await world.auth.listSessions({ userId: decodeJwt(login.field('access')).sub ?? '' });
    expect(sessions).toMatchObject([{ ip: '203.0.113.9' }]);
  });

  it('bounds the SMS of a day', async () => {
    const world = await open({ settings: { smsPerDay: 5 } });
    const asked: Answer[] = [];
    for (let number = 0; number < 6; number++)
      asked.push(await post(world, '/signup/', { ...ADA, phone_number: world.phoneNumber().local }));
    expect(statusesOf(asked)).toEqual({ 201: 4, 429: 2 });
  });

  it('forces a code for those who asked, and sends nothing', async () => {
    const world = await open({ settings: { forceCode: '1234' } });
    const { local, e164 } = world.phoneNumber();
    const login = (otp: string, phone_number = local): Promise<Answer> => post(world, '/login/', { phone_number, otp });
    expect(await login('1234')).toMatchObject(NO_USER);
    await post(world, '/signup/', { ...ADA, phone_number: local });
    expect(await login('1235')).toMatchObject(NO_OTP);
    expect((await login('1234')).status).toBe(201);
    expect(await login('1234')).toMatchObject(NO_OTP);
    expect(await world.sentTo(e164)).toEqual([]);
  });

  it('forces no code beside a sender that delivers', async () => {
    const sms = { name: 'real', send: async () => undefined };
    await expect(open({ settings: { forceCode: '123456' }, sms })).rejects.toThrow(/testNumbers\.numbers/);
  });

  it.each<[object, string]>([
    [{ codelength: 6 }, 'settings.codelength'],
    [{ codeLength: 3 }, 'code.length'],
    [{ codeTtlSeconds: '300' }, 'code.ttlSeconds'],
    [{ singleUse: false }, 'settings.singleUse'],
    [{ phoneFormat: 'national' }, 'settings.phoneFormat'],
    [{ message: 'Your code' }, 'settings.message'],
    [{ messages: { en: 'Your code' } }, 'messages.en'],
    [{ clientIpHeader: true }, 'settings.clientIpHeader'],
    [{ forceCode: '123456', codeLength: 5 }, 'testNumbers.code'],
    [{ jwt: { accesSeconds: 60 } }, 'settings.jwt.accesSeconds'],
    [{ jwt: { accessSeconds: 0 } }, 'session.accessTokenSeconds'],
    [{ jwt: { claims: 'flask' } }, 'settings.jwt.claims'],
    [{ jwt: { reuse: 'ignore' } }, 'settings.jwt.reuse'],
    [{ jwt: { rotate: 'yes' } }, 'settings.jwt.rotate'],
  ])('refuses %j', async (wrong, path) => {
    const opening = open({ settings: wrong as Settings });
    await expect(opening).rejects.toThrow(TypeError);
    await expect(opening).rejects.toThrow(path);
  });
}

describe('the story on servers', () => {
  servedStoryOn<Settings, App>(createApp, async (world) => {
    const { number, refresh } = await member(world);
    expect((await post(world, '/token/refresh/', { refresh })).status).toBe(200);
    const asked = await world.parallel(20, () => post(world, '/otp/', { phone_number: number.local }));
    expect(statusesOf(asked)).toEqual({ 201: 1, 429: 19 });
    const otp = await lastCode(world, number);
    const logins = await world.parallel(20, () => post(world, '/login/', { phone_number: number.local, otp }));
    expect(statusesOf(logins)).toEqual({ 201: 1, 400: 19 });
    const withPassword = await memberWithPassword(world);
    const token = await post(world, '/token/', { phone_number: withPassword.local, password: 'green tea at four' });
    expect(token.status).toBe(200);
  });
});

describe('without a storage', () => {
  let folder = '';
  let servers: readonly ContractServer[] = [];
  afterEach(async () => {
    for (const server of servers) await server.close();
    servers = [];
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  async function started(): Promise<{ readonly app: App; readonly call: ContractServer['call']; readonly inbox: Inbox }> {
    const inbox = inboxSms();
    const app = await createApp({ sms: inbox });
    const server = await serveContract(app.handler);
    servers = [...servers, server];
    return { app, call: server.call, inbox };
  }

  it('keeps everything in an SQLite file, and makes a secret beside it', async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringlatch-contract-'));
    vi.stubEnv('DATABASE_FILE', join(folder, 'data.sqlite'));
    vi.stubEnv('RINGLATCH_SECRET', '');
    const first = await started();
    await first.call('POST', '/signup/', { ...ADA, phone_number: '09121234567' });
    const login = { phone_number: '09121234567', otp: await first.inbox.waitForCode('+989121234567') };
    const second = await started();
    const answer = await second.call('POST', '/login/', login);
    expect(answer.status).toBe(201);
    expect((await first.call('POST', '/token/refresh/', { refresh: answer.field('refresh') })).status).toBe(200);
    expect(statSync(join(folder, 'data.sqlite-secret')).mode & 0o777).toBe(0o600);
  });

  it('refuses production without a secret, and without a sender', async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringlatch-contract-'));
    vi.stubEnv('DATABASE_FILE', join(folder, 'data.sqlite'));
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv('RINGLATCH_SECRET', '');
    await expect(createApp({ sms: inboxSms() })).rejects.toThrow(/RINGLATCH_SECRET/);
    await expect(createApp()).rejects.toThrow(/production/);
  });
});

const GUIDE = readFileSync(new URL('../../examples/signup-profile/README.md', import.meta.url), 'utf8');
const [FOR_SQLITE = '', FOR_POSTGRES = ''] = [...GUIDE.matchAll(/^```sql\n([\s\S]*?)^```/gm)].map(([, sql = '']) => sql);

function djangoHash(password: string): string {
  const tag = pbkdf2Sync(password, 'Wm9RkLp2xQ', 20_000, 32, 'sha256').toString('base64');
  return `pbkdf2_sha256$20000$Wm9RkLp2xQ$${tag}`;
}

// id, number, password, active: a user as Django keeps one.
const ROWS: readonly (readonly [number, string | null, string, boolean])[] = [
  [1, null, djangoHash('an admin without a number'), true],
  [7, '09121234567', djangoHash('spring in Shiraz'), true],
  [8, '+98 912 123 4568', '!unusable', true],
  [9, '00989121234569', djangoHash('spring in Shiraz'), false],
  [10, 'not-a-phone', '', true],
  [11, '98912-1234560', '', true],
];

const COLUMNS = 'phone_number varchar(16) UNIQUE NULL, first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL';
const DJANGO_TABLE = `CREATE TABLE accounts_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamp NULL, is_superuser bool NOT NULL,
  ${COLUMNS}, email varchar(254) NOT NULL, is_staff bool NOT NULL, is_active bool NOT NULL, date_joined timestamp NOT NULL);`;

const djangoRow = ([id, number, password, isActive]: (typeof ROWS)[number]): string => {
  const phoneNumber = number === null ? 'NULL' : `'${number}'`;
  return `INSERT INTO accounts_user VALUES (${id}, '${password}', NULL, FALSE, ${phoneNumber}, 'Zahra', 'N', '', FALSE, ${isActive}, '2023-05-06 07:08:09.123456');`;
};

const DJANGO = [DJANGO_TABLE, ...ROWS.map(djangoRow)].join('\n');

/** What the users of Django find after the move. */
async function visit(storage: ContractStorage, ids: readonly string[]): Promise<void> {
  const inbox = inboxSms();
  const { handler } = await createApp({ storage, sms: inbox });
  const { call, close } = await serveContract(handler);
  try {
    const user = { first_name: 'Zahra', last_name: 'N' };
    const token = (phone_number: string): Promise<Answer> => call('POST', '/token/', { phone_number, password: 'spring in Shiraz' });
    const answers = [await token('09121234567'), await token('09121234567')];
    for (const answer of answers) expect(decodeJwt(answer.field('access')).user_id).toBe(ids[0]);
    expect(await storage.users.passwordHashOf({ userId: ids[0] ?? '' })).toMatch(/^\$argon2id\$/);
    for (const phone_number of ['09121234568', '09121234569', '09121234561']) expect(saidIn(await token(phone_number))).toEqual(NO_ACCOUNT);
    expect((await call('POST', '/otp/', { phone_number: '09121234568' })).status).toBe(201);
    const otp = await inbox.waitForCode('+989121234568');
    const login = await call('POST', '/login/', { phone_number: '09121234568', otp });
    expect(login).toMatchObject({ status: 201, body: { user: { phone_number: '09121234568', ...user } } });
    expect((await call('POST', '/signup/', { ...ADA, phone_number: '09121234560' })).status).toBe(400);
    const moved = await storage.users.findByPhoneNumber({ phoneNumber: '+989121234567' as never });
    expect(moved).toMatchObject({ profile: user, disabled: false, createdAt: Date.UTC(2023, 4, 6, 7, 8, 9) + (ids[0] === '7' ? 0 : 123) });
  } finally {
    await close();
  }
}

describe('the users of a Django project', () => {
  it('come into SQLite with their ids, names and passwords', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringlatch-contract-'));
    const django = new DatabaseSync(join(folder, 'db.sqlite3'));
    django.exec(DJANGO);
    django.close();
    const database = new DatabaseSync(join(folder, 'data.sqlite'));
    const storage = sqliteStorage(database);
    database.exec(FOR_SQLITE.replace('db.sqlite3', join(folder, 'db.sqlite3')));
    const moved = database.prepare('SELECT id FROM ringlatch_users ORDER BY phone_number').all();
    expect(moved.map(({ id }) => id)).toEqual(['11', '7', '8', '9']);
    await visit(storage, ['7']);
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(!HAS_POSTGRES)('come into Postgres with their names and passwords', async () => {
    const server = await startPostgres();
    const pool = new Pool({ connectionString: server.url });
    pool.on('error', () => undefined);
    await pool.query(DJANGO);
    await migrate(pool);
    await pool.query(FOR_POSTGRES);
    const moved = await pool.query('SELECT id FROM ringlatch.users ORDER BY phone_number');
    const ids = ['11', '07', '08', '09'].map((id) => `00000000-0000-0000-0000-0000000000${id}`);
    expect(moved.rows.map(({ id }) => id)).toEqual(ids);
    await visit(postgresStorage(pool), ids.slice(1));
    await pool.end();
    await server.stop();
  });
});
