import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsCredentials, signedHeaders, type UnsignedRequest } from '../../adapters/sms/sigv4.ts';
import { type SnsSmsOptions, snsSms } from '../../adapters/sms/sns.ts';
import type { SmsSender } from '../../src/ports/sms-sender.ts';
import { smsSenderCases } from '../conformance/index.ts';
import { failureOf, providerFaultCases } from './provider-faults.ts';
import { type Answer, messageTo, openedProvider, type ProviderServer, providerServer, type ReceivedCall } from './provider-server.ts';

const NUMBER = '+989121234567';
const CREDENTIALS: AwsCredentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const OPTIONS: SnsSmsOptions = { region: 'eu-west-1', credentials: CREDENTIALS };
const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';
const ID = '94f20ce6-13c5-43a0-9a9e-ca52d816e90b';

const xml = (text: string) => ({ body: text, headers: { 'content-type': 'text/xml' } });
const taken: Answer = xml(
  `<PublishResponse xmlns="${NAMESPACE}">\n  <PublishResult>\n    <MessageId>${ID}</MessageId>\n  </PublishResult>\n  <ResponseMetadata>\n    <RequestId>f187a3c1-376f-11df-8963-01868b7c937a</RequestId>\n  </ResponseMetadata>\n</PublishResponse>\n`,
);
const refusal = (status: number, code: string, message = 'Said so.'): Answer => ({
  status,
  ...xml(
    `<ErrorResponse xmlns="${NAMESPACE}">\n  <Error>\n    <Type>Sender</Type>\n    <Code>${code}</Code>\n    <Message>${message}</Message>\n  </Error>\n  <RequestId>1</RequestId>\n</ErrorResponse>\n`,
  ),
});

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.close());

const sender = (change: Partial<SnsSmsOptions> = {}): SmsSender => snsSms({ ...OPTIONS, fetch: server.fetch, ...change });
const send = (one: SmsSender, change = {}) => one.send(messageTo(NUMBER, change), { signal: AbortSignal.timeout(5000) });
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

