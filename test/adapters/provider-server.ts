import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import type { OpenedSender, Provider } from '../conformance/index.ts';

/** A call as it came in. */
export interface ReceivedCall {
  /** As the sender called it. */
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Raw. */
  readonly body: string;
  /** The body as a form. */
  readonly form: Readonly<Record<string, string>>;
  /** The body as JSON; `undefined` for what is none. */
  readonly json: unknown;
}

/** What is answered. An object is sent as JSON. */
export interface Answer {
  /** @default 200 */
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is done with a call. */
export type Deed = (response: ServerResponse, call: ReceivedCall) => void;

/** A server on this machine in the place of a provider. */
export interface ProviderServer {
  /** Leads every URL to this server. */
  readonly fetch: SmsFetch;
  /** `http://127.0.0.1:…`, or `https:` where it has a certificate that nobody trusts. */
  readonly origin: string;
  /** What came in since the last {@link ProviderServer.answers}. */
  readonly calls: readonly ReceivedCall[];
  readonly answers: (deed: Deed) => void;
  readonly says: (answer: Answer | ((call: ReceivedCall) => Answer)) => void;
  readonly close: () => Promise<void>;
}

export async function providerServer({ tls = false }: { readonly tls?: boolean } = {}): Promise<ProviderServer> {
  const calls: ReceivedCall[] = [];
  let deed: Deed = (response) => response.end();
  const listener: RequestListener = async (request, response) => {
    const call = await received(request).catch(() => null);
    if (call === null) return;
    calls.push(call);
    deed(response, call);
  };
  const server: Server = tls ? createTlsServer({ cert: UNTRUSTED_CERTIFICATE, key: UNTRUSTED_KEY }, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answers: ProviderServer['answers'] = (next) => {
    calls.length = 0;
    deed = next;
  };
  return {
    fetch: fetchTo(origin),
    origin,
    calls,
    answers,
    says: (answer) => answers((response, call) => reply(response, typeof answer === 'function' ? answer(call) : answer)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Leads every URL to that place. */
export function fetchTo(origin: string): SmsFetch {
  return (url, request) => fetch(`${origin}/${encodeURIComponent(url)}`, request);
}

/** An origin on which nobody listens. */
export async function deafOrigin(): Promise<string> {
  const server = await providerServer();
  await server.close();
  return server.origin;
}

export function reply(response: ServerResponse, { status = 200, body, headers = {} }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html; charset=utf-8' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/** A message as the core makes it. */
export function messageTo(to: string, change: Partial<SmsMessage> = {}): SmsMessage {
  return {
    to: to as PhoneNumber,
    text: '123456 is your Acme code.\n\n@acme.example #123456',
    code: '123456',
    purpose: 'sign-in',
    context: null,
    locale: 'en',
    channel: 'sms',
    challengeId: 'c2hhbGxlbmdlLW9uZS1vZi1vbmU',
    expiresAt: 1_800_000_000_000,
    idempotencyKey: 'c2hhbGxlbmdlLW9uZS1vZi1vbmU:1',
    ...change,
  };
}

/** What the conformance cases of senders open, over a server of its own that says `good` when it takes a message and `refusal` for a bad number. */
export function openedProvider(
  make: (fetch: SmsFetch) => SmsSender,
  { good, refusal }: { readonly good: Answer | ((call: ReceivedCall) => Answer); readonly refusal: Answer },
): (provider: Provider) => Promise<OpenedSender> {
  return async (provider) => {
    const server = await providerServer();
    const deeds: Readonly<Record<Provider, () => void>> = {
      delivers: () => server.says(good),
      refuses: () => server.says(refusal),
      unreachable: () => {},
      breaks: () => server.answers((response) => response.destroy()),
      hangs: () => server.answers(() => {}),
    };
    deeds[provider]();
    const sender = make(provider === 'unreachable' ? fetchTo(await deafOrigin()) : server.fetch);
    return { sender, received: () => server.calls.length, close: server.close };
  };
}

async function received(request: IncomingMessage): Promise<ReceivedCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  return {
    url: new URL(decodeURIComponent(request.url?.slice(1) ?? '')),
    method: request.method ?? '',
    headers: request.headers,
    body,
    form: Object.fromEntries(new URLSearchParams(body)),
    json: jsonIn(body),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Of nobody, for 127.0.0.1, until 2126.
const UNTRUSTED_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUXyruDgkvpK6/FFmOP/MlwwRC3QowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDEwMDkyMVoYDzIxMjYxMDI3
MTAwOTIxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ3eX8NSSgkqKUkeRHFObCuxHLNgOF88EpJ6udH/2clyxItWw3lE1eC
VfxsUC7XtO3tk9pkB8QIoJDRAVBIw4kTo28wbTAdBgNVHQ4EFgQUoIOvMMVjAnpJ
QNSrIQuM+wU74R4wHwYDVR0jBBgwFoAUoIOvMMVjAnpJQNSrIQuM+wU74R4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAIqbtBz7Wu4B7Jcw9yx6cB0wNqtSrCIQvSTFRweVBUJiAiBl
D949WTo/GndfibiIelqINxm0hcqTgS+gvk0TX3shMQ==
-----END CERTIFICATE-----`;
const UNTRUSTED_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgp/V+FovCKOoRmtOn
q+CTYl35IB8jF4R13iKm8/0iTmOhRANCAAQ3eX8NSSgkqKUkeRHFObCuxHLNgOF8
8EpJ6udH/2clyxItWw3lE1eCVfxsUC7XtO3tk9pkB8QIoJDRAVBIw4kT
-----END PRIVATE KEY-----`;
