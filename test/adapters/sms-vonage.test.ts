import { createHash, createHmac, type Hmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import { type VonageSmsOptions, vonageSms } from '../../adapters/sms/vonage.ts';
import { smsSegments } from '../../src/core/segments.ts';
import type { ReceiptRequest, SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { descriptionIn, exampleOfSchema, faultsOf } from './described-request.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { type Answer, messageTo, openedProvider, type ProviderServer, providerServer, type ReceivedCall } from './provider-server.ts';

const SECRET = 'my_secret_key_for_testing';
const OPTIONS = { apiKey: 'abcd1234', apiSecret: 'Secret+of/the=account', from: 'Acme' };
const RECEIPTS = { receiptUrl: 'https://acme.example/auth/delivery/vonage', signatureSecret: SECRET };
const ANNA = '+447400123456';

const description = descriptionIn('vonage-openapi.json');
const part = exampleOfSchema(description, 'Message');
const said = (...messages: readonly unknown[]): Answer => ({ body: { 'message-count': String(messages.length), messages } });
const GOOD = said(part);
const refusal = (status: string): Answer => said({ status, 'error-text': 'Sorry, 447400123456' });

// Takes what the provider's own description allows, and nothing else.
const take = (call: ReceivedCall): Answer => {
  const faults = faultsOf(description, call);
  return faults.length > 0 ? { status: 500, body: { faults } } : GOOD;
};

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());

const vonage = (options: Partial<VonageSmsOptions> = {}, fetch: SmsFetch = server.fetch): SmsSender =>
  vonageSms({ ...OPTIONS, fetch, ...options });

/** The one call that a message makes, which the provider's description allows. */
async function callFor(message: Partial<SmsMessage>, options: Partial<VonageSmsOptions> = {}): Promise<ReceivedCall> {
  server.says(take);
  await vonage(options).send(messageTo(ANNA, message), { signal: AbortSignal.timeout(5000) });
  const [call, ...more] = server.calls;
  if (call === undefined || more.length > 0) throw new Error(`${server.calls.length} calls`);
  expect(faultsOf(description, call)).toEqual([]);
  return call;
}

async function failureFor(answer: Answer, message: Partial<SmsMessage> = {}) {
  server.says(answer);
  return failureOf(vonage(), messageTo(ANNA, message));
}

describe('Vonage as a provider', () => {
  const open = openedProvider((fetch) => vonage(RECEIPTS, fetch), { good: take, refusal: refusal('7') });
  for (const { id, name, run } of smsSenderCases(open)) it(`${id} ${name}`, run);

  for (const { name, run } of providerFaultCases((fetch) => vonage({}, fetch), { good: GOOD })) it(`survives ${name}`, run);
});

describe('a message through Vonage', () => {
  it('carries what is documented, and its credentials in the header', async () => {
    const call = await callFor({}, RECEIPTS);
    expect(call.url.href).toBe('https://rest.nexmo.com/sms/json');
    expect(call.headers.authorization).toBe(`Basic ${Buffer.from('abcd1234:Secret+of/the=account').toString('base64')}`);
    expect(call.form).toEqual({
      from: 'Acme',
      to: '447400123456',
      text: messageTo(ANNA).text,
      type: 'text',
      'client-ref': 'c2hhbGxlbmdlLW9uZS1vZi1vbmU:1',
      callback: 'https://acme.example/auth/delivery/vonage',
    });
  });

  it('tells the id that Vonage gave it', async () => {
    server.says(said(part, { ...part, 'message-id': 'of the second part' }));
    expect(await vonage().send(messageTo(ANNA), { signal: AbortSignal.timeout(5000) })).toEqual({ providerId: part['message-id'] });
  });

  it('is of the type that its letters need', async () => {
    const text = '123456 è il tuo codice di Acmé: Ñandù [€5] ~Ω\n@acme.example #123456';
    expect((await callFor({ text })).form).toMatchObject({ type: 'text', text });
    for (const other of ['کد شما: 123456', '123456 — Acme', '`123456`', 'Código çedilla']) {
      expect((await callFor({ text: other })).form).toMatchObject({ type: 'unicode', text: other });
    }
  });

  it('comes from a number of the account, written in either way', async () => {
    expect((await callFor({}, { from: '+14155552345' })).form.from).toBe('14155552345');
    expect((await callFor({}, { from: '14155552345' })).form.from).toBe('14155552345');
  });

  it('goes where the account is', async () => {
    server.says(GOOD);
    await vonage({ endpoint: 'https://sms.acme.example/v' }).send(messageTo(ANNA), { signal: AbortSignal.timeout(5000) });
    expect(server.calls[0]?.url.href).toBe('https://sms.acme.example/v');
  });

  it.each(['whatsapp', 'voice'] as const)('is left to others by %s', async (channel) => {
    server.says(GOOD);
    expect(await failureOf(vonage(), messageTo(ANNA, { channel }))).toMatchObject({ kind: 'retryable', code: 'channel_not_supported' });
    expect(server.calls).toHaveLength(0);
  });
});

describe('the letters of SMS', () => {
  it('are the 127 of GSM 03.38 with its extension of 10, and no others', () => {
    const letters = Array.from({ length: 0x2_0000 }, (_, point) => point)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((letter) => smsSegments(letter).encoding === 'GSM-7');
    expect(letters).toHaveLength(127 + 10);
  });
});

describe('a refusal by Vonage', () => {
  const KINDS: Readonly<Record<string, readonly string[]>> = {
    permanent: ['6', '7', '17', '33'],
    retryable: ['1', '2', '3', '4', '8', '9', '10', '11', '12', '14', '15', '22', '23', '29', '32'],
    ambiguous: ['5', '99', '-1', 'constructor'],
  };

  it('is known by each of its documented statuses', () => {
    const known = new Set(Object.values(KINDS).flat());
    expect(Object.keys(description['x-errors'] ?? {}).filter((status) => !known.has(status))).toEqual([]);
  });

  it.each(Object.entries(KINDS).flatMap(([kind, statuses]) => statuses.map((status) => [kind, status] as const)))(
    'comes with HTTP status 200 and is %s: %s',
    async (kind, status) => {
      expect(await failureFor(refusal(status))).toMatchObject({ kind, code: status });
      expect(await failureFor(said({ status: Number(status) || status }))).toMatchObject({ kind, code: status });
    },
  );

  it('of a part leaves the others on their way', async () => {
    expect(await failureFor(said(part, { status: '7' }))).toMatchObject({ kind: 'ambiguous', code: '7' });
    expect(await failureFor(said({ status: '1' }, { status: '7' }))).toMatchObject({ kind: 'ambiguous', code: '1' });
    expect(await failureFor(said({ status: '7' }, { status: '7' }))).toMatchObject({ kind: 'permanent', code: '7' });
  });

  it('is told by the HTTP status where that is not good', async () => {
    expect(await failureFor({ ...GOOD, status: 500 })).toMatchObject({ kind: 'ambiguous', code: 'http_500' });
    expect(await failureFor({ ...GOOD, status: 401 })).toMatchObject({ kind: 'retryable', code: 'http_401' });
    expect(await failureFor({ ...refusal('7'), status: 502 })).toMatchObject({ kind: 'ambiguous', code: 'http_502' });
  });

  it('may be no answer at all', async () => {
    const nothing = [said(), said(null), said({}), said({ status: null }), said({ ...part, 'message-id': '' }), { body: { messages: {} } }];
    for (const answer of nothing) {
      expect(await failureFor(answer)).toMatchObject({ kind: 'ambiguous', code: 'unreadable_answer' });
    }
  });

  it('says nothing of the number and the secret', async () => {
    const error = await failureFor(refusal('7'));
    expect(`${error.message} ${error.stack}`).not.toMatch(/447400123456|Secret/);
  });
});

// The vectors of Vonage's own libraries for Node and Python.
const INBOUND = {
  'message-timestamp': '2013-11-21 15:27:30',
  messageId: '020000001B0FE827',
  msisdn: '14843472194',
  text: 'Test again',
  timestamp: '1385047698',
  to: '13239877404',
  type: 'text',
};
const SHORT = { a: '1', b: '2', timestamp: '1461605396' };
const VECTORS: readonly (readonly [
  method: NonNullable<VonageSmsOptions['signatureMethod']>,
  secret: string,
  parameters: Readonly<Record<string, string>>,
  sig: string,
])[] = [
  ['sha1', SECRET, INBOUND, '27D0D05C2876C7CB1720DBCDBA4D492E1E55C09A'],
  ['sha256', SECRET, INBOUND, 'DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330'],
  [
    'sha512',
    SECRET,
    INBOUND,
    'E0D3C650F8C9D1A5C174D10DDDBFB003E561F59B265616208B0487C5D819481CD3C311D59CF6165ECD1139622D5BA3A256C0D763AC4A9AD9144B5A426B94FE82',
  ],
  ['sha1', 'secret', SHORT, '3e19a4e6880fdc2c1426bfd0587c98b9532f0210'],
  ['sha256', 'secret', SHORT, 'a321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24'],
  [
    'sha512',
    'secret',
    SHORT,
    '812a18f76680fa0fe1b8bd9ee1625466ceb1bd96242e4d050d2cfd9a7b40166c63ed26ec9702168781b6edcf1633db8ff95af9341701004eec3fcf9550572ee8',
  ],
];

const read = (sender: SmsSender, request: ReceiptRequest) => sender.readReceipts?.(request) ?? Promise.reject(new Error('it reads none'));

type Form = 'query' | 'form' | 'json';
const FORMS: readonly Form[] = ['query', 'form', 'json'];

/** A webhook in one of the forms that an account can choose. */
function webhook(form: Form, parameters: Readonly<Record<string, unknown>>, authorization?: string): ReceiptRequest {
  const text = new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])).toString();
  const headers: Readonly<Record<string, string | undefined>> = {
    authorization,
    'content-type': { query: undefined, form: 'application/x-www-form-urlencoded', json: 'application/json; charset=utf-8' }[form],
  };
  return {
    method: form === 'query' ? 'GET' : 'POST',
    url: `${RECEIPTS.receiptUrl}${form === 'query' ? `?${text}` : ''}`,
    header: (name) => headers[name],
    body: { query: '', form: text, json: JSON.stringify(parameters) }[form],
  };
}

