import { checkPlaceholders, type HttpSmsText, type HttpSmsValue } from './http-template.ts';
import {
  callableUrl,
  checkSenderOptions,
  flag,
  isRecord,
  lineOfText,
  misuse,
  type OptionRule,
  oneOf,
  optional,
  type ProviderSmsOptions,
} from './sender-options.ts';

/** Where something lies in an answer: `['messages', 0, 'id']`. The empty path is the whole answer, as text where it is no JSON. */
export type HttpSmsPath = readonly (string | number)[];

/** How a request proves whose it is. */
export type HttpSmsAuth =
  | { readonly bearer: string }
  | { readonly username: string; readonly password: string }
  | { readonly header: string; readonly value: string };

/** What shows that a message was taken, beside a good status. */
export interface HttpSmsAccepted {
  readonly at: HttpSmsPath;
  /** The values that say so, or a function that tells. */
  readonly is: readonly (string | number | boolean)[] | ((value: unknown) => boolean);
}

/** Which error codes mean what. The status speaks for a code that is not listed. */
export interface HttpSmsError {
  /** Where the code lies; of several places, the first that holds one. */
  readonly at: HttpSmsPath | readonly HttpSmsPath[];
  /** Never with this number: not valid, blocked, opted out. Nobody else is tried. */
  readonly permanent?: readonly (string | number)[] | undefined;
  /** Nothing was taken; another sender may do it. */
  readonly retryable?: readonly (string | number)[] | undefined;
  /** It may have been taken. */
  readonly ambiguous?: readonly (string | number)[] | undefined;
}

/** What {@link httpSms} takes. */
export interface HttpSmsOptions extends ProviderSmsOptions {
  /** The name in events, and in the paths of receipts: letters, digits, `-` and `_`. @default 'http' */
  readonly name?: string | undefined;
  /** Where to send; placeholders behind the host are filled in and escaped. */
  readonly url: string;
  /** @default 'POST' */
  readonly method?: 'POST' | 'PUT' | 'GET' | undefined;
  /** A bearer token, a name with a password (RFC 7617), or any header. @default none */
  readonly auth?: HttpSmsAuth | undefined;
  /** Headers beside those of `auth` and of the body; `{text}` fits in none. @default none */
  readonly headers?: Readonly<Record<string, HttpSmsText>> | undefined;
  /** Parameters added to the URL. @default none */
  readonly query?: Readonly<Record<string, HttpSmsText>> | undefined;
  /** The body as JSON. @default none */
  readonly json?: HttpSmsValue | undefined;
  /** The body as a form; not beside `json`. @default none */
  readonly form?: Readonly<Record<string, HttpSmsText>> | undefined;
  /** What `{from}` stands for: a number or name that the provider knows as yours. @default none, and no `{from}` */
  readonly from?: string | undefined;
  /** What shows that the message was taken. @default the id is there */
  readonly accepted?: HttpSmsAccepted | undefined;
  /** Where the provider's id of the message lies; needed unless `accepted` is given. @default none */
  readonly providerId?: HttpSmsPath | undefined;
  /** Where an error code lies and what it means. @default the status alone speaks */
  readonly error?: HttpSmsError | undefined;
  /** Codes and credentials travel readable for everybody on the way: for a gateway in your own network. @default false */
  readonly allowPlainHttp?: boolean | undefined;
}

