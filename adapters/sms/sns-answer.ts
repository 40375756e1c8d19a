import { kindOfStatus, type ProviderAnswer, providerFailure } from './provider-call.ts';
import { isRecord } from './sender-options.ts';

/**
 * The id of a message that SNS took; throws an {@link SmsError} for every other answer. SNS speaks XML; JSON is what some gateways and stand-ins speak
 * in its place.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
 * @see https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
 */
export function messageIdIn(provider: string, answer: ProviderAnswer): string {
  const id = kindOfStatus(answer.status) === null ? publishedId(answer) : undefined;
  if (typeof id === 'string' && /^[\x21-\x7e]{1,100}$/.test(id)) return id;
  const { code, message } = errorIn(answer);
  if (code === undefined) throw providerFailure(provider, answer);
  throw providerFailure(provider, answer, { code, kind: kindOf(code, message, answer.status) });
}

// The numbers and texts that SNS will never take. Every other refusal is of an account, a key or a rate, and another provider may do it.
const PERMANENT: ReadonlySet<string> = new Set([
  'OptedOut',
  'InvalidParameter',
  'InvalidParameterValue',
  'ParameterValueInvalid',
  'Validation',
  'ValidationError',
]);
// `Invalid parameter: PhoneNumber Reason: …` is about the message, but what these words name is ours.
const OUR_OWN = /attribute|origination|senderid|smstype|entityid|templateid/i;
// Not taken, under whatever status.
const THROTTLED = /^(?:KMS|Request)?Throttl(?:ing|ed)$/;

// `undefined`: as the status says. A 5xx, and a good status with an error in it, may have been sent all the same.
function kindOf(code: string, message: string, status: number): 'permanent' | 'retryable' | undefined {
  if (THROTTLED.test(code)) return 'retryable';
  if (status < 400 || status >= 500) return undefined;
  return PERMANENT.has(code) && !OUR_OWN.test(message) ? 'permanent' : 'retryable';
}

// Of a whole answer only: who was cut off may have had more to say.
function publishedId({ text, json }: ProviderAnswer): unknown {
  if (isRecord(json)) return within(json, 'PublishResponse', 'PublishResult', 'MessageId');
  return text.trimEnd().endsWith('</PublishResponse>') ? elementIn(text, 'PublishResponse', 'MessageId') : undefined;
}

function errorIn({ text, json }: ProviderAnswer): { readonly code: string | undefined; readonly message: string } {
  const [code, message] = isRecord(json)
    ? [within(json, 'Error', 'Code') ?? json.__type, within(json, 'Error', 'Message') ?? json.message]
    : [elementIn(text, 'Error', 'Code'), elementIn(text, 'Error', 'Message')];
  // `com.amazonaws.sns#ThrottledException` of the JSON protocol is `Throttled` in XML
  const word = typeof code === 'string' ? code.replace(/^.*#/, '').replace(/Exception$/, '') : '';
  return { code: word === '' ? undefined : word, message: typeof message === 'string' ? message : '' };
}

function within(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((member, name) => (isRecord(member) ? member[name] : undefined), value);
}

function elementIn(xml: string, parent: string, name: string): string | undefined {
  const from = xml.search(new RegExp(`<${parent}[\\s>]`));
  return from === -1 ? undefined : new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml.slice(from))?.[1]?.trim();
}
