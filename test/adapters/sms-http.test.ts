import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type HttpSmsOptions, httpSms } from '../../adapters/sms/http.ts';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import type { SmsMessage } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { messageTo, openedProvider, type ProviderServer, providerServer } from './provider-server.ts';

const ANNA = '+989121234567';
const ACME: HttpSmsOptions = {
  name: 'acme-sms',
  url: 'https://api.acme-sms.example/v1/messages',
  auth: { bearer: 'key-of-acme' },
  headers: { 'Idempotency-Key': '{idempotencyKey}' },
  json: { to: '{to}', from: '{from}', body: '{text}' },
  from: 'Acme',
  providerId: ['message', 'id'],
  error: { at: ['error', 'code'], permanent: ['invalid_number', 4040], retryable: ['no_credit'], ambiguous: ['queue_lost'] },
};
const GOOD = { status: 201, body: { message: { id: 'm-1' } } };
const acme = (fetch: SmsFetch) => httpSms({ ...ACME, fetch });

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());
afterEach(() => {
  vi.unstubAllEnvs();
});

function send(options: Partial<HttpSmsOptions>, message: Partial<SmsMessage> = {}): Promise<unknown> {
  const sms = httpSms({ ...ACME, ...options, fetch: server.fetch });
  return sms.send(messageTo(message.to ?? ANNA, message), { signal: AbortSignal.timeout(5000) });
}

async function requestFor(options: Partial<HttpSmsOptions>, message: Partial<SmsMessage> = {}) {
  server.says(GOOD);
  await send(options, message);
  const [call] = server.calls;
  if (call === undefined || server.calls.length !== 1) throw new Error(`${server.calls.length} calls came in`);
  return call;
}

function failure(answer: { readonly status?: number; readonly body: unknown }, options: Partial<HttpSmsOptions> = {}) {
  server.says(answer);
  return failureOf(httpSms({ ...ACME, ...options, fetch: server.fetch }), messageTo(ANNA));
}

describe('a template', () => {
  const open = openedProvider(acme, { good: GOOD, refusal: { status: 400, body: { error: { code: 'invalid_number' } } } });
  for (const { id, name, run } of smsSenderCases(open)) it(`${id} ${name}`, run);

  for (const { name, run } of providerFaultCases(acme, { good: GOOD })) it(`survives ${name}`, run);

  it('is called http unless it has a name', () => {
    const { name, ...unnamed } = ACME;
    expect([httpSms(unnamed).name, httpSms(ACME).name]).toEqual(['http', name]);
  });

  it('needs no `this`', async () => {
    server.says(GOOD);
    const { send: deliver } = acme(server.fetch);
    expect(await deliver(messageTo(ANNA), { signal: AbortSignal.timeout(5000) })).toEqual({ providerId: 'm-1' });
  });
});

