import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type CaptchaOptions,
  type HcaptchaRiskOptions,
  hcaptchaRisk,
  type RecaptchaRiskOptions,
  recaptchaRisk,
  type TurnstileRiskOptions,
  turnstileRisk,
} from '../../adapters/captcha/index.ts';
import type { AssessRisk, RiskRequest } from '../../src/config.ts';
import { type SiteverifyServer, siteverifyServer } from './siteverify-server.ts';

const SECRET = '0x4AAAsecretOfTheWidget';
const TOKEN = 'P1_eyJ0.token+of/a=visitor&more.-_';
const SOLVED_AT = '2026-03-01T12:00:00Z';

let server: SiteverifyServer;
beforeAll(async () => {
  server = await siteverifyServer();
});
afterAll(() => server.close());

function request(overrides: Partial<RiskRequest> = {}): RiskRequest {
  return {
    phoneNumber: '+989121234567',
    country: 'IR',
    purpose: 'sign-in',
    channel: 'sms',
    isKnownDevice: false,
    ip: '203.0.113.7',
    userAgent: null,
    captchaToken: TOKEN,
    ...overrides,
  };
}

const turnstile = (options: Partial<TurnstileRiskOptions> = {}) => turnstileRisk({ secret: SECRET, fetch: server.fetch, ...options });
const hcaptcha = (options: Partial<HcaptchaRiskOptions> = {}) => hcaptchaRisk({ secret: SECRET, fetch: server.fetch, ...options });
const recaptcha = (options: Partial<RecaptchaRiskOptions> = {}) => recaptchaRisk({ secret: SECRET, fetch: server.fetch, ...options });

const PROVIDERS: readonly (readonly [
  name: string,
  risk: (options?: Partial<CaptchaOptions>) => AssessRisk,
  url: string,
  maxTokenLength: number,
  accepted: Readonly<Record<string, unknown>>,
])[] = [
  [
    'turnstile',
    turnstile,
    'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    2048,
    { success: true, challenge_ts: SOLVED_AT, hostname: 'example.com', 'error-codes': [], action: 'sign-in', cdata: '' },
  ],
  [
    'hcaptcha',
    hcaptcha,
    'https://api.hcaptcha.com/siteverify',
    8192,
    { success: true, challenge_ts: SOLVED_AT, hostname: 'example.com', credit: false },
  ],
  [
    'recaptcha',
    recaptcha,
    'https://www.google.com/recaptcha/api/siteverify',
    8192,
    { success: true, challenge_ts: SOLVED_AT, hostname: 'example.com', score: 0.9, action: 'sign_in' },
  ],
];

/** What a hook rejects with; fails the test when it decides. */
async function failureOf(decision: ReturnType<AssessRisk>): Promise<Error & { readonly code?: unknown }> {
  const outcome = await Promise.resolve(decision).then(
    (decided) => ({ decided }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome) || !(outcome.error instanceof Error)) throw new Error(`it did not fail: ${JSON.stringify(outcome)}`);
  return outcome.error;
}

function sends(status: number, body: string, headers: Readonly<Record<string, string>> = {}): (response: ServerResponse) => void {
  return (response) => response.writeHead(status, headers).end(body);
}

