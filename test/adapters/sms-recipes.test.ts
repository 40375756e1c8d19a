import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpSmsOptions, httpSms } from '../../adapters/sms/http.ts';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { type Answer, messageTo, openedProvider, type ProviderServer, providerServer, type ReceivedCall } from './provider-server.ts';

const PAGE = readFileSync(new URL('../../docs/sms-providers.md', import.meta.url), 'utf8');
const { idempotencyKey } = messageTo('');

/** The sender that a recipe of the page makes, on another `fetch`. */
function recipe(title: string, env: Readonly<Record<string, string>>): (fetch: SmsFetch) => SmsSender {
  const block = PAGE.split(`### ${title}\n`)[1]?.match(/^```ts\n([\s\S]*?)^```/m)?.[1] ?? '';
  const statements = block.replace(/^import .*$/gm, '').replace('export const sms =', 'return');
  const { outputText } = ts.transpileModule(statements, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const run = new Function('httpSms', 'process', outputText) as (make: typeof httpSms, process: object) => SmsSender;
  return (fetch) => run((options: HttpSmsOptions) => httpSms({ ...options, fetch }), { env });
}

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());

interface Recipe {
  readonly title: string;
  readonly env: Readonly<Record<string, string>>;
  /** As the documentation prints it. */
  readonly good: Answer;
  readonly providerId: string;
  readonly expected: {
    readonly url: string;
    readonly authorization?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly form?: unknown;
  };
  readonly message?: Partial<SmsMessage>;
  readonly refusal: Answer;
  /** What it answers to what it refuses: by the documentation, or by its own code. */
  readonly refusals: readonly (readonly [sentence: string, answer: Answer, kind: string, code: string])[];
}

const text = 'Your code for Acme: 123456';
const infobip = (groupId: number, groupName: string, id: number, name: string): Answer => ({
  body: {
    bulkId: '2034072219640523072',
    messages: [
      {
        messageId: '2250be2d4219-3af1-78856-aabe-1362af1edfd2',
        status: { groupId, groupName, id, name, description: 'Message sent to next instance' },
        destination: '41793026727',
        details: { messageCount: 1 },
      },
    ],
  },
});
const bird = (status: number, type: string, code: string, name: string): Answer => ({
  status,
  body: { error: { type, code, name, message: 'Not sent.', doc_url: 'https://bird.com/docs', request_id: 'req_1', details: [] } },
});
const melipayamak = (Value: string, RetStatus = 35, StrRetStatus = 'InvalidData'): Answer => ({ body: { Value, RetStatus, StrRetStatus } });

