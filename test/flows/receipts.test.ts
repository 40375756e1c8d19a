import { describe, expect, it } from 'vitest';
import { phoneAuthHandler } from '../../adapters/http/fetch.ts';
import type { PhoneAuthEvent, ReceiptRequest, SmsSender } from '../../src/index.ts';
import { failure, type Stage, stage } from './stage.ts';

const SIGNATURE = 'x-provider-signature';
const URL_OF_PROVIDER = 'https://example.com/auth/delivery/provider?send=1';

/** A sender whose provider signs by repeating the URL that it calls. */
function provider(): SmsSender & { readonly ids: string[]; isDown: boolean } {
  const sender = {
    name: 'provider',
    ids: [] as string[],
    isDown: false,
    async send({ challengeId }: { readonly challengeId: string }) {
      sender.ids.push(challengeId);
    },
    async readReceipts({ header, url, body }: ReceiptRequest) {
      if (sender.isDown) throw new Error('the key server is down');
      if (header(SIGNATURE) !== url) return null;
      return [{ challengeId: body, send: 1, state: 'delivered' as const }];
    },
  };
  return sender;
}

function receipt(body: string, signature: string = URL_OF_PROVIDER): ReceiptRequest {
  return { method: 'POST', url: URL_OF_PROVIDER, header: (name) => (name === SIGNATURE ? signature : undefined), body };
}

const reports = (s: Stage): readonly PhoneAuthEvent[] => s.events.filter(({ type }) => type === 'code.delivery_reported');

async function sent(sms: SmsSender = provider()) {
  const s = stage({ sms });
  const { challengeId } = await s.auth.requestCode({ phoneNumber: '+12015550123', client: s.client });
  return { s, challengeId };
}

describe('a receipt', () => {
  it('that its provider signed is remembered and told', async () => {
    const { s, challengeId } = await sent();
    s.trips();
    expect(await s.auth.receiveReceipts({ sender: 'provider', request: receipt(challengeId) })).toEqual({ count: 1 });
    expect(s.trips()).toEqual(['challenges.recordDelivery']);
    const facts = { challengeId, send: 1, state: 'delivered', sender: 'provider', country: 'US' };
    expect(reports(s)).toEqual([{ type: 'code.delivery_reported', at: s.clock.now(), ...facts }]);
  });

  it('that is forged, or of a sender that has none or is not there, is one refusal, and touches nothing', async () => {
    const { s, challengeId } = await sent();
    s.trips();
    for (const sender of ['provider', 'nobody', 'x'.repeat(64)])
      await failure(s.auth.receiveReceipts({ sender, request: receipt(challengeId, 'forged') }), 'refused_by_policy');
    expect([s.trips(), reports(s)]).toEqual([[], []]);
  });

  it('of no challenge of ours is harmless', async () => {
    const { s } = await sent();
    s.trips();
    await s.auth.receiveReceipts({ sender: 'provider', request: receipt('no id of ours') });
    expect([s.trips(), reports(s)]).toEqual([[], []]);
  });

  it('that cannot be judged now is unavailable, so that its provider tries again', async () => {
    const sms = provider();
    const { s, challengeId } = await sent(sms);
    sms.isDown = true;
    await failure(s.auth.receiveReceipts({ sender: 'provider', request: receipt(challengeId) }), 'unavailable');
  });

  it('changes nothing about its challenge, however often and in whatever order it comes', async () => {
    const s = stage();
    const { challengeId, code } = await s.request();
    for (const state of ['delivered', 'failed', 'accepted', 'delivered', 'unknown'] as const)
      await s.auth.recordDelivery({ challengeId, send: 1, state });
    await s.auth.signInWithCode({ challengeId, code, client: s.client });
  });
});

describe('POST /delivery/:sender', () => {
  async function served(options: object = { deliveryUrl: 'https://example.com/auth/delivery' }) {
    const { s, challengeId } = await sent();
    const handle = phoneAuthHandler(s.auth, { basePath: '/auth', clientIp: () => null, ...options });
    const call = (body: string, headers: Record<string, string> = { [SIGNATURE]: URL_OF_PROVIDER }) =>
      handle(new Request('http://10.0.0.7:3000/auth/delivery/provider?send=1', { method: 'POST', body, headers }));
    return { s, challengeId, call };
  }

  it('sees the URL that the provider called, query included, and the body as it came, of whatever type', async () => {
    const { s, challengeId, call } = await served();
    expect((await call(challengeId, { [SIGNATURE]: URL_OF_PROVIDER, 'content-type': 'text/plain' })).status).toBe(204);
    expect(reports(s)).toHaveLength(1);
  });

  it('refuses what is not signed, and what is too large', async () => {
    const { s, challengeId, call } = await served();
    expect((await call(challengeId, {})).status).toBe(403);
    expect((await call('x'.repeat(5000))).status).toBe(413);
    expect(reports(s)).toEqual([]);
  });

  it('needs no Origin where tokens travel in cookies', async () => {
    const { challengeId, call } = await served({
      deliveryUrl: 'https://example.com/auth/delivery',
      cookies: { publicOrigin: 'https://example.com' },
    });
    expect((await call(challengeId)).status).toBe(204);
  });

  it('is not there unless it is known where it stands', async () => {
    const { challengeId, call } = await served({});
    expect((await call(challengeId)).status).toBe(404);
    for (const deliveryUrl of ['', '/delivery', 'ftp://example.com', 'https://example.com/delivery/', 'https://example.com/d?x', 7])
      await expect(served({ deliveryUrl })).rejects.toThrow(/options\.deliveryUrl/);
    await expect(served({ routes: ['receiveReceipts'] })).rejects.toThrow(/receiveReceipts needs deliveryUrl/);
  });
});
