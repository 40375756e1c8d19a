import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What the JSON says; text of another type as it is. */
  readonly body: unknown;
  readonly text: string;
  /** The text that stands there, e.g. `field('user', 'phone_number')`; throws where there is none. */
  readonly field: (...path: readonly string[]) => string;
}

/** `null` leaves a header out. */
export type SentHeaders = Readonly<Record<string, string | null>>;

/**
 * A call over real HTTP. Objects go as JSON; text, bytes and forms as they are, as `application/json` unless a header or the form says
 * otherwise. Redirections are not followed.
 */
export type Call = (method: string, path: string, body?: unknown, headers?: SentHeaders) => Promise<Answer>;

export interface ContractServer {
  readonly url: string;
  readonly call: Call;
  /** What was answered until now. */
  readonly answers: readonly Answer[];
  readonly close: () => Promise<void>;
}

/** Serves on a free port of this machine. */
export async function serveContract(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<ContractServer> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const answers: Answer[] = [];
  return {
    url,
    answers,
    async call(method, path, body, headers = {}) {
      const sent = { ...typeOf(body), ...headers };
      const response = await fetch(url + path, {
        method,
        redirect: 'manual',
        headers: Object.entries(sent).flatMap(([name, value]) => (value === null ? [] : [[name, value] as [string, string]])),
        ...(body === undefined ? {} : { body: bytesOf(body) }),
      });
      const answer = answerOf(response, await response.text());
      answers.push(answer);
      return answer;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function typeOf(body: unknown): SentHeaders {
  if (body === undefined) return {};
  return { 'content-type': body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json' };
}

// Bytes, because to text `fetch` would add a type of its own where the test wants none.
function bytesOf(body: unknown): Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return new TextEncoder().encode(typeof body === 'string' || body instanceof URLSearchParams ? String(body) : JSON.stringify(body));
}

function answerOf({ status, headers }: Response, text: string): Answer {
  const body: unknown = /\bjson\b/.test(headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : text;
  return {
    status,
    headers,
    body,
    text,
    field(...path) {
      const value = path.reduce<unknown>((place, name) => (place as Readonly<Record<string, unknown>> | undefined)?.[name], body);
      if (typeof value === 'string') return value;
      throw new TypeError(`There is no text at ${path.join('.')} in ${status} ${text}`);
    },
  };
}
