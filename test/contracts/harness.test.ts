import { describe, expect, it } from 'vitest';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import type { SmsMessage } from '../../src/index.ts';
import { type Call, contractOn, faultOf, hostileBodies, statusesOf } from './harness.ts';

describe('a fault', () => {
  it('is a 5xx where nothing failed, and a code in an answer wherever', async () => {
    const inbox = inboxSms();
    await inbox.send({ code: '12345' } as SmsMessage, { signal: new AbortController().signal });
    const faults = (status: number, text: string, mayFail = false) => faultOf({ status, text }, inbox, mayFail).length;
    expect([faults(500, ''), faults(503, '', true), faults(200, '{}')]).toEqual([1, 0, 0]);
    expect([faults(200, '{"otp":"12345"}'), faults(503, '{"otp":12345}', true)]).toEqual([1, 1]);
    expect([faults(200, '{"phone":"+98912345123"}'), faults(200, 'a12345')]).toEqual([0, 0]);
  });
});

describe('a hostile body', () => {
  it('differs from the right one, and has a name of its own', () => {
    const right = { phone: '09121234567', name: 'Ada' };
    const bodies = hostileBodies(right);
    expect(new Set(bodies.map(({ name }) => name)).size).toBe(bodies.length);
    const alike = bodies.filter(({ body, headers }) => body === JSON.stringify(right) && headers['content-type'] === 'application/json');
    expect(alike).toEqual([]);
    expect(bodies.filter(({ key }) => key === 'name').map(({ kind }) => kind)).not.toContain('Unicode digits');
  });
});

contractOn(
  'a server',
  async ({ settings }: { settings?: { readonly status: number } }) => ({
    auth: { drain: async () => undefined },
    handler: (request, response) => {
      const { method, url, headers } = request;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(settings?.status ?? 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ method, url, type: headers['content-type'] ?? null, body: Buffer.concat(chunks).toString() }));
      });
    },
  }),
  (open) => {
    const JSON_TYPE = 'application/json';
    it.each<[string, Parameters<Call>, object]>([
      ['nothing', ['GET', '/a?b=c'], { method: 'GET', url: '/a?b=c', type: null, body: '' }],
      ['an object', ['POST', '/', { a: 'é' }], { type: JSON_TYPE, body: '{"a":"é"}' }],
      ['text as it is', ['POST', '/', '{'], { type: JSON_TYPE, body: '{' }],
      ['a form', ['PUT', '/', new URLSearchParams({ a: 'b c' })], { type: 'application/x-www-form-urlencoded', body: 'a=b+c' }],
      ['text of another type', ['POST', '/', '{}', { 'content-type': 'text/plain' }], { type: 'text/plain' }],
      ['text of no type', ['POST', '/', '{}', { 'content-type': null }], { type: null, body: '{}' }],
    ])('is called with %s', async (_, args, body) => {
      const { call } = await open();
      expect(await call(...args)).toMatchObject({ status: 200, body });
    });

    it('is one of several over one storage and clock', async () => {
      const first = await open();
      const second = await open({ beside: first });
      expect([second.storage, second.clock]).toEqual([first.storage, first.clock]);
      expect(second.url).not.toBe(first.url);
    });

    it('is called by many at once', async () => {
      const { call, parallel } = await open({ settings: { status: 404 } });
      expect(statusesOf(await parallel(20, (index) => call('GET', `/${index}`)))).toEqual({ 404: 20 });
    });
  },
);
