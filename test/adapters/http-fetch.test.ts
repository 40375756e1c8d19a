import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { authenticate, clientOf, getAuth, phoneAuthHandler } from '../../adapters/http/fetch.ts';
import { createTestAuth } from '../kit/index.ts';

const clientIp = (): string => '203.0.113.7';
const post = (path: string, body: string | ReadableStream, init: RequestInit = {}): Request =>
  new Request(`https://acme.example${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, ...init });
const number = '{"phoneNumber":"+12015550100"}';

describe('options', () => {
  test.each<[string, unknown]>([
    ['options.clientIp', undefined],
    ['options.clientIp', {}],
    ['options.clientIp', { basePath: '/auth', clientIp: '203.0.113.7' }],
    ['options.basePath', { basePath: 'auth', clientIp }],
    ['options.basePath', { basePath: '//auth', clientIp }],
    ['options.basePath', { basePath: '/auth?x', clientIp }],
    ['options.basePath', { basePath: 1, clientIp }],
    ['options.basepath', { basepath: '/auth', clientIp }],
  ])('%s', (path, options) => {
    const { auth } = createTestAuth();
    expect(() => phoneAuthHandler(auth, options as never)).toThrow(TypeError);
    expect(() => phoneAuthHandler(auth, options as never)).toThrow(`${path}: `);
  });

  test.each(['', '/', '/auth', '/auth/', '/api/v1/auth'])('the routes may stand at %j', async (basePath) => {
    const handle = phoneAuthHandler(createTestAuth().auth, { basePath, clientIp });
    expect((await handle(post(`${basePath.replace(/\/$/, '')}/codes`, number))).status).toBe(202);
    expect((await handle(post('/elsewhere/codes', number))).status).toBe(404);
  });
});

test('a body that is too large is refused also when somebody upstream keeps a clone of the request', { timeout: 2000 }, async () => {
  const handle = phoneAuthHandler(createTestAuth().auth, { basePath: '/auth', clientIp });
  const request = post('/auth/codes', 'x'.repeat(5000));
  const kept = request.clone();
  expect((await handle(request)).status).toBe(413);
  expect((await kept.text()).length).toBe(5000);
});

describe('the address of the requester', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['not an address', null],
    [null, null],
    [undefined as never, null],
  ])('where the host says %j it is %j', async (said, ip) => {
    const { auth } = createTestAuth();
    const heard: (string | null)[] = [];
    const requestCode: typeof auth.requestCode = (input) => {
      heard.push(input.client.ip);
      return auth.requestCode(input);
    };
    const handle = phoneAuthHandler({ ...auth, requestCode }, { clientIp: () => said });
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4' };
    await handle(post('/codes', number, { headers }));
    expect(heard).toEqual([ip]);
    expect(clientOf(post('/', '', { headers }), { clientIp: () => said }).ip).toBe(ip);
  });

  test('comes from whatever the host gives beside the request', async () => {
    const handle = phoneAuthHandler(createTestAuth().auth, {
      basePath: '/auth',
      clientIp: (_request, server: { ip: string }, tag: number) => (tag === 7 ? server.ip : null),
    });
    expect((await handle(post('/auth/codes', number), { ip: '203.0.113.7' }, 7)).status).toBe(202);
  });
});

describe('hosts', () => {
  test('Next calls the handler with a context', async () => {
    const handle = phoneAuthHandler(createTestAuth().auth, { basePath: '/api/auth', clientIp });
    const { POST, GET }: Record<'GET' | 'POST', (request: Request, context: { params: Promise<{ path: string[] }> }) => Promise<Response>> =
      { GET: handle, POST: handle };
    const context = { params: Promise.resolve({ path: ['codes'] }) };
    expect((await POST(post('/api/auth/codes', number), context)).status).toBe(202);
    expect((await GET(new Request('https://acme.example/api/auth/session'), context)).status).toBe(401);
  });

  test('errors that are not ours reach the host', async () => {
    const mistake = new Error('a mistake in contextOf');
    const handle = phoneAuthHandler(createTestAuth().auth, { clientIp, contextOf: () => Promise.reject(mistake) });
    await expect(handle(post('/codes', number))).rejects.toBe(mistake);
    const app = new Hono().mount('/auth', handle).onError((error, context) => context.text(String(error === mistake), 500));
    expect(await (await app.request(post('/auth/codes', number))).text()).toBe('true');
  });

  test('a body without end is left after its limit', async () => {
    const handle = phoneAuthHandler(createTestAuth().auth, { clientIp });
    let pulled = 0;
    let isCancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(1000));
      },
      cancel: () => {
        isCancelled = true;
      },
    });
    const response = await handle(post('/codes', endless, { duplex: 'half' } as never));
    expect([response.status, isCancelled, pulled < 10]).toEqual([413, true, true]);
  });

  test('bodies come in pieces', async () => {
    const handle = phoneAuthHandler(createTestAuth().auth, { clientIp });
    const pieces = new ReadableStream({
      start: (controller) => {
        for (const letter of number) controller.enqueue(new TextEncoder().encode(letter));
        controller.close();
      },
    });
    expect((await handle(post('/codes', pieces, { duplex: 'half' } as never))).status).toBe(202);
  });
});

describe('authenticate', () => {
  test('gives the claims, and getAuth finds them again', async () => {
    const { auth, signIn } = createTestAuth();
    const { accessToken, userId } = await signIn();
    const request = new Request('https://acme.example/', { headers: { authorization: `Bearer ${accessToken}` } });
    expect(() => getAuth(request)).toThrow(expect.objectContaining({ code: 'invalid_token' }));
    await expect(authenticate(auth, request, { checkSession: true, maxAgeSeconds: 60 })).resolves.toMatchObject({ userId });
    expect(getAuth(request).userId).toBe(userId);
    expect(Object.keys(request)).toEqual([]);
  });

  test('refuses, or with optional gives nobody', async () => {
    const { auth } = createTestAuth();
    const request = new Request('https://acme.example/');
    await expect(authenticate(auth, request)).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
    await expect(authenticate(auth, request, { optional: true })).resolves.toBeNull();
  });
});
