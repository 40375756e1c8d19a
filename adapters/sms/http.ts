import { type SmsError, smsError } from '../../src/errors.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { checkHttpSmsOptions, type HttpSmsOptions, type HttpSmsPath } from './http-options.ts';
import { fillJson, fillText, fillTexts, placeholdersOf } from './http-template.ts';
import { callProvider, kindOfStatus, type ProviderAnswer, type ProviderCall, providerFailure } from './provider-call.ts';
import { isRecord } from './sender-options.ts';

export type { HttpSmsAccepted, HttpSmsAuth, HttpSmsError, HttpSmsOptions, HttpSmsPath } from './http-options.ts';
export type { HttpSmsJson, HttpSmsText, HttpSmsValue } from './http-template.ts';
export type { AnswerBody, SmsFetch } from './provider-call.ts';
export type { ProviderSmsOptions } from './sender-options.ts';

/**
 * Sends through any provider that takes JSON, a form or a query, described by a template: what goes out, where the id lies in the answer, and which
 * of its error codes mean what. Recipes for several providers are in `docs/sms-providers.md`.
 *
 * In texts, `{to}` (E.164), `{text}`, `{code}`, `{idempotencyKey}` and `{from}` are filled in once; a value may be a function of the message
 * instead. An answer counts as success when its status is good and `accepted` agrees, or, without `accepted`, when the id is there. Whatever else is
 * answered under a good status is `ambiguous`, unless its code is listed.
 *
 * Throws a `TypeError` that names a wrong option. It reads no receipts; a sender with some is `{ ...httpSms(options), readReceipts }`.
 *
 * @example
 * ```ts
 * import { httpSms } from 'ringlatch/sms/http';
 *
 * const sms = httpSms({
 *   name: 'acme-sms',
 *   url: 'https://api.acme-sms.example/v1/messages',
 *   auth: { bearer: process.env.ACME_SMS_KEY ?? '' },
 *   headers: { 'idempotency-key': '{idempotencyKey}' },
 *   json: { to: '{to}', from: '{from}', body: '{text}', ttl: ({ expiresAt }) => Math.floor(expiresAt / 1000) },
 *   from: 'Acme',
 *   providerId: ['message', 'id'],
 *   error: { at: ['error', 'code'], permanent: ['invalid_number', 'opted_out'], retryable: ['no_credit'] },
 * });
 * ```
 */
export function httpSms(options: HttpSmsOptions): SmsSender {
  checkHttpSmsOptions(options);
  const { name = 'http' } = options;
  return {
    name,
    async send(message, { signal }) {
      const answer = await callProvider({ ...requestOf(options, name, message), provider: name, fetch: options.fetch, signal });
      const code = codeIn(options, answer);
      const kind = listedKind(options, code);
      const providerId = idIn(options, answer);
      if (kindOfStatus(answer.status) !== null || !isAccepted(options, answer, kind, providerId)) {
        throw providerFailure(name, answer, { kind, code });
      }
      return { providerId };
    },
  };
}

type Request = Pick<ProviderCall, 'url' | 'method' | 'headers' | 'body'>;

function requestOf(options: HttpSmsOptions, name: string, message: SmsMessage): Request {
  try {
    return composed(options, message);
  } catch {
    // what a function of the template throws may quote the message
    throw smsError({ kind: 'retryable', message: `${name} was not asked: its template failed`, code: 'template_failed' });
  }
}

function composed(options: HttpSmsOptions, message: SmsMessage): Request {
  const { url, method = 'POST', auth, headers = {}, query = {}, form, json, from } = options;
  const placeholders = placeholdersOf(message, from);
  const target = new URL(fillText(url, placeholders, encodeURIComponent));
  for (const [name, value] of fillTexts(query, message, placeholders)) target.searchParams.append(name, value);
  const body =
    json !== undefined
      ? JSON.stringify(fillJson(json, message, placeholders))
      : form !== undefined
        ? new URLSearchParams(fillTexts(form, message, placeholders)).toString()
        : undefined;
  const type = json !== undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  const own = fillTexts(headers, message, placeholders).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (own.some(([, value]) => !/^[\x20-\x7e]*$/.test(value))) throw new Error('a header cannot hold that');
  return {
    url: target.href,
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': type }),
      ...credentials(auth),
      ...Object.fromEntries(own),
    },
    body,
  };
}

function credentials(auth: HttpSmsOptions['auth']): Readonly<Record<string, string>> {
  if (auth === undefined) return {};
  if ('bearer' in auth) return { authorization: `Bearer ${auth.bearer}` };
  if ('header' in auth) return { [auth.header.toLowerCase()]: auth.value };
  const bytes = new TextEncoder().encode(`${auth.username}:${auth.password}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

function isAccepted(
  { accepted }: HttpSmsOptions,
  answer: ProviderAnswer,
  kind: SmsError['kind'] | undefined,
  providerId: string | undefined,
): boolean {
  if (accepted === undefined) return providerId !== undefined && kind === undefined;
  const value = valueAt(answer, accepted.at);
  return typeof accepted.is === 'function' ? accepted.is(value) : accepted.is.some((one) => one === value);
}

function idIn({ providerId }: HttpSmsOptions, answer: ProviderAnswer): string | undefined {
  return providerId === undefined ? undefined : textIn(valueAt(answer, providerId));
}

function codeIn({ error }: HttpSmsOptions, answer: ProviderAnswer): string | undefined {
  const paths = error === undefined ? [] : isPath(error.at) ? [error.at] : error.at;
  return paths.map((path) => textIn(valueAt(answer, path))).find((code) => code !== undefined);
}

function listedKind({ error }: HttpSmsOptions, code: string | undefined): SmsError['kind'] | undefined {
  if (code === undefined) return undefined;
  const kinds = ['permanent', 'retryable', 'ambiguous'] as const;
  return kinds.find((kind) => error?.[kind]?.some((listed) => String(listed) === code));
}

function isPath(at: HttpSmsPath | readonly HttpSmsPath[]): at is HttpSmsPath {
  return !Array.isArray(at[0]);
}

// The empty path is the whole answer: its JSON, or its text where it has none.
function valueAt({ json, text }: ProviderAnswer, path: HttpSmsPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (Array.isArray(value) || isRecord(value) ? (value as Readonly<Record<string | number, unknown>>)[key] : undefined),
    json ?? text,
  );
}

function textIn(value: unknown): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;
}
