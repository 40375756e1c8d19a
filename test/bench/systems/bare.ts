import { visitorOf } from '../visitor.ts';
import { type BareRoute, serveBare } from './bare-hosts.ts';
import { openRinglatch, ringlatchWire } from './ringlatch.ts';
import { serveRinglatch } from './ringlatch-hosts.ts';
import type { OpenSystem, System } from './system.ts';

const wire: System['wire'] = (send) => {
  const { requestCode, signIn } = ringlatchWire(send);
  return { requestCode, signIn };
};

type Auth = Awaited<ReturnType<typeof openRinglatch>>['auth'];

/** The routes of the library over functions that answer a constant: what a host adapter costs. */
export const stub: System = {
  stores: ['none'],
  async open() {
    const auth = await stubbedAuth();
    return routesAlone((host) => serveRinglatch(host, auth));
  },
  wire,
};

/** Routes of the same paths, written by hand, that read the same JSON and the address, and answer the same. */
export const bare: System = {
  stores: ['none'],
  async open() {
    const routes = await routesOf(await stubbedAuth());
    return routesAlone((host) => serveBare(host, routes));
  },
  wire,
};

async function stubbedAuth(): Promise<Auth> {
  const { auth, codeFor, settle } = await openRinglatch({ store: 'memory' });
  const { phoneNumber, ip } = visitorOf(0);
  const requested = await auth.requestCode({ phoneNumber, client: { ip } });
  await settle();
  const signedIn = await auth.signInWithCode({ challengeId: requested.challengeId, code: codeFor(phoneNumber), client: { ip } });
  return { ...auth, requestCode: async () => requested, signInWithCode: async () => signedIn };
}

// They answer what the routes of the library do.
async function routesOf(auth: Auth): Promise<Readonly<Record<string, BareRoute>>> {
  const { phoneAuthHandler } = await import('ringlatch/fetch');
  const handle = phoneAuthHandler(auth, { basePath: '/auth', clientIp: () => null });
  const routeAt = async (path: string, body: unknown): Promise<readonly [string, BareRoute]> => {
    const headers = { 'content-type': 'application/json' };
    const response = await handle(new Request(`http://127.0.0.1${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
    const reply = { status: response.status, answer: await response.json() } as Awaited<ReturnType<BareRoute>>;
    return [path, async () => reply];
  };
  const { phoneNumber } = visitorOf(0);
  return Object.fromEntries([
    await routeAt('/auth/codes', { phoneNumber }),
    await routeAt('/auth/sign-in/code', { challengeId: 'x', code: '123456' }),
  ]);
}

function routesAlone(listen: OpenSystem['listen']): OpenSystem {
  return { operations: null, codeFor: () => '123456', listen, settle: async () => undefined, close: async () => undefined };
}
