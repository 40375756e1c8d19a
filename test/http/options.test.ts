import { describe, expect, test } from 'vitest';
import { phoneAuthRouter, requireAuth } from '../../adapters/http/express.ts';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { ROUTE_NAMES } from '../../src/http/options.ts';
import { routesOf } from '../../src/http/routes.ts';
import type { Client } from '../../src/index.ts';
import { createTestAuth } from '../kit/index.ts';

const { auth, nextPhoneNumber } = createTestAuth();
const publicOrigin = 'https://acme.example';

describe('options that cannot be meant name their path', () => {
  test.each<[string, unknown]>([
    ['options.presentuser', { presentuser: () => ({}) }],
    ['options.presentUser', { presentUser: 'id' }],
    ['options.exposeReason', { exposeReason: 1 }],
    ['options.contextOf', { contextOf: {} }],
    ['options.deliveryUrl', { deliveryUrl: '/delivery' }],
    ['options.locales', { locales: 'fa' }],
    ['options.locales', { locales: ['fa', 'fa;q=1'] }],
    ['options.locales', { locales: ['fa', 'tlh'] }],
    ['options.routes', { routes: 'requestCode' }],
    ['options.routes[1]', { routes: ['requestCode', 'logout'] }],
    ['options.routes[0]', { routes: ['getUserStatus'] }],
    ['options.routes[0]', { routes: ['receiveReceipts'] }],
    ['options.routes[0]', { routes: ['loginWithPassword'] }],
    ['options.cookies', { cookies: true }],
    ['options.cookies.publicOrigin', { cookies: {} }],
    ['options.cookies.publicOrigin', { cookies: { publicOrigin: 'acme.example' } }],
    ['options.cookies.publicOrigin', { cookies: { publicOrigin: 'https://acme.example/' } }],
    ['options.cookies.publicOrigin', { cookies: { publicOrigin: 'https://ACME.example' } }],
    ['options.cookies.publicOrigin', { cookies: { publicOrigin: 'ws://acme.example' } }],
    ['options.cookies.publicOrigin', { cookies: { publicOrigin: 'http://acme.example' } }],
    ['options.cookies.publicOrigin', { cookies: { publicOrigin: 'http://localhost:3000' } }],
    ['options.cookies.trustedOrigins[0]', { cookies: { publicOrigin, trustedOrigins: ['*'] } }],
    ['options.cookies.trustedOrigins', { cookies: { publicOrigin, trustedOrigins: 'https://app.acme.example' } }],
    ['options.cookies.trustedOrigins[0]', { cookies: { publicOrigin, trustedOrigins: ['http://app.acme.example'] } }],
    ['options.cookies.sameSite', { cookies: { publicOrigin, sameSite: 'none' } }],
    ['options.cookies.development', { cookies: { publicOrigin, development: true } }],
    ['options.cookies.development', { cookies: { publicOrigin: 'http://localhost.evil.example', development: true } }],
    ['options.cookies.development', { cookies: { publicOrigin: 'http://acme.example', development: true } }],
    ['options.cookies.development', { cookies: { publicOrigin: 'http://localhost', development: 'yes' } }],
    ['options', []],
    ['options', 'x'],
    ['options', null],
  ])('%s', (path, options) => {
    expect(() => phoneAuthRouter(auth, options as never)).toThrow(TypeError);
    expect(() => phoneAuthRouter(auth, options as never)).toThrow(`${path}: `);
  });

  test.each<[string, unknown]>([
    ['options.maxAge', { maxAge: 1 }],
    ['options.maxAgeSeconds', { maxAgeSeconds: 0 }],
    ['options.maxAgeSeconds', { maxAgeSeconds: '60' }],
    ['options.maxAgeSeconds', { maxAgeSeconds: Number.NaN }],
    ['options.optional', { optional: 'yes' }],
    ['options.checkSession', { checkSession: 1 }],
    ['options.cookies.publicOrigin', { cookies: {} }],
  ])('of a guard: %s', (path, options) => {
    expect(() => requireAuth(auth, options as never)).toThrow(TypeError);
    expect(() => requireAuth(auth, options as never)).toThrow(`${path}: `);
  });

  test.each([undefined, null, {}, { settings: null }])('%j is no auth object', (wrong) => {
    expect(() => phoneAuthRouter(wrong as never)).toThrow(TypeError);
    expect(() => requireAuth(wrong as never)).toThrow(TypeError);
  });
});

test('origins that are meant are taken', () => {
  for (const cookies of [
    { publicOrigin },
    { publicOrigin: 'https://acme.example:8443', trustedOrigins: [publicOrigin] },
    ...['localhost:3000', 'app.localhost', '127.0.0.1:80', '[::1]:8080'].map((host) => ({
      publicOrigin: new URL(`http://${host}`).origin,
      development: true,
    })),
  ]) {
    expect(() => phoneAuthRouter(auth, { cookies })).not.toThrow();
  }
});

test('each route is named for a function of the auth object, and what is not configured is not there', () => {
  const all = createTestAuth({ passwords: nodePasswords(), revealAccounts: true });
  expect(
    routesOf(all.auth, { deliveryUrl: 'https://acme.example/auth/delivery' })
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...ROUTE_NAMES].sort());
  for (const name of ROUTE_NAMES) expect(all.auth[name]).toBeTypeOf('function');
  const missing = ROUTE_NAMES.filter((name) => !routesOf(auth).some((route) => route.name === name));
  expect(missing).toEqual(['loginWithPassword', 'resetPassword', 'setPassword', 'getUserStatus', 'receiveReceipts']);
});

test('a contextOf that says more than it may is a mistake of the program', async () => {
  const contextOf = (): never => ({ userId: 'somebody' }) as never;
  const row = routesOf(auth, { contextOf }).find(({ name }) => name === 'requestCode');
  const request = { method: 'POST', params: {}, search: '', header: () => undefined, body: null, ip: null, raw: null };
  await expect(row?.handle(request)).rejects.toThrow(TypeError);
});

test.each([
  ['the body', { deviceToken: 'abc' }, {}],
  ['the cookie', {}, { cookie: '__Host-ringlatch-device=abc' }],
  ['the body before the cookie', { deviceToken: 'abc' }, { cookie: '__Host-ringlatch-device=xyz' }],
])('the device is known by %s', async (_name, keys, headers: Readonly<Record<string, string>>) => {
  const clients: Client[] = [];
  const requestCode: typeof auth.requestCode = (input) => {
    clients.push(input.client);
    return auth.requestCode(input);
  };
  const [row] = routesOf({ ...auth, requestCode }, { routes: ['requestCode'], cookies: { publicOrigin } });
  const all: Readonly<Record<string, string>> = { 'content-type': 'application/json', 'user-agent': 'test', ...headers };
  const body = { parsed: { phoneNumber: nextPhoneNumber(), ...keys } };
  await row?.handle({ method: 'POST', params: {}, search: '', header: (name) => all[name], body, ip: '203.0.113.7', raw: null });
  expect(clients).toEqual([{ ip: '203.0.113.7', userAgent: 'test', deviceToken: 'abc' }]);
});
