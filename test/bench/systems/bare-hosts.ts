import { listenNode, serveFetch } from './serve.ts';
import type { HostName, Listening } from './system.ts';

/** A route by hand: what it reads and who asks go in, what it answers comes out. */
export type BareRoute = (
  body: Readonly<Record<string, unknown>>,
  ip: string | undefined,
) => Promise<{ readonly status: 200 | 201 | 202; readonly answer: Readonly<Record<string, unknown>> }>;

/**
 * Serves routes by POST behind a proxy on this machine, as an application would write them for sign-in: JSON in and out, the address as the
 * framework tells it, answers that nobody may keep.
 */
export async function serveBare(host: HostName, routes: Readonly<Record<string, BareRoute>>): Promise<Listening> {
  if (host === 'fastify') {
    const { default: fastify } = await import('fastify');
    const app = fastify({ trustProxy: '127.0.0.1' });
    for (const [path, route] of Object.entries(routes)) {
      app.post<{ Body: Readonly<Record<string, unknown>> }>(path, async (request, reply) => {
        const { status, answer } = await route(request.body, request.ip);
        reply.code(status).header('cache-control', 'no-store');
        return answer;
      });
    }
    const origin = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    return { port: Number(origin.port), close: () => app.close() };
  }
  if (host === 'express') {
    const { default: express } = await import('express');
    const app = express();
    app.set('trust proxy', 'loopback');
    app.use(express.json());
    for (const [path, route] of Object.entries(routes)) {
      app.post(path, async (request, response) => {
        const { status, answer } = await route(request.body, request.ip);
        response.status(status).set('cache-control', 'no-store').json(answer);
      });
    }
    return listenNode(app);
  }
  const { Hono } = await import('hono');
  const app = new Hono();
  for (const [path, route] of Object.entries(routes)) {
    app.post(path, async (context) => {
      const { status, answer } = await route(await context.req.json(), context.req.header('x-forwarded-for'));
      context.header('cache-control', 'no-store');
      return context.json(answer, status);
    });
  }
  return serveFetch(app.fetch);
}
