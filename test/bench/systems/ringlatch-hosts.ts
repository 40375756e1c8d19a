import type { PhoneAuth } from 'ringlatch';
import { listenNode, serveFetch } from './serve.ts';
import type { HostName, Listening } from './system.ts';

const PREFIX = '/auth';

/** The routes of the library behind a proxy on this machine, which tells from where a request came. */
export async function serveRinglatch(host: HostName, auth: PhoneAuth): Promise<Listening> {
  if (host === 'fastify') {
    const [{ default: fastify }, { phoneAuthPlugin }] = [await import('fastify'), await import('ringlatch/fastify')];
    const app = fastify({ trustProxy: '127.0.0.1' });
    await app.register(phoneAuthPlugin, { auth, prefix: PREFIX });
    const origin = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    return { port: Number(origin.port), close: () => app.close() };
  }
  if (host === 'express') {
    const [{ default: express }, { phoneAuthRouter }] = [await import('express'), await import('ringlatch/express')];
    const app = express();
    app.set('trust proxy', 'loopback');
    app.use(PREFIX, phoneAuthRouter(auth));
    return listenNode(app);
  }
  const [{ Hono }, { phoneAuthHandler }] = [await import('hono'), await import('ringlatch/fetch')];
  const handle = phoneAuthHandler(auth, { basePath: PREFIX, clientIp: (request) => request.headers.get('x-forwarded-for') });
  const app = new Hono();
  app.all(`${PREFIX}/*`, (context) => handle(context.req.raw));
  return serveFetch(app.fetch);
}
