import type { Purpose } from './challenge.ts';
import { MESSAGE_TEXTS, type MessageTexts } from './message-texts.ts';
import { smsSegments } from './segments.ts';

/** What a message template sees. */
export interface MessageVariables {
  readonly code: string;
  readonly appName: string;
  readonly purpose: Purpose;
  /** The `context` of the request, or `null`. */
  readonly context: string | null;
  readonly locale: string;
  /** Whole minutes until the code expires. */
  readonly expiresInMinutes: number;
}

/** Writes the first line of a message. The WebOTP line is added by the library. */
export type MessageTemplate = (variables: MessageVariables) => string;

/** Templates by locale (BCP 47): one function for all purposes, or one for each, `default` for those that have none. */
export type MessageTemplates = Readonly<Record<string, MessageTemplate | Readonly<Partial<Record<Purpose | 'default', MessageTemplate>>>>>;

// What Android's SMS Retriever reads: https://developers.google.com/identity/sms-retriever/verify
const MOST_BYTES_WITH_HASH = 140;

/**
 * The whole text of a message: the consumer's template of that locale, else of its language, else the built-in one of that language, else
 * English. Built-in texts show the context on a line of its own, and warn in as many words as cost no further SMS. With `origin` the last line is
 * `@origin #code`, and the Android hash behind it where given; a template cannot displace it. Without, a consumer's text is left as it is.
 *
 * @see https://wicg.github.io/sms-one-time-codes/#format
 */
export function composeMessage(m: {
  readonly variables: MessageVariables;
  readonly messages: MessageTemplates | undefined;
  readonly origin: string | null;
  readonly androidAppHash: string | null;
}): string {
  const { variables, origin, androidAppHash } = m;
  const wordings = wordingsFor(variables, m.messages ?? {});
  if (origin === null) return wordings.find(isOneSegment) ?? wordings[0];
  const lastLine = `@${origin} #${variables.code}${androidAppHash === null ? '' : ` ${androidAppHash}`}`;
  const texts = wordings.map((wording) => `${wording.replace(/\r\n?/g, '\n').trimEnd()}\n${lastLine}`);
  const readable = androidAppHash === null ? texts : texts.filter((text) => new TextEncoder().encode(text).length <= MOST_BYTES_WITH_HASH);
  return readable.find(isOneSegment) ?? readable[0] ?? (texts.at(-1) as string);
}

type Wordings = readonly [string, ...string[]];

/** The text before the last line; where there is a choice, the longest first. */
function wordingsFor(variables: MessageVariables, messages: MessageTemplates): Wordings {
  const { locale, purpose } = variables;
  const language = locale.split(/[-_]/, 1)[0] ?? locale;
  const custom = (key: string): MessageTemplate | undefined => {
    const templates = entryOf(messages, key);
    return typeof templates === 'function' ? templates : (templates?.[purpose] ?? templates?.default);
  };
  const exact = custom(locale) ?? custom(language);
  if (exact !== undefined) return [written(exact, variables)];
  const texts = entryOf(MESSAGE_TEXTS, language);
  if (texts !== undefined) return builtIn(texts, variables);
  const english = custom('en');
  return english === undefined ? builtIn(MESSAGE_TEXTS.en as MessageTexts, variables) : [written(english, variables)];
}

function written(template: MessageTemplate, variables: MessageVariables): string {
  const text: unknown = template(variables);
  // nobody would ever look at it again, and an unhandled rejection ends a process
  if (text instanceof Promise) text.catch(() => undefined);
  if (typeof text !== 'string') throw new TypeError(`messages.${variables.locale}: a template must return a string`);
  return text;
}

function builtIn({ sentences, warnings, isRightToLeft }: MessageTexts, variables: MessageVariables): Wordings {
  const { purpose, code, appName, context } = variables;
  // isolated, so that a name before it in letters from left to right does not draw it to its other side
  const shownCode = isRightToLeft === true ? `\u2066${code}\u2069` : code;
  // One pass with a function: braces or dollar signs in a name are only letters.
  const sentence = sentences[purpose === 'sign-in' ? 'login' : purpose].replace(/\{(code|app)\}/g, (_, name) =>
    name === 'code' ? shownCode : appName,
  );
  const warned = (warning: string): string => `${sentence}${warning}${context === null ? '' : `\n${context}`}`;
  const [first, ...shorter] = warnings;
  return [warned(first), ...shorter.map(warned)];
}

function isOneSegment(text: string): boolean {
  return smsSegments(text).segments === 1;
}

// Language tags do not distinguish case (RFC 5646, 2.1.1), and a locale called `constructor` finds nothing.
function entryOf<Entry>(table: Readonly<Record<string, Entry>>, locale: string): Entry | undefined {
  const key = Object.keys(table).find((candidate) => candidate.toLowerCase() === locale.toLowerCase());
  return key === undefined ? undefined : table[key];
}

// A scheme, `www.`, or a host name or IPv4 address with a path, port, query or fragment.
const LINK = /:\/\/|\bwww\.|[^\s/](?:\.\p{L}[\p{L}\p{N}-]*\.?|(?:\.\d{1,3}){3})(?::\d|[/\\]|[?#]\S)/iu;
const ORIGIN_LINE = /^\s*@|@\S+\s+#/;

/**
 * Whether a text may stand in a message: 1 to `max` characters, one line, no control, bidi or other invisible characters (the joiners of
 * Persian and of emoji excepted), nothing that a phone makes a link of or reads as a WebOTP line. A bare name such as `Booking.com` passes.
 */
export function isSafeLine(text: string, max: number): boolean {
  const visible = text.replace(/[\u200c\u200d]/g, '');
  if (visible.trim() === '' || text.length > 2 * max || [...text].length > max) return false;
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(visible)) return false;
  const folded = visible.normalize('NFKC').replaceAll('\u3002', '.');
  return !LINK.test(folded) && !ORIGIN_LINE.test(folded);
}
