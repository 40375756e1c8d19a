import { expect, test } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { createPhoneAuth } from '../../src/index.ts';
import { BAD_BODIES } from '../conformance/bad-bodies.ts';
import { cookiesOf, type HttpCall, type HttpReply, replyOf, requestOf } from '../conformance/http-world.ts';
import { testClock } from '../kit/index.ts';
import { HOSTS, type Host } from './hosts.ts';

const secret = Array.from({ length: 32 }, (_, index) => (index * 7 + 16).toString(16).padStart(2, '0')).join('');
const site = { publicOrigin: 'https://acme.example' };

/** The same random bytes in the same order. */
function countedBytes(): (bytes: number) => Uint8Array {
  let drawn = 0;
  return (bytes) => Uint8Array.from({ length: bytes }, () => (drawn++ * 151 + 7) % 256);
}

/** Everything that a client sees but the date and the connection. User ids are the store's own and the address is the host's, so they are masked. */
function seen({ status, headers, text }: HttpReply): readonly unknown[] {
  const told = ['content-type', 'cache-control', 'www-authenticate', 'retry-after', 'allow'].map((name) => headers.get(name));
  const masked = [text, ...headers.getSetCookie()].map((part) =>
    part
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '(user id)')
      .replaceAll(/[\w.-]{38,}/g, '(token)')
      .replaceAll(/127\.0\.0\.1|203\.0\.113\.7/g, '(address)'),
  );
  return [status, ...told, ...masked];
}

/** One long story, with what each of its answers looked like. */
async function storyOn({ open }: Host, cookies: boolean): Promise<readonly (readonly unknown[])[]> {
  const clock = testClock(Date.UTC(2030, 0, 1));
  const inbox = inboxSms();
  const passwords = nodePasswords();
  const limits = { smsPerDay: 1000 };
  const auth = createPhoneAuth({
    secret,
    storage: memoryStorage(),
    sms: inbox,
    tokens: joseTokens({ secret }),
    passwords,
    appName: 'Acme',
    allowedCountries: 'all',
    limits,
    now: clock.now,
    random: countedBytes(),
  });
  const host = await open({ auth, options: cookies ? { cookies: site } : {}, guard: undefined });
  const ask = async (one: HttpCall): Promise<HttpReply> => replyOf(await host.fetch(requestOf(one, host.origin ?? 'http://127.0.0.1')));
  const story: (readonly unknown[])[] = [];
  const call = async (
    method: string,
    path: string,
    json?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, string>>> => {
    const reply = await ask({
      method,
      path: `/auth${path}`,
      json,
      headers: { origin: site.publicOrigin, 'user-agent': 'test', ...headers },
    });
    story.push(seen(reply));
    return { ...reply.json, cookie: cookiesOf(reply).cookie } as Readonly<Record<string, string>>;
  };
  try {
    const phoneNumber = '+12015550123';
    const { challengeId } = await call('POST', '/codes', { phoneNumber });
    await call('POST', '/codes', { phoneNumber });
    await call('POST', '/sign-in/code', { challengeId, code: '1' });
    const { accessToken, refreshToken, sessionId, cookie } = await call('POST', '/sign-in/code', {
      challengeId,
      code: inbox.lastCode(phoneNumber),
    });
    await call('POST', '/sign-in/code', { challengeId, code: inbox.lastCode(phoneNumber) });
    const signedIn: Readonly<Record<string, string>> = cookies ? { cookie: cookie ?? '' } : { authorization: `Bearer ${accessToken}` };
    for (const path of ['/session', '/sessions', '/.well-known/jwks.json', '/codes', '/session/end'])
      await call('GET', path, undefined, signedIn);
    await call('GET', '/session');
    await call('GET', '/session', undefined, { authorization: 'Bearer x' });
    await call('PUT', '/password', { newPassword: 'short' }, signedIn);
    await call('PUT', '/password', { newPassword: 'short', currentPassword: 'x' }, signedIn);
    await call('POST', '/login/password', { phoneNumber, password: 'correct horse 1' });
    await call('POST', '/session/refresh', cookies ? undefined : { refreshToken }, signedIn);
    await call('DELETE', `/sessions/${sessionId}`, undefined, signedIn);
    await call('DELETE', '/sessions', undefined, signedIn);
    await call('OPTIONS', '/sessions');
    await call('POST', '/session/end', cookies ? undefined : { refreshToken }, signedIn);
    await call('POST', '/session/refresh', cookies ? undefined : { refreshToken }, signedIn);
    await call('POST', '/session/refresh', { refreshToken: 'x' }, { origin: 'https://evil.example' });
    for (const { body, headers, contentType } of BAD_BODIES) {
      const sent = contentType === null ? undefined : { 'content-type': contentType ?? 'application/json' };
      if (sent !== undefined) story.push(seen(await ask({ method: 'POST', path: '/auth/codes', body, headers: { ...sent, ...headers } })));
    }
    return story;
  } finally {
    await host.close?.();
  }
}

const [first, ...others] = HOSTS.filter(({ hasOwnParser = false }) => !hasOwnParser) as [Host, ...Host[]];

test.each(
  others.flatMap((host) => [
    { host, name: host.name, cookies: false },
    { host, name: host.name, cookies: true },
  ]),
)('$name answers byte for byte as express does (cookies: $cookies)', async ({ host, cookies }) => {
  const expected = await storyOn(first, cookies);
  expect(expected.length).toBeGreaterThan(60);
  expect(new Set(expected.map(([status]) => status))).toEqual(
    new Set([200, 201, 202, 204, 400, 401, 405, 413, 415, 422, 429, ...(cookies ? [403] : [])]),
  );
  expect(await storyOn(host, cookies)).toEqual(expected);
});
