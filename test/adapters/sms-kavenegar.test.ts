import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KavenegarSmsOptions, kavenegarSms } from '../../adapters/sms/kavenegar.ts';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import type { DeliveryReceipt, ReceiptRequest, SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { type Answer, messageTo, openedProvider, type ProviderServer, providerServer } from './provider-server.ts';

const ANNA = '+989121234567';
const KEY = '6A4F8C2E6B7D3A1F';
const SECRET = 'a-secret-of-the-address';

// As the documentation prints it.
const entry = {
  messageid: 8792343,
  message: 'خدمات پیام کوتاه کاوه نگار',
  status: 1,
  statustext: 'در صف ارسال',
  sender: '10004346',
  receptor: '09121234567',
  date: 1356619709,
  cost: 120,
};
const GOOD: Answer = { body: { return: { status: 200, message: 'تایید شد' }, entries: [entry] } };
// The status of HTTP is the same, wherever it can be.
const refusal = (status: number): Answer => ({ status, body: { return: { status, message: 'دریافت کننده نامعتبر است' }, entries: null } });

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());

const kavenegar = (options: Partial<KavenegarSmsOptions> = {}): SmsSender => kavenegarSms({ apiKey: KEY, fetch: server.fetch, ...options });

function send(sender: SmsSender, change: Partial<SmsMessage> = {}): Promise<unknown> {
  return sender.send(messageTo(ANNA, change), { signal: AbortSignal.timeout(5000) });
}

async function requestFor(options: Partial<KavenegarSmsOptions>, change: Partial<SmsMessage> = {}) {
  server.says(GOOD);
  await send(kavenegar(options), change);
  const [call] = server.calls;
  if (call === undefined || server.calls.length !== 1) throw new Error(`${server.calls.length} calls came in`);
  return { method: call.method, path: call.url.href, form: call.form };
}

describe.each<[string, (fetch: SmsFetch) => SmsSender]>([
  ['a text', (fetch) => kavenegarSms({ apiKey: KEY, sender: '10004346', fetch })],
  ['a template', (fetch) => kavenegarSms({ apiKey: KEY, template: 'sign-in', fetch, receiptSecret: SECRET })],
])('sending %s', (_, make) => {
  const open = openedProvider(make, { good: GOOD, refusal: refusal(411) });
  for (const { id, name, run } of smsSenderCases(open)) it(`${id} ${name}`, run);

  for (const { name, run } of providerFaultCases(make, { good: GOOD })) it(`survives ${name}`, run);
});

describe('what goes to Kavenegar', () => {
  it('is the text, under a number of its own', async () => {
    const first = await requestFor({ sender: '10004346' });
    expect(first).toEqual({
      method: 'POST',
      path: `https://api.kavenegar.com/v1/${KEY}/sms/send.json`,
      form: { receptor: '09121234567', message: messageTo(ANNA).text, sender: '10004346', localid: expect.stringMatching(/^\d{1,15}$/) },
    });
    expect((await requestFor({})).form).toEqual({ receptor: '09121234567', message: messageTo(ANNA).text, localid: first.form.localid });
    expect((await requestFor({}, { idempotencyKey: 'c2hhbGxlbmdlLW9uZS1vZi1vbmU:2' })).form.localid).not.toBe(first.form.localid);
  });

  it.each([
    ['+989121234567', '09121234567'],
    ['+14155550100', '0014155550100'],
    ['+442071838750', '00442071838750'],
  ])('has %s as %s', async (to, receptor) => {
    expect((await requestFor({}, { to: to as SmsMessage['to'] })).form.receptor).toBe(receptor);
  });

  it('is the code for a template, which may depend on the message', async () => {
    const template = ({ locale }: SmsMessage): string => `sign-in-${locale}`;
    const tokens = ({ purpose }: SmsMessage) => ({ token2: purpose, token10: 'two words', token: 'forged', receptor: undefined });
    expect(await requestFor({ template, tokens }, { locale: 'fa' })).toEqual({
      method: 'POST',
      path: `https://api.kavenegar.com/v1/${KEY}/verify/lookup.json`,
      form: { receptor: '09121234567', template: 'sign-in-fa', token: '123456', type: 'sms', token2: 'sign-in', token10: 'two words' },
    });
  });

  it('is spoken where the channel is the voice', async () => {
    expect((await requestFor({ template: 'sign-in' }, { channel: 'voice' })).form.type).toBe('call');
  });

  it.each<[string, Partial<KavenegarSmsOptions>, Partial<SmsMessage>]>([
    ['a spoken text', {}, { channel: 'voice' }],
    ['WhatsApp', { template: 'sign-in' }, { channel: 'whatsapp' }],
  ])('is never %s', async (_, options, change) => {
    server.says(GOOD);
    expect(await failureOf(kavenegar(options), messageTo(ANNA, change))).toMatchObject({
      kind: 'retryable',
      code: 'channel_not_supported',
    });
    expect(server.calls).toEqual([]);
  });

  it.each<[string, Partial<KavenegarSmsOptions>]>([
    ['throws', { template: ({ text }) => JSON.parse(text) }],
    ['names no template', { template: () => 'no name' }],
  ])('is nothing when a function of ours %s', async (_, options) => {
    server.says(GOOD);
    const error = await failureOf(kavenegar(options), messageTo(ANNA));
    expect(error).toMatchObject({ kind: 'retryable', code: 'template_failed', cause: undefined });
    expect(server.calls).toEqual([]);
  });

  it('does not show the key in an error', async () => {
    server.says(refusal(403));
    const { message, stack } = await failureOf(kavenegar(), messageTo(ANNA));
    expect(`${message} ${stack}`).not.toContain(KEY);
  });
});

