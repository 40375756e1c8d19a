import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientOf, getAuth, phoneAuthRouter, requireAuth } from '../../adapters/http/express.ts';
import { type Client, isPhoneAuthError, type PhoneAuth } from '../../src/index.ts';
import { FORGED, OTHER_HEADERS } from '../http/forged-addresses.ts';
import { createTestAuth } from '../kit/index.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function portOf(listener: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(listener as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** By `node:http`, because fetch refuses to send some headers. */
async function send(
  port: number,
  path: string,
  headers: Record<string, string | string[]>,
  body?: string,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }, resolve).on('error', reject).end(body);
  });
  const text = (await answer.toArray()).join('');
  return { status: answer.statusCode ?? 0, json: text.startsWith('{') ? JSON.parse(text) : {} };
}

function heard(auth: PhoneAuth): { auth: PhoneAuth; clients: Client[] } {
  const clients: Client[] = [];
  const requestCode: PhoneAuth['requestCode'] = (input) => {
    clients.push(input.client);
    return auth.requestCode(input);
  };
  return { clients, auth: { ...auth, requestCode } };
}

const json = { 'content-type': 'application/json' };

describe('the address of the requester', () => {
  async function addressFor(trust: unknown, headers: Record<string, string | string[]>): Promise<unknown> {
    const app = express();
    if (trust !== undefined) app.set('trust proxy', trust);
    app.get('/', (request, response) => {
      response.json(clientOf(request));
    });
    return (await send(await portOf(app), '/', headers)).json.ip;
  }

  test("is the socket's, whatever the requester writes", async () => {
    const app = express();
    const { auth } = createTestAuth();
    const hearing = heard(auth);
    app.use('/auth', phoneAuthRouter(hearing.auth));
    app.get('/', (request, response) => {
      response.json(clientOf(request));
    });
    const port = await portOf(app);
    const headers = [
      ...FORGED.map((forged) => ({ 'x-forwarded-for': forged })),
      ...OTHER_HEADERS.map((name) => ({ [name]: '1.2.3.4' })),
      { 'x-forwarded-for': ['1.2.3.4', '5.6.7.8'] },
    ];
    expect(headers.length).toBeGreaterThan(30);
    for (const forged of headers) {
      expect((await send(port, '/', forged)).json.ip).toBe('127.0.0.1');
      await send(port, '/auth/codes', { ...forged, ...json }, '{"phoneNumber":"+12015550100"}');
    }
    expect(new Set(hearing.clients.map(({ ip }) => ip))).toEqual(new Set(['127.0.0.1']));
    expect(hearing.clients).toHaveLength(headers.length);
  });

  test('is the rightmost one that is not trusted, when the application trusts its proxies', async () => {
    const chain = { 'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.0.0.2' };
    expect(await addressFor(1, { 'x-forwarded-for': '6.6.6.6, 203.0.113.7' })).toBe('203.0.113.7');
    expect(await addressFor(2, chain)).toBe('203.0.113.7');
    expect(await addressFor('loopback, uniquelocal', chain)).toBe('203.0.113.7');
    expect(await addressFor(['loopback', '10.0.0.0/8'], chain)).toBe('203.0.113.7');
    expect(await addressFor((ip: string) => ip.startsWith('127.') || ip.startsWith('10.'), chain)).toBe('203.0.113.7');
    expect(await addressFor(['10.0.0.0/8'], chain)).toBe('127.0.0.1');
    expect(await addressFor(1, { 'x-forwarded-for': '6.6.6.6, [2001:DB8::1]:443' })).toBe('2001:db8::1');
    expect(await addressFor(1, { 'x-forwarded-for': '6.6.6.6, ::ffff:203.0.113.7' })).toBe('203.0.113.7');
    expect(await addressFor(1, {})).toBe('127.0.0.1');
  });

  test("is nobody's when a trusted proxy hands over what is no address", async () => {
    expect(await addressFor(1, { 'x-forwarded-for': '6.6.6.6, unknown' })).toBeNull();
  });

  test("is the socket's where everybody is trusted, and a warning says so once", async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const trust of [true, ['0.0.0.0/1', '128.0.0.0/1'], () => true, Number.MAX_VALUE]) {
      for (const forged of FORGED) expect(await addressFor(trust, { 'x-forwarded-for': forged })).toBe('127.0.0.1');
    }
    expect(warn.mock.calls.map(([, options]) => options)).toEqual([expect.objectContaining({ code: 'RINGLATCH_OPEN_TRUST_PROXY' })]);
  });
});