/** Throws a `TypeError` that names the first thing that is wrong. */
export function checkHttpSmsOptions(options: HttpSmsOptions): void {
  checkSenderOptions('httpSms', options, RULES);
  const { url, headers = {}, query, form, json, from, method, accepted, providerId, allowPlainHttp = false } = options;
  const sample = url.replace(/\{\w+\}/g, 'x');
  const asSecure = allowPlainHttp ? sample.replace(/^http:/, 'https:') : sample;
  if (/^[^/]*\/\/[^/?]*\{/.test(url)) throw misuse('httpSms', 'url', 'must have its placeholders behind the host');
  const problem = callableUrl(asSecure);
  if (problem !== null) throw misuse('httpSms', 'url', problem);
  if (json !== undefined && form !== undefined) throw misuse('httpSms', 'form', 'cannot stand beside json');
  if (method === 'GET' && (json ?? form) !== undefined) throw misuse('httpSms', 'method', 'is GET, which has no body; use query');
  if (accepted === undefined && providerId === undefined) throw misuse('httpSms', 'providerId', 'must be given, or accepted');
  for (const [path, value] of Object.entries({ url, headers, query, form, json })) checkPlaceholders('httpSms', path, value, from);
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name)) throw misuse('httpSms', `headers.${name}`, 'is not the name of a header');
    if (typeof value === 'string' && (value.includes('{text}') || !/^[\x20-\x7e]*$/.test(value))) {
      throw misuse('httpSms', `headers.${name}`, 'must be visible ASCII without {text}');
    }
  }
}

const isTexts = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((one) => ['string', 'number', 'boolean', 'function'].includes(typeof one));
const texts: OptionRule = (value) => (isTexts(value) ? null : 'must be an object of texts, numbers, booleans and functions');

const isPath = (value: unknown): boolean =>
  Array.isArray(value) && value.every((key) => typeof key === 'string' || (Number.isSafeInteger(key) && key >= 0));
const path: OptionRule = (value) => (isPath(value) ? null : 'must be an array of member names and indexes');

const isJson = (value: unknown): boolean =>
  value === null ||
  ['string', 'boolean', 'function'].includes(typeof value) ||
  Number.isFinite(value) ||
  (Array.isArray(value) ? value.every(isJson) : isRecord(value) && Object.values(value).every(isJson));

const isHeaderName = (name: unknown): boolean => typeof name === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(name);
const isCredential = (value: unknown): boolean => typeof value === 'string' && /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(value);
const auth: OptionRule = (given) => {
  const { bearer, username, password, header, value } = isRecord(given) ? given : {};
  const judges: Readonly<Record<string, () => boolean>> = {
    bearer: () => isCredential(bearer),
    // RFC 7617: a name with a colon ends there
    'password,username': () => lineOfText(password) === null && lineOfText(username) === null && !String(username).includes(':'),
    'header,value': () => isHeaderName(header) && isCredential(value),
  };
  return isRecord(given) && judges[Object.keys(given).sort().join()]?.() === true
    ? null
    : 'must be { bearer }, { username, password } or { header, value }, each of one line';
};

const accepted: OptionRule = (value) => {
  const { at, is, ...strangers } = isRecord(value) ? value : { strangers: true };
  const isRule = typeof is === 'function' || (Array.isArray(is) && is.length > 0);
  return isPath(at) && isRule && Object.keys(strangers).length === 0 ? null : 'must be { at, is }: a path, and values or a function';
};

const error: OptionRule = (value) => {
  const { at, permanent, retryable, ambiguous, ...strangers } = isRecord(value) ? value : { strangers: true };
  const isPlace = isPath(at) || (Array.isArray(at) && at.length > 0 && at.every(isPath));
  const isCode = (code: unknown): boolean => (typeof code === 'string' && code !== '') || Number.isFinite(code);
  const isList = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.every(isCode));
  return isPlace && [permanent, retryable, ambiguous].every(isList) && Object.keys(strangers).length === 0
    ? null
    : 'must be { at, permanent, retryable, ambiguous }: paths, and lists of codes';
};

const RULES: Readonly<Record<Exclude<keyof HttpSmsOptions, keyof ProviderSmsOptions>, OptionRule>> = {
  url: (value) => (typeof value === 'string' ? null : 'must be a string'),
  method: optional(oneOf('POST', 'PUT', 'GET')),
  auth: optional(auth),
  headers: optional(texts),
  query: optional(texts),
  json: optional((value) => (isJson(value) ? null : 'must be JSON, with functions where you like')),
  form: optional(texts),
  from: optional(lineOfText),
  accepted: optional(accepted),
  providerId: optional(path),
  error: optional(error),
  allowPlainHttp: optional(flag),
};