// What AWS does with a signature: makes it again from what came in.
function isSigned({ method, url, headers, body }: ReceivedCall, secretAccessKey: string): boolean {
  const [, date = '', region = '', service = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([\da-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const value = (name: string): string => (name === 'host' ? url.host : String(headers[name]));
  const lines = names.split(';').map((name) => `${name}:${value(name)}\n`);
  const canonical = `${method}\n${url.pathname}\n\n${lines.join('')}\n${names}\n${digest(body)}`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(mac, `AWS4${secretAccessKey}`);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const expected = mac(key, `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${digest(canonical)}`).toString('hex');
  const isFresh =
    String(headers['x-amz-date']).startsWith(`${date}T`) && date === new Date().toISOString().slice(0, 10).replaceAll('-', '');
  return signature === expected && isFresh && ['content-type', 'host', 'x-amz-date'].every((name) => names.split(';').includes(name));
}

const asAwsDoes = (call: ReceivedCall): Answer =>
  isSigned(call, CREDENTIALS.secretAccessKey) ? taken : refusal(403, 'SignatureDoesNotMatch');

describe('Signature Version 4', () => {
  const suite: UnsignedRequest = {
    method: 'POST',
    host: 'example.amazonaws.com',
    headers: {},
    body: '',
    region: 'us-east-1',
    service: 'service',
    credentials: CREDENTIALS,
    now: Date.UTC(2015, 7, 30, 12, 36),
  };
  const form = {
    'Content-Length': '13',
    'x-amz-content-sha256': '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e',
  };
  const stsToken =
    'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

  // The cases of https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4 whose path is `/` and whose query is empty.
  it.each<[string, Partial<UnsignedRequest>, string, string]>([
    ['get-vanilla', { method: 'GET' }, 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', {}, 'host;x-amz-date', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-header-value-trim',
      { method: 'GET', headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } },
      'host;my-header1;my-header2;x-amz-date',
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'post-header-key-sort',
      { headers: { 'My-Header1': 'value1' } },
      'host;my-header1;x-amz-date',
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'post-x-www-form-urlencoded',
      { headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...form }, body: 'Param1=value1' },
      'content-length;content-type;host;x-amz-content-sha256;x-amz-date',
      'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
    ],
    [
      'post-x-www-form-urlencoded-parameters',
      { headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8', ...form }, body: 'Param1=value1' },
      'content-length;content-type;host;x-amz-content-sha256;x-amz-date',
      '328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422',
    ],
    [
      'post-sts-header-before',
      { credentials: { ...CREDENTIALS, sessionToken: stsToken } },
      'host;x-amz-date;x-amz-security-token',
      '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    ],
    [
      'get-vanilla-with-session-token',
      {
        method: 'GET',
        credentials: { ...CREDENTIALS, sessionToken: '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267' },
      },
      'host;x-amz-date;x-amz-security-token',
      '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
    ],
  ])('is that of the test suite of AWS: %s', async (_name, change, names, signature) => {
    const headers = await signedHeaders({ ...suite, ...change });
    expect(headers.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    );
    expect(headers['x-amz-date']).toBe('20150830T123600Z');
  });

  it('is that of botocore 1.43 for a publication', async () => {
    const headers = await signedHeaders({
      method: 'POST',
      host: 'sns.eu-west-1.amazonaws.com',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: 'Action=Publish&Version=2010-03-31&PhoneNumber=%2B989121234567&Message=123456+is+your+Acme+code.+%DA%A9%D8%AF',
      region: 'eu-west-1',
      service: 'sns',
      credentials: { ...CREDENTIALS, sessionToken: 'FwoGZXIvYXdzEXAMPLE//token==' },
      now: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
    expect(headers).toEqual({
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-amz-date': '20260102T030405Z',
      'x-amz-security-token': 'FwoGZXIvYXdzEXAMPLE//token==',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=f136b8ec59cf7b0db6653538b1321ba9aa369be63263aeb37baddecaf859f6f4',
    });
  });
});

describe('SNS', () => {
  it.each(smsSenderCases(openedProvider((fetch) => snsSms({ ...OPTIONS, fetch }), { good: asAwsDoes, refusal: refusal(400, 'OptedOut') })))(
    '$id: $name',
    ({ run }) => run(),
  );

  it('gets one signed publication, and says its id', async () => {
    server.says(asAwsDoes);
    const text = "کد: 123456 & <b> +~*'()\n@example.com #123456";
    expect(await send(sender(), { text })).toEqual({ providerId: ID });
    expect(server.calls).toMatchObject([{ method: 'POST', url: new URL('https://sns.eu-west-1.amazonaws.com/') }]);
    expect(server.calls[0]?.form).toEqual({
      Action: 'Publish',
      Version: '2010-03-31',
      PhoneNumber: NUMBER,
      Message: text,
      'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
    });
  });

  it('is told who sends, and what a country asks for beside that', async () => {
    server.says(asAwsDoes);
    const attributes = { 'AWS.MM.SMS.EntityId': '1101', 'AWS.SNS.SMS.MaxPrice': 0.05 };
    await send(sender({ senderId: 'Acme', originationNumber: '+12065550100', attributes }));
    const form = server.calls[0]?.form ?? {};
    const told = [1, 2, 3, 4, 5].map((index) =>
      ['Name', 'Value.DataType', 'Value.StringValue'].map((key) => form[`MessageAttributes.entry.${index}.${key}`]),
    );
    expect(told).toEqual([
      ['AWS.SNS.SMS.SMSType', 'String', 'Transactional'],
      ['AWS.SNS.SMS.SenderID', 'String', 'Acme'],
      ['AWS.MM.SMS.OriginationNumber', 'String', '+12065550100'],
      ['AWS.MM.SMS.EntityId', 'String', '1101'],
      ['AWS.SNS.SMS.MaxPrice', 'Number', '0.05'],
    ]);
  });

  it.each([
    [{ region: 'us-gov-west-1' }, 'https://sns.us-gov-west-1.amazonaws.com/'],
    [{ region: 'cn-north-1' }, 'https://sns.cn-north-1.amazonaws.com.cn/'],
    [{ region: 'eusc-de-east-1' }, 'https://sns.eusc-de-east-1.amazonaws.eu/'],
    [{ endpoint: 'http://localhost:4566' }, 'http://localhost:4566/'],
    [{ endpoint: 'https://vpce-1.sns.eu-west-1.vpce.amazonaws.com/' }, 'https://vpce-1.sns.eu-west-1.vpce.amazonaws.com/'],
  ])('is found, and the host is signed: %j', async (place, url) => {
    server.says(asAwsDoes);
    expect(await send(sender(place))).toEqual({ providerId: ID });
    expect(server.calls[0]?.url.href).toBe(url);
  });

  it('may answer in JSON', async () => {
    server.says({ body: { PublishResponse: { PublishResult: { MessageId: ID }, ResponseMetadata: { RequestId: '1' } } } });
    expect(await send(sender())).toEqual({ providerId: ID });
    server.says({ status: 400, body: { Error: { Code: 'OptedOut', Message: 'no', Type: 'Sender' }, RequestId: '1' } });
    expect(await failureOf(sender(), messageTo(NUMBER))).toMatchObject({ kind: 'permanent', code: 'OptedOut' });
    server.says({ status: 400, body: { __type: 'com.amazonaws.sns#ThrottledException', message: 'slow down' } });
    expect(await failureOf(sender(), messageTo(NUMBER))).toMatchObject({ kind: 'retryable', code: 'Throttled' });
  });

  it('sends nothing but SMS', async () => {
    server.says(taken);
    expect(await failureOf(sender(), messageTo(NUMBER, { channel: 'voice' }))).toMatchObject({ kind: 'retryable' });
    expect(server.calls).toHaveLength(0);
  });
});

describe('the credentials', () => {
  it('are asked for at each message, and may be temporary', async () => {
    server.says(asAwsDoes);
    const given = [
      { ...CREDENTIALS, sessionToken: 'first-token', expiration: new Date() },
      { ...CREDENTIALS, sessionToken: undefined },
    ];
    const one = sender({ credentials: async () => given.shift() ?? CREDENTIALS });
    expect(await send(one)).toEqual({ providerId: ID });
    expect(await send(one)).toEqual({ providerId: ID });
    expect(server.calls.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['first-token', undefined]);
    expect(server.calls[0]?.headers.authorization).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,');
  });

  it.each<[string, () => unknown]>([
    [
      'throw',
      () => {
        throw new Error('the secret wJalrXUtnFEMI');
      },
    ],
    ['reject', async () => Promise.reject(new Error('the secret wJalrXUtnFEMI'))],
    ['are none', () => null],
    ['are half', () => ({ accessKeyId: 'AKIDEXAMPLE' })],
    ['hold a line break', () => ({ ...CREDENTIALS, secretAccessKey: 'abc\n' })],
  ])('leave the message to another provider when they %s', async (_what, credentials) => {
    server.says(taken);
    const error = await failureOf(sender({ credentials: credentials as () => AwsCredentials }), messageTo(NUMBER));
    expect(error).toMatchObject({ kind: 'retryable', code: 'no_credentials' });
    expect(`${error.stack}`).not.toContain('wJalrXUtnFEMI');
    expect(server.calls).toHaveLength(0);
  });

  it('are not waited for longer than the message', async () => {
    server.says(taken);
    const error = await failureOf(sender({ credentials: () => new Promise(() => {}) }), messageTo(NUMBER), 50);
    expect(error).toMatchObject({ kind: 'retryable', code: 'aborted' });
    expect(server.calls).toHaveLength(0);
  });
});

describe('a refusal', () => {
  it.each<[status: number, code: string, kind: string, message?: string | undefined, word?: string]>([
    [400, 'OptedOut', 'permanent'],
    [400, 'InvalidParameter', 'permanent', 'Invalid parameter: PhoneNumber Reason: +989121234567 is not valid to publish to'],
    [400, 'InvalidParameter', 'permanent', 'Invalid parameter: Message Reason: Message too long'],
    [400, 'ParameterValueInvalid', 'permanent'],
    [400, 'ValidationException', 'permanent', undefined, 'Validation'],
    [400, 'InvalidParameter', 'retryable', 'Invalid parameter: OriginationNumber Reason: not yours'],
    [400, 'ParameterValueInvalid', 'retryable', "Parameter value for AWS.SNS.SMS.SenderID attribute isn't valid"],
    [400, 'Throttling', 'retryable'],
    [429, 'Throttled', 'retryable'],
    [503, 'ThrottlingException', 'retryable', undefined, 'Throttling'],
    [400, 'KMSThrottling', 'retryable'],
    [403, 'AuthorizationError', 'retryable'],
    [403, 'InvalidClientTokenId', 'retryable'],
    [403, 'SignatureDoesNotMatch', 'retryable'],
    [403, 'ExpiredTokenException', 'retryable', undefined, 'ExpiredToken'],
    [400, 'RequestExpired', 'retryable'],
    [404, 'NotFound', 'retryable'],
    [400, 'UserError', 'retryable'],
    [500, 'InternalError', 'ambiguous'],
    [500, 'InternalFailure', 'ambiguous'],
    [503, 'ServiceUnavailable', 'ambiguous'],
    [200, 'InternalError', 'ambiguous'],
    [200, 'OptedOut', 'ambiguous'],
  ])('with %i %s is %s (%s)', async (status, code, kind, message = 'Said so.', word = code) => {
    server.says(refusal(status, code, message));
    const error = await failureOf(sender(), messageTo(NUMBER));
    expect(error).toMatchObject({ kind, code: word });
    expect(error.message).not.toContain(NUMBER);
    expect(server.calls).toHaveLength(1);
  });

  it('of a clock that is off, or of a wrong secret, leaves the message to another provider', async () => {
    server.says(asAwsDoes);
    const credentials = { ...CREDENTIALS, secretAccessKey: 'another' };
    expect(await failureOf(sender({ credentials }), messageTo(NUMBER))).toMatchObject({ kind: 'retryable', code: 'SignatureDoesNotMatch' });
  });
});

describe('a fault of SNS', () => {
  it.each(providerFaultCases((fetch) => snsSms({ ...OPTIONS, fetch }), { good: taken }))('is told apart: $name', ({ run }) => run());
});

describe('the options', () => {
  it.each<[string, unknown]>([
    ['options', null],
    ['regions', { ...OPTIONS, regions: 1 }],
    ['region', { credentials: CREDENTIALS }],
    ['region', { ...OPTIONS, region: 'evil.example/#-1' }],
    ['region', { ...OPTIONS, region: 'Ireland' }],
    ['credentials', { region: 'eu-west-1' }],
    ['credentials', { ...OPTIONS, credentials: 'AKID:secret' }],
    ['credentials.secretAccessKey', { ...OPTIONS, credentials: { accessKeyId: 'AKID' } }],
    ['credentials.secretAccessKey', { ...OPTIONS, credentials: { ...CREDENTIALS, secretAccessKey: 'abc\n' } }],
    ['credentials.sessionToken', { ...OPTIONS, credentials: { ...CREDENTIALS, sessionToken: '' } }],
    ['credentials.session', { ...OPTIONS, credentials: { ...CREDENTIALS, session: 'x' } }],
    ['senderId', { ...OPTIONS, senderId: 'Twelve-chars' }],
    ['senderId', { ...OPTIONS, senderId: 'A me' }],
    ['senderId', { ...OPTIONS, senderId: '12345' }],
    ['originationNumber', { ...OPTIONS, originationNumber: '0912 345' }],
    ['attributes', { ...OPTIONS, attributes: { 'AWS.SNS.SMS.MaxPrice': Number.NaN } }],
    ['attributes', { ...OPTIONS, attributes: { 'a b': 'x' } }],
    ['endpoint', { ...OPTIONS, endpoint: 'http://sns.example' }],
    ['endpoint', { ...OPTIONS, endpoint: 'https://sns.example/path' }],
    ['endpoint', { ...OPTIONS, endpoint: 'https://sns.example/?a=1' }],
    ['name', { ...OPTIONS, name: '' }],
    ['fetch', { ...OPTIONS, fetch: 1 }],
  ])('are refused where they are wrong: %s in %j', (name, options) => {
    expect(() => snsSms(options as SnsSmsOptions)).toThrow(TypeError);
    expect(() => snsSms(options as SnsSmsOptions)).toThrow(new RegExp(`^snsSms: ${name.replace('.', '\\.')} `));
  });

  it('name the sender', () => {
    expect([snsSms(OPTIONS).name, snsSms({ ...OPTIONS, name: 'sns-eu' }).name]).toEqual(['sns', 'sns-eu']);
  });
});