describe('bodies', () => {
  const number = '{"phoneNumber":"+12015550100"}';

  test.each([
    ['express.json()', express.json()],
    ['express.text()', express.text({ type: '*/*' })],
    ['express.raw()', express.raw({ type: '*/*' })],
    ['express.urlencoded()', express.urlencoded()],
  ])('may have been read by %s', async (_name, parser) => {
    const app = express();
    app.use(parser).use('/auth', phoneAuthRouter(createTestAuth().auth));
    const port = await portOf(app);
    expect((await send(port, '/auth/codes', json, number)).status).toBe(202);
    expect((await send(port, '/auth/codes', json, '')).status).toBe(400);
    expect((await send(port, '/auth/codes', { 'content-type': 'application/x-www-form-urlencoded' }, 'phoneNumber=1')).status).toBe(415);
    expect((await send(port, '/auth/codes', json, `{"phoneNumber":"${'1'.repeat(5000)}"}`)).status).toBe(413);
    expect(
      (await send(port, '/auth/codes', { ...json, 'transfer-encoding': 'chunked' }, `{"phoneNumber":"${'1'.repeat(5000)}"}`)).status,
    ).toBe(413);
  });

  test('the answer to one that is too large comes before its end, and the connection lives on', async () => {
    const app = express();
    app.use('/auth', phoneAuthRouter(createTestAuth().auth));
    const socket = connect(await portOf(app), '127.0.0.1');
    const seen: string[] = [];
    socket.on('data', (chunk) => seen.push(String(chunk)));
    const large = 1024 * 1024;
    socket.write(`POST /auth/codes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${large}\r\n\r\n`);
    socket.write('x'.repeat(5000));
    await vi.waitFor(() => expect(seen.join('')).toContain('HTTP/1.1 413'));
    socket.write('x'.repeat(large - 5000));
    socket.write('GET /auth/session HTTP/1.1\r\nhost: x\r\n\r\n');
    await vi.waitFor(() => expect(seen.join('')).toContain('HTTP/1.1 401'));
    socket.destroy();
  });

  test('a client that leaves in the middle of one leaves nothing behind', async () => {
    const hearing = heard(createTestAuth().auth);
    const app = express();
    const errors: unknown[] = [];
    const closed: string[] = [];
    app.use((request, _response, next) => {
      request.on('close', () => closed.push(request.url));
      next();
    });
    app.use('/auth', phoneAuthRouter(hearing.auth));
    const onError: ErrorRequestHandler = (error, _request, response, _next) => {
      errors.push(error);
      response.end();
    };
    app.use(onError);
    const port = await portOf(app);
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /auth/codes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"phone`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await vi.waitFor(() => expect(closed).toHaveLength(1));
    expect((await send(port, '/auth/codes', json, number)).status).toBe(202);
    expect([errors, hearing.clients.length]).toEqual([[], 1]);
  });
});