describe('what goes out', () => {
  it('is JSON with its placeholders filled', async () => {
    const text = 'کد شما: 123456\n\n@acme.example #123456';
    const { method, url, headers, json } = await requestFor({}, { text });
    expect([method, url.href]).toEqual(['POST', 'https://api.acme-sms.example/v1/messages']);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: 'Bearer key-of-acme',
      'idempotency-key': messageTo(ANNA).idempotencyKey,
    });
    expect(json).toEqual({ to: ANNA, from: 'Acme', body: text });
  });

  it('is JSON of any depth, with numbers, functions and what is left out', async () => {
    const json: HttpSmsOptions['json'] = {
      messages: [{ to: ['{to}', ({ to }) => to.slice(1)], retries: 0, flash: false, note: null }],
      ttl: ({ expiresAt }) => Math.floor(expiresAt / 1000),
      context: ({ context }) => context ?? undefined,
      tags: () => ({ purpose: 'sign-in', list: [1] }),
    };
    expect((await requestFor({ json })).json).toEqual({
      messages: [{ to: [ANNA, ANNA.slice(1)], retries: 0, flash: false, note: null }],
      ttl: 1_800_000_000,
      tags: { purpose: 'sign-in', list: [1] },
    });
  });

  it('is a form', async () => {
    const { json: _, ...rest } = ACME;
    const form: HttpSmsOptions['form'] = { to: '{to}', text: '{text}', flash: false, parts: 1, note: () => undefined };
    const { headers, form: received } = await requestFor({ ...rest, json: undefined, form }, { text: 'a&b=c +1 é' });
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(received).toEqual({ to: ANNA, text: 'a&b=c +1 é', flash: 'false', parts: '1' });
  });

  it('is a query, without a body', async () => {
    const url = 'https://api.acme-sms.example/{code}/send?user=acme';
    const call = await requestFor(
      { json: undefined, method: 'GET', url, query: { to: '{to}', text: '{text}' } },
      { text: 'a&b #1', code: '1/2?3' },
    );
    expect([call.method, call.url.pathname, call.body]).toEqual(['GET', '/1%2F2%3F3/send', '']);
    expect(Object.fromEntries(call.url.searchParams)).toEqual({ user: 'acme', to: ANNA, text: 'a&b #1' });
    expect(call.headers['content-type']).toBeUndefined();
  });

  it('fills no placeholder that a text brought along', async () => {
    const text = '{code} $& $1 {from} {{to}} {nothing}';
    expect((await requestFor({}, { text })).json).toMatchObject({ body: text });
  });

  it.each([
    [{ username: 'anna', password: 'wörd:2' }, `Basic ${Buffer.from('anna:wörd:2').toString('base64')}`],
    [{ header: 'Authorization', value: 'App key' }, 'App key'],
    [undefined, undefined],
  ])('proves whose it is with %j', async (auth, authorization) => {
    expect((await requestFor({ auth })).headers.authorization).toBe(authorization);
  });

  it.each<[string, Partial<HttpSmsOptions>]>([
    ['throws', { json: { body: ({ text }) => JSON.parse(text) } }],
    ['gives a header two lines', { headers: { 'x-text': ({ text }) => text } }],
  ])('stays here when a function of the template %s', async (_, options) => {
    const error = await failure(GOOD, options);
    expect(error).toMatchObject({ kind: 'retryable', code: 'template_failed', cause: undefined });
    expect(`${error.message} ${error.stack}`).not.toContain('123456');
    expect(server.calls).toEqual([]);
  });
});

describe('an answer', () => {
  it.each([
    [{ message: { id: 'm-1' } }, 'm-1'],
    [{ message: { id: 17 } }, '17'],
    [{ message: { id: 'm-1' }, error: { code: 'a_warning' } }, 'm-1'],
  ])('with an id is a yes: %j', async (body, providerId) => {
    server.says({ body });
    expect(await send({})).toEqual({ providerId });
  });

  it.each([
    [{}, 'ambiguous', 'unreadable_answer'],
    [{ message: { id: '' } }, 'ambiguous', 'unreadable_answer'],
    [{ message: { id: null } }, 'ambiguous', 'unreadable_answer'],
    [{ message: [] }, 'ambiguous', 'unreadable_answer'],
    [{ error: { code: 'invalid_number' } }, 'permanent', 'invalid_number'],
    [{ error: { code: 4040 } }, 'permanent', '4040'],
    [{ error: { code: '4040' } }, 'permanent', '4040'],
    [{ error: { code: 'no_credit' }, message: { id: 'm-1' } }, 'retryable', 'no_credit'],
    [{ error: { code: 'queue_lost' } }, 'ambiguous', 'queue_lost'],
    [{ error: { code: 'new_in_v2' } }, 'ambiguous', 'new_in_v2'],
    [{ error: { code: 'Could not send "123456"' } }, 'ambiguous', 'unreadable_answer'],
  ])('of status 200 is judged by its body: %j', async (body, kind, code) => {
    expect(await failure({ body })).toMatchObject({ kind, code });
  });

  it.each([
    [400, 'no_credit', 'retryable', 'no_credit'],
    [500, 'invalid_number', 'permanent', 'invalid_number'],
    [401, 'queue_lost', 'ambiguous', 'queue_lost'],
    [422, 'new_in_v2', 'permanent', 'new_in_v2'],
    [503, 'new_in_v2', 'ambiguous', 'new_in_v2'],
  ])('of status %i with the code %s is %s', async (status, code, kind, told) => {
    expect(await failure({ status, body: { message: { id: 'm-1' }, error: { code } } })).toMatchObject({ kind, code: told });
  });

  it('is a yes where `accepted` says so, with or without an id', async () => {
    const accepted = { at: ['ok'], is: [true] };
    server.says({ body: { ok: true, error: { code: 'no_credit' } } });
    expect(await send({ accepted })).toEqual({ providerId: undefined });
    expect(await failure({ body: { ok: 'true', message: { id: 'm-1' } } }, { accepted })).toMatchObject({ kind: 'ambiguous' });
    expect(await failure({ status: 500, body: { ok: true } }, { accepted })).toMatchObject({ kind: 'ambiguous', code: 'http_500' });
  });

  it('may be a text', async () => {
    const options = { accepted: { at: [], is: (value: unknown) => /^OK \d+$/.test(String(value)) }, providerId: [], error: { at: [] } };
    server.says({ body: 'OK 17' });
    expect(await send(options)).toEqual({ providerId: 'OK 17' });
    expect(await failure({ body: 'ERR:4' }, { ...options, error: { at: [], retryable: ['ERR:4'] } })).toMatchObject({
      kind: 'retryable',
      code: 'ERR:4',
    });
  });

  it('may hold its code in several places', async () => {
    const error = { at: [['items', 0, 'code'], ['code']], permanent: ['gone'], retryable: ['busy'] };
    expect(await failure({ status: 400, body: { code: 'busy' } }, { error })).toMatchObject({ kind: 'retryable', code: 'busy' });
    expect(await failure({ status: 500, body: { code: 'busy', items: [{ code: 'gone' }] } }, { error })).toMatchObject({
      kind: 'permanent',
    });
  });
});

