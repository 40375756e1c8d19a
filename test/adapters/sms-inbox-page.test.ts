import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Inbox, type InboxPageOptions, inboxMiddleware, inboxPage, inboxSms } from '../../adapters/sms/inbox.ts';
import { messageTo } from './provider-server.ts';

const ANNA = '+989121234567';
const BOB = '+12015550123';
const PERSIAN = 'کد ورود به Acme: \u2068123456\u2069';

interface Shown {
  readonly version: string;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
}

const send = (inbox: Inbox, to: string, change = {}) => inbox.send(messageTo(to, change), { signal: new AbortController().signal });
const asked = (path: string, init: RequestInit = {}) => new Request(`http://localhost:3000${path}`, init);
const shownBy = async (response: Response): Promise<Shown> => (await response.json()) as Shown;

afterEach(() => vi.unstubAllEnvs());

describe('the inbox page', () => {
  it('is a document of its own that nothing can be added to', async () => {
    const page = inboxPage(inboxSms());
    const [first, second] = await Promise.all([page(asked('/inbox')), page(asked('/inbox'))]);
    const policy = first.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([\w-]{22,})'/.exec(policy)?.[1];
    const html = await first.text();
    expect(first.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect([...html.matchAll(/<(?:script|style)\b[^>]*nonce="([^"]*)"/g)].map(([, given]) => given)).toEqual([nonce, nonce]);
    expect(html).not.toMatch(/\bsrc=|href="(?!data:,")|<[^>]* (?:on\w+|style)=/);
    expect(second.headers.get('content-security-policy')).not.toBe(policy);
  });

  it('gives the messages, the newest first, with what they would have cost', async () => {
    const inbox = inboxSms();
    const page = inboxPage(inbox);
    expect(await shownBy(await page(asked('/inbox?messages=')))).toMatchObject({ messages: [] });
    await send(inbox, BOB, { text: 'x'.repeat(161), purpose: 'login', locale: 'en-US' });
    await send(inbox, ANNA, { text: PERSIAN, purpose: 'register', locale: 'fa', channel: 'whatsapp' });
    const response = await page(asked('/inbox?messages='));
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const { messages } = await shownBy(response);
    const common = { id: expect.any(String), code: '123456' };
    expect(messages).toEqual([
      { ...common, to: ANNA, text: PERSIAN, channel: 'whatsapp', purpose: 'register', locale: 'fa', encoding: 'UCS-2', segments: 1 },
      { ...common, to: BOB, text: 'x'.repeat(161), channel: 'sms', purpose: 'login', locale: 'en-US', encoding: 'GSM-7', segments: 2 },
    ]);
  });

  it('says nothing to who knows it all, and all to who does not', async () => {
    const inbox = inboxSms({ maxMessages: 2 });
    const page = inboxPage(inbox);
    let { version } = await shownBy(await page(asked('/?messages=')));
    const again = async (): Promise<number> => {
      const response = await page(asked(`/?messages=${version}`));
      if (response.status === 200) version = (await shownBy(response)).version;
      return response.status;
    };
    expect(await again()).toBe(204);
    const statuses: number[] = [];
    for (let sent = 0; sent < 4; sent++) {
      await send(inbox, ANNA);
      statuses.push(await again(), await again());
    }
    inbox.clear();
    statuses.push(await again(), await again());
    expect(statuses).toEqual([200, 204, 200, 204, 200, 204, 200, 204, 200, 204]);
    await send(inbox, ANNA);
    await again();
    const afterRestart = inboxSms();
    await send(afterRestart, ANNA);
    expect((await inboxPage(afterRestart)(asked(`/?messages=${version}`))).status).toBe(200);
  });

  it('never gives a message the name that another had before a restart', async () => {
    const inbox = inboxSms();
    await send(inbox, ANNA);
    const before = await shownBy(await inboxPage(inbox)(asked('/?messages=')));
    const after = await shownBy(await inboxPage(inbox)(asked('/?messages=')));
    expect(after.messages[0]?.id).not.toBe(before.messages[0]?.id);
  });

  it('names a message as long as it is there', async () => {
    const inbox = inboxSms();
    const page = inboxPage(inbox);
    await send(inbox, ANNA);
    const [first] = (await shownBy(await page(asked('/?messages=')))).messages;
    await send(inbox, ANNA);
    const { messages } = await shownBy(await page(asked('/?messages=')));
    expect(messages[1]).toEqual(first);
    expect(messages[0]?.id).not.toBe(first?.id);
  });

  it('shows the newest 200', async () => {
    const inbox = inboxSms();
    for (let sent = 0; sent < 201; sent++) await send(inbox, ANNA, { code: String(sent) });
    const { messages } = await shownBy(await inboxPage(inbox)(asked('/?messages=')));
    expect([messages.length, messages[0]?.code, messages[199]?.code]).toEqual([200, '200', '1']);
  });

  it.each([
    [undefined, '/', 200],
    [undefined, '/anywhere/at/all', 200],
    ['/inbox', '/inbox', 200],
    ['/inbox', '/inbox/', 200],
    ['/inbox/', '/inbox?messages=', 200],
    ['/inbox', '/inbox#top', 200],
    ['/inbox', '/inboxes', 404],
    ['/inbox', '/inbox/messages', 404],
    ['/inbox', '/', 404],
    ['', '/', 200],
    ['', '/inbox', 404],
  ])('stands at %j: %s is answered %i', async (basePath, path, status) => {
    expect((await inboxPage(inboxSms(), { basePath })(asked(path))).status).toBe(status);
  });

  it('is only read', async () => {
    const page = inboxPage(inboxSms());
    const response = await page(asked('/', { method: 'POST', body: 'x' }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await page(asked('/', { method: 'HEAD' }));
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('refuses production unless that is meant', () => {
    vi.stubEnv('NODE_ENV', 'production');
    for (const mount of [inboxPage, inboxMiddleware]) {
      expect(() => mount(inboxSms())).toThrow(/^inbox\w+: NODE_ENV is production/);
      expect(() => mount(inboxSms(), { allowInProduction: false })).toThrow(TypeError);
      expect(mount(inboxSms(), { allowInProduction: true })).toBeTypeOf('function');
    }
  });

  it('stands where there is no process', async () => {
    vi.stubGlobal('process', undefined);
    const page = inboxPage(inboxSms());
    vi.unstubAllGlobals();
    expect((await page(asked('/'))).status).toBe(200);
  });

  it.each([{ path: '/inbox' }, { basePath: 'inbox' }, { basePath: '/inbox?a' }, { basePath: 1 }, { allowInProduction: 'yes' }])(
    'refuses %j',
    (options) => {
      expect(() => inboxPage(inboxSms(), options as unknown as InboxPageOptions)).toThrow(TypeError);
      expect(() => inboxMiddleware(inboxSms(), options as unknown as InboxPageOptions)).toThrow(
        new RegExp(`^inboxMiddleware: ${Object.keys(options)[0]} `),
      );
    },
  );

  it('needs an inbox', () => {
    expect(() => inboxPage(undefined as unknown as Inbox)).toThrow(/^inboxPage: inbox /);
  });
});

describe('the inbox page on a host', () => {
  async function originOf(server: Server): Promise<string> {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const hosts: Readonly<Record<string, (inbox: Inbox) => Promise<Server>>> = {
    'node:http': async (inbox) => createServer(inboxMiddleware(inbox, { basePath: '/inbox' })),
    Express: async (inbox) => createServer(express().use('/inbox', inboxMiddleware(inbox))),
    Fastify: async (inbox) => {
      const show = inboxMiddleware(inbox);
      const app = fastify().get('/inbox', (request, reply) => show(request.raw, reply.hijack().raw));
      await app.listen({ port: 0, host: '127.0.0.1' });
      return app.server;
    },
  };

  it.each(Object.keys(hosts))('is the same: %s', async (name) => {
    const inbox = inboxSms();
    await send(inbox, ANNA, { text: PERSIAN });
    const server = await hosts[name]?.(inbox);
    if (server === undefined) throw new Error(name);
    const origin = await originOf(server);
    try {
      const page = await fetch(`${origin}/inbox`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'nonce-/);
      expect(await page.text()).toContain('<title>Inbox</title>');
      const { version, messages } = await shownBy(await fetch(`${origin}/inbox?messages=`));
      expect(messages).toMatchObject([{ to: ANNA, text: PERSIAN }]);
      expect((await fetch(`${origin}/inbox?messages=${version}`)).status).toBe(204);
      expect((await fetch(`${origin}/elsewhere`)).status).toBe(404);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
