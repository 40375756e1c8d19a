// Every starter, copied out, against the packed tarball: node test/starters/run.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, type ServerProcess, startServer } from './server-process.ts';

interface Starter {
  readonly name: string;
  /** Where the code is read. */
  readonly codeFrom: 'inbox' | 'console';
  /** How the session travels. */
  readonly transport: 'cookies' | 'bearer';
  readonly survivesRestart: boolean;
}

const STARTERS: readonly Starter[] = [
  { name: 'express', codeFrom: 'inbox', transport: 'cookies', survivesRestart: true },
  { name: 'fastify', codeFrom: 'console', transport: 'bearer', survivesRestart: false },
  { name: 'hono', codeFrom: 'console', transport: 'bearer', survivesRestart: false },
];

const repository = join(import.meta.dirname, '../..');
const workshop = mkdtempSync(join(tmpdir(), 'ringlatch-starters-'));

/** What a browser or an app keeps between two calls. */
interface Visitor {
  readonly cookies: Map<string, string>;
  accessToken: string;
  refreshToken: string;
}

type Json = Readonly<Record<string, unknown>>;

function npm(cwd: string, ...args: readonly string[]): string {
  // A script run by npm inherits the prefix of its own project, which an inner npm must not take for its own.
  const { npm_config_local_prefix: _, ...env } = process.env;
  return execFileSync('npm', [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
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

async function readCode(server: ServerProcess, starter: Starter, visitor: Visitor, printedBefore: number): Promise<string> {
  for (let tries = 0; tries < 40; tries += 1) {
    const text = starter.codeFrom === 'inbox' ? await newestMessage(server, visitor) : server.printed().slice(printedBefore);
    const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0];
    if (code !== undefined) return code;
    await pause(50);
  }
  throw new Error(`No code arrived. The server printed:\n${server.printed()}`);
}

async function newestMessage(server: ServerProcess, visitor: Visitor): Promise<string> {
  const { messages } = (await call(server, visitor, 'GET /inbox.json', [200])) as { messages: readonly { text: string }[] };
  return messages[0]?.text ?? '';
}

/** From the number to a signed-in user; answers whether the account is new. */
async function signIn(server: ServerProcess, starter: Starter, visitor: Visitor): Promise<boolean> {
  const printedBefore = server.printed().length;
  const { challengeId } = await call(server, visitor, 'POST /auth/codes', [202], { phoneNumber: '۰۹۱۲ ۳۴۵ ۶۷۸۹' });
  const code = await readCode(server, starter, visitor, printedBefore);
  const answer = await call(server, visitor, 'POST /auth/sign-in/code', [200, 201], { challengeId, code });
  assert.equal('refreshToken' in answer, starter.transport === 'bearer', 'tokens travel in the body or in cookies, never in both');
  return answer.isNewUser === true;
}

async function refresh(server: ServerProcess, starter: Starter, visitor: Visitor): Promise<void> {
  await call(
    server,
    visitor,
    'POST /auth/session/refresh',
    [200],
    starter.transport === 'bearer' ? { refreshToken: visitor.refreshToken } : {},
  );
}

async function tryStarter(starter: Starter, tarball: string): Promise<void> {
  const cwd = join(workshop, starter.name);
  cpSync(join(repository, 'examples', starter.name), cwd, {
    recursive: true,
    filter: (path) => !/node_modules|\.sqlite|\.env$/.test(path.slice(repository.length)),
  });
  const manifestFile = join(cwd, 'package.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { dependencies: Record<string, string>; scripts: { start: string } };
  manifest.dependencies.ringlatch = `file:${tarball}`;
  writeFileSync(manifestFile, JSON.stringify(manifest, null, 2));
  npm(cwd, 'install', '--no-audit', '--no-fund', '--loglevel=error');

  const [command, ...args] = manifest.scripts.start.split(' ');
  assert.equal(command, 'node', 'a starter starts with node alone');
  const port = await freePort();
  const start = (): Promise<ServerProcess> => startServer({ args, cwd, port });
  const visitor: Visitor = { cookies: new Map(), accessToken: '', refreshToken: '' };
  let server = await start();
  try {
    assert.equal(await signIn(server, starter, visitor), true, 'the first sign-in registers');
    const { userId } = await call(server, visitor, 'GET /auth/session', [200]);
    await refresh(server, starter, visitor);
    if (starter.survivesRestart) {
      await server.stop();
      server = await start();
      await refresh(server, starter, visitor);
    }
    const session = await call(server, visitor, 'GET /auth/session', [200]);
    assert.equal(session.userId, userId, 'the session still belongs to the same user');
    assert.equal((await call(server, visitor, 'GET /me', [200])).phoneNumber, '+989123456789');
    const body: Json = starter.transport === 'bearer' ? { refreshToken: visitor.refreshToken } : {};
    await call(server, visitor, 'POST /auth/session/end', [204], body);
    await call(server, visitor, 'POST /auth/session/refresh', [400, 401], body);
    assert.equal(await signIn(server, starter, visitor), false, 'the second sign-in finds the account');
  } finally {
    await server.stop();
  }
}

let failures = 0;
try {
  npm(repository, 'pack', '--silent', '--pack-destination', workshop);
  const tarball = join(workshop, readdirSync(workshop).find((file) => file.endsWith('.tgz')) ?? '');
  for (const starter of STARTERS) {
    try {
      await tryStarter(starter, tarball);
      process.stdout.write(`ok      ${starter.name}\n`);
    } catch (error) {
      failures += 1;
      process.stdout.write(`FAILED  ${starter.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
process.stdout.write(`${STARTERS.length - failures} passed, ${failures} failed\n`);
process.exitCode = failures === 0 ? 0 : 1;
