import { smsError } from '../../src/errors.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { callProvider } from './provider-call.ts';
import {
  callableUrl,
  checkSenderOptions,
  isRecord,
  misuse,
  type OptionRule,
  optional,
  type ProviderSmsOptions,
  visibleText,
} from './sender-options.ts';
import { type AwsCredentials, signedHeaders } from './sigv4.ts';
import { messageIdIn } from './sns-answer.ts';

export type { AwsCredentials } from './sigv4.ts';

/** What {@link snsSms} takes. */
export interface SnsSmsOptions extends ProviderSmsOptions {
  /** One that sends SMS, such as `eu-west-1`. */
  readonly region: string;
  /** Those of a user that may `sns:Publish`, or a function that gives them for each message and keeps them as long as they are good. */
  readonly credentials: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);
  /** What phones show as the sender, in countries that know that: 1 to 11 letters, digits and hyphens. @default as the account is set */
  readonly senderId?: string | undefined;
  /** A number of the account to send from: E.164, or a short code. @default as the account is set */
  readonly originationNumber?: string | undefined;
  /** Further attributes by name, e.g. `AWS.MM.SMS.EntityId` and `AWS.MM.SMS.TemplateId` for India. @default none */
  readonly attributes?: Readonly<Record<string, string | number>> | undefined;
  /** Where SNS is reached otherwise: a VPC endpoint, another partition, a stand-in on this machine. @default `https://sns.{region}.amazonaws.com` */
  readonly endpoint?: string | undefined;
}

/**
 * Sends through Amazon SNS: `Publish` to a phone number, signed with AWS Signature Version 4, as `Transactional`. SNS knows no idempotency of SMS and
 * reports deliveries to CloudWatch alone: a retry may send twice, and there are no receipts. It sends SMS only; other channels are refused.
 *
 * Throws a `TypeError` that names a wrong option.
 *
 * @example
 * ```ts
 * import { snsSms } from 'ringlatch/sms/sns';
 *
 * const sms = snsSms({
 *   region: 'eu-west-1',
 *   credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '' },
 *   senderId: 'Acme',
 * });
 * ```
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html
 */
export function snsSms(options: SnsSmsOptions): SmsSender {
  checkSenderOptions('snsSms', options, RULES);
  const { name = 'sns', region, credentials, fetch } = options;
  const suffix = SUFFIXES[region.split('-', 1)[0] ?? ''] ?? 'amazonaws.com';
  const endpoint = new URL(options.endpoint ?? `https://sns.${region}.${suffix}`);
  if (typeof credentials !== 'function') checkCredentials(credentials);
  const attributes = attributesOf(options);
  return {
    name,
    async send(message, { signal }) {
      if (message.channel !== 'sms')
        throw smsError({ kind: 'retryable', message: `${name} sends SMS only`, code: 'channel_not_supported' });
      const body = publicationOf(message, attributes);
      const signer = typeof credentials === 'function' ? await credentialsFrom(credentials, name, signal) : credentials;
      const headers = await signedHeaders({
        method: 'POST',
        host: endpoint.host,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body,
        region,
        service: 'sns',
        credentials: signer,
        now: Date.now(),
      });
      const answer = await callProvider({ provider: name, fetch, url: endpoint.href, method: 'POST', headers, body, signal });
      return { providerId: messageIdIn(name, answer) };
    },
  };
}

const SUFFIXES: Readonly<Record<string, string>> = { cn: 'amazonaws.com.cn', eusc: 'amazonaws.eu' };
const SMS_ATTRIBUTE = /^[\w.-]{1,256}$/;

const RULES: Readonly<Record<keyof Omit<SnsSmsOptions, keyof ProviderSmsOptions>, OptionRule>> = {
  region: (value) => (typeof value === 'string' && /^[a-z]+(-[a-z]+)+-\d+$/.test(value) ? null : 'must be a region such as eu-west-1'),
  credentials: (value) => (typeof value === 'function' || isRecord(value) ? null : 'must be an object or a function that gives one'),
  senderId: optional((value) =>
    typeof value === 'string' && /^(?=.*[a-z])[a-z\d](?:[a-z\d-]{0,9}[a-z\d])?$/i.test(value)
      ? null
      : 'must be 1 to 11 letters, digits and hyphens, one letter at least, no hyphen at an end',
  ),
  originationNumber: optional((value) =>
    typeof value === 'string' && /^(?:\+[1-9]\d{6,14}|\d{3,8})$/.test(value) ? null : 'must be an E.164 number or a short code',
  ),
  attributes: optional((value) =>
    isRecord(value) &&
    Object.entries(value).every(
      ([name, attribute]) =>
        SMS_ATTRIBUTE.test(name) && ((typeof attribute === 'string' && attribute !== '') || Number.isFinite(attribute)),
    )
      ? null
      : 'must hold texts or numbers by attribute names',
  ),
  endpoint: optional(
    (value) => callableUrl(value) ?? (/^https?:\/\/[^/?]+\/?$/.test(String(value)) ? null : 'must have neither a path nor a query'),
  ),
};

function checkCredentials(credentials: unknown): void {
  const { accessKeyId, secretAccessKey, sessionToken, ...unknown } = isRecord(credentials) ? credentials : {};
  const stranger = Object.keys(unknown)[0];
  if (stranger !== undefined) throw misuse('snsSms', `credentials.${stranger}`, 'is not an option');
  for (const [name, problem] of Object.entries({
    accessKeyId: visibleText(accessKeyId),
    secretAccessKey: visibleText(secretAccessKey),
    sessionToken: optional(visibleText)(sessionToken),
  })) {
    if (problem !== null) throw misuse('snsSms', `credentials.${name}`, problem);
  }
}

// Whatever becomes of it, nothing has left yet. Credentials of a chain have more members, e.g. `expiration`.
async function credentialsFrom(give: () => unknown, name: string, signal: AbortSignal): Promise<AwsCredentials> {
  try {
    const given = await Promise.race([Promise.resolve(signal.aborted ? null : give()), untilAborted(signal)]);
    const { accessKeyId, secretAccessKey, sessionToken } = isRecord(given) ? given : {};
    const credentials = { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? undefined };
    checkCredentials(credentials);
    return credentials as AwsCredentials;
  } catch {
    const code = signal.aborted ? 'aborted' : 'no_credentials';
    throw smsError({ kind: 'retryable', message: `${name} was not asked: ${code}`, code });
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));
}

type Attributes = readonly (readonly [name: string, type: 'String' | 'Number', value: string])[];

function attributesOf({ senderId, originationNumber, attributes = {} }: SnsSmsOptions): Attributes {
  const named = {
    'AWS.SNS.SMS.SMSType': 'Transactional',
    ...(senderId === undefined ? {} : { 'AWS.SNS.SMS.SenderID': senderId }),
    ...(originationNumber === undefined ? {} : { 'AWS.MM.SMS.OriginationNumber': originationNumber }),
    ...attributes,
  };
  return Object.entries(named).map(([name, value]) => [name, typeof value === 'number' ? 'Number' : 'String', String(value)]);
}

function publicationOf({ to, text }: SmsMessage, attributes: Attributes): string {
  const fields = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', PhoneNumber: to, Message: text });
  attributes.forEach(([name, type, value], index) => {
    const entry = `MessageAttributes.entry.${index + 1}`;
    fields.append(`${entry}.Name`, name);
    fields.append(`${entry}.Value.DataType`, type);
    fields.append(`${entry}.Value.StringValue`, value);
  });
  return fields.toString();
}
