import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import { type TwilioSmsOptions, twilioSms } from '../../adapters/sms/twilio.ts';
import type { ReceiptRequest, SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { descriptionIn, exampleOf, faultsOf } from './described-request.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { type Answer, messageTo, openedProvider, type ProviderServer, providerServer, type ReceivedCall } from './provider-server.ts';

const ACCOUNT = `AC${'0a'.repeat(16)}`;
const SERVICE = `MG${'1b'.repeat(16)}`;
const TEMPLATE = `HX${'2c'.repeat(16)}`;
const OTHER_TEMPLATE = `HX${'3d'.repeat(16)}`;
const TOKEN = 'auth+token/of=the_account';
const OPTIONS = {
  accountSid: ACCOUNT,
  authToken: TOKEN,
  from: '+14155552345',
  whatsapp: { from: '+14155552346', contentSid: TEMPLATE },
  voice: { from: '+14155552347' },
  receiptUrl: 'https://acme.example/auth/delivery/twilio',
};
const ANNA = '+447400123456';

const description = descriptionIn('twilio-openapi.json');
const created = (list: 'Messages' | 'Calls'): Readonly<Record<string, unknown>> =>
  exampleOf(description, `/2010-04-01/Accounts/{AccountSid}/${list}.json`, '201', 'create');
const GOOD = { status: 201, body: created('Messages') };
const SID = 'SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

// Takes what the provider's own description allows, and nothing else.
function take(call: ReceivedCall): Answer {
  const faults = faultsOf(description, call);
  if (faults.length > 0) return { status: 500, body: { faults } };
  return call.url.pathname.endsWith('/Calls.json') ? { status: 201, body: created('Calls') } : GOOD;
}

const refusal = (code: number, status = 400): Answer => ({
  status,
  body: { code, message: 'Sorry, +447400123456', more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());

const twilio = (options: Partial<TwilioSmsOptions> = {}, fetch: SmsFetch = server.fetch): SmsSender =>
  twilioSms({ ...OPTIONS, fetch, ...options });

/** The one call that a message makes, which the provider's description allows. */
async function callFor(message: Partial<SmsMessage>, options: Partial<TwilioSmsOptions> = {}): Promise<ReceivedCall> {
  server.says(take);
  await twilio(options).send(messageTo(ANNA, message), { signal: AbortSignal.timeout(5000) });
  const [call, ...more] = server.calls;
  if (call === undefined || more.length > 0) throw new Error(`${server.calls.length} calls`);
  expect(faultsOf(description, call)).toEqual([]);
  return call;
}

async function failureFor(answer: Answer, message: Partial<SmsMessage> = {}) {
  server.says(answer);
  return failureOf(twilio(), messageTo(ANNA, message));
}

describe('Twilio as a provider', () => {
  const open = openedProvider((fetch) => twilio({}, fetch), { good: take, refusal: refusal(21211) });
  for (const { id, name, run } of smsSenderCases(open)) it(`${id} ${name}`, run);

  for (const channel of ['sms', 'whatsapp', 'voice'] as const) {
    const good = channel === 'voice' ? { status: 201, body: created('Calls') } : GOOD;
    for (const { name, run } of providerFaultCases((fetch) => twilio({}, fetch), { good, message: { channel } })) {
      it(`survives ${name} (${channel})`, run);
    }
  }
});

describe('a message through Twilio', () => {
  it('is an SMS from the number of the account', async () => {
    const call = await callFor({ text: 'کد شما: ۱۲۳ & 50% +\n@acme.example #123456' });
    expect(call.url.href).toBe(`https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Messages.json`);
    expect(call.headers.authorization).toBe(`Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`);
    expect(call.form).toEqual({
      To: ANNA,
      From: '+14155552345',
      Body: 'کد شما: ۱۲۳ & 50% +\n@acme.example #123456',
      StatusCallback: 'https://acme.example/auth/delivery/twilio?reference=c2hhbGxlbmdlLW9uZS1vZi1vbmU.1',
    });
  });

  it('tells the id that Twilio gave it', async () => {
    server.says(take);
    expect(await twilio().send(messageTo(ANNA), { signal: AbortSignal.timeout(5000) })).toEqual({ providerId: SID });
    expect(await twilio().send(messageTo(ANNA, { channel: 'voice' }), { signal: AbortSignal.timeout(5000) })).toEqual({
      providerId: created('Calls').sid,
    });
  });

  it('is sent by a messaging service, with an API key, without receipts', async () => {
    const apiKey = { sid: `SK${'4e'.repeat(16)}`, secret: 'secret:of:the:key' };
    const service = { from: undefined, messagingServiceSid: SERVICE };
    const call = await callFor({}, { ...service, apiKey, authToken: undefined, receiptUrl: undefined });
    expect(call.headers.authorization).toBe(`Basic ${Buffer.from(`${apiKey.sid}:${apiKey.secret}`).toString('base64')}`);
    expect(call.form).toEqual({ To: ANNA, MessagingServiceSid: SERVICE, Body: messageTo(ANNA).text });
  });

  it('goes to another region', async () => {
    server.says(GOOD);
    await twilio({ endpoint: 'https://api.sydney.au1.twilio.com' }).send(messageTo(ANNA), { signal: AbortSignal.timeout(5000) });
    expect(server.calls[0]?.url.href).toBe(`https://api.sydney.au1.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Messages.json`);
  });

  it('adds the send to a receipt URL that has a query already', async () => {
    const call = await callFor({ idempotencyKey: 'abc_-:12' }, { receiptUrl: 'https://acme.example/receipts?tenant=a%20b' });
    expect(call.form.StatusCallback).toBe('https://acme.example/receipts?tenant=a%20b&reference=abc_-.12');
  });

  it.each([
    ['fa-IR', OTHER_TEMPLATE],
    ['fa', OTHER_TEMPLATE],
    ['de', TEMPLATE],
    ['constructor', TEMPLATE],
  ])('is a WhatsApp template in the language %s', async (locale, contentSid) => {
    const whatsapp = { messagingServiceSid: SERVICE, contentSid: { default: TEMPLATE, fa: OTHER_TEMPLATE } };
    const { form } = await callFor({ channel: 'whatsapp', locale }, { whatsapp });
    expect(form).toEqual({
      To: `whatsapp:${ANNA}`,
      MessagingServiceSid: SERVICE,
      ContentSid: contentSid,
      ContentVariables: '{"1":"123456"}',
      StatusCallback: expect.any(String),
    });
  });

  it('fills the variables of a template of its own, and may be a text by WhatsApp', async () => {
    const whatsapp = { from: '+14155552346', contentSid: TEMPLATE, contentVariables: { app: 'Acme "1"', code: '{code} ({code})' } };
    const { form } = await callFor({ channel: 'whatsapp' }, { whatsapp });
    expect(JSON.parse(form.ContentVariables ?? '')).toEqual({ app: 'Acme "1"', code: '123456 (123456)' });
    const text = await callFor({ channel: 'whatsapp' }, { whatsapp: { from: '+14155552346' } });
    expect(text.form).toEqual({
      To: `whatsapp:${ANNA}`,
      From: 'whatsapp:+14155552346',
      Body: messageTo(ANNA).text,
      StatusCallback: expect.any(String),
    });
  });

  it('is a call that says the digits three times', async () => {
    const call = await callFor({ channel: 'voice', locale: 'fa' });
    const say = '<Pause length="1"/><Say language="en-US">Your code is: 1, 2, 3, 4, 5, 6.</Say>';
    expect(call.url.pathname).toBe(`/2010-04-01/Accounts/${ACCOUNT}/Calls.json`);
    expect(call.form).toEqual({
      To: ANNA,
      From: '+14155552347',
      Twiml: `<Response>${say}${say}${say}</Response>`,
      StatusCallback: expect.stringMatching(/\?reference=c2hhbGxlbmdlLW9uZS1vZi1vbmU\.1$/),
    });
  });

  it('is said in the language of the message, as often and with the words that were asked for', async () => {
    const fa = { text: 'کد {code} & {code}', language: 'fa-IR', voice: 'Google.fa-IR-Wavenet-A' };
    const options = { voice: { from: '+14155552347', repeat: 1, prompts: { fa } } };
    const twiml = async (locale: string): Promise<string | undefined> =>
      (await callFor({ channel: 'voice', locale, code: '01' }, options)).form.Twiml;
    expect(await twiml('fa-IR')).toBe(
      '<Response><Pause length="1"/><Say language="fa-IR" voice="Google.fa-IR-Wavenet-A">کد 0, 1 &amp; 0, 1</Say></Response>',
    );
    expect(await twiml('de-AT')).toContain('<Say language="de-DE">Ihr Code lautet: 0, 1.</Say>');
    expect(await twiml('fr')).toContain('<Say language="fr-FR">');
    expect(await twiml('es')).toContain('<Say language="es-ES">');
    expect(await twiml('toString')).toContain('<Say language="en-US">');
  });

  it.each([
    ['sms', { from: undefined }],
    ['whatsapp', { whatsapp: undefined }],
    ['voice', { voice: undefined }],
  ] as const)('is left to others where there is no sender for %s', async (channel, options) => {
    server.says(GOOD);
    const error = await failureOf(twilio(options), messageTo(ANNA, { channel }));
    expect(error).toMatchObject({ kind: 'retryable', code: 'channel_not_supported' });
    expect(server.calls).toHaveLength(0);
  });
});

describe('a refusal by Twilio', () => {
  it.each([21211, 21214, 21216, 21217, 21265, 21401, 21407, 21610, 21614, 21635, 30004, 30005, 30006, 30450, 30453, 63014])(
    'is permanent when it speaks of the number: %i',
    async (code) => {
      expect(await failureFor(refusal(code))).toMatchObject({ kind: 'permanent', code: String(code) });
    },
  );

  it.each([
    [20003, 401],
    [20404, 404],
    [20429, 429],
    [21212, 400],
    [21215, 400],
    [21408, 400],
    [21606, 400],
    [21608, 400],
    [21611, 400],
    [21612, 400],
    [21617, 400],
    [30003, 400],
    [63003, 400],
    [63016, 400],
    [63024, 400],
    [99999, 422],
  ])('leaves the message to another provider when it speaks of anything else: %i', async (code, status) => {
    expect(await failureFor(refusal(code, status))).toMatchObject({ kind: 'retryable', code: String(code) });
  });

  it.each([
    [20500, 500],
    [20503, 503],
    [21211, 500],
    [20409, 409],
  ])('says nothing certain about the message: %i with status %i', async (code, status) => {
    expect(await failureFor(refusal(code, status))).toMatchObject({ kind: 'ambiguous', code: String(code) });
  });

  it('is permanent without a body of Twilio, too, where the status says so', async () => {
    expect(await failureFor({ status: 400, body: '<html>' })).toMatchObject({ kind: 'permanent', code: 'http_400' });
  });

  it('may come with a good status', async () => {
    expect(await failureFor({ ...refusal(21211), status: 200 })).toMatchObject({ kind: 'permanent', code: '21211' });
    expect(await failureFor({ ...refusal(21606), status: 200 })).toMatchObject({ kind: 'ambiguous', code: '21606' });
    for (const sid of [undefined, 5, '', 'SMnothing', 'constructor']) {
      expect(await failureFor({ status: 201, body: { ...GOOD.body, sid } })).toMatchObject({ kind: 'ambiguous' });
    }
  });

  it.each([
    ['failed', 30006, 'permanent', '30006'],
    ['failed', 30003, 'retryable', '30003'],
    ['undelivered', 30004, 'permanent', '30004'],
    ['undelivered', 63016, 'retryable', '63016'],
    ['canceled', null, 'retryable', 'canceled'],
  ])('may be a message that was created and has %s: %s', async (status, error_code, kind, code) => {
    expect(await failureFor({ status: 201, body: { ...GOOD.body, status, error_code } })).toMatchObject({ kind, code });
  });

  it('tells when to come again, and nothing of the number', async () => {
    const error = await failureFor({ ...refusal(20429, 429), headers: { 'retry-after': '3' } });
    expect(error.retryAfterSeconds).toBe(3);
    expect(`${error.message} ${error.stack}`).not.toContain('447400123456');
    expect(`${error.message} ${error.stack}`).not.toContain(TOKEN);
  });
});

describe('the description of requests', () => {
  it('knows wrong ones', async () => {
    const sms = await callFor({});
    const call = await callFor({ channel: 'voice' });
    const without = (form: Readonly<Record<string, string>>, name: string) =>
      Object.fromEntries(Object.entries(form).filter(([member]) => member !== name));
    const wrong: readonly ReceivedCall[] = [
      { ...sms, method: 'PUT' },
      { ...sms, url: new URL(sms.url.href.replace(ACCOUNT, 'AC1')) },
      { ...sms, url: new URL(sms.url.href.replace('Messages', 'Message')) },
      { ...sms, url: new URL(sms.url.href.replace('api.', 'www.')) },
      { ...sms, headers: { ...sms.headers, authorization: `Bearer ${TOKEN}` } },
      { ...sms, headers: { ...sms.headers, 'content-type': 'application/json' } },
      { ...sms, form: without(sms.form, 'To') },
      { ...sms, form: without(sms.form, 'From') },
      { ...sms, form: without(sms.form, 'Body') },
      { ...sms, form: { ...sms.form, body: 'text' } },
      { ...sms, form: { ...sms.form, MessagingServiceSid: 'MG1' } },
      { ...sms, form: { ...sms.form, StatusCallback: '/receipts' } },
      { ...sms, form: { ...sms.form, RiskCheck: 'maybe' } },
      { ...sms, body: `${sms.body}&To=${ANNA}` },
      { ...call, form: { ...call.form, Twiml: 'Your code' } },
      { ...call, form: without(call.form, 'Twiml') },
      { ...call, form: without(call.form, 'From') },
    ];
    expect(wrong.map((one) => faultsOf(description, one).length)).toEqual(wrong.map(() => 1));
  });
});

// https://www.twilio.com/docs/usage/webhooks/webhooks-security and the tests of Twilio's own libraries, with the token 12345.
const FORM = 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212';
const URL_OF_VECTORS = 'https://mycompany.com/myapp.php?foo=1&bar=2';
const JSON_BODY = '{"property": "value", "boolean": true}';
const HASH = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620';
const VECTORS: readonly (readonly [name: string, url: string, body: string, signature: string])[] = [
  ['the documentation', URL_OF_VECTORS, FORM.replaceAll('14158675309', '12349013030'), '0/KCTR6DLpKmkAf8muzZqo1nDgQ='],
  ['a form', URL_OF_VECTORS, FORM, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
  ['a form in another order', URL_OF_VECTORS, FORM.split('&').toReversed().join('&'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
  ['repeated names', URL_OF_VECTORS, 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234', 'IK+Dwps556ElfBT0I3Rgjkr1wJU='],
  ['JSON', `${URL_OF_VECTORS}&bodySHA256=${HASH}`, JSON_BODY, 'a9nBmqA0ju/hNViExpshrM61xv4='],
  ['JSON without another query', `https://mycompany.com/myapp.php?bodySHA256=${HASH}`, JSON_BODY, 'y77kIzt2vzLz71DgmJGsen2scGs='],
  ['a port left out', URL_OF_VECTORS.replace('.com', '.com:1234'), FORM, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
  ['a port', URL_OF_VECTORS.replace('.com', '.com:1234'), FORM, 'CYn1h0gLBdNxDGkKJg6hYohgeD8='],
  ['the port of https', URL_OF_VECTORS, FORM, 'kvajT1Ptam85bY51eRf/AJRuM3w='],
  ['the port of http', URL_OF_VECTORS.replace('https', 'http'), FORM, '0ZXoZLH/DfblKGATFgpif+LLRf4='],
  ['a port of http', URL_OF_VECTORS.replace('https', 'http').replace('.com', '.com:1234'), FORM, 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU='],
  ['capitals in the host', URL_OF_VECTORS.replace('mycompany', 'MyCompany'), FORM, 'g9IN/x4Cft2g517EjYvEvM/W7LU='],
  ['a user', URL_OF_VECTORS.replace('//', '//user@'), FORM, '2YRLlVAflCqxaNicjMpJcSTgzSs='],
  ['a user with a password', URL_OF_VECTORS.replace('//', '//user:pass@'), FORM, 'CukzLTc1tT5dXEDIHm/tKBanW10='],
  ['a user and the port of https', URL_OF_VECTORS.replace('//', '//user:pass@'), FORM, 'ZQFR1PTIZXF2MXB8ZnKCvnnA+rI='],
];

const read = (sender: SmsSender, request: ReceiptRequest) => sender.readReceipts?.(request) ?? Promise.reject(new Error('it reads none'));
const request = (url: string, body: string, signature: string | undefined, method = 'POST'): ReceiptRequest => ({
  method,
  url,
  header: (name) => (name === 'x-twilio-signature' ? signature : undefined),
  body,
});

/** As Twilio calls: what it got as `StatusCallback`, signed. */
function receipt(url: string, parameters: Readonly<Record<string, string>>, token = TOKEN): ReceiptRequest {
  const text =
    url +
    Object.keys(parameters)
      .toSorted()
      .map((name) => name + parameters[name])
      .join('');
  return request(url, new URLSearchParams(parameters).toString(), createHmac('sha1', token).update(text).digest('base64'));
}

describe('the signature of a receipt from Twilio', () => {
  it.each(VECTORS)('covers %s', async (_, url, body, signature) => {
    const sender = twilio({ authToken: '12345' });
    expect(await read(sender, request(url, body, signature))).toEqual([]);
    expect(await read(sender, request(url.replace('myapp', 'my-app'), body, signature))).toBeNull();
    expect(await read(sender, request(url, body.replace('1', '2').replace('value', 'other'), signature))).toBeNull();
    expect(await read(twilio({ authToken: '123456' }), request(url, body, signature))).toBeNull();
  });

  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['is no base64', '%%%'],
    ['is cut', 'RSOYDt4T1cUTdK1PDd93'],
    ['has a character too many', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=='],
    ['belongs to another call', '0/KCTR6DLpKmkAf8muzZqo1nDgQ='],
    ['is of another alphabet', '王'],
  ])('is refused when it %s', async (_, signature) => {
    expect(await read(twilio({ authToken: '12345' }), request(URL_OF_VECTORS, FORM, signature))).toBeNull();
  });

  it('is not asked of a call that Twilio does not make', async () => {
    const sender = twilio({ authToken: '12345' });
    expect(await read(sender, request(URL_OF_VECTORS, FORM, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', 'GET'))).toBeNull();
    expect(await read(sender, request('/myapp.php', FORM, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='))).toBeNull();
  });
});

describe('a receipt from Twilio', () => {
  it.each([
    ['MessageStatus', 'accepted', 'accepted'],
    ['MessageStatus', 'queued', 'accepted'],
    ['MessageStatus', 'sending', 'accepted'],
    ['MessageStatus', 'sent', 'accepted'],
    ['MessageStatus', 'delivered', 'delivered'],
    ['MessageStatus', 'read', 'delivered'],
    ['MessageStatus', 'undelivered', 'failed'],
    ['MessageStatus', 'failed', 'failed'],
    ['MessageStatus', 'canceled', 'failed'],
    ['MessageStatus', 'partially_delivered', 'unknown'],
    ['CallStatus', 'ringing', 'accepted'],
    ['CallStatus', 'in-progress', 'accepted'],
    ['CallStatus', 'completed', 'delivered'],
    ['CallStatus', 'busy', 'failed'],
    ['CallStatus', 'no-answer', 'failed'],
    ['CallStatus', 'constructor', 'unknown'],
  ])('%s %s says %s of the send that it belongs to', async (name, status, state) => {
    const { form } = await callFor({ channel: name === 'CallStatus' ? 'voice' : 'sms', idempotencyKey: 'c2hhbGxlbmdl_-:12' });
    const parameters = { AccountSid: ACCOUNT, To: ANNA, MessageSid: SID, [name]: status, ErrorCode: '30003' };
    expect(await read(twilio(), receipt(form.StatusCallback ?? '', parameters))).toEqual([
      { challengeId: 'c2hhbGxlbmdl_-', send: 12, state },
    ]);
  });

  it('is believed behind a proxy, by the URL that Twilio was given', async () => {
    const url = `${OPTIONS.receiptUrl}?reference=abc.1`;
    const call = receipt(url, { MessageStatus: 'delivered' });
    const inside = url.replace('https://acme.example/auth', 'http://10.0.0.7:3000');
    expect(await read(twilio(), { ...call, url: inside })).toEqual([{ challengeId: 'abc', send: 1, state: 'delivered' }]);
    expect(await read(twilio(), { ...call, url: inside.replace('abc', 'abd') })).toBeNull();
    expect(await read(twilio({ receiptUrl: 'https://other.example/' }), { ...call, url: inside })).toBeNull();
  });

  it('may be JSON, which the URL then names by its hash', async () => {
    const body = JSON.stringify({ MessageStatus: 'delivered' });
    const hash = createHash('sha256').update(body).digest('hex');
    const url = `https://acme.example/auth/delivery/twilio?reference=abc.1&bodySHA256=${hash}`;
    const signature = createHmac('sha1', TOKEN).update(url).digest('base64');
    expect(await read(twilio(), request(url, body, signature))).toEqual([{ challengeId: 'abc', send: 1, state: 'delivered' }]);
    expect(await read(twilio(), request(url, body.replace('delivered', 'failed'), signature))).toBeNull();
  });

  it.each(['reference=', 'reference=abc', 'reference=abc.0', 'reference=a/b.1', 'reference=abc.1.1', 'other=abc.1'])(
    'belongs to no send of ours with ?%s',
    async (query) => {
      expect(await read(twilio(), receipt(`https://acme.example/?${query}`, { MessageStatus: 'delivered' }))).toEqual([]);
    },
  );

  it('is nothing without a status', async () => {
    expect(await read(twilio(), receipt('https://acme.example/?reference=abc.1', { From: ANNA, Body: 'STOP' }))).toEqual([]);
  });

  it('is not asked for without a URL', () => {
    expect('readReceipts' in twilio({ receiptUrl: undefined })).toBe(false);
  });
});

describe('the options of Twilio', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['accountsid', { accountsid: ACCOUNT }],
    ['accountSid', { accountSid: undefined }],
    ['accountSid', { accountSid: 'AC1' }],
    ['authToken', { authToken: undefined }],
    ['authToken', { authToken: `${TOKEN}\n` }],
    ['authToken', { authToken: undefined, apiKey: { sid: `SK${'0'.repeat(32)}`, secret: 's' } }],
    ['apiKey', { apiKey: 'SK1' }],
    ['apiKey.sid', { apiKey: { sid: 'SK1', secret: 's' } }],
    ['apiKey.secret', { apiKey: { sid: `SK${'0'.repeat(32)}`, secret: '' } }],
    ['apiKey.key', { apiKey: { sid: `SK${'0'.repeat(32)}`, secret: 's', key: 1 } }],
    ['from', { from: 'A name that is too long' }],
    ['from', { from: '' }],
    ['from', { from: undefined, whatsapp: undefined, voice: undefined }],
    ['messagingServiceSid', { messagingServiceSid: ACCOUNT }],
    ['whatsapp.from', { whatsapp: {} }],
    ['whatsapp.from', { whatsapp: { from: 'whatsapp:+14155552346' } }],
    ['whatsapp.contentSid', { whatsapp: { from: ANNA, contentSid: 'HX1' } }],
    ['whatsapp.contentSid', { whatsapp: { from: ANNA, contentSid: { fa: TEMPLATE } } }],
    ['whatsapp.contentSid', { whatsapp: { from: ANNA, contentSid: { default: TEMPLATE, fa: 'HX1' } } }],
    ['whatsapp.contentVariables', { whatsapp: { from: ANNA, contentSid: TEMPLATE, contentVariables: { 1: 1 } } }],
    ['whatsapp.contentVariables', { whatsapp: { from: ANNA, contentVariables: { 1: '{code}' } } }],
    ['whatsapp.template', { whatsapp: { from: ANNA, template: TEMPLATE } }],
    ['voice', { voice: ANNA }],
    ['voice.from', { voice: {} }],
    ['voice.repeat', { voice: { from: ANNA, repeat: 6 } }],
    ['voice.prompts', { voice: { from: ANNA, prompts: 'Your code' } }],
    ['voice.prompts.fa', { voice: { from: ANNA, prompts: { fa: 'کد' } } }],
    ['voice.prompts.fa.text', { voice: { from: ANNA, prompts: { fa: { text: 'کد', language: 'fa-IR' } } } }],
    ['voice.prompts.fa.text', { voice: { from: ANNA, prompts: { fa: { text: '<Dial>{code}', language: 'fa-IR' } } } }],
    ['voice.prompts.fa.language', { voice: { from: ANNA, prompts: { fa: { text: '{code}', language: '"' } } } }],
    ['voice.prompts.fa.voice', { voice: { from: ANNA, prompts: { fa: { text: '{code}', language: 'fa', voice: '"' } } } }],
    ['receiptUrl', { receiptUrl: '/receipts' }],
    ['endpoint', { endpoint: 'https://api.twilio.com/2010-04-01' }],
    ['endpoint', { endpoint: 'http://api.twilio.com' }],
    ['name', { name: 'my twilio' }],
    ['fetch', { fetch: 'fetch' }],
  ])('refuse a wrong %s', (path, options) => {
    const make = () => twilioSms({ ...OPTIONS, ...options } as unknown as TwilioSmsOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^twilioSms: ${path} `));
  });

  it.each(['+14155552345', '12345', 'Acme', 'Acme & Co-1'])('take %s as a sender', (from) => {
    expect(twilio({ from }).name).toBe('twilio');
  });
});