describe('what Kavenegar answers', () => {
  it.each([
    ['a list', [entry], '8792343'],
    ['one entry', { ...entry, messageid: '9007199254740993' }, '9007199254740993'],
    ['one that is with the operator', [{ ...entry, status: 5 }], '8792343'],
  ])('is a yes with %s', async (_, entries, providerId) => {
    server.says({ body: { return: { status: 200, message: 'تایید شد' }, entries } });
    expect(await send(kavenegar())).toEqual({ providerId });
  });

  it.each([
    [400, 'retryable'],
    [401, 'retryable'],
    [402, 'ambiguous'],
    [403, 'retryable'],
    [409, 'retryable'],
    [411, 'permanent'],
    [412, 'retryable'],
    [418, 'retryable'],
    [422, 'retryable'],
    [424, 'retryable'],
    [429, 'retryable'],
    [431, 'retryable'],
    [451, 'retryable'],
    [501, 'retryable'],
    [599, 'ambiguous'],
  ])('as %i is %s, whatever the status of HTTP', async (code, kind) => {
    for (const answer of [refusal(code), { ...refusal(code), status: 200 }]) {
      server.says(answer);
      expect(await failureOf(kavenegar(), messageTo(ANNA))).toMatchObject({ kind, code: String(code) });
    }
  });

  it.each([
    [6, 'retryable'],
    [13, 'retryable'],
    [14, 'permanent'],
  ])('as a message of status %i is %s', async (status, kind) => {
    server.says({ body: { return: { status: 200, message: 'تایید شد' }, entries: [{ ...entry, status }] } });
    expect(await failureOf(kavenegar(), messageTo(ANNA))).toMatchObject({ kind, code: `status_${status}` });
  });

  it.each([
    [{ body: { return: { status: 200 }, entries: [] } }, 'unreadable_answer'],
    [{ body: { return: { status: 200 }, entries: null } }, 'unreadable_answer'],
    [{ body: { return: { status: 200 }, entries: [{ ...entry, messageid: null }] } }, 'unreadable_answer'],
    [{ body: { return: { status: '200' }, entries: [entry] } }, 'unreadable_answer'],
    [{ body: { return: null } }, 'unreadable_answer'],
    [{ ...GOOD, status: 502 }, 'http_502'],
  ])('is nothing sure as %j', async (answer, code) => {
    server.says(answer);
    expect(await failureOf(kavenegar(), messageTo(ANNA))).toMatchObject({ kind: 'ambiguous', code });
  });
});

