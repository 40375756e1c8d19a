import { describe, expect, test } from 'vitest';
import { phoneAuthHandler } from '../../adapters/http/fetch.ts';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import type { RiskRequest } from '../../src/index.ts';
import { wrongOf } from '../flows/stage.ts';
import { createTestAuth, type TestAuth, type TestAuthOverrides } from '../kit/index.ts';

type Profile = Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;

const DAY = 86_400;
const PASSWORD = 'correct horse battery';
const passwords = nodePasswords({ memoryKiB: 8, passes: 1 });

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
}

interface Site extends TestAuth<Profile> {
  readonly post: (path: string, json: Json, headers?: Readonly<Record<string, string>>) => Promise<Reply>;
  /** A code, asked for over HTTP. */
  readonly codeFor: (phoneNumber: string) => Promise<{ readonly challengeId: unknown; readonly code: string }>;
}

function site(overrides: TestAuthOverrides<Profile> = {}): Site {
  const made = createTestAuth<Profile>({ passwords, ...overrides });
  const handle = phoneAuthHandler(made.auth, { basePath: '/auth', clientIp: () => '203.0.113.7' });
  const post: Site['post'] = async (path, json, headers = {}) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) };
    const response = await handle(new Request(`https://acme.example/auth${path}`, init));
    return { status: response.status, headers: response.headers, json: (await response.json()) as Json };
  };
  const codeFor: Site['codeFor'] = async (phoneNumber) => {
    const { json } = await post('/codes', { phoneNumber });
    return { challengeId: json.challengeId, code: made.inbox.lastCode(phoneNumber) ?? '' };
  };
  return { ...made, post, codeFor };
}

/** An account with a password that was not used for so long. */
async function away(at: Site, seconds = 45 * DAY): Promise<{ readonly phoneNumber: string; readonly deviceToken: string }> {
  const { user, deviceToken } = await at.signIn();
  const passwordHash = await passwords.hash({ password: PASSWORD });
  await at.storage.users.setPasswordHash({ userId: user.id, passwordHash, replaces: null });
  at.clock.advance(seconds);
  return { phoneNumber: user.phoneNumber ?? '', deviceToken };
}

function problem(code: string, status: number, details: Json): Json {
  return { type: `urn:ringlatch:error:${code}`, title: expect.any(String), status, code, ...details };
}

describe('a captcha', () => {
  function listening(): { at: Site; heard: (string | null)[] } {
    const heard: (string | null)[] = [];
    const assessRisk = ({ captchaToken }: RiskRequest): 'allow' | { challenge: string } => {
      heard.push(captchaToken);
      return captchaToken === 'solved' ? 'allow' : { challenge: 'turnstile' };
    };
    return { at: site({ assessRisk }), heard };
  }

  test('is asked for by a problem that names it, and answered in the body or in X-Captcha-Response', async () => {
    const { at, heard } = listening();
    const phoneNumber = at.nextPhoneNumber();
    const refused = await at.post('/codes', { phoneNumber });
    expect(refused).toMatchObject({ status: 403, json: problem('refused_by_policy', 403, { challenge: 'turnstile' }) });
    expect(Object.keys(refused.json).toSorted()).toEqual(['challenge', 'code', 'status', 'title', 'type']);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect((await at.post('/codes', { phoneNumber, captchaToken: 'solved' })).status).toBe(202);
    const another = at.nextPhoneNumber();
    expect((await at.post('/codes', { phoneNumber: another }, { 'x-captcha-response': 'solved' })).status).toBe(202);
    expect(heard).toEqual([null, 'solved', 'solved']);
  });

  test('in the body wins over one in the header', async () => {
    const { at, heard } = listening();
    await at.post('/codes', { phoneNumber: at.nextPhoneNumber(), captchaToken: 'body' }, { 'x-captcha-response': 'header' });
    expect(heard).toEqual(['body']);
  });

  test('may be longer than a body, in the header', async () => {
    const { at, heard } = listening();
    const long = 'x'.repeat(8192);
    await at.post('/codes', { phoneNumber: at.nextPhoneNumber() }, { 'x-captcha-response': long });
    expect(heard).toEqual([long]);
    expect((await at.post('/codes', { phoneNumber: at.nextPhoneNumber(), captchaToken: long })).status).toBe(413);
  });

  test.each([
    ['too long', {}, { 'x-captcha-response': 'x'.repeat(8193) }],
    ['empty', {}, { 'x-captcha-response': '' }],
    ['no string', { captchaToken: 7 }, {}],
    ['empty in the body', { captchaToken: '' }, {}],
  ])('that is %s is invalid_input', async (_, body, headers) => {
    const { at, heard } = listening();
    const { status, json } = await at.post('/codes', { phoneNumber: at.nextPhoneNumber(), ...body }, headers);
    expect({ status, json }).toEqual({
      status: 400,
      json: problem('invalid_input', 400, { issues: [{ path: 'captchaToken', message: expect.any(String) }] }),
    });
    expect(heard).toEqual([]);
  });

  test('is no argument of another route', async () => {
    const { at } = listening();
    for (const path of ['/sign-in/code', '/login/code', '/login/password']) {
      const { status, json } = await at.post(path, { phoneNumber: at.nextPhoneNumber(), password: 'x', captchaToken: 'solved' });
      expect({ status, code: json.code }).toEqual({ status: 400, code: 'invalid_input' });
    }
  });
});