const RECIPES: readonly Recipe[] = [
  {
    title: 'Bird',
    env: { BIRD_API_KEY: 'bk_eu1_key', BIRD_SENDER: '+15557654321' },
    good: { status: 202, body: { id: 'sms_01jz8w0v7c9x', status: 'accepted', to: '+14155550100', category: 'authentication' } },
    providerId: 'sms_01jz8w0v7c9x',
    expected: {
      url: 'https://eu1.platform.bird.com/v1/sms/messages',
      authorization: 'Bearer bk_eu1_key',
      headers: { 'idempotency-key': idempotencyKey },
      json: { to: '+14155550100', from: '+15557654321', text, category: 'authentication' },
    },
    refusal: bird(422, 'validation_error', 'E12002', 'SMSInvalidRecipient'),
    refusals: [
      [
        'a country that is switched off',
        bird(422, 'validation_error', 'E12020', 'SMSDestinationNotEnabled'),
        'retryable',
        'SMSDestinationNotEnabled',
      ],
      ['a sender that is not ours', bird(422, 'validation_error', 'E12003', 'SMSNoEligibleSender'), 'retryable', 'SMSNoEligibleSender'],
      ['an empty account', bird(402, 'billing_error', 'E03001', 'InsufficientBalance'), 'retryable', 'InsufficientBalance'],
      ['a first try that goes on', bird(409, 'conflict_error', 'E01004', 'request_in_progress'), 'ambiguous', 'request_in_progress'],
    ],
  },
  {
    title: 'Plivo',
    env: { PLIVO_AUTH_ID: 'MAXXXXXXXXXXXXXXXXXX', PLIVO_AUTH_TOKEN: 'token', PLIVO_SENDER: '+14155550000' },
    good: {
      status: 202,
      body: {
        api_id: 'e8f04d94-a0ae-11e4-b423-22000ac8a2f8',
        message: 'message(s) queued',
        message_uuid: ['e908608c-a0ae-11e4-89de-22000ae885b8'],
      },
    },
    providerId: 'e908608c-a0ae-11e4-89de-22000ae885b8',
    expected: {
      url: 'https://api.plivo.com/v1/Account/MAXXXXXXXXXXXXXXXXXX/Message/',
      authorization: `Basic ${Buffer.from('MAXXXXXXXXXXXXXXXXXX:token').toString('base64')}`,
      json: { src: '+14155550000', dst: '+14155550100', text },
    },
    refusal: { status: 400, body: { api_id: '6cfd111e-3558-11eb-af78-0242ac110007', error: 'dst parameter is invalid' } },
    refusals: [
      ['a wrong key', { status: 401, body: 'Could not verify your access level for that URL.' }, 'retryable', 'http_401'],
      [
        'only an invalid number',
        { status: 202, body: { api_id: '87ac8f1c', invalid_number: ['14155550100'], message: 'message(s) queued', message_uuid: [] } },
        'ambiguous',
        'unreadable_answer',
      ],
    ],
  },
  {
    title: 'Infobip',
    env: { INFOBIP_HOST: 'xxxxx.api.infobip.com', INFOBIP_API_KEY: 'key', INFOBIP_SENDER: 'InfoSMS' },
    good: infobip(1, 'PENDING', 26, 'PENDING_ACCEPTED'),
    providerId: '2250be2d4219-3af1-78856-aabe-1362af1edfd2',
    expected: {
      url: 'https://xxxxx.api.infobip.com/sms/3/messages',
      authorization: 'App key',
      json: { messages: [{ sender: 'InfoSMS', destinations: [{ to: '14155550100', messageId: idempotencyKey }], content: { text } }] },
    },
    refusal: infobip(5, 'REJECTED', 52, 'REJECTED_DESTINATION'),
    refusals: [
      ['somebody who opted out', infobip(5, 'REJECTED', 10, 'REJECTED_DND'), 'permanent', 'REJECTED_DND'],
      ['what looks like fraud', infobip(5, 'REJECTED', 87, 'SIGNALS_BLOCKED'), 'permanent', 'SIGNALS_BLOCKED'],
      ['an empty account', infobip(5, 'REJECTED', 12, 'REJECTED_NOT_ENOUGH_CREDITS'), 'retryable', 'REJECTED_NOT_ENOUGH_CREDITS'],
      ['a try that it knows', infobip(5, 'REJECTED', 23, 'REJECTED_DUPLICATE_MESSAGE_ID'), 'ambiguous', 'REJECTED_DUPLICATE_MESSAGE_ID'],
      [
        'a malformed request',
        { status: 400, body: { errorCode: 'E400', description: 'Request cannot be processed.', violations: [], resources: [] } },
        'permanent',
        'E400',
      ],
      [
        'a wrong key',
        { status: 401, body: { errorCode: 'E401', description: 'The request lacks valid credentials.' } },
        'retryable',
        'E401',
      ],
    ],
  },
  {
    title: 'Melipayamak',
    env: { MELIPAYAMAK_USERNAME: '9120000000', MELIPAYAMAK_API_KEY: 'api-key', MELIPAYAMAK_PATTERN: '77000' },
    good: melipayamak('4738274650192837465', 1, 'Ok'),
    providerId: '4738274650192837465',
    message: { to: '+989121234567' as SmsMessage['to'] },
    expected: {
      url: 'https://rest.payamak-panel.com/api/SendSMS/BaseServiceNumber',
      form: { username: '9120000000', password: 'api-key', to: '09121234567', bodyId: '77000', text: '123456' },
    },
    refusal: melipayamak('18'),
    refusals: [
      ['no receiver', melipayamak('16'), 'permanent', '16'],
      ['a wrong password', melipayamak('0'), 'retryable', '0'],
      ['an empty account', melipayamak('2'), 'retryable', '2'],
      ['a pattern that is not approved', melipayamak('-4'), 'retryable', '-4'],
      ['what its own fault was', melipayamak('-6'), 'ambiguous', '-6'],
    ],
  },
];

describe.each(RECIPES)('the recipe for $title', ({ title, env, good, providerId, expected, message = {}, refusal, refusals }) => {
  const make = recipe(title, env);
  const open = openedProvider(make, { good, refusal });
  for (const { id, name, run } of smsSenderCases(open)) it(`${id} ${name}`, run);

  for (const { name, run } of providerFaultCases(make, { good })) it(`survives ${name}`, run);

  it('sends what the provider documents, and tells the id', async () => {
    server.says(good);
    const given = messageTo('+14155550100', { text, ...message });
    expect(await make(server.fetch).send(given, { signal: AbortSignal.timeout(5000) })).toEqual({ providerId });
    const [call] = server.calls as readonly [ReceivedCall];
    expect({
      method: call.method,
      url: call.url.href,
      authorization: call.headers.authorization,
      headers: call.headers,
      ...('json' in expected ? { json: call.json } : { form: call.form }),
    }).toEqual({ method: 'POST', authorization: undefined, ...expected, headers: expect.objectContaining(expected.headers ?? {}) });
  });

  it.each(refusals)('judges %s', async (_, answer, kind, code) => {
    server.says(answer);
    expect(await failureOf(make(server.fetch), messageTo('+14155550100', { text }))).toMatchObject({ kind, code });
  });
});

it('the page has a recipe for each of them, and for nobody else', () => {
  expect([...PAGE.matchAll(/^### (.*)$/gm)].map(([, title]) => title)).toEqual(RECIPES.map(({ title }) => title));
});
