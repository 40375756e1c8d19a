import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { phoneAuthRouter } from '../../adapters/http/express.ts';
import { phoneAuthPlugin } from '../../adapters/http/fastify.ts';
import { phoneAuthHandler } from '../../adapters/http/fetch.ts';
import { createTestAuth, type TestAuth } from '../kit/index.ts';
import { FORGED, OTHER_HEADERS } from './forged-addresses.ts';
import { HOSTS } from './hosts.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const BUDGET = 3;

function strict(): TestAuth<Readonly<Record<string, unknown>>> {
  return createTestAuth({ limits: { smsPerDay: 10_000, sendsPerIp: [{ max: BUDGET, windowSeconds: 3600 }] } });
}

type Headers = Readonly<Record<string, string>>;

const forgeries: readonly Headers[] = [
  ...FORGED.map((forged) => ({ 'x-forwarded-for': forged })),
  ...OTHER_HEADERS.map((name) => ({ [name]: '1.2.3.4' })),
];

/** What a request for a code is answered, by `node:http`, because fetch refuses to send some headers. */
async function ask(port: number, headers: Headers, phoneNumber: string): Promise<number | undefined> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/auth/codes', method: 'POST', agent: false };
    httpRequest({ ...options, headers: { ...headers, 'content-type': 'application/json' } }, resolve)
      .on('error', reject)
      .end(JSON.stringify({ phoneNumber }));
  });
  answer.resume();
  return answer.statusCode;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** How many of these are answered; the rest must be refused as too many. */
function answered(statuses: readonly (number | undefined)[]): number {
  const passed = statuses.filter((status) => status === 202).length;
  expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - passed);
  return passed;
}

describe('an address that the requester writes', () => {
  test.each(HOSTS)('makes no new bucket: $name', async ({ open }) => {
    const { auth, nextPhoneNumber } = strict();
    const host = await open({ auth, options: undefined, guard: undefined });
    if (host.close !== undefined) closing.push(async () => host.close?.());
    expect(forgeries.length).toBeGreaterThan(30);
    const statuses = [];
    for (const forged of forgeries) {
      const url = `${host.origin ?? 'http://127.0.0.1'}/auth/codes`;
      const headers = { ...forged, 'content-type': 'application/json' };
      const body = JSON.stringify({ phoneNumber: nextPhoneNumber() });
      statuses.push((await host.fetch(new Request(url, { method: 'POST', headers, body }))).status);
    }
    expect(answered(statuses)).toBe(BUDGET);
  });

  test.each(['hop', 'list'])('makes none in front of a proxy that Express trusts (%s) and that adds the real one', async (how) => {
    const { auth, nextPhoneNumber } = strict();
    const app = express();
    app.set('trust proxy', how === 'hop' ? 1 : 'loopback');
    app.use('/auth', phoneAuthRouter(auth));
    const port = await portOf(createServer(app));
    const through = (address: string, forged: string): Promise<number | undefined> =>
      ask(port, { 'x-forwarded-for': `${forged}, ${address}` }, nextPhoneNumber());
    const statuses = [];
    for (const forged of FORGED) statuses.push(await through('203.0.113.7', forged));
    expect(answered(statuses)).toBe(BUDGET);
    // and somebody else behind the proxy has their own
    expect(await through('203.0.113.8', '203.0.113.7')).toBe(202);
  });

  test('makes none in front of a proxy that Fastify trusts and that adds the real one', async () => {
    const { auth, nextPhoneNumber } = strict();
    const app = fastify({ trustProxy: '127.0.0.1' });
    await app.register(phoneAuthPlugin, { auth, prefix: '/auth' });
    closing.push(() => app.close());
    const through = async (address: string, forged: string): Promise<number> => {
      const headers = { 'x-forwarded-for': `${forged}, ${address}` };
      return (await app.inject({ method: 'POST', url: '/auth/codes', headers, payload: { phoneNumber: nextPhoneNumber() } })).statusCode;
    };
    const statuses = [];
    for (const forged of FORGED) statuses.push(await through('203.0.113.7', forged));
    expect(answered(statuses)).toBe(BUDGET);
    expect(await through('203.0.113.8', '203.0.113.7')).toBe(202);
  });

  test.each([
    ['of a platform, in every spelling', ['203.0.113.7', '::ffff:203.0.113.7', '[::FFFF:cb00:7107]', '203.0.113.7:4711', ' 203.0.113.7 ']],
    ['that is none', [null, '', 'unknown', 'localhost', '1.2.3.4, 5.6.7.8', '999.999.999.999', 'x'.repeat(10_000)]],
  ])('%s is one bucket through the fetch handler', async (_, addresses) => {
    const { auth, nextPhoneNumber } = strict();
    const handle = phoneAuthHandler(auth, { clientIp: (_request, address: string | null) => address });
    const statuses = [];
    for (const address of [...addresses, ...addresses]) {
      const body = JSON.stringify({ phoneNumber: nextPhoneNumber() });
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': '1.2.3.4' };
      statuses.push((await handle(new Request('https://acme.example/codes', { method: 'POST', headers, body }), address)).status);
    }
    expect(answered(statuses)).toBe(BUDGET);
  });
});
