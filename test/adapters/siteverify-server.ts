import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CaptchaFetch } from '../../adapters/captcha/index.ts';

/** A call as it came in. */
export interface SiteverifyCall {
  /** The URL of the provider. */
  readonly url: string;
  readonly method: string;
  readonly contentType: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A server on this machine in the place of all providers. */
export interface SiteverifyServer {
  /** Leads every URL to this server. */
  readonly fetch: CaptchaFetch;
  /** What came in since the last {@link SiteverifyServer.answers}. */
  readonly calls: readonly SiteverifyCall[];
  /** Sets what is done with a call. */
  readonly answers: (deed: (response: ServerResponse, call: SiteverifyCall) => void) => void;
  /** Sets what is answered, as JSON. */
  readonly says: (answer: unknown) => void;
  /** Connections that are open. */
  readonly connections: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export async function siteverifyServer(): Promise<SiteverifyServer> {
  const calls: SiteverifyCall[] = [];
  let deed: (response: ServerResponse, call: SiteverifyCall) => void = (response) => response.end();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const call = {
      url: decodeURIComponent(request.url?.slice(1) ?? ''),
      method: request.method ?? '',
      contentType: request.headers['content-type'] ?? '',
      parameters: Object.fromEntries(new URLSearchParams(body)),
    };
    calls.push(call);
    deed(response, call);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answers: SiteverifyServer['answers'] = (next) => {
    calls.length = 0;
    deed = next;
  };
  return {
    fetch: (url, request) => fetch(`${origin}/${encodeURIComponent(url)}`, request),
    calls,
    answers,
    says: (answer) =>
      answers((response) =>
        response.setHeader('content-type', 'application/json').end(typeof answer === 'string' ? answer : JSON.stringify(answer)),
      ),
    connections: () =>
      new Promise((resolve, reject) => server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