describe.each(['/login/code', '/sign-in/code'])('a dormant account at POST %s', (path) => {
  test('asks for its password by a problem with a proof, and takes both', async () => {
    const at = site();
    const { phoneNumber } = await away(at);
    const refused = await at.post(path, await at.codeFor(phoneNumber));
    expect(refused).toMatchObject({
      status: 403,
      json: problem('refused_by_policy', 403, { challenge: 'password', proof: expect.any(String) }),
    });
    const wrong = await at.post(path, { proof: refused.json.proof, password: 'not this one' });
    expect(wrong).toMatchObject({ status: 400, json: problem('invalid_credentials', 400, { proof: expect.any(String) }) });
    const signedIn = await at.post(path, { proof: wrong.json.proof, password: PASSWORD });
    expect(signedIn.status).toBe(200);
    const { amr } = await at.auth.verifyAccessToken({ accessToken: String(signedIn.json.accessToken) });
    expect(amr).toEqual(['sms', 'pwd']);
  });

  test('takes code and password together', async () => {
    const at = site();
    const { phoneNumber } = await away(at);
    expect((await at.post(path, { ...(await at.codeFor(phoneNumber)), password: PASSWORD })).status).toBe(200);
  });

  test('is not asked on a known device', async () => {
    const at = site();
    const { phoneNumber, deviceToken } = await away(at);
    expect((await at.post(path, { ...(await at.codeFor(phoneNumber)), deviceToken })).status).toBe(200);
  });

  test('looks at no password while it is not dormant', async () => {
    const at = site();
    const { phoneNumber } = await away(at, DAY);
    expect((await at.post(path, { ...(await at.codeFor(phoneNumber)), password: 'not this one' })).status).toBe(200);
  });

  test('knows no password where none are configured', async () => {
    const at = site({ passwords: undefined });
    const { phoneNumber } = await away(at);
    const answer = await at.codeFor(phoneNumber);
    const refused = await at.post(path, { ...answer, password: PASSWORD });
    expect(refused).toMatchObject({
      status: 400,
      json: problem('invalid_input', 400, { issues: [{ path: 'password', message: expect.any(String) }] }),
    });
    // the code was not touched
    expect((await at.post(path, answer)).status).toBe(200);
  });

  test.each([7, '', null, 'x'.repeat(1025)])('takes no password like %.8s', async (password) => {
    const at = site();
    const { phoneNumber } = await away(at);
    const { status, json } = await at.post(path, { ...(await at.codeFor(phoneNumber)), password });
    expect({ status, code: json.code }).toEqual({ status: 400, code: 'invalid_input' });
  });
});

describe('a policy', () => {
  test('of money says nothing of the money', async () => {
    const at = site({ limits: { smsPerDay: 100, spend: { perDay: 1, pricePerSms: { default: 0.8 } } } });
    expect((await at.post('/codes', { phoneNumber: at.nextPhoneNumber() })).status).toBe(202);
    const { status, json, headers } = await at.post('/codes', { phoneNumber: at.nextPhoneNumber() });
    expect({ status, json }).toEqual({ status: 403, json: problem('refused_by_policy', 403, {}) });
    expect(headers.get('retry-after')).toBeNull();
  });

  test('that denies names no challenge', async () => {
    const at = site({ assessRisk: () => 'deny' });
    const { json } = await at.post('/codes', { phoneNumber: at.nextPhoneNumber() });
    expect(json).toEqual(problem('refused_by_policy', 403, {}));
  });
});

describe('the known lane', () => {
  test('is selected by deviceToken in the body of a request, an answer and a password', async () => {
    const one = [{ max: 1, windowSeconds: DAY }];
    const limits = { smsPerDay: 100, sendsPerNumber: one, guessesPerNumber: one, passwordsPerNumber: one, sendsPerIp: one };
    const at = site({ limits });
    const { phoneNumber, deviceToken } = await away(at, DAY);
    // a stranger at the same address uses everything up
    const { challengeId, code } = await at.codeFor(phoneNumber);
    await at.post('/login/code', { challengeId, code: wrongOf(code) });
    await at.post('/login/password', { phoneNumber, password: 'not this one' });
    for (const [path, body] of [
      ['/codes', { phoneNumber }],
      ['/login/code', { challengeId, code }],
      ['/login/password', { phoneNumber, password: PASSWORD }],
    ] as const) {
      const refused = await at.post(path, body);
      expect({ path, status: refused.status }).toEqual({ path, status: 429 });
      expect(Number(refused.headers.get('retry-after'))).toBe(refused.json.retryAfterSeconds);
      expect((await at.post(path, { ...body, deviceToken })).status).toBeLessThan(300);
    }
  });
});
