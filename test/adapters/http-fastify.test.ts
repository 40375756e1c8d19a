import { type AddressInfo, connect } from 'node:net';
import fastify, { type FastifyServerOptions } from 'fastify';
import { describe, expect, test, vi } from 'vitest';
import { clientOf, getAuth, phoneAuthPlugin, requireAuth } from '../../adapters/http/fastify.ts';
import { isPhoneAuthError, type UserOf } from '../../src/index.ts';
import { FORGED, OTHER_HEADERS } from '../http/forged-addresses.ts';
import { createTestAuth } from '../kit/index.ts';

const json = { 'content-type': 'application/json' };
const number = '{"phoneNumber":"+12015550100"}';

describe('the address of the requester', () => {
  async function addressFor(trustProxy: FastifyServerOptions['trustProxy'], headers: Record<string, string>): Promise<unknown> {
    const app = fastify(trustProxy === undefined ? {} : { trustProxy });
    app.get('/', async (request) => clientOf(request));
    const { ip } = (await app.inject({ url: '/', headers })).json<{ ip: unknown }>();
    await app.close();
    return ip;
  }

  test("is the socket's, whatever the requester writes", async () => {
    for (const forged of FORGED) expect(await addressFor(undefined, { 'x-forwarded-for': forged })).toBe('127.0.0.1');
    for (const name of OTHER_HEADERS) expect(await addressFor(undefined, { [name]: '1.2.3.4' })).toBe('127.0.0.1');
  });

  test('is the rightmost one that is not trusted, when the application trusts its proxies', async () => {
    const chain = { 'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.0.0.2' };
    expect(await addressFor('127.0.0.1, 10.0.0.0/8', chain)).toBe('203.0.113.7');
    expect(await addressFor(['loopback', 'uniquelocal'], chain)).toBe('203.0.113.7');
    expect(await addressFor((_address, hop) => hop < 2, chain)).toBe('203.0.113.7');
    expect(await addressFor('10.0.0.0/8', chain)).toBe('127.0.0.1');
    expect(await addressFor('127.0.0.1', { 'x-forwarded-for': '6.6.6.6, ::ffff:203.0.113.7' })).toBe('203.0.113.7');
    expect(await addressFor('127.0.0.1', { 'x-forwarded-for': '6.6.6.6, unknown' })).toBeNull();
    expect(await addressFor('127.0.0.1', {})).toBe('127.0.0.1');
  });

  test("is the socket's where everybody is trusted, and a warning says so once", async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const trust of [true, () => true, ['0.0.0.0/1', '128.0.0.0/1']]) {
      for (const forged of FORGED) expect(await addressFor(trust, { 'x-forwarded-for': forged })).toBe('127.0.0.1');
    }
    expect(warn.mock.calls.map(([, options]) => options)).toEqual([expect.objectContaining({ code: 'RINGLATCH_OPEN_TRUST_PROXY' })]);
  });
});