describe('a receipt', () => {
  const SENT: Omit<DeliveryReceipt, 'state'> = { challengeId: 'c2hhbGxlbmdlLW9uZS1vZi1vbmU', send: 1 };

  async function sent(options: Partial<KavenegarSmsOptions> = {}): Promise<SmsSender> {
    const sender = kavenegar({ receiptSecret: SECRET, ...options });
    server.says(GOOD);
    await send(sender);
    return sender;
  }

  function read(sender: SmsSender, query: string, { method = 'GET', body = '' }: Partial<ReceiptRequest> = {}) {
    const url = `https://acme.example/auth/delivery/kavenegar${query}`;
    return sender.readReceipts?.({ method, url, header: () => undefined, body });
  }

  it.each([
    [1, 'accepted'],
    [2, 'accepted'],
    [4, 'accepted'],
    [5, 'accepted'],
    [6, 'failed'],
    [10, 'delivered'],
    [11, 'failed'],
    [13, 'failed'],
    [14, 'failed'],
    [100, 'unknown'],
    [77, 'unknown'],
  ])('with status %i tells that the message is %s', async (status, state) => {
    const sender = await sent();
    expect(await read(sender, `?secret=${SECRET}&messageid=8792343&status=${status}`)).toEqual([{ ...SENT, state }]);
  });

  it('may come as a form or as JSON, and again', async () => {
    const sender = await sent();
    const form = { method: 'POST', body: 'messageid=8792343&status=10' };
    const json = { method: 'POST', body: '{"messageid":8792343,"status":10}' };
    for (const request of [form, json, form]) {
      expect(await read(sender, `?secret=${SECRET}`, request)).toEqual([{ ...SENT, state: 'delivered' }]);
    }
  });

  it.each([
    '?messageid=8792343&status=10',
    '?secret=&messageid=8792343&status=10',
    `?secret=${SECRET.slice(1)}&messageid=8792343&status=10`,
    `?secret=${SECRET}x&messageid=8792343&status=10`,
    `?secret=${SECRET}&secret=${SECRET}&messageid=8792343&status=10`,
    `?SECRET=${SECRET}&messageid=8792343&status=10`,
    `?secret=${SECRET}`,
    `?secret=${SECRET}&messageid=8792343`,
    `?secret=${SECRET}&messageid=&status=10`,
    `?secret=${SECRET}&messageid=8792343&status=ten`,
    `?secret=${SECRET}&messageid=__proto__&status=10`,
  ])('is none under %s', async (query) => {
    expect(await read(await sent(), query)).toBeNull();
  });

  it.each(['{', '{"messageid":', '[]', 'messageid'])('is none with the body %s', async (body) => {
    expect(await read(await sent(), `?secret=${SECRET}`, { method: 'POST', body })).toBeNull();
  });

  it('is none at an address that is none', async () => {
    const request = { method: 'GET', url: '/delivery/kavenegar', header: () => undefined, body: '' };
    expect(await (await sent()).readReceipts?.(request)).toBeNull();
  });

  it('of a message that nobody knows here is believed, and tells nothing', async () => {
    expect(await read(await sent(), `?secret=${SECRET}&messageid=8792344&status=10`)).toEqual([]);
  });

  it('finds its send in another process when the references are shared', async () => {
    const references = new Map<string, string>();
    await sent({ references });
    expect(await read(kavenegar({ receiptSecret: SECRET, references }), `?secret=${SECRET}&messageid=8792343&status=10`)).toHaveLength(1);
    const slow = { get: async (id: string) => references.get(id), set: async (id: string, to: string) => references.set(id, to) };
    expect(await read(await sent({ references: slow }), `?secret=${SECRET}&messageid=8792343&status=4`)).toHaveLength(1);
  });

  it('is lost when it cannot be remembered, and the message is not', async () => {
    const references = { get: () => undefined, set: () => Promise.reject(new Error('down')) };
    server.says(GOOD);
    expect(await send(kavenegar({ receiptSecret: SECRET, references }))).toEqual({ providerId: '8792343' });
  });

  it('is remembered for the last 10000 messages', async () => {
    const sender = kavenegar({
      receiptSecret: SECRET,
      fetch: async () => Response.json({ return: { status: 200 }, entries: [{ ...entry, messageid: ++last }] }),
    });
    let last = 0;
    for (let index = 0; index < 10_001; index++) await send(sender);
    expect(await read(sender, `?secret=${SECRET}&messageid=1&status=10`)).toEqual([]);
    expect(await read(sender, `?secret=${SECRET}&messageid=2&status=10`)).toHaveLength(1);
    expect(await read(sender, `?secret=${SECRET}&messageid=10001&status=10`)).toHaveLength(1);
  });

  it('is read by nobody without a secret', async () => {
    expect(kavenegar().readReceipts).toBeUndefined();
  });
});

describe('options', () => {
  it.each<[string, Record<string, unknown>]>([
    ['apikey', { apikey: KEY }],
    ['apiKey', { apiKey: undefined }],
    ['apiKey', { apiKey: '' }],
    ['apiKey', { apiKey: `${KEY}\n` }],
    ['name', { name: 'kave negar' }],
    ['fetch', { fetch: null }],
    ['sender', { sender: 10_004_346 }],
    ['template', { template: 'sign in' }],
    ['tokens', { tokens: { token2: 'x' } }],
    ['tokens', { tokens: () => ({}) }],
    ['receiptSecret', { receiptSecret: 'short' }],
    ['receiptSecret', { receiptSecret: 'with a space and more' }],
    ['references', { references: {} }],
    ['references', { references: null }],
  ])('are refused for %s: %j', (path, wrong) => {
    expect(() => kavenegarSms({ apiKey: KEY, ...wrong } as KavenegarSmsOptions)).toThrow(TypeError);
    expect(() => kavenegarSms({ apiKey: KEY, ...wrong } as KavenegarSmsOptions)).toThrow(`kavenegarSms: ${path} `);
  });

  it('name the sender', () => {
    expect([kavenegar().name, kavenegar({ name: 'kavenegar-2' }).name]).toEqual(['kavenegar', 'kavenegar-2']);
  });
});