describe('as a good neighbour', () => {
  test('what is none of ours goes on to the application, errors that are not ours to its error handler', async () => {
    const app = express();
    const mistake = new Error('a mistake in contextOf');
    app.use('/auth', phoneAuthRouter(createTestAuth().auth, { contextOf: () => Promise.reject(mistake) }));
    app.use('/auth/ours', (_request, response) => {
      response.json({ own: true });
    });
    const onError: ErrorRequestHandler = (error, _request, response, _next) => {
      response.status(500).json({ same: error === mistake, ours: isPhoneAuthError(error) });
    };
    app.use(onError);
    const port = await portOf(app);
    expect((await send(port, '/auth/ours', {})).json).toEqual({ own: true });
    expect((await send(port, '/auth/codes', json, '{"phoneNumber":"+12015550100"}')).json).toEqual({ same: true, ours: false });
  });

  test('cookies of others stay beside ours', async () => {
    const { auth, inbox, client } = createTestAuth();
    const app = express();
    app.use((_request, response, next) => {
      response.cookie('theme', 'dark');
      next();
    });
    app.use(phoneAuthRouter(auth, { cookies: { publicOrigin: 'https://acme.example' } }));
    const port = await portOf(app);
    const { challengeId } = await auth.requestCode({ phoneNumber: '+12015550100', client });
    const body = JSON.stringify({ challengeId, code: inbox.lastCode('+12015550100') });
    const { headers } = await fetch(`http://127.0.0.1:${port}/sign-in/code`, {
      method: 'POST',
      headers: { ...json, origin: 'https://acme.example' },
      body,
    });
    expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual([
      'theme',
      '__Host-ringlatch-access',
      '__Host-ringlatch-refresh',
      '__Host-ringlatch-device',
    ]);
  });

  test('getAuth without a guard is a refusal, with optional nobody', async () => {
    expect(() => getAuth({})).toThrow(expect.objectContaining({ code: 'invalid_token' }));
    expect(getAuth({}, { optional: true })).toBeNull();
  });

  test('an answer of the guard is a problem, an error that is not ours is passed on', async () => {
    const { auth } = createTestAuth();
    const broken: PhoneAuth = { ...auth, verifyAccessToken: () => Promise.reject(new RangeError('a bug')) };
    const app = express();
    app.get('/', requireAuth(broken), (_request, response) => {
      response.end();
    });
    const onError: ErrorRequestHandler = (error, _request, response, _next) => {
      response.status(500).json({ name: error.name });
    };
    app.use(onError);
    const port = await portOf(app);
    expect((await send(port, '/', {})).json).toMatchObject({ code: 'invalid_token', status: 401 });
    expect(await send(port, '/', { authorization: 'Bearer x' })).toEqual({ status: 500, json: { name: 'RangeError' } });
  });

  test('a device cookie reaches own calls, when the cookies are those of the routes', () => {
    const request = {
      url: '/',
      headers: { cookie: '__Host-ringlatch-device=abc', 'user-agent': 'x'.repeat(1000) },
      socket: { remoteAddress: '::ffff:203.0.113.7' },
    };
    expect(clientOf(request as never)).toMatchObject({ ip: '203.0.113.7', deviceToken: undefined });
    const client = clientOf(request as never, { cookies: { publicOrigin: 'https://acme.example' } });
    expect([client.deviceToken, client.userAgent?.length]).toEqual(['abc', 512]);
  });

  test('presentUser knows the type of the users', async () => {
    const { auth, inbox, client } = createTestAuth<{ nickname?: string }>();
    const app = express().use(phoneAuthRouter(auth, { presentUser: ({ profile }) => ({ nickname: profile.nickname ?? 'nobody' }) }));
    const { challengeId } = await auth.requestCode({ phoneNumber: '+12015550100', client });
    const body = JSON.stringify({ challengeId, code: inbox.lastCode('+12015550100') });
    expect((await send(await portOf(app), '/sign-in/code', json, body)).json.user).toEqual({ nickname: 'nobody' });
  });

  test('it needs no Express', async () => {
    const handle = phoneAuthRouter(createTestAuth().auth);
    const port = await portOf((request, response) => handle(request, response, () => response.writeHead(404).end()));
    expect((await send(port, '/codes', { ...json, 'x-forwarded-for': '1.2.3.4' }, '{"phoneNumber":"+12015550100"}')).status).toBe(202);
    expect((await send(port, '/nothing', {})).status).toBe(404);
  });
});
