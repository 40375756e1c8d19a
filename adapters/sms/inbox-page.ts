import { smsSegments } from '../../src/core/segments.ts';
import type { SmsMessage } from '../../src/ports/sms-sender.ts';
import { inboxDocument } from './inbox-document.ts';

/** What {@link inboxPage} and {@link inboxMiddleware} take. */
export interface InboxPageOptions {
  /** Where the page stands, e.g. `/inbox`; other paths are answered 404. @default wherever the request was led here */
  readonly basePath?: string | undefined;
  /** Codes that anybody can read open every account. `true` takes that on. @default false */
  readonly allowInProduction?: boolean | undefined;
}

/** The part of an inbox that the page reads. */
export interface MessageList {
  messages(): readonly SmsMessage[];
}

/** Node's request, by the part that is read. */
export interface InboxRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** Node's response, by the part that is used. */
export interface InboxResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/**
 * A page that shows the messages of an inbox as they arrive, the newest 200: to whom, which purpose and language, how many SMS it would have cost; it
 * filters by number and copies codes. One function for everything that speaks fetch; {@link inboxMiddleware} is the same for Express and Fastify.
 *
 * The page shows codes to whoever can reach it: let it be reached from your machine alone. Throws a `TypeError` where `NODE_ENV` is `production`,
 * unless `allowInProduction`, and for a wrong option.
 *
 * @example
 * ```ts
 * // Next, in app/inbox/route.ts
 * import { inboxPage, inboxSms } from 'ringlatch/sms/inbox';
 *
 * export const inbox = inboxSms();
 * export const GET = inboxPage(inbox);
 * ```
 */
export function inboxPage(inbox: MessageList, options: InboxPageOptions = {}): (request: Request) => Promise<Response> {
  const answerTo = pageOf('inboxPage', inbox, options);
  return async ({ method, url }) => {
    const { status, headers, body } = answerTo(method, url.replace(/^[a-z]+:\/\/[^/?#]*|#.*$/gi, ''));
    return new Response(status === 204 || method === 'HEAD' ? null : body, { status, headers });
  };
}

/**
 * {@link inboxPage} for Node's own request and response.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { inboxMiddleware, inboxSms } from 'ringlatch/sms/inbox';
 *
 * const inbox = inboxSms();
 * const app = express().use('/inbox', inboxMiddleware(inbox));
 * ```
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { inboxMiddleware, inboxSms } from 'ringlatch/sms/inbox';
 *
 * const showInbox = inboxMiddleware(inboxSms());
 * const app = fastify().get('/inbox', (request, reply) => showInbox(request.raw, reply.hijack().raw));
 * ```
 */
export function inboxMiddleware(
  inbox: MessageList,
  options: InboxPageOptions = {},
): (request: InboxRequest, response: InboxResponse) => void {
  const answerTo = pageOf('inboxMiddleware', inbox, options);
  return ({ method, url }, response) => {
    const { status, headers, body } = answerTo(method ?? 'GET', url ?? '/');
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(body);
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SHOWN = 200;
const SHARED = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
const JSON_TYPE = 'application/json; charset=utf-8';

function pageOf(factory: string, inbox: MessageList, options: InboxPageOptions): (method: string, target: string) => Answer {
  const { basePath, allowInProduction = false, ...unknown } = options;
  const stranger = Object.keys(unknown)[0];
  if (stranger !== undefined) throw new TypeError(`${factory}: ${stranger} is not an option`);
  if (typeof inbox?.messages !== 'function') throw new TypeError(`${factory}: inbox must be what inboxSms() gives`);
  if (basePath !== undefined && (typeof basePath !== 'string' || !/^(?:\/[^/?#]+)*\/?$/.test(basePath))) {
    throw new TypeError(`${factory}: basePath must be a path like /inbox`);
  }
  if (typeof allowInProduction !== 'boolean') throw new TypeError(`${factory}: allowInProduction must be a boolean`);
  if (environment() === 'production' && !allowInProduction) {
    throw new TypeError(`${factory}: NODE_ENV is production, where codes must not be shown; set allowInProduction to do it all the same`);
  }
  const base = basePath?.replace(/\/$/, '');
  const list = numberedList();

  return (method, target) => {
    const [path = ''] = target.split('?', 1);
    if (base !== undefined && path.replace(/\/$/, '') !== base) return text(404, 'There is nothing here.');
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'The inbox is only read.', { allow: 'GET, HEAD' });
    const seen = new URLSearchParams(target.slice(path.length)).get('messages');
    if (seen === null) return page();
    const { version, messages } = list(inbox.messages().slice(-SHOWN));
    if (seen === version) return { status: 204, headers: SHARED, body: '' };
    return { status: 200, headers: { ...SHARED, 'content-type': JSON_TYPE }, body: JSON.stringify({ version, messages }) };
  };
}

function page(): Answer {
  const nonce = crypto.randomUUID();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  const headers = { ...SHARED, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  return { status: 200, headers, body: inboxDocument(nonce) };
}

function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...SHARED, 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

// Newest first. A version says what is in the list: who knows it knows the list, even across a restart of the program.
function numberedList(): (messages: readonly SmsMessage[]) => { readonly version: string; readonly messages: readonly object[] } {
  const run = crypto.randomUUID();
  const ids = new WeakMap<SmsMessage, number>();
  let last = 0;
  const idOf = (message: SmsMessage): string => {
    const id = ids.get(message) ?? ++last;
    ids.set(message, id);
    return `${run}:${id}`;
  };
  return (messages) => {
    const shown = messages.map((message) => {
      const { to, code, text, channel, purpose, locale } = message;
      return { id: idOf(message), to, code, text, channel, purpose, locale, ...smsSegments(text) };
    });
    return { version: `${run}:${shown.length}:${shown.at(0)?.id ?? ''}:${shown.at(-1)?.id ?? ''}`, messages: shown.toReversed() };
  };
}

// Written out for the bundlers that put a word in its place; where it stays and there is no `process`, it throws.
function environment(): string | undefined {
  try {
    return process.env.NODE_ENV;
  } catch {
    return undefined;
  }
}
