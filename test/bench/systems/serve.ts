import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostName, Listening } from './system.ts';

/** A route that reads JSON and answers JSON. */
export type JsonRoute = (body: Readonly<Record<string, unknown>>) => unknown;

/** Serves routes by POST, each framework used as its documentation shows. */
export async function serveJson(host: HostName, routes: Readonly<Record<string, JsonRoute>>): Promise<Listening> {
  if (host === 'fastify') {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    for (const [path, route] of Object.entries(routes))
      app.post<{ Body: Readonly<Record<string, unknown>> }>(path, async (request) => route(request.body));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: portOf(app.server), close: () => app.close() };
  }
  if (host === 'express') {
    const { default: express } = await import('express');
    const app = express();
    app.use(express.json());
    for (const [path, route] of Object.entries(routes)) {
      app.post(path, async (request, response) => {
        response.json(await route(request.body));
      });
    }
    return listenNode(app);
  }
  const { Hono } = await import('hono');
  const app = new Hono();
  for (const [path, route] of Object.entries(routes))
    app.post(path, async (context) => context.json((await route(await context.req.json())) as Record<string, unknown>));
  return serveFetch(app.fetch);
}

/** Serves a listener of Node's. */
export async function listenNode(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return listeningOn(server);
}

/** Serves a function from `Request` to `Response`. */
export async function serveFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<Listening> {
  const { createAdaptorServer } = await import('@hono/node-server');
  const server = createAdaptorServer({ fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return listeningOn(server);
}

function listeningOn(server: Server): Listening {
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