const digested = (hmac: Hmac, parameters: Readonly<Record<string, unknown>>): string =>
  hmac
    .update(
      Object.keys(parameters)
        .toSorted()
        .map((name) => `&${name}=${String(parameters[name]).replaceAll('&', '_').replaceAll('=', '_')}`)
        .join(''),
    )
    .digest('hex');

const DELIVERED = {
  ...exampleOfSchema(description, 'DeliveryReceipt'),
  to: 'Acme & Co = 5',
  'client-ref': 'c2hhbGxlbmdl_-:2',
  timestamp: '1582650446',
  nonce: 'ec11dd3e-1e7f-4db5-9467-82b02cd223b9',
};
const signed = (parameters: Readonly<Record<string, unknown>>) => ({
  ...parameters,
  sig: digested(createHmac('sha256', SECRET), parameters).toUpperCase(),
});

/** As Vonage makes them, by its documentation. */
function token(
  payload: string,
  { alg = 'HS256', secret = SECRET, claims = {} }: { alg?: string; secret?: string; claims?: object } = {},
): string {
  const all = {
    iat: 1_587_494_962,
    jti: 'c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5',
    iss: 'Vonage',
    payload_hash: createHash('sha256').update(payload).digest('hex'),
    api_key: 'abcd1234',
    ...claims,
  };
  const text = [{ alg, typ: 'JWT' }, all].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('the signature of a receipt from Vonage', () => {
  it.each(VECTORS)('is the HMAC of its parameters (%s, %s)', async (signatureMethod, signatureSecret, parameters, sig) => {
    const sender = vonage({ signatureMethod, signatureSecret });
    for (const form of FORMS) {
      expect(await read(sender, webhook(form, { ...parameters, sig }))).toEqual([]);
      expect(await read(sender, webhook(form, { sig: sig.toLowerCase(), ...parameters }))).toEqual([]);
      expect(await read(sender, webhook(form, { ...parameters, timestamp: '1385047699', sig }))).toBeNull();
      expect(await read(sender, webhook(form, { ...parameters, more: '1', sig }))).toBeNull();
      expect(await read(sender, webhook(form, { ...parameters, sig: `${sig}0` }))).toBeNull();
      expect(await read(vonage({ signatureMethod, signatureSecret: 'other' }), webhook(form, { ...parameters, sig }))).toBeNull();
    }
  });

  it.each(['', 'xxx', 'd2e7b1dc968737c5998ad624e02f90b7', '王', 'undefined', undefined])('is not %s', async (sig) => {
    for (const form of FORMS)
      expect(await read(vonage(RECEIPTS), webhook(form, sig === undefined ? INBOUND : { ...INBOUND, sig }))).toBeNull();
  });

  it('is not the MD5 with which accounts begin', async () => {
    const sender = vonage({ signatureSecret: 'secret' });
    expect(await read(sender, webhook('form', { ...SHORT, sig: '6af838ef94998832dbfc29020b564830' }))).toBeNull();
    expect(await read(sender, webhook('form', { ...SHORT, sig: 'c15c21ced558c93a226c305f58f902f2' }))).toBeNull();
  });

  it('is not asked of a call that Vonage does not make', async () => {
    const { method: _, ...call } = webhook('json', signed(DELIVERED));
    expect(await read(vonage(RECEIPTS), { ...call, method: 'PUT' })).toBeNull();
    for (const body of ['', '[]', 'null', '{', '"text"'])
      expect(await read(vonage(RECEIPTS), { ...call, method: 'POST', body })).toBeNull();
    expect(await read(vonage(RECEIPTS), { ...webhook('query', signed(DELIVERED)), url: '/receipts' })).toBeNull();
  });
});

describe('a receipt from Vonage', () => {
  it.each([
    ['accepted', 'accepted'],
    ['buffered', 'accepted'],
    ['submitted', 'accepted'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['expired', 'failed'],
    ['failed', 'failed'],
    ['rejected', 'failed'],
    ['undeliverable', 'failed'],
    ['unknown', 'unknown'],
    ['constructor', 'unknown'],
  ])('with %s says %s of the send that it belongs to', async (status, state) => {
    for (const form of FORMS) {
      expect(await read(vonage(RECEIPTS), webhook(form, signed({ ...DELIVERED, status })))).toEqual([
        { challengeId: 'c2hhbGxlbmdl_-', send: 2, state },
      ]);
    }
  });

  it('brings back what the send carried', async () => {
    const { form } = await callFor({ idempotencyKey: 'abc_-:12' }, RECEIPTS);
    const receipt = webhook('json', signed({ ...DELIVERED, 'client-ref': form['client-ref'] }));
    expect(await read(vonage(RECEIPTS), receipt)).toEqual([{ challengeId: 'abc_-', send: 12, state: 'delivered' }]);
  });

  it('brings back the send of one that was tried by another step of a plan before', async () => {
    const read12 = [{ challengeId: 'abc_-', send: 12, state: 'delivered' }];
    expect(await read(vonage(RECEIPTS), webhook('json', signed({ ...DELIVERED, 'client-ref': 'abc_-:12:2' })))).toEqual(read12);
  });

  it('belongs to no send of ours', async () => {
    const { 'client-ref': _, ...anonymous } = DELIVERED;
    for (const parameters of [
      anonymous,
      { ...anonymous, 'client-ref': 'my-personal-reference' },
      { 'client-ref': 'abc:1', text: 'STOP' },
    ]) {
      expect(await read(vonage(RECEIPTS), webhook('json', signed(parameters)))).toEqual([]);
    }
  });

  it('may carry a token for its whole body', async () => {
    const parameters = { message_uuid: 'aaaaaaaa-bbbb', to: '447400123456', status: 'delivered', client_ref: 'abc:3', channel: 'sms' };
    const hashed: Readonly<Record<Form, string>> = {
      query: JSON.stringify(parameters),
      form: webhook('form', parameters).body,
      json: JSON.stringify(parameters),
    };
    for (const form of FORMS) {
      const bearer = `Bearer ${token(hashed[form])}`;
      expect(await read(vonage(RECEIPTS), webhook(form, parameters, bearer))).toEqual([
        { challengeId: 'abc', send: 3, state: 'delivered' },
      ]);
      expect(await read(vonage(RECEIPTS), webhook(form, { ...parameters, client_ref: 'abd:3' }, bearer))).toBeNull();
    }
  });

  const body = JSON.stringify(DELIVERED);
  const [header, claims, mac] = token(body).split('.');
  it.each([
    ['signed with another secret', token(body, { secret: 'other' })],
    ['without a hash', token(body, { claims: { payload_hash: undefined } })],
    ['for another body', token('{}')],
    ['of another algorithm', token(body, { alg: 'HS512' })],
    ['that is not signed', token(body, { alg: 'none' })],
    ['without its signature', `${header}.${claims}.`],
    ['in two parts', `${header}.${claims}`],
    ['in four parts', `${header}.${claims}.${mac}.${mac}`],
    ['in the wrong order', `${claims}.${header}.${mac}`],
    ['of nonsense', 'a.b.c'],
    ['of no base64', '%.%.%'],
  ])('is not believed for a token %s', async (_, bearer) => {
    expect(await read(vonage(RECEIPTS), webhook('json', DELIVERED, `Bearer ${bearer}`))).toBeNull();
    // a wrong token beside a good signature is still wrong
    expect(await read(vonage(RECEIPTS), webhook('json', signed(DELIVERED), `Bearer ${bearer}`))).toBeNull();
  });

  it('is not asked for without a secret', () => {
    expect('readReceipts' in vonage()).toBe(false);
  });
});

describe('the options of Vonage', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['key', { key: 'abcd1234' }],
    ['apiKey', { apiKey: '' }],
    ['apiSecret', { apiSecret: undefined }],
    ['apiSecret', { apiSecret: 'secret\n' }],
    ['from', { from: '' }],
    ['from', { from: 'Acme\nCo' }],
    ['signatureSecret', { signatureSecret: '' }],
    ['signatureSecret', { receiptUrl: RECEIPTS.receiptUrl }],
    ['signatureMethod', { signatureSecret: SECRET, signatureMethod: 'md5' }],
    ['receiptUrl', { ...RECEIPTS, receiptUrl: 'http://acme.example/' }],
    ['receiptUrl', { ...RECEIPTS, receiptUrl: `${RECEIPTS.receiptUrl}?tenant=1` }],
    ['receiptUrl', { ...RECEIPTS, receiptUrl: `https://acme.example/${'a'.repeat(80)}` }],
    ['endpoint', { endpoint: 'rest.nexmo.com' }],
    ['name', { name: '' }],
    ['fetch', { fetch: null }],
  ])('refuse a wrong %s', (path, options) => {
    const make = () => vonageSms({ ...OPTIONS, ...options } as unknown as VonageSmsOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^vonageSms: ${path} `));
  });
});
