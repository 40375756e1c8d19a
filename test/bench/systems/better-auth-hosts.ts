import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { listenNode, serveFetch } from './serve.ts';
import type { HostName, Listening } from './system.ts';

/** What is used of better-auth. */
export interface BetterAuth {
  readonly $context: Promise<unknown>;
  readonly options: unknown;
  readonly api: {
    sendPhoneNumberOTP(call: { readonly body: { readonly phoneNumber: string } }): Promise<unknown>;
    verifyPhoneNumber(call: { readonly body: { readonly phoneNumber: string; readonly code: string } }): Promise<unknown>;
  };
  handler(request: Request): Promise<Response>;
}

interface NodeModule {
  toNodeHandler(auth: BetterAuth): RequestListener;
  fromNodeHeaders(headers: IncomingHttpHeaders): Headers;
}

const NODE = 'better-auth/node';

/** Each host as the documentation of better-auth shows it. */
export async function serveBetterAuth(host: HostName, auth: BetterAuth): Promise<Listening> {
  const { toNodeHandler, fromNodeHeaders } = (await import(NODE)) as NodeModule;
  if (host === 'express') {
    const { default: express } = await import('express');
    const app = express();
    app.all('/api/auth/*splat', toNodeHandler(auth));
    return listenNode(app);
  }
  if (host === 'fetch') {
    const { Hono } = await import('hono');
    const app = new Hono();
    app.on(['POST', 'GET'], '/api/auth/*', (context) => auth.handler(context.req.raw));
    return serveFetch(app.fetch);
  }
  const { default: fastify } = await import('fastify');
  const app = fastify();
  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    async handler(request, reply) {
      const url = new URL(request.url, `http://${request.headers.host}`);
      const headers = fromNodeHeaders(request.headers);
      const body = request.body ? { body: JSON.stringify(request.body) } : {};
      const response = await auth.handler(new Request(url.toString(), { method: request.method, headers, ...body }));
      reply.status(response.status);
      response.headers.forEach((value, key) => {
        reply.header(key, value);
      });
      return reply.send(response.body ? await response.text() : null);
    },
  });
  const origin = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  return { port: Number(origin.port), close: () => app.close() };
}
