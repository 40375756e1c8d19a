import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { callProvider, kindOfStatus, type ProviderAnswer, providerFailure, type SmsFetch } from '../../adapters/sms/provider-call.ts';
import { isSameSecret, receiptFor } from '../../adapters/sms/receipt.ts';
import type { SmsSender } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { messageTo, openedProvider, type ProviderServer, providerServer } from './provider-server.ts';

const URL_OF_ACME = 'https://sms.acme.example/send?channel=sms';
const GOOD = { body: { id: 'm-1', sent: true } };

// The least that a sender is.
function acmeSms(fetch?: SmsFetch): SmsSender {
  return {
    name: 'acme',
    async send({ text }, { signal }) {
      const headers = { 'content-type': 'text/plain' };
      const answer = await callProvider({ provider: 'acme', fetch, url: URL_OF_ACME, method: 'POST', headers, body: text, signal });
      const { id, fault } = Object(answer.json) as { readonly id?: unknown; readonly fault?: string };
      if (answer.status !== 200 || typeof id !== 'string') throw providerFailure('acme', answer, { code: fault });
      return { providerId: id };
    },
  };
}

const call = () => ({ provider: 'acme', url: URL_OF_ACME, method: 'GET', headers: {}, signal: AbortSignal.timeout(5000) });
const refused = { code: 'ECONNREFUSED', syscall: 'connect' };
const failed = (cause: object): Error => new TypeError('fetch failed: Your code is 123456', { cause });

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());

