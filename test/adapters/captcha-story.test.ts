import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TurnstileRiskOptions, turnstileRisk } from '../../adapters/captcha/index.ts';
import { phoneAuthHandler } from '../../adapters/http/fetch.ts';
import type { PhoneAuthEvent } from '../../src/index.ts';
import { failure } from '../flows/stage.ts';
import { createTestAuth, type TestAuth } from '../kit/index.ts';
import { type SiteverifyServer, siteverifyServer } from './siteverify-server.ts';

let server: SiteverifyServer;
beforeAll(async () => {
  server = await siteverifyServer();
});
afterAll(() => server.close());

interface Told extends TestAuth<Readonly<Record<string, unknown>>> {
  /** Types of the events since the last call, those about risk whole. */
  readonly tell: () => readonly unknown[];
}

function guarded(options: Partial<TurnstileRiskOptions> = {}): Told {
  const events: PhoneAuthEvent[] = [];
  const test = createTestAuth({
    assessRisk: turnstileRisk({ secret: 'secret', hostname: 'example.com', fetch: server.fetch, ...options }),
    onEvent: (event) => events.push(event),
    deadlineSeconds: { risk: 0.2 },
  });
  const tell = () =>
    events.splice(0).map((event) => {
      if (event.type === 'port.failed') return [event.type, event.verb, event.reason];
      return event.type === 'risk.refused' ? [event.type, event.challenge, event.reason] : event.type;
    });
  return { ...test, tell };
}

/** Takes each token that begins with `good` once, as Turnstile does. */
function verifies(): void {
  const seen = new Set<string>();
  server.answers((response, { parameters: { response: token = '' } }) => {
    const code = seen.has(token) ? 'timeout-or-duplicate' : 'invalid-input-response';
    const success = token.startsWith('good') && !seen.has(token);
    seen.add(token);
    response.end(JSON.stringify(success ? { success, 'error-codes': [], hostname: 'example.com' } : { success, 'error-codes': [code] }));
  });
}

const goodToken = () => `good-${randomUUID()}`;

/** Signs in with a captcha, so that the device is known afterwards. */
async function deviceTokenOf({ auth, inbox, client, tell }: Told, phoneNumber: string): Promise<string> {
  const { challengeId } = await auth.requestCode({ phoneNumber, captchaToken: goodToken(), client });
  const { deviceToken } = await auth.signInWithCode({ challengeId, code: await inbox.waitForCode(phoneNumber), client });
  tell();
  return deviceToken;
}

