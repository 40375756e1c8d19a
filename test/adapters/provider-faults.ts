import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { SmsFetch } from '../../adapters/sms/provider-call.ts';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { createPhoneVerification } from '../../src/create-phone-verification.ts';
import { isPhoneAuthError, type SmsError } from '../../src/errors.ts';
import type { Channel, SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { type Answer, type Deed, deafOrigin, fetchTo, messageTo, type ProviderServer, providerServer, reply } from './provider-server.ts';

interface Fault {
  readonly kind: SmsError['kind'];
  /** What becomes of a call that comes in; `good` is what the provider says when it takes a message. */
  readonly deed?: (good: Answer) => Deed;
  /** The way to the provider. @default to the server */
  readonly way?: (server: ProviderServer) => SmsFetch | Promise<SmsFetch>;
  readonly tls?: boolean;
  readonly retryAfterSeconds?: number;
  /** Only the signal ends it. */
  readonly hangs?: boolean;
}

const status = (
  code: number,
  body: unknown = '<html>Sorry.</html>',
  headers: Readonly<Record<string, string>> = {},
): Pick<Fault, 'deed'> => ({
  deed: (): Deed => (response) => reply(response, { status: code, body, headers }),
});
const half = (good: Answer): string => JSON.stringify(good.body).slice(0, -4);

const FAULTS: Readonly<Record<string, Fault>> = {
  'an HTML page in place of an answer': { kind: 'ambiguous', ...status(200) },
  'an empty answer': { kind: 'ambiguous', ...status(200, '') },
  'JSON of another form': { kind: 'ambiguous', ...status(200, []) },
  'half an answer': { kind: 'ambiguous', deed: (good) => (response) => reply(response, { body: half(good) }) },
  'an answer that breaks off': {
    kind: 'ambiguous',
    deed: (good) => (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' });
      response.write(half(good), () => response.destroy());
    },
  },
  'an answer without an end': {
    kind: 'ambiguous',
    deed: () => (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const talk = (): void => {
        if (!response.destroyed) response.write(' '.repeat(16_384), () => setImmediate(talk));
      };
      talk();
    },
  },
  'a redirect': { kind: 'ambiguous', ...status(302, '', { location: '/https%3A%2F%2Felsewhere.example%2F' }) },
  'a redirect that keeps the method': { kind: 'retryable', ...status(307, '', { location: '/https%3A%2F%2Felsewhere.example%2F' }) },
  'a wrong key': { kind: 'retryable', ...status(401) },
  'a key that may not': { kind: 'retryable', ...status(403) },
  'too many calls': { kind: 'retryable', ...status(429) },
  'too many calls, with a time': { kind: 'retryable', ...status(429, '', { 'retry-after': '7' }), retryAfterSeconds: 7 },
  'status 500': { kind: 'ambiguous', ...status(500) },
  'status 502': { kind: 'ambiguous', ...status(502) },
  'status 503': { kind: 'ambiguous', ...status(503, '') },
  'status 503, with a time': { kind: 'ambiguous', ...status(503, '', { 'retry-after': '7' }), retryAfterSeconds: 7 },
  'status 504': { kind: 'ambiguous', ...status(504) },
  'a connection that closes before the answer': { kind: 'ambiguous', deed: () => (response) => response.destroy() },
  'a connection that is reset before the answer': { kind: 'ambiguous', deed: () => (response) => response.socket?.resetAndDestroy() },
  silence: { kind: 'ambiguous', deed: () => () => {}, hangs: true },
  'silence in the middle of an answer': {
    kind: 'ambiguous',
    deed: (good) => (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(half(good));
    },
    hangs: true,
  },
  'a certificate that nobody trusts': { kind: 'retryable', tls: true },
  'a server that speaks no TLS': { kind: 'retryable', way: ({ origin }) => fetchTo(origin.replace('http:', 'https:')) },
  'a port on which nobody listens': { kind: 'retryable', way: async () => fetchTo(await deafOrigin()) },
  'a host that has no address': { kind: 'retryable', way: () => fetchTo('http://nobody.invalid') },
};

/**
 * Every fault that all providers have in common, met through a socket: the right class, at most one call, an end when the signal aborts, no code in
 * the error. `kinds` says where the provider documents another class.
 */
export function providerFaultCases(
  make: (fetch: SmsFetch) => SmsSender,
  { good, kinds = {}, message = {} }: FaultCases,
): readonly { readonly name: string; readonly run: () => Promise<void> }[] {
  const stranger = Object.keys(kinds).find((name) => !Object.hasOwn(FAULTS, name));
  if (stranger !== undefined) throw new Error(`no fault is called ${stranger}`);
  return Object.entries(FAULTS).map(([name, fault]) => ({
    name,
    run: async () => {
      const server = await providerServer({ tls: fault.tls ?? false });
      try {
        server.answers(fault.deed?.(good) ?? ((response) => reply(response, good)));
        const sender = make((await fault.way?.(server)) ?? server.fetch);
        const error = await failureOf(sender, messageTo('+989121234567', message), fault.hangs === true ? 150 : 5000);
        expect(error.kind).toBe(kinds[name] ?? fault.kind);
        expect(error.retryAfterSeconds).toBe(fault.retryAfterSeconds);
        expect(server.calls.length).toBeLessThanOrEqual(fault.kind === 'retryable' && fault.deed === undefined ? 0 : 1);
        expect(`${error.message} ${error.stack} ${error.code}`).not.toContain('123456');
        expect(error.cause).toBeUndefined();
        await askThrough(sender, server, { kind: error.kind, channel: message.channel ?? 'sms', hangs: fault.hangs === true });
      } finally {
        await server.close();
      }
    },
  }));
}

const DEADLINE_SECONDS = 10;

/** The same fault below a request for a code: an answer in time with all that a resend needs, after one message at most. */
async function askThrough(
  sender: SmsSender,
  server: ProviderServer,
  { kind, channel, hangs }: { readonly kind: SmsError['kind']; readonly channel: Channel; readonly hangs: boolean },
): Promise<void> {
  const auth = createPhoneVerification({
    secret: randomBytes(32).toString('hex'),
    storage: memoryStorage(),
    sms: [sender],
    appName: 'Acme',
    allowedCountries: 'all',
    channels: [channel],
    limits: { smsPerDay: 10 },
    deadlineSeconds: { request: DEADLINE_SECONDS, ...(hangs && { sms: 0.15 }) },
  });
  const calls = server.calls.length;
  const began = performance.now();
  const error: unknown = await auth.requestCode({ phoneNumber: '+989121234567', client: { ip: null } }).catch((thrown: unknown) => thrown);
  expect(performance.now() - began).toBeLessThan(DEADLINE_SECONDS * 1000);
  if (!isPhoneAuthError(error, 'delivery_failed')) throw new Error(`it is no failure to deliver: ${String(error)}`);
  expect(error.details).toMatchObject({ retryable: kind !== 'permanent', challengeId: expect.any(String), channel });
  expect(error.details.resendInSeconds).toBe(kind === 'ambiguous' ? 30 : 0);
  expect(server.calls.length - calls).toBeLessThanOrEqual(1);
}

/** How a sender meets the faults. */
export interface FaultCases {
  /** What the provider says when it takes a message. */
  readonly good: Answer;
  /** Where the provider documents another class than the usual one. */
  readonly kinds?: Readonly<Record<string, SmsError['kind']>>;
  readonly message?: Partial<SmsMessage>;
}

/** What a sender throws within a second after its time is up; fails the test when it does anything else. */
export async function failureOf(sender: SmsSender, message: SmsMessage, milliseconds = 5000): Promise<SmsError> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), milliseconds);
  let late: NodeJS.Timeout | undefined;
  const outcome = await Promise.race([
    sender.send(message, { signal: abort.signal }).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    ),
    new Promise<{ readonly late: true }>((resolve) => {
      late = setTimeout(() => resolve({ late: true }), milliseconds + 1000);
    }),
  ]);
  clearTimeout(timer);
  clearTimeout(late);
  if (!('error' in outcome) || !(outcome.error instanceof Error) || !('kind' in outcome.error)) {
    throw new Error(`it did not fail: ${JSON.stringify(outcome)}`);
  }
  return outcome.error as SmsError;
}
