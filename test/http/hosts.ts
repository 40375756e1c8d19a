import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import * as expressHost from '../../adapters/http/express.ts';
import * as fastifyHost from '../../adapters/http/fastify.ts';
import * as fetchHost from '../../adapters/http/fetch.ts';
import type { GuardOptions } from '../../src/http/guard.ts';
import type { RoutesOptions } from '../../src/http/options.ts';
import type { PhoneAuth } from '../../src/index.ts';

/** One request to a host. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array | undefined;
}

/** A JSON object of which a test knows more than the compiler. */
export type Json = Readonly<Record<string, never>>;

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** A host that runs: the routes at `/auth`, and behind a guard `/guarded`, which tells what the guard found. */
export interface OpenHost {
  readonly call: (call: Call) => Promise<Reply>;
  readonly close: () => Promise<void>;
}

/** A host that can be opened. */
export interface Host {
  readonly name: string;
  readonly open: (auth: PhoneAuth, options?: RoutesOptions, guard?: GuardOptions) => Promise<OpenHost>;
}

function requestOf({ method, path, headers, json, body }: Call, origin: string): Request {
  const given = json === undefined ? body : JSON.stringify(json);
  return new Request(new URL(path, origin), {
    method,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(given !== undefined && { body: given as string }),
  });
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text || '{}') : {},
  };
}

function overNetwork(port: number, close: () => Promise<void>): OpenHost {
  return { call: async (call) => replyOf(await fetch(requestOf(call, `http://127.0.0.1:${port}`))), close };
}

function inProcess(handle: (request: Request) => Response | Promise<Response>): OpenHost {
  return { call: async (call) => replyOf(await handle(requestOf(call, 'http://127.0.0.1'))), close: async () => {} };
}

// what is used of Express 4 has the types of Express 5
const express4 = createRequire(import.meta.url)('express-4') as typeof express;

function expressApp(name: string, create: () => express.Express): Host {
  return {
    name,
    open: async (auth, options, guard) => {
      const app = create();
      app.use('/auth', expressHost.phoneAuthRouter(auth, options));
      app.all('/guarded', expressHost.requireAuth(auth, guard), (request, response) => {
        response.json(expressHost.getAuth(request, { optional: true }));
      });
      const server = app.listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return overNetwork((server.address() as AddressInfo).port, async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
    },
  };
}

const fetchOptions = { clientIp: () => '203.0.113.7' };

/** Every way to run the routes that we promise. */
export const HOSTS: readonly Host[] = [
  expressApp('express 5', () => express()),
  expressApp('express 4', () => express4()),
  expressApp('express behind express.json()', () => express().use(express.json())),
  {
    name: 'fastify',
    open: async (auth, options, guard) => {
      const app = fastify({ forceCloseConnections: true });
      await app.register(fastifyHost.phoneAuthPlugin, { auth, prefix: '/auth', ...options });
      for (const method of ['GET', 'POST'] as const) {
        app.route({
          method,
          url: '/guarded',
          preHandler: fastifyHost.requireAuth(auth, guard),
          handler: async (request) => fastifyHost.getAuth(request, { optional: true }),
        });
      }
      await app.listen({ port: 0, host: '127.0.0.1' });
      return overNetwork((app.server.address() as AddressInfo).port, () => app.close());
    },
  },
  {
    name: 'fetch',
    open: async (auth, options, guard) => {
      const handle = fetchHost.phoneAuthHandler(auth, { basePath: '/auth', ...fetchOptions, ...options });
      return inProcess(async (request) => {
        if (!request.url.endsWith('/guarded')) return handle(request);
        const refusal = await fetchHost.requireAuth(auth, guard)({ req: { raw: request } }, async () => {});
        return refusal ?? Response.json(fetchHost.getAuth(request, { optional: true }));
      });
    },
  },
  {
    name: 'hono',
    open: async (auth, options, guard) => {
      const app = new Hono();
      const handle = fetchHost.phoneAuthHandler(auth, { basePath: '/auth', ...fetchOptions, ...options });
      app.all('/auth/*', (context) => handle(context.req.raw));
      app.all('/guarded', fetchHost.requireAuth(auth, guard), (context) =>
        context.json(fetchHost.getAuth(context.req.raw, { optional: true })),
      );
      return inProcess((request) => app.request(request));
    },
  },
  {
    name: 'hono, mounted',
    open: async (auth, options, guard) => {
      const app = new Hono();
      app.mount('/auth', fetchHost.phoneAuthHandler(auth, { ...fetchOptions, ...options }));
      app.all('/guarded', fetchHost.requireAuth(auth, guard), (context) =>
        context.json(fetchHost.getAuth(context.req.raw, { optional: true })),
      );
      return inProcess((request) => app.request(request));
    },
  },
];