describe('a sign-in behind a captcha', () => {
  it('sends nothing and charges nobody until a token is good', async () => {
    verifies();
    const { auth, inbox, client, nextPhoneNumber, tell } = guarded();
    const phoneNumber = nextPhoneNumber();
    // more often than the number, and as often as the address, may be sent to
    for (let round = 0; round < 60; round++) {
      const captchaToken = round % 2 === 0 ? undefined : 'forged';
      const { details } = await failure(auth.requestCode({ phoneNumber, captchaToken, client }), 'refused_by_policy');
      expect(details).toEqual({ challenge: 'turnstile' });
    }
    expect(inbox.messages()).toEqual([]);
    expect(new Set(tell().map(String))).toEqual(new Set(['risk.refused,turnstile,decided']));

    await auth.requestCode({ phoneNumber, captchaToken: goodToken(), client });
    expect(inbox.messages(phoneNumber)).toHaveLength(1);
  });

  it('wants a fresh token for each request', async () => {
    verifies();
    const { auth, inbox, clock, client, nextPhoneNumber } = guarded();
    const phoneNumber = nextPhoneNumber();
    const captchaToken = goodToken();
    const { challengeId } = await auth.requestCode({ phoneNumber, captchaToken, client });
    clock.advance(30);
    await failure(auth.requestCode({ phoneNumber, resendOf: challengeId, captchaToken, client }), 'refused_by_policy');
    await auth.requestCode({ phoneNumber, resendOf: challengeId, captchaToken: goodToken(), client });
    expect(inbox.messages(phoneNumber)).toHaveLength(2);
  });

  it('wants a fresh token also for a request that is repeated, and sends no second code', async () => {
    verifies();
    const { auth, inbox, client, nextPhoneNumber } = guarded();
    const wish = { phoneNumber: nextPhoneNumber(), idempotencyKey: randomUUID(), client };
    const captchaToken = goodToken();
    const first = await auth.requestCode({ ...wish, captchaToken });
    await failure(auth.requestCode({ ...wish, captchaToken }), 'refused_by_policy');
    expect((await auth.requestCode({ ...wish, captchaToken: goodToken() })).challengeId).toBe(first.challengeId);
    expect(inbox.messages()).toHaveLength(1);
  });

  it('asks no known device, and no other number trusts it', async () => {
    verifies();
    const test = guarded();
    const { auth, inbox, clock, client, nextPhoneNumber } = test;
    const [phoneNumber, another] = [nextPhoneNumber(), nextPhoneNumber()];
    const known = { ...client, deviceToken: await deviceTokenOf(test, phoneNumber) };
    clock.advance(60);
    await auth.requestCode({ phoneNumber, client: known });
    expect(inbox.messages(phoneNumber)).toHaveLength(2);
    await failure(auth.requestCode({ phoneNumber: another, client: known }), 'refused_by_policy');
  });

  it.each<[string, () => void, string]>([
    ['is down', () => server.answers((response) => response.writeHead(503).end('<h1>503</h1>')), 'http_503'],
    ['does not answer', () => server.answers(() => {}), 'DeadlineError'],
    ['knows no such secret', () => server.says({ success: false, 'error-codes': ['invalid-input-secret'] }), 'invalid_input_secret'],
  ])('refuses unknown devices, and no known one, when the verifier %s', async (_, breaks, reason) => {
    verifies();
    // it is asked for known devices too, so that they meet the outage
    const test = guarded({ skipKnownDevices: false });
    const { auth, inbox, clock, client, nextPhoneNumber, tell } = test;
    const phoneNumber = nextPhoneNumber();
    const known = { ...client, deviceToken: await deviceTokenOf(test, phoneNumber) };
    clock.advance(60);
    breaks();

    const { details } = await failure(auth.requestCode({ phoneNumber, captchaToken: goodToken(), client }), 'refused_by_policy');
    expect(details).toEqual({});
    expect(tell()).toEqual([
      ['port.failed', 'assessRisk', reason],
      ['risk.refused', null, 'failed'],
    ]);
    expect(inbox.messages(phoneNumber)).toHaveLength(1);

    await auth.requestCode({ phoneNumber, captchaToken: goodToken(), client: known });
    expect(tell()).toContainEqual(['port.failed', 'assessRisk', reason]);
    expect(inbox.messages(phoneNumber)).toHaveLength(2);
  });

  it.each<[string, (token: string) => RequestInit]>([
    ['in the body', (captchaToken) => ({ body: JSON.stringify({ phoneNumber: '+12015550123', captchaToken }) })],
    ['in a header', (token) => ({ body: '{"phoneNumber":"+12015550123"}', headers: { 'x-captcha-response': token } })],
  ])('takes the token over HTTP %s', async (_, withToken) => {
    verifies();
    const { auth, client } = guarded();
    const handle = phoneAuthHandler(auth, { clientIp: () => client.ip });
    const ask = async (token: string) => {
      const init = withToken(token);
      const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
      const response = await handle(new Request('https://example.com/codes', { method: 'POST', ...init, headers }));
      return [response.status, await response.json()];
    };
    expect(await ask('forged')).toEqual([403, expect.objectContaining({ code: 'refused_by_policy', challenge: 'turnstile' })]);
    expect(await ask(goodToken())).toEqual([202, expect.objectContaining({ challengeId: expect.any(String) })]);
  });
});
