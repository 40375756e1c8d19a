import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, type ServerProcess, startServer } from '../starters/server-process.ts';

const README = new URL('../../README.md', import.meta.url);

/** Runs the server that README.md shows for a host, as it is written there but for its port, and signs in through it. */
export async function tryReadmeServer(cwd: string, host: 'express' | 'fastify'): Promise<void> {
  const port = await freePort();
  writeFileSync(join(cwd, 'server.mjs'), serverOf(host).replace('3000', String(port)));
  const server = await startServer({ args: ['server.mjs'], cwd, port });
  try {
    const { challengeId } = await call(server, '/auth/codes', 202, { phoneNumber: '0912 345 6789' });
    const signedIn = await call(server, '/auth/sign-in/code', 201, { challengeId, code: await codeIn(server) });
    const me = await call(server, '/me', 200, null, String(signedIn.accessToken));
    assert.equal(me.userId, signedIn.userId);
    await call(server, '/me', 401, null, 'forged');
  } finally {
    await server.stop();
  }
}

function serverOf(host: string): string {
  const blocks = [...readFileSync(README, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
  const server = blocks.find((text) => text.includes(`'ringlatch/${host}'`) && text.includes('listen('));
  assert.ok(server, `README.md shows no server for ${host}`);
  return server;
}

async function codeIn(server: ServerProcess): Promise<string> {
  for (let tries = 0; tries < 40; tries += 1) {
    const code = /(?<!\d)\d{6}(?!\d)/.exec(server.printed())?.[0];
    if (code !== undefined) return code;
    await pause(50);
  }
  throw new Error(`no code was printed:\n${server.printed()}`);
}

async function call(
  server: ServerProcess,
  path: string,
  status: number,
  body: object | null,
  bearer = '',
): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }) };
  const response = await fetch(server.origin + path, body === null ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  assert.equal(response.status, status, `${path}: ${text}\n${server.printed()}`);
  return JSON.parse(text);
}