describe('one call of a provider', () => {
  for (const { name, run } of providerFaultCases(acmeSms, { good: GOOD })) it(`survives ${name}`, run);

  const open = openedProvider(acmeSms, { good: GOOD, refusal: { status: 400, body: { fault: 'bad-number' } } });
  for (const { id, name, run } of smsSenderCases(open)) it(`${id} ${name}`, run);

  it('carries what it was given, and nothing else', async () => {
    server.says(GOOD);
    await acmeSms(server.fetch).send(messageTo('+989121234567', { text: 'کد: 123456' }), { signal: AbortSignal.timeout(5000) });
    const [call] = server.calls;
    expect([call?.method, call?.url.href, call?.headers['content-type'], call?.body]).toEqual([
      'POST',
      URL_OF_ACME,
      'text/plain',
      'کد: 123456',
    ]);
  });

  it('asks nobody when the time is up already', async () => {
    const fetch = vi.fn<SmsFetch>();
    const sending = acmeSms(fetch).send(messageTo('+989121234567'), { signal: AbortSignal.abort() });
    await expect(sending).rejects.toMatchObject({ kind: 'retryable', code: 'aborted' });
    expect(fetch).not.toHaveBeenCalled();
  });

  it('looks the global fetch up when it calls', async () => {
    const sender = acmeSms();
    const spy = vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json(GOOD.body));
    expect(await sender.send(messageTo('+989121234567'), { signal: AbortSignal.timeout(5000) })).toEqual({ providerId: 'm-1' });
    expect(spy).toHaveBeenCalledOnce();
  });

  it('reads at most 64 KB, also across characters of several bytes', async () => {
    server.says({ body: 'ی'.repeat(100_000) });
    const answer = await callProvider({ ...call(), fetch: server.fetch });
    expect([answer.text.length, answer.text.replaceAll('ی', ''), answer.json]).toEqual([32_768, '', undefined]);
  });

  it.each([
    ['an error with neither code nor cause', new TypeError('fetch failed'), 'ambiguous', 'TypeError'],
    ['a connection that is reset', failed({ code: 'ECONNRESET', syscall: 'read' }), 'ambiguous', 'ECONNRESET'],
    ['a connect that takes too long', failed({ code: 'ETIMEDOUT', syscall: 'connect' }), 'retryable', 'ETIMEDOUT'],
    ['a read that takes too long', failed({ code: 'ETIMEDOUT', syscall: 'read' }), 'ambiguous', 'ETIMEDOUT'],
    [
      'addresses that all refuse',
      failed({ code: 'ETIMEDOUT', errors: [refused, { ...refused, code: 'ETIMEDOUT' }] }),
      'retryable',
      'ETIMEDOUT',
    ],
    ['a connect that undici gave up', failed({ code: 'UND_ERR_CONNECT_TIMEOUT' }), 'retryable', 'UND_ERR_CONNECT_TIMEOUT'],
    ['an expired certificate', failed({ code: 'CERT_HAS_EXPIRED' }), 'retryable', 'CERT_HAS_EXPIRED'],
    ['a certificate of another host', failed({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'retryable', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['an alert that comes late', failed({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }), 'ambiguous', undefined],
    ['nothing that is an error', 'Your code is 123456', 'ambiguous', 'network'],
  ])('judges %s', async (_, thrown, kind, code) => {
    const error = await failureOf(
      acmeSms(() => Promise.reject(thrown)),
      messageTo('+989121234567'),
    );
    expect(error.kind).toBe(kind);
    if (code !== undefined) expect(error.code).toBe(code);
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('123456');
  });
});

describe('the status of an answer', () => {
  it.each([
    [200, null],
    [204, null],
    [301, 'ambiguous'],
    [303, 'ambiguous'],
    [308, 'retryable'],
    [400, 'permanent'],
    [402, 'retryable'],
    [404, 'permanent'],
    [408, 'retryable'],
    [409, 'ambiguous'],
    [422, 'permanent'],
    [425, 'retryable'],
    [501, 'ambiguous'],
    [0, 'ambiguous'],
  ] as const)('%i is %s', (status, kind) => {
    expect(kindOfStatus(status)).toBe(kind);
  });

  it.each([
    ['7', 7],
    ['0', 0],
    ['9999999', 86_400],
    ['-1', undefined],
    ['soon', undefined],
    ['1.5', undefined],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
    [new Date(Date.now() + 5_000_000_000).toUTCString(), 86_400],
  ])('asks with Retry-After: %s for %s seconds', (value, seconds) => {
    const answer: ProviderAnswer = { status: 429, headers: new Headers({ 'retry-after': value }), text: '', json: undefined };
    expect(providerFailure('acme', answer)).toMatchObject({ kind: 'retryable', code: 'http_429' });
    expect(providerFailure('acme', answer).retryAfterSeconds).toBe(seconds);
  });

  it('gives way to what the provider says', () => {
    const answer: ProviderAnswer = { status: 200, headers: new Headers(), text: '', json: undefined };
    expect(providerFailure('acme', answer, { kind: 'permanent', code: 21211 })).toMatchObject({ kind: 'permanent', code: '21211' });
    expect(providerFailure('acme', answer)).toMatchObject({ kind: 'ambiguous', code: 'unreadable_answer' });
    // no name of a failure
    expect(providerFailure('acme', answer, { code: 'Could not send "Your code is 123456"' }).code).toBe('unreadable_answer');
  });
});

describe('a receipt', () => {
  it('belongs to the send whose reference it has', () => {
    expect(receiptFor('c2hh-_bGx:12', 'delivered')).toEqual({ challengeId: 'c2hh-_bGx', send: 12, state: 'delivered' });
  });

  it.each([
    undefined,
    null,
    5,
    '',
    'c2hh',
    'c2hh:',
    ':1',
    'c2hh:0',
    'c2hh:1.5',
    'c2hh:-1',
    'c2hh:1:1',
    `${'a'.repeat(129)}:1`,
    'a\n:1',
    'a:1\n',
  ])('belongs to nothing under %j', (reference) => {
    expect(receiptFor(reference, 'failed')).toBeNull();
  });

  it.each([
    ['secret', 'secret', true],
    ['secret', 'secreT', false],
    ['secret', 'secre', false],
    ['secret', 'secrets', false],
    ['secret', '', false],
  ])('with %s under %s is one of ours: %s', (expected, given, isSame) => {
    expect(isSameSecret(expected, given)).toBe(isSame);
  });
});
