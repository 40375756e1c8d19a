import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import * as expressHost from '../../adapters/http/express.ts';
import * as fastifyHost from '../../adapters/http/fastify.ts';
import * as fetchHost from '../../adapters/http/fetch.ts';
import type { HttpHost, OpenHttpHost } from '../conformance/index.ts';

/** A way to run the routes. */
export interface Host {
  readonly name: string;
  readonly open: OpenHttpHost;
  /** It reads JSON bodies before the routes do. */
  readonly hasOwnParser?: boolean;
}

function overNetwork(port: number, close: () => Promise<void>): HttpHost {
  return { origin: `http://127.0.0.1:${port}`, fetch: (request) => fetch(request), close };
}

// what is used of Express 4 has the types of Express 5
const express4 = createRequire(import.meta.url)('express-4') as typeof express;

function expressApp(name: string, create: () => express.Express, hasOwnParser = false): Host {
  return {
    name,
    hasOwnParser,
    open: async ({ auth, options, guard }) => {
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
  expressApp('express behind express.json()', () => express().use(express.json()), true),
  {
    name: 'fastify',
    open: async ({ auth, options, guard }) => {
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
    open: async ({ auth, options, guard }) => {
      const handle = fetchHost.phoneAuthHandler(auth, { basePath: '/auth', ...fetchOptions, ...options });
      const judge = fetchHost.requireAuth(auth, guard);
      return {
        async fetch(request) {
          if (!request.url.endsWith('/guarded')) return handle(request);
          const refusal = await judge({ req: { raw: request } }, async () => {});
          return refusal ?? Response.json(fetchHost.getAuth(request, { optional: true }));
        },
      };
    },
  },
  {
    name: 'hono',
    open: async ({ auth, options, guard }) => {
      const app = new Hono();
      const handle = fetchHost.phoneAuthHandler(auth, { basePath: '/auth', ...fetchOptions, ...options });
      app.all('/auth/*', (context) => handle(context.req.raw));
      app.all('/guarded', fetchHost.requireAuth(auth, guard), (context) =>
        context.json(fetchHost.getAuth(context.req.raw, { optional: true })),
      );
      return { fetch: (request) => app.request(request) };
    },
  },
  {
    name: 'hono, mounted',
    open: async ({ auth, options, guard }) => {
      const app = new Hono();
      app.mount('/auth', fetchHost.phoneAuthHandler(auth, { ...fetchOptions, ...options }));
      app.all('/guarded', fetchHost.requireAuth(auth, guard), (context) =>
        context.json(fetchHost.getAuth(context.req.raw, { optional: true })),
      );
      return { fetch: (request) => app.request(request) };
    },
  },
];
