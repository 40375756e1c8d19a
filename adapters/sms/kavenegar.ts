import { smsError } from '../../src/errors.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { type KavenegarReferences, readKavenegarReceipts, recentReferences } from './kavenegar-receipts.ts';
import { messageIdIn } from './kavenegar-verdict.ts';
import { callProvider } from './provider-call.ts';
import { checkSenderOptions, misuse, type OptionRule, optional, type ProviderSmsOptions, visibleText } from './sender-options.ts';
import { sha256Of } from './webhook-signature.ts';

export type { KavenegarReferences } from './kavenegar-receipts.ts';
export type { AnswerBody, SmsFetch } from './provider-call.ts';
export type { ProviderSmsOptions } from './sender-options.ts';

/** What a Verify Lookup template may hold beside its `%token`, which is the code. Only `token10` and `token20` may have spaces. */
export type KavenegarTokens = Readonly<Partial<Record<'token2' | 'token3' | 'token10' | 'token20', string>>>;

/** What {@link kavenegarSms} takes. */
export interface KavenegarSmsOptions extends ProviderSmsOptions {
  /** The name in events, and in the paths of receipts: letters, digits, `-` and `_`. @default 'kavenegar' */
  readonly name?: string | undefined;
  /** The API key of the account. */
  readonly apiKey: string;
  /** The line that messages come from; templates have their own. @default the line that the account says */
  readonly sender?: string | undefined;
  /**
   * The name of a Verify Lookup template with the code as its `%token`, such as one per locale. Kavenegar then writes the text, so that `messages`
   * and `origin` have no effect unless the template has their lines. @default none: the whole text goes out
   */
  readonly template?: string | ((message: SmsMessage) => string) | undefined;
  /** Further tokens of the template. @default none */
  readonly tokens?: ((message: SmsMessage) => KavenegarTokens) | undefined;
  /**
   * The secret in the address that you give Kavenegar for receipts, 16 to 128 letters, digits, `-` and `_`:
   * `https://…/delivery/kavenegar?secret=…`. Nothing else shows that a call is Kavenegar's. @default none, and no receipts
   */
  readonly receiptSecret?: string | undefined;
  /**
   * Remembers which message id belongs to which send, because Kavenegar's receipts name nothing else: a `Map` for one process, something shared such
   * as a Keyv for several. @default the last 10000 of this process
   */
  readonly references?: KavenegarReferences | undefined;
}

/**
 * Sends through Kavenegar: the text by `sms/send`, or a Verify Lookup template when one is named, which reaches numbers that block advertising and
 * may also be spoken (`channel: 'voice'`). Numbers outside Iran are written with 00.
 *
 * Kavenegar signs no receipts: they are believed when the address that it called holds `receiptSecret`. Set it in the panel, for each line.
 *
 * Throws a `TypeError` that names a wrong option. A failure has Kavenegar's own number as its `code`; 411, a number that is none, and a number that
 * blocked the line are `permanent`.
 *
 * @example
 * ```ts
 * import { kavenegarSms } from 'ringlatch/sms/kavenegar';
 *
 * const sms = kavenegarSms({
 *   apiKey: process.env.KAVENEGAR_API_KEY ?? '',
 *   template: ({ locale }) => (locale.startsWith('fa') ? 'sign-in-fa' : 'sign-in-en'),
 *   receiptSecret: process.env.KAVENEGAR_RECEIPT_SECRET,
 * });
 * ```
 * @see https://kavenegar.com/rest.html
 */
export function kavenegarSms(options: KavenegarSmsOptions): SmsSender {
  checkSenderOptions('kavenegarSms', options, RULES);
  const { name = 'kavenegar', apiKey, fetch, template, tokens, receiptSecret, references = recentReferences(10_000) } = options;
  if (template === undefined && tokens !== undefined) throw misuse('kavenegarSms', 'tokens', 'belong to a template, which is missing');
  return {
    name,
    async send(message, { signal }) {
      if (message.channel !== 'sms' && (message.channel !== 'voice' || template === undefined)) {
        throw smsError({ kind: 'retryable', message: `${name} has no such channel: ${message.channel}`, code: 'channel_not_supported' });
      }
      const { method, form } = await requestOf(name, options, message);
      const answer = await callProvider({
        provider: name,
        fetch,
        url: `https://api.kavenegar.com/v1/${encodeURIComponent(apiKey)}/${method}.json`,
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
        signal,
      });
      const providerId = messageIdIn(name, answer);
      if (receiptSecret !== undefined) await remember(references, providerId, message.idempotencyKey);
      return { providerId };
    },
    ...(receiptSecret !== undefined && { readReceipts: (request) => readKavenegarReceipts(receiptSecret, references, request) }),
  };
}

interface KavenegarRequest {
  readonly method: string;
  readonly form: Readonly<Record<string, string>>;
}

async function requestOf(name: string, { sender, template, tokens }: KavenegarSmsOptions, message: SmsMessage): Promise<KavenegarRequest> {
  const receptor = message.to.startsWith('+98') ? `0${message.to.slice(3)}` : `00${message.to.slice(1)}`;
  if (template === undefined) {
    // the number under which Kavenegar knows the send again
    const localid = String(Number.parseInt((await sha256Of(message.idempotencyKey)).slice(0, 12), 16));
    return { method: 'sms/send', form: { receptor, message: message.text, localid, ...(sender !== undefined && { sender }) } };
  }
  try {
    const type = message.channel === 'voice' ? 'call' : 'sms';
    const named = typeof template === 'function' ? template(message) : template;
    if (visibleText(named) !== null) throw new Error('no name of a template');
    const others = Object.entries(tokens?.(message) ?? {}).filter(([, value]) => typeof value === 'string');
    return { method: 'verify/lookup', form: { ...Object.fromEntries(others), receptor, template: named, token: message.code, type } };
  } catch {
    // what a function of yours throws may quote the message
    throw smsError({ kind: 'retryable', message: `${name} was not asked: its template failed`, code: 'template_failed' });
  }
}

async function remember(references: KavenegarReferences, messageId: string, reference: string): Promise<void> {
  try {
    await references.set(messageId, reference);
  } catch {
    // the message has left: what is lost is its receipt
  }
}

const storeRule: OptionRule = (value) =>
  value instanceof Map || (typeof value === 'object' && value !== null && hasVerbs(value)) ? null : 'must have get and set';
const hasVerbs = (value: object): boolean =>
  ['get', 'set'].every((verb) => typeof (value as Readonly<Record<string, unknown>>)[verb] === 'function');
const functionRule: OptionRule = (value) => (typeof value === 'function' ? null : 'must be a function');

const RULES: Readonly<Record<Exclude<keyof KavenegarSmsOptions, keyof ProviderSmsOptions>, OptionRule>> = {
  apiKey: visibleText,
  sender: optional(visibleText),
  template: optional((value) => (typeof value === 'function' ? null : visibleText(value))),
  tokens: optional(functionRule),
  receiptSecret: optional((value) =>
    typeof value === 'string' && /^[\w-]{16,128}$/.test(value) ? null : 'must be 16 to 128 letters, digits, hyphens and underscores',
  ),
  references: optional(storeRule),
};
