import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

/** How a starter is visited. */
export interface Manner {
  /** Where the code is read. */
  readonly codeFrom: 'inbox' | 'console';
  /** How the session travels. */
  readonly transport: 'cookies' | 'bearer';
  readonly survivesRestart: boolean;
  /** It ends by itself when it is asked to. */
  readonly shutsDown: boolean;
  /** How many processes of it share what they know. */
  readonly processes: 1 | 2;
}

/** What a browser or an app keeps between two calls. */
interface Visitor {
  readonly cookies: Map<string, string>;
  accessToken: string;
  refreshToken: string;
}

type Json = Readonly<Record<string, unknown>>;

/** What a person does with it, over a restart, and at whichever process answers. */
export async function visit(manner: Manner, start: () => Promise<ServerProcess>): Promise<void> {
  const visitor: Visitor = { cookies: new Map(), accessToken: '', refreshToken: '' };
  const open: ServerProcess[] = [];
  const startAll = async (): Promise<readonly [ServerProcess, ServerProcess]> => {
    const server = await start();
    open.push(server);
    if (manner.processes === 1) return [server, server];
    const other = await start();
    open.push(other);
    return [server, other];
  };
  const stopAll = async (): Promise<void> => {
    for (const server of open.splice(0)) {
      const code = await server.stop();
      if (manner.shutsDown) assert.equal(code, 0, `It does not end by itself. It printed:\n${server.printed()}`);
    }
  };
  try {
    let [server, other] = await startAll();
    assert.equal(await signIn(server, manner, visitor, other), true, 'the first sign-in registers');
    const { userId } = await call(server, visitor, 'GET /auth/session', [200]);
    await refresh(server, manner, visitor);
    if (manner.survivesRestart) {
      await stopAll();
      [server, other] = await startAll();
      await refresh(server, manner, visitor);
    }
    const session = await call(other, visitor, 'GET /auth/session', [200]);
    assert.equal(session.userId, userId, 'the session still belongs to the same user');
    assert.equal((await call(server, visitor, 'GET /me', [200])).phoneNumber, '+989123456789');
    const body: Json = manner.transport === 'bearer' ? { refreshToken: visitor.refreshToken } : {};
    await call(server, visitor, 'POST /auth/session/end', [204], body);
    await call(other, visitor, 'POST /auth/session/refresh', [400, 401], body);
    assert.equal(await signIn(other, manner, visitor, server), false, 'the second sign-in finds the account');
    await stopAll();
  } finally {
    await Promise.all(open.map((server) => server.stop()));
  }
}

async function call(
  server: ServerProcess,
  visitor: Visitor,
  route: `${'GET' | 'POST'} /${string}`,
  expected: readonly number[],
  body?: Json,
): Promise<Json> {
  const [method, path] = route.split(' ') as [string, string];
  const headers: Record<string, string> = { origin: server.origin };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (visitor.accessToken !== '') headers.authorization = `Bearer ${visitor.accessToken}`;
  if (visitor.cookies.size > 0) headers.cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(server.origin + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = (line.split(';')[0] ?? '').split('=') as [string, string];
    if (value === '' || /max-age=0/i.test(line)) visitor.cookies.delete(name);
    else visitor.cookies.set(name, value);
  }
  const text = await response.text();
  assert.ok(expected.includes(response.status), `${route} answered ${response.status}, expected ${expected.join(' or ')}: ${text}`);
  const answer = text === '' ? {} : (JSON.parse(text) as Json);
  if (typeof answer.accessToken === 'string') visitor.accessToken = answer.accessToken;
  if (typeof answer.refreshToken === 'string') visitor.refreshToken = answer.refreshToken;
  return answer;
}

async function readCode(server: ServerProcess, manner: Manner, visitor: Visitor, printedBefore: number): Promise<string> {
  for (let tries = 0; tries < 40; tries += 1) {
    const text = manner.codeFrom === 'inbox' ? await newestMessage(server, visitor) : server.printed().slice(printedBefore);
    const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0];
    if (code !== undefined) return code;
    await pause(50);
  }
  throw new Error(`No code arrived. The server printed:\n${server.printed()}`);
}

async function newestMessage(server: ServerProcess, visitor: Visitor): Promise<string> {
  const { messages } = (await call(server, visitor, 'GET /inbox?messages', [200])) as { messages: readonly { text: string }[] };
  return messages[0]?.text ?? '';
}

/** From the number to a signed-in user; answers whether the account is new. Any process that shares the stores may take the code. */
async function signIn(server: ServerProcess, manner: Manner, visitor: Visitor, takenBy: ServerProcess): Promise<boolean> {
  const printedBefore = server.printed().length;
  const { challengeId } = await call(server, visitor, 'POST /auth/codes', [202], { phoneNumber: '۰۹۱۲ ۳۴۵ ۶۷۸۹' });
  const code = await readCode(server, manner, visitor, printedBefore);
  const answer = await call(takenBy, visitor, 'POST /auth/sign-in/code', [200, 201], { challengeId, code });
  assert.equal('refreshToken' in answer, manner.transport === 'bearer', 'tokens travel in the body or in cookies, never in both');
  return answer.isNewUser === true;
}

async function refresh(server: ServerProcess, manner: Manner, visitor: Visitor): Promise<void> {
  await call(
    server,
    visitor,
    'POST /auth/session/refresh',
    [200],
    manner.transport === 'bearer' ? { refreshToken: visitor.refreshToken } : {},
  );
}