describe('options', () => {
  it.each<[string, Record<string, unknown>]>([
    ['urls', { urls: '' }],
    ['name', { name: 'a/b' }],
    ['fetch', { fetch: 'global' }],
    ['url', { url: undefined }],
    ['url', { url: 'api.acme-sms.example' }],
    ['url', { url: 'http://api.acme-sms.example/' }],
    ['url', { url: 'https://user:word@api.acme-sms.example/' }],
    ['url', { url: 'https://{to}.acme-sms.example/' }],
    ['url', { url: 'https://api.acme-sms.example/{to}#part' }],
    ['url', { url: 'https://api.acme-sms.example/{phone}' }],
    ['method', { method: 'post' }],
    ['method', { method: 'GET' }],
    ['auth', { auth: 'key' }],
    ['auth', { auth: {} }],
    ['auth', { auth: { bearer: 'key\n' } }],
    ['auth', { auth: { bearer: '' } }],
    ['auth', { auth: { bearer: 'key', username: 'anna', password: 'word' } }],
    ['auth', { auth: { username: 'an:na', password: 'word' } }],
    ['auth', { auth: { username: 'anna' } }],
    ['auth', { auth: { header: 'x key', value: 'key' } }],
    ['headers', { headers: ['x'] }],
    ['headers.x y', { headers: { 'x y': '1' } }],
    ['headers.x', { headers: { x: 'a\nb' } }],
    ['headers.x', { headers: { x: '{text}' } }],
    ['headers.x', { headers: { x: '{key}' } }],
    ['query', { query: { to: ['{to}'] } }],
    ['query.to', { query: { to: '{too}' } }],
    ['json', { json: { at: new Map([[1, () => 2]]).get(2) } }],
    ['json', { json: Number.NaN }],
    ['json.messages.0.to', { json: { messages: [{ to: '{ToNumber}' }] } }],
    ['json.from', { from: undefined, json: { from: '{from}' } }],
    ['form', { form: { to: '{to}' } }],
    ['from', { from: 'A\ncme' }],
    ['providerId', { providerId: undefined }],
    ['providerId', { providerId: 'id' }],
    ['providerId', { providerId: ['messages', -1] }],
    ['accepted', { accepted: { at: ['ok'] } }],
    ['accepted', { accepted: { at: ['ok'], is: [] } }],
    ['accepted', { accepted: { at: ['ok'], is: [true], not: [false] } }],
    ['error', { error: { permanent: ['x'] } }],
    ['error', { error: { at: ['code'], permanent: 'x' } }],
    ['error', { error: { at: ['code'], permanent: [/x/] } }],
    ['error', { error: { at: ['code'], fatal: ['x'] } }],
    ['allowPlainHttp', { allowPlainHttp: 'yes' }],
  ])('are refused for %s: %j', (path, wrong) => {
    expect(() => httpSms({ ...ACME, ...wrong } as HttpSmsOptions)).toThrow(TypeError);
    expect(() => httpSms({ ...ACME, ...wrong } as HttpSmsOptions)).toThrow(`httpSms: ${path} `);
  });

  it('are refused when there are none', () => {
    expect(() => httpSms(undefined as unknown as HttpSmsOptions)).toThrow('httpSms: options must be an object');
  });

  it('take plain http on this machine, and elsewhere when told', () => {
    expect(httpSms({ ...ACME, url: 'http://localhost:8080/send' }).name).toBe('acme-sms');
    expect(httpSms({ ...ACME, url: 'http://gateway:13013/cgi-bin/sendsms?to={to}', allowPlainHttp: true }).name).toBe('acme-sms');
  });
});
