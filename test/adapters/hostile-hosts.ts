import { getAuth, phoneAuthHandler, requireAuth } from '../../adapters/http/fetch.ts';
import type { HttpHostSetup, OpenHttpHost } from '../conformance/index.ts';

type Fetch = (request: Request) => Promise<Response>;

/** A sound host, over which a fault is laid: in what it is opened with, or around its requests. */
export function hostWith(
  setup: (given: HttpHostSetup) => HttpHostSetup = (given) => given,
  around: (fetch: Fetch, request: Request) => Promise<Response> = (fetch, request) => fetch(request),
): OpenHttpHost {
  return (given) => {
    const { auth, options, guard } = setup(given);
    const routes = phoneAuthHandler(auth, { basePath: '/auth', clientIp: () => '203.0.113.7', ...options });
    const judge = requireAuth(auth, guard);
    const fetch: Fetch = async (request) => {
      if (!request.url.endsWith('/guarded')) return routes(request);
      const refusal = await judge({ req: { raw: request } }, async () => {});
      return refusal ?? Response.json(getAuth(request, { optional: true }));
    };
    return { fetch: (request) => around(fetch, request) };
  };
}

const opening = (setup: (given: HttpHostSetup) => HttpHostSetup): OpenHttpHost => hostWith(setup);
const answering = (change: (response: Response, request: Request) => Response | Promise<Response>): OpenHttpHost =>
  hostWith(undefined, async (fetch, request) => change(await fetch(request), request));
const asking = (change: (request: Request) => Request | Promise<Request>): OpenHttpHost =>
  hostWith(undefined, async (fetch, request) => fetch(await change(request)));

async function withStatus(response: Response, status: number): Promise<Response> {
  return new Response(await response.text(), { status, headers: response.headers });
}

const withHeaders = (change: (headers: Headers) => void): OpenHttpHost =>
  answering((response) => {
    const headers = new Headers(response.headers);
    change(headers);
    return new Response(response.body, { status: response.status, headers });
  });
const asked = (change: (headers: Headers, request: Request) => void): OpenHttpHost =>
  asking((request) => {
    const headers = new Headers(request.headers);
    change(headers, request);
    return new Request(request, { headers });
  });
const withBody = (change: (text: string) => string): OpenHttpHost =>
  asking(async (request) => {
    const { method, url, headers } = request;
    const text = await request.text();
    return text === '' ? new Request(url, { method, headers }) : new Request(url, { method, headers, body: change(text) });
  });

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}

const KNOWN = ['phoneNumber', 'challengeId', 'code', 'proof', 'purpose', 'refreshToken', 'password', 'newPassword', 'currentPassword'];

/** Broken hosts, by what is wrong with them. */
export const HOSTILE_HOSTS: Readonly<Record<string, OpenHttpHost>> = {
  'answers everything with 200': answering((response) => (response.status === 204 ? response : withStatus(response, 200))),
  'answers everything with 404': answering((response) =>
    response.status === 204 ? new Response(null, { status: 404 }) : withStatus(response, 404),
  ),
  'answers what is made with 200': answering((response) => (response.status === 201 ? withStatus(response, 200) : response)),
  'answers nothing as an empty object': answering((response) => (response.status === 204 ? Response.json({}) : response)),
  'answers refusals with 400': answering((response) => (response.status > 400 ? withStatus(response, 400) : response)),
  'forgets all headers but the type': withHeaders((headers) => {
    for (const name of [...headers.keys()]) if (name !== 'content-type') headers.delete(name);
  }),
  'lets answers be stored': withHeaders((headers) => headers.delete('cache-control')),
  'calls problems plain JSON': withHeaders((headers) => {
    if (headers.get('content-type')?.includes('problem')) headers.set('content-type', 'application/json');
  }),
  'sends the first cookie only': withHeaders((headers) => {
    const [first] = headers.getSetCookie();
    headers.delete('set-cookie');
    if (first !== undefined) headers.append('set-cookie', first);
  }),
  'sends cookies without Secure': withHeaders((headers) => {
    const cookies = headers.getSetCookie();
    headers.delete('set-cookie');
    for (const cookie of cookies) headers.append('set-cookie', cookie.replace('; Secure', ''));
  }),
  'knows no HEAD': hostWith(undefined, async (fetch, request) =>
    request.method === 'HEAD' ? new Response(null, { status: 405 }) : fetch(request),
  ),
  'folds paths': asking((request) => new Request(request.url.toLowerCase().replace(/\/+$/, ''), request)),
  'ignores its options': opening(({ auth }) => ({ auth, options: undefined, guard: undefined })),
  'ignores the options of the guard': opening((given) => ({ ...given, guard: undefined })),
  'mounts every route': opening((given) => ({ ...given, options: { ...given.options, routes: undefined } })),
  'tells every reason': opening((given) => ({ ...given, options: { ...given.options, exposeReason: true } })),
  'guards nothing': hostWith(undefined, async (fetch, request) =>
    request.url.endsWith('/guarded') ? Response.json(null) : fetch(request),
  ),
  'publishes secret keys': answering((response, request) =>
    request.url.endsWith('/jwks.json') ? Response.json({ keys: [{ kty: 'oct', k: 'secret' }] }, { headers: response.headers }) : response,
  ),
  'reads every cookie as a bearer': asked((headers) => {
    const token = /ringlatch-access="?([\w.-]+)/i.exec(headers.get('cookie') ?? '')?.[1];
    if (token !== undefined && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  }),
  'lets a cookie go before a bearer': asked((headers) => {
    if (headers.has('cookie')) headers.delete('authorization');
  }),
  'believes every origin': asked((headers) => {
    headers.set('origin', 'https://acme.example');
    headers.delete('sec-fetch-site');
  }),
  'drops the idempotency key': asked((headers) => headers.delete('idempotency-key')),
  'drops the languages': asked((headers) => headers.delete('accept-language')),
  'drops the headers of others': asked((headers) => {
    for (const name of [...headers.keys()]) if (name.startsWith('x-')) headers.delete(name);
  }),
  'takes every content type': asked((headers) => headers.set('content-type', 'application/json')),
  'takes one spelling of the content type': asked((headers) => {
    if (headers.get('content-type') !== 'application/json') headers.set('content-type', 'text/plain');
  }),
  'drops unknown keys': withBody((text) =>
    JSON.stringify(Object.fromEntries(Object.entries(parsed(text)).filter(([key]) => KNOWN.includes(key)))),
  ),
  'reads the last of two equal keys': withBody((text) => {
    const value = parsed(text);
    return Object.keys(value).length === 0 ? text : JSON.stringify(value);
  }),
  'reads the beginning of a long body': withBody((text) => text.slice(0, 4096)),
  'reads half of what it should': withBody((text) => text.slice(0, 2048)),
  'sends every request twice': hostWith(undefined, async (fetch, request) => {
    if (request.method !== 'POST') return fetch(request);
    const { url, method, headers } = request;
    const body = new Uint8Array(await request.arrayBuffer());
    await fetch(new Request(url, { method, headers, body }));
    return fetch(new Request(url, { method, headers, body }));
  }),
};