describe('as a good neighbour', () => {
  test("each row is a route of Fastify's, also below a parameter", async () => {
    const { auth } = createTestAuth();
    const app = fastify({ exposeHeadRoutes: false });
    await app.register(
      async (outer) =>
        outer.register(phoneAuthPlugin, { auth, prefix: '/auth', routes: ['requestCode', 'revokeSession', 'verifyAccessToken'] }),
      { prefix: '/:tenant' },
    );
    expect(app.hasRoute({ method: 'DELETE', url: '/:tenant/auth/sessions/:id' })).toBe(true);
    expect(app.hasRoute({ method: 'POST', url: '/:tenant/auth/sign-in/code' })).toBe(false);
    expect((await app.inject({ method: 'POST', url: '/acme/auth/codes?x=1', headers: json, body: number })).statusCode).toBe(202);
    expect((await app.inject({ method: 'HEAD', url: '/acme/auth/session' })).statusCode).toBe(401);
    expect((await app.inject({ method: 'HEAD', url: '/acme/auth/codes' })).statusCode).toBe(405);
  });

  test('parsers, limits and hooks of the application stay as they are', async () => {
    const { auth } = createTestAuth();
    const app = fastify({ bodyLimit: 100 });
    const hooked: string[] = [];
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, { parsedByTheApplication: body }),
    );
    app.addHook('preHandler', async (request) => {
      hooked.push(request.url);
    });
    await app.register(phoneAuthPlugin, { auth, prefix: '/auth' });
    app.post('/own', async (request) => request.body);
    expect((await app.inject({ method: 'POST', url: '/own', headers: json, body: number })).json()).toEqual({
      parsedByTheApplication: number,
    });
    expect((await app.inject({ method: 'POST', url: '/own', headers: json, body: 'x'.repeat(101) })).statusCode).toBe(413);
    const padded = number + ' '.repeat(200);
    expect((await app.inject({ method: 'POST', url: '/auth/codes', headers: json, body: padded })).statusCode).toBe(202);
    expect(hooked).toEqual(['/own', '/auth/codes']);
  });

  test('errors that are not ours reach the error handler of the application, and its own are none of ours', async () => {
    const mistake = new Error('a mistake in contextOf');
    const app = fastify();
    app.setErrorHandler((error, _request, reply) => {
      reply
        .code(500)
        .send({ same: error === mistake, ours: isPhoneAuthError(error), status: (error as { statusCode?: number }).statusCode });
    });
    await app.register(phoneAuthPlugin, { auth: createTestAuth().auth, prefix: '/auth', contextOf: () => Promise.reject(mistake) });
    app.post('/own', async () => 'never');
    expect((await app.inject({ method: 'POST', url: '/auth/codes', headers: json, body: number })).json()).toEqual({
      same: true,
      ours: false,
    });
    expect((await app.inject({ method: 'POST', url: '/own', headers: { 'content-type': 'x' }, body: 'x' })).json()).toMatchObject({
      same: false,
      status: 415,
    });
  });

  test('a client that leaves in the middle of a body leaves nothing behind', async () => {
    const { auth } = createTestAuth();
    const app = fastify({ forceCloseConnections: true });
    const aborted: string[] = [];
    app.addHook('onRequestAbort', async (request) => {
      aborted.push(request.url);
    });
    await app.register(phoneAuthPlugin, { auth, prefix: '/auth' });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /auth/codes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"phone');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await vi.waitFor(() => expect(aborted).toEqual(['/auth/codes']));
    expect((await fetch(`http://127.0.0.1:${port}/auth/codes`, { method: 'POST', headers: json, body: number })).status).toBe(202);
    await app.close();
  });

  test('presentUser knows the type of the users', async () => {
    const { auth, inbox, client } = createTestAuth<{ nickname?: string }>();
    const app = fastify();
    await app.register(phoneAuthPlugin, {
      auth,
      presentUser: (user: UserOf<typeof auth>) => ({ nickname: user.profile.nickname ?? 'nobody' }),
    });
    const { challengeId } = await auth.requestCode({ phoneNumber: '+12015550100', client });
    const body = JSON.stringify({ challengeId, code: inbox.lastCode('+12015550100') });
    expect((await app.inject({ method: 'POST', url: '/sign-in/code', headers: json, body })).json()).toMatchObject({
      user: { nickname: 'nobody' },
    });
  });

  test('options that cannot be meant stop the start', async () => {
    const { auth } = createTestAuth();
    await expect(fastify().register(phoneAuthPlugin, { auth, presentuser: () => ({}) } as never)).rejects.toThrow('options.presentuser: ');
    await expect(fastify().register(phoneAuthPlugin, {} as never)).rejects.toThrow(TypeError);
  });

  test('a guard is any hook before the handler', async () => {
    const { auth, signIn } = createTestAuth();
    const { accessToken, userId } = await signIn();
    for (const hook of ['onRequest', 'preValidation', 'preHandler'] as const) {
      const app = fastify();
      let handled = 0;
      app.get('/', { [hook]: requireAuth(auth) }, async (request) => {
        handled++;
        return { userId: getAuth(request).userId };
      });
      expect((await app.inject({ url: '/', headers: { authorization: `Bearer ${accessToken}` } })).json()).toEqual({ userId });
      const refused = await app.inject('/');
      expect([refused.statusCode, refused.headers['content-type'], refused.json(), handled]).toEqual([
        401,
        'application/problem+json',
        expect.objectContaining({ code: 'invalid_token' }),
        1,
      ]);
    }
  });
});