describe.each(PROVIDERS)('%s', (name, risk, url, maxTokenLength, accepted) => {
  const challenge = { challenge: name };

  it('lets pass whose token is good', async () => {
    server.says(accepted);
    expect(await risk()(request())).toBe('allow');
    expect(server.calls).toEqual([
      {
        url,
        method: 'POST',
        contentType: 'application/x-www-form-urlencoded',
        parameters: { secret: SECRET, response: TOKEN, remoteip: '203.0.113.7' },
      },
    ]);
  });

  it.each([
    ['none', null],
    ['an empty one', ''],
    ['spaces', '   '],
    ['a line break', `${TOKEN}\n`],
    ['a control character', 'a\u0000b'],
    ['letters that no token has', 'tökén'],
    ['one that is too long', 'x'.repeat(maxTokenLength + 1)],
  ])('asks the client, and nobody else, for a token: %s', async (_, captchaToken) => {
    server.says(accepted);
    expect(await risk()(request({ captchaToken }))).toEqual(challenge);
    expect(server.calls).toEqual([]);
  });

  it('takes a token of the greatest length', async () => {
    server.says(accepted);
    expect(await risk()(request({ captchaToken: 'x'.repeat(maxTokenLength) }))).toBe('allow');
  });

  it.each([
    [['invalid-input-response']],
    [['timeout-or-duplicate']],
    [['expired-input-response']],
    [['already-seen-response']],
    [['invalid-or-already-seen-response']],
    [['missing-input-response']],
    [['sitekey-secret-mismatch']],
    [['not-using-dummy-passcode']],
    [['a-code-of-tomorrow']],
    [[]],
    [undefined],
    [null],
  ])('asks again for a token that is refused: %j', async (codes) => {
    server.says({ success: false, 'error-codes': codes });
    expect(await risk()(request())).toEqual(challenge);
  });

  it.each([
    ['missing-input-secret', 'missing_input_secret'],
    ['invalid-input-secret', 'invalid_input_secret'],
    ['bad-request', 'bad_request'],
    ['missing-remoteip', 'missing_remoteip'],
    ['invalid-remoteip', 'invalid_remoteip'],
    ['internal-error', 'internal_error'],
  ])('fails for what is no fault of the client: %s', async (fault, code) => {
    for (const success of [false, true]) {
      server.says({ success, 'error-codes': ['invalid-input-response', fault] });
      expect((await failureOf(risk()(request()))).code).toBe(code);
    }
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['500', sends(500, '{"success":true}'), 'http_500'],
    ['503 with a page', sends(503, '<!doctype html><title>Just a moment…</title>', { 'content-type': 'text/html' }), 'http_503'],
    ['400', sends(400, '{"success":true}'), 'http_400'],
    ['429', sends(429, ''), 'http_429'],
    ['201', sends(201, '{"success":true}'), 'http_201'],
    ['204', sends(204, ''), 'http_204'],
    ['a redirection', sends(307, '', { location: '/elsewhere' }), 'http_307'],
    ['a page', sends(200, '<!doctype html><title>Hotel Wi-Fi</title>', { 'content-type': 'text/html' }), 'unreadable_answer'],
    ['nothing', sends(200, ''), 'unreadable_answer'],
    ['half of an answer', sends(200, '{"success":tr'), 'unreadable_answer'],
    ['two answers', sends(200, '{"success":true}{"success":true}'), 'unreadable_answer'],
    ['a reset', (response) => response.socket?.resetAndDestroy(), 'ECONNRESET'],
    [
      'an answer that breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"success":true}');
        setTimeout(() => response.socket?.destroy(), 20);
      },
      'UND_ERR_SOCKET',
    ],
  ])('fails at %s, and is not led elsewhere', async (_, deed, code) => {
    server.answers(deed);
    expect((await failureOf(risk()(request()))).code).toBe(code);
    expect(server.calls.map((call) => call.url)).toEqual([url]);
  });

  it.each([
    ['null'],
    ['true'],
    ['"true"'],
    ['[]'],
    ['[{"success":true}]'],
    ['{}'],
    ['{"success":"true"}'],
    ['{"success":1}'],
    ['{"success":null}'],
    ['{"Success":true}'],
    ['{"success":true,"error-codes":"invalid-input-secret"}'],
    ['{"success":true,"error-codes":[1]}'],
    ['{"success":true,"error-codes":{}}'],
    ['{"success":true,"hostname":["example.com"]}'],
    ['{"success":true,"action":7}'],
    ['{"success":true,"score":"0.9"}'],
    ['{"success":true,"score":true}'],
  ])('fails at an answer of another form: %s', async (answer) => {
    server.says(answer);
    expect((await failureOf(risk()(request()))).code).toBe('unreadable_answer');
  });

  it('fails when nobody is there', async () => {
    const gone = await siteverifyServer();
    await gone.close();
    expect((await failureOf(risk({ fetch: gone.fetch })(request()))).code).toBe('ECONNREFUSED');
  });

  it('gives an unanswered call up, and its connection', async () => {
    const silent = await siteverifyServer();
    silent.answers(() => {});
    expect((await failureOf(risk({ fetch: silent.fetch, timeoutSeconds: 0.1 })(request()))).code).toBe('TimeoutError');
    await vi.waitFor(async () => expect(await silent.connections()).toBe(0));
    await silent.close();
  });

  it.each<[string, () => never]>([
    [
      'quotes the request',
      () => {
        throw new Error(`POST secret=${SECRET}&response=${TOKEN}`, { cause: { body: SECRET, code: `${SECRET} ${TOKEN}` } });
      },
    ],
    [
      'throws no error',
      () => {
        throw `${SECRET} ${TOKEN}`;
      },
    ],
    ['gives nothing', () => undefined as never],
  ])('tells neither secret nor token when a fetch of yours %s', async (_, fetch) => {
    const error = await failureOf(risk({ fetch })(request()));
    const told = [error.message, String(error.code), String(error.cause), error.stack, JSON.stringify(error)].join('\n');
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain(TOKEN);
    expect(error.code).toMatch(/^[\w.]{1,64}$/);
  });

  it('tells neither secret nor token of a provider that sends them back', async () => {
    for (const answer of [`${SECRET} ${TOKEN}`, { success: SECRET }, { success: false, 'error-codes': ['bad-request', SECRET, TOKEN] }]) {
      server.says(answer);
      const { message, stack } = await failureOf(risk()(request()));
      expect(`${message}\n${stack}`).not.toContain(SECRET);
      expect(`${message}\n${stack}`).not.toContain(TOKEN);
    }
  });

  it('lets a known device pass without a word to anybody', async () => {
    server.says({ success: false, 'error-codes': ['invalid-input-response'] });
    expect(await risk()(request({ isKnownDevice: true, captchaToken: null }))).toBe('allow');
    expect(await risk({ skipKnownDevices: true })(request({ isKnownDevice: true }))).toBe('allow');
    expect(server.calls).toEqual([]);
  });

  it('asks known devices too when that is meant', async () => {
    server.says(accepted);
    const ask = risk({ skipKnownDevices: false });
    expect(await ask(request({ isKnownDevice: true, captchaToken: null }))).toEqual(challenge);
    expect(await ask(request({ isKnownDevice: true }))).toBe('allow');
  });

  it('keeps addresses to itself when told, and sends none that it does not know', async () => {
    server.says(accepted);
    await risk({ sendIp: false })(request());
    await risk()(request({ ip: null }));
    await risk()(request({ ip: '2001:db8::7' }));
    expect(server.calls.map(({ parameters }) => parameters.remoteip)).toEqual([undefined, undefined, '2001:db8::7']);
  });

  it.each<[boolean, CaptchaOptions['hostname'], unknown]>([
    [true, 'example.com', 'example.com'],
    [true, 'Example.COM', 'EXAMPLE.com'],
    [true, ['example.com', 'www.example.com'], 'www.example.com'],
    [false, 'example.com', 'evil.example.com'],
    [false, 'example.com', 'example.com.evil.test'],
    [false, 'example.com', ''],
    [false, 'example.com', null],
    [false, 'example.com', undefined],
    [false, ['example.com'], 'localhost'],
  ])('passes is %s where %j is expected and the captcha was solved on %j', async (passes, expected, hostname) => {
    server.says({ ...accepted, hostname });
    expect(await risk({ hostname: expected })(request())).toEqual(passes ? 'allow' : challenge);
  });

  it('uses the global fetch, also one that is put there later', async () => {
    const ask = risk({ fetch: undefined });
    const asked = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(JSON.stringify(accepted)));
    expect(await ask(request())).toBe('allow');
    expect(asked.mock.calls.map(([to]) => to)).toEqual([url]);
  });

  it.each<[string, unknown]>([
    ['secret', { secret: undefined }],
    ['secret', { secret: '' }],
    ['secret', { secret: `${SECRET}\n` }],
    ['secret', { secret: [SECRET] }],
    ['sekret', { sekret: SECRET }],
    ['hostname', { hostname: 'https://example.com' }],
    ['hostname', { hostname: 'example.com:443' }],
    ['hostname', { hostname: '' }],
    ['hostname', { hostname: [] }],
    ['hostname', { hostname: ['example.com', 7] }],
    ['hostname', { hostname: null }],
    ['skipKnownDevices', { skipKnownDevices: 'no' }],
    ['sendIp', { sendIp: 0 }],
    ['timeoutSeconds', { timeoutSeconds: 0 }],
    ['timeoutSeconds', { timeoutSeconds: Number.NaN }],
    ['timeoutSeconds', { timeoutSeconds: Number.POSITIVE_INFINITY }],
    ['timeoutSeconds', { timeoutSeconds: '2' }],
    ['fetch', { fetch: {} }],
  ])('refuses at creation, by its name, a wrong %s: %j', (path, options) => {
    const create = () => risk(options as Partial<CaptchaOptions>);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(new RegExp(`^${name}Risk: ${path} `));
    expect(create).not.toThrow(SECRET);
  });
});

describe('turnstile', () => {
  it.each([
    ['allow', 'sign-in'],
    [{ challenge: 'turnstile' }, 'comment'],
    [{ challenge: 'turnstile' }, ''],
    [{ challenge: 'turnstile' }, undefined],
  ])('gives %j when the action is %j', async (decision, action) => {
    server.says({ success: true, 'error-codes': [], hostname: 'example.com', action });
    expect(await turnstile({ action: 'sign-in' })(request())).toEqual(decision);
  });

  it.each<[string, unknown]>([
    ['action', { action: '' }],
    ['action', { action: 7 }],
    ['minScore', { minScore: 0.5 }],
    ['siteKey', { siteKey: 'k' }],
    ['url', { url: 'https://example.com/' }],
  ])('refuses a wrong %s: %j', (path, options) => {
    expect(() => turnstile(options as Partial<TurnstileRiskOptions>)).toThrow(new RegExp(`^turnstileRisk: ${path} `));
  });
});

describe('hcaptcha', () => {
  it('tells the site key that the token must be of', async () => {
    server.says({ success: true });
    expect(await hcaptcha({ siteKey: '10000000-ffff-ffff-ffff-000000000001' })(request())).toBe('allow');
    expect(server.calls[0]?.parameters).toEqual({
      secret: SECRET,
      response: TOKEN,
      remoteip: '203.0.113.7',
      sitekey: '10000000-ffff-ffff-ffff-000000000001',
    });
  });

  it('does not refuse everybody when the provider is too busy to name the host', async () => {
    server.says({ success: true, hostname: 'not-provided' });
    expect(await hcaptcha({ hostname: 'example.com' })(request())).toBe('allow');
    expect(await turnstile({ hostname: 'example.com' })(request())).toEqual({ challenge: 'turnstile' });
    expect(await recaptcha({ hostname: 'example.com' })(request())).toEqual({ challenge: 'recaptcha' });
  });

  it.each<[string, unknown]>([
    ['siteKey', { siteKey: '' }],
    ['siteKey', { siteKey: 'a b' }],
    ['action', { action: 'sign-in' }],
    ['url', { url: 'https://example.com/' }],
  ])('refuses a wrong %s: %j', (path, options) => {
    expect(() => hcaptcha(options as Partial<HcaptchaRiskOptions>)).toThrow(new RegExp(`^hcaptchaRisk: ${path} `));
  });
});

describe('recaptcha', () => {
  it.each<[boolean, number | undefined, number | null | undefined]>([
    [true, undefined, 0.5],
    [false, undefined, 0.49],
    [false, undefined, 0],
    [true, 0, 0],
    [true, 0.7, 0.7],
    [false, 0.7, 0.69],
    [false, 1, 0.99],
    // v2
    [true, undefined, undefined],
    [true, 0.7, null],
  ])('passes is %s when at least %s is wanted and the score is %s', async (passes, minScore, score) => {
    server.says({ success: true, hostname: 'example.com', score });
    expect(await recaptcha({ minScore })(request())).toEqual(passes ? 'allow' : { challenge: 'recaptcha' });
  });

  it('looks at the action', async () => {
    server.says({ success: true, hostname: 'example.com', score: 0.9, action: 'sign_in' });
    expect(await recaptcha({ action: 'sign_in' })(request())).toBe('allow');
    expect(await recaptcha({ action: 'checkout' })(request())).toEqual({ challenge: 'recaptcha' });
    server.says({ success: true, hostname: 'example.com' });
    expect(await recaptcha({ action: 'sign_in' })(request())).toEqual({ challenge: 'recaptcha' });
  });

  it('asks elsewhere where google.com is out of reach', async () => {
    server.says({ success: true });
    const url = 'https://www.recaptcha.net/recaptcha/api/siteverify';
    expect(await recaptcha({ url })(request())).toBe('allow');
    expect(server.calls[0]?.url).toBe(url);
  });

  it.each<[string, unknown]>([
    ['minScore', { minScore: 1.1 }],
    ['minScore', { minScore: -0.1 }],
    ['minScore', { minScore: Number.NaN }],
    ['minScore', { minScore: '0.5' }],
    ['action', { action: '' }],
    ['url', { url: 'http://www.recaptcha.net/recaptcha/api/siteverify' }],
    ['url', { url: 'https://user@www.recaptcha.net/recaptcha/api/siteverify' }],
    ['url', { url: 'www.recaptcha.net' }],
    ['url', { url: null }],
    ['siteKey', { siteKey: 'k' }],
  ])('refuses a wrong %s: %j', (path, options) => {
    expect(() => recaptcha(options as Partial<RecaptchaRiskOptions>)).toThrow(new RegExp(`^recaptchaRisk: ${path} `));
  });
});
