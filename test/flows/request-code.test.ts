import { describe, expect, it } from 'vitest';
import { createPhoneVerification } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Requested, type Stage, stage } from './stage.ts';

const ID = /^[A-Za-z0-9_-]{38}$/;

async function resend(s: Stage, first: Requested): Promise<Requested> {
  return s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId });
}

describe('a request for a code', () => {
  it('answers where the code went and how long it lives, and nothing of the code', async () => {
    const s = stage();
    const answer = await s.auth.requestCode({ phoneNumber: '+1 (201) 555-0123', client: s.client });
    const now = s.clock.now();
    expect(answer).toEqual({
      challengeId: expect.stringMatching(ID),
      phoneNumber: '+12015550123',
      codeLength: 6,
      channel: 'sms',
      expiresAt: now + 300_000,
      expiresInSeconds: 300,
      resendAt: now + 30_000,
      resendInSeconds: 30,
    });
    expect(s.inbox.messages('+12015550123')).toHaveLength(1);
    expect(JSON.stringify(answer)).not.toContain(s.inbox.lastCode('+12015550123'));
  });

  it('hands the sender all that it needs', async () => {
    const s = stage({ channels: ['voice', 'sms'] });
    const { challengeId, phoneNumber, code, expiresAt } = await s.request({
      purpose: 'verify',
      context: 'Table 7',
      locale: 'de',
      channel: 'sms',
    });
    const [message] = s.inbox.messages(phoneNumber);
    expect(message).toEqual({
      to: phoneNumber,
      text: expect.stringContaining(code),
      code,
      purpose: 'verify',
      context: 'Table 7',
      locale: 'de',
      channel: 'sms',
      challengeId,
      expiresAt,
      idempotencyKey: expect.any(String),
    });
    expect(message?.text).toContain('Table 7');
    s.clock.advance(30);
    await s.request({ phoneNumber, purpose: 'verify', context: 'Table 7', resendOf: challengeId });
    const [first, second] = s.inbox.messages(phoneNumber);
    expect(second?.idempotencyKey).not.toBe(first?.idempotencyKey);
    expect(second?.channel).toBe('voice');
  });

  it.each([4, 6, 8])('makes codes of %i digits', async (length) => {
    const s = stage({ code: { length }, maxGuessProbabilityPerDay: 0.5 });
    const { code, codeLength } = await s.request();
    expect(code).toMatch(new RegExp(`^[0-9]{${length}}$`));
    expect(codeLength).toBe(length);
  });

  it('reads national forms and other digits where a country is configured', async () => {
    const s = stage({ defaultCountry: 'IR', allowedCountries: ['IR'] });
    for (const phoneNumber of ['۰۹۱۲ ۱۲۳ ۴۵۶۷', '0912-123-4568', '+98 912 123 4569']) {
      expect((await s.request({ phoneNumber })).phoneNumber).toMatch(/^\+98912123456[789]$/);
    }
  });

  it.each([
    ['+1', 'unparseable'],
    ['tel:+12015550123', 'unparseable'],
    ['+12015550123x5', 'unparseable'],
    ['9'.repeat(1_000_000), 'unparseable'],
    ['+442079460000', 'country_not_allowed'],
    ['+18005550123', 'number_type_not_allowed'],
  ])('refuses %.20s', async (phoneNumber, reason) => {
    const s = stage({ allowedCountries: ['US'] });
    const { details } = await failure(s.request({ phoneNumber }), 'invalid_phone_number');
    expect(details.reason).toBe(reason);
    expect(s.trips()).toEqual([]);
  });

  it('several challenges of one number live side by side', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const first = await s.request();
    const second = await s.request({ phoneNumber: first.phoneNumber });
    expect(second.challengeId).not.toBe(first.challengeId);
    expect(second.challengeId.slice(0, 16)).toBe(first.challengeId.slice(0, 16));
    await s.auth.signInWithCode({ challengeId: first.challengeId, code: first.code, client: s.client });
  });

  it('takes only channels that are configured', async () => {
    const s = stage();
    const { details } = await failure(s.request({ channel: 'voice' }), 'invalid_input');
    expect(details.issues.map((issue) => issue.path)).toEqual(['channel']);
  });
});

describe('a step-up', () => {
  it('goes to the number of its user', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const asked = await s.request({ purpose: 'step-up', userId, context: 'Pay 12 EUR' });
    expect(asked.phoneNumber).toBe(phoneNumber);
  });

  it.each([
    ['phoneNumber', { phoneNumber: '+12015550123', userId: 'u', context: 'c' }],
    ['userId', { context: 'c' }],
    ['context', { userId: 'u' }],
  ])('is refused for its %s', async (path, input) => {
    const s = stage();
    const { details } = await failure(s.request({ purpose: 'step-up', ...input }), 'invalid_input');
    expect(details.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('needs a user, and one with a number', async () => {
    const s = stage();
    await failure(s.request({ purpose: 'step-up', userId: 'nobody', context: 'c' }), 'account_not_found');
    const { userId } = await s.signUp();
    await s.auth.removePhoneNumber({ userId });
    const { details } = await failure(s.request({ purpose: 'step-up', userId, context: 'c' }), 'invalid_input');
    expect(details.issues.map((issue) => issue.path)).toEqual(['userId']);
  });

  it('does not exist where there are no users', async () => {
    const { storage, inbox, config, client } = stage();
    const { requestCode } = createPhoneVerification({
      secret: config.secret,
      storage,
      sms: inbox,
      appName: 'Test',
      allowedCountries: 'all',
      limits: { smsPerDay: 10 },
    });
    await failure(requestCode({ purpose: 'step-up', userId: 'u', context: 'c', client }), 'invalid_input');
  });
});

describe('a change of number', () => {
  it('needs the user whose number changes, and the new number', async () => {
    const s = stage();
    expect((await failure(s.request({ purpose: 'change-phone-number' }), 'invalid_input')).details.issues[0]?.path).toBe('userId');
    const without = s.auth.requestCode({ purpose: 'change-phone-number', userId: 'u', client: s.client });
    expect((await failure(without, 'invalid_input')).details.issues[0]?.path).toBe('phoneNumber');
  });
});

describe('a resend', () => {
  it('brings a new code into the same challenge where codes rotate', async () => {
    const s = stage({ code: { resend: 'rotate' } });
    const first = await s.request();
    s.clock.advance(30);
    const again = await resend(s, first);
    expect(again.challengeId).toBe(first.challengeId);
    expect(again.code).not.toBe(first.code);
    await failure(s.auth.signInWithCode({ challengeId: first.challengeId, code: first.code, client: s.client }), 'invalid_code');
    await s.auth.signInWithCode({ challengeId: first.challengeId, code: again.code, client: s.client });
  });

  it('under an idempotency key sends once, also when the answer was lost for long', async () => {
    const s = stage();
    const first = await s.request({ idempotencyKey: 'first-key' });
    s.clock.advance(30);
    const again = { phoneNumber: first.phoneNumber, resendOf: first.challengeId, idempotencyKey: 'second-key', client: s.client };
    const answer = await s.auth.requestCode(again);
    s.clock.advance(100);
    expect((await s.auth.requestCode(again)).challengeId).toBe(answer.challengeId);
    expect((await s.auth.requestCode({ phoneNumber: first.phoneNumber, idempotencyKey: 'first-key', client: s.client })).challengeId).toBe(
      answer.challengeId,
    );
    expect(s.inbox.messages(first.phoneNumber)).toHaveLength(2);
  });

  it('delivers the same code of the same challenge', async () => {
    const s = stage();
    const first = await s.request();
    s.clock.advance(30);
    const again = await resend(s, first);
    expect(again.challengeId).toBe(first.challengeId);
    expect(again.code).toBe(first.code);
    expect(s.inbox.messages(first.phoneNumber)).toHaveLength(2);
  });

  it('leaves the first, late message working', async () => {
    const s = stage();
    const first = await s.request();
    s.clock.advance(30);
    await resend(s, first);
    s.clock.advance(299);
    await s.auth.signInWithCode({ challengeId: first.challengeId, code: first.code, client: s.client });
  });

  it('lets the code live longer, up to ten minutes from the request', async () => {
    const s = stage({ limits: { smsPerDay: 100, sendsPerNumber: [{ max: 9, windowSeconds: 60 }] }, code: { resendAfterSeconds: [0] } });
    const first = await s.request();
    const requestedAt = s.clock.now();
    s.clock.advance(200);
    expect((await resend(s, first)).expiresAt).toBe(requestedAt + 500_000);
    s.clock.advance(200);
    expect((await resend(s, first)).expiresAt).toBe(requestedAt + 600_000);
    s.clock.advance(199);
    expect(await resend(s, first)).toMatchObject({ expiresAt: requestedAt + 600_000, expiresInSeconds: 1, challengeId: first.challengeId });
  });

  it('lets a longer-lived code live no longer than its time', async () => {
    const s = stage({ code: { ttlSeconds: 3600 } });
    const first = await s.request();
    s.clock.advance(1800);
    expect((await resend(s, first)).expiresAt).toBe(first.expiresAt);
  });

  it('never gives attempts back', async () => {
    const s = stage();
    const first = await s.request();
    const guess = (): Promise<unknown> => s.auth.signInWithCode({ challengeId: first.challengeId, code: first.wrong, client: s.client });
    for (const attemptsLeft of [4, 3, 2, 1])
      expect((await failure(guess(), 'invalid_code')).details).toEqual({ reason: 'wrong', attemptsLeft });
    s.clock.advance(30);
    await resend(s, first);
    expect((await failure(guess(), 'invalid_code')).details.attemptsLeft).toBe(0);
    await failure(guess(), 'attempts_exhausted');
  });

  it.each(['used', 'exhausted', 'expired'])('of a challenge that is %s gives a fresh one', async (how) => {
    const s = stage();
    const first = await s.request();
    const redeem = (code: string): Promise<unknown> => s.auth.signInWithCode({ challengeId: first.challengeId, code, client: s.client });
    if (how === 'used') await redeem(first.code);
    if (how === 'exhausted') for (let i = 0; i < 5; i++) await failure(redeem(first.wrong), 'invalid_code');
    s.clock.advance(how === 'expired' ? 300 : 30);
    const again = await resend(s, first);
    expect(again.challengeId).not.toBe(first.challengeId);
    await s.auth.signInWithCode({ challengeId: again.challengeId, code: again.code, client: s.client });
  });

  it('of a foreign or invented challenge gives a fresh one', async () => {
    const s = stage();
    const theirs = await s.request();
    const own = await s.request();
    const invented = own.challengeId.slice(0, 16) + theirs.challengeId.slice(16);
    for (const resendOf of [theirs.challengeId, invented, 'nonsense', 'A'.repeat(38)]) {
      const s2 = s.beside({
        code: { resendAfterSeconds: [0] },
        limits: { smsPerDay: 100, sendsPerNumber: [{ max: 50, windowSeconds: 60 }] },
      });
      s.clock.advance(301);
      const answer = await s2.requestCode({ phoneNumber: own.phoneNumber, resendOf, client: s.client });
      expect([resendOf, own.challengeId]).not.toContain(answer.challengeId);
      expect(answer.phoneNumber).toBe(own.phoneNumber);
    }
  });

  it.each([
    ['purpose', { purpose: 'verify' }],
    ['user', { userId: 'somebody-else' }],
    ['context', { context: 'something else' }],
  ] as const)('under another %s is a fresh request', async (_, other) => {
    const s = stage();
    const first = await s.request();
    s.clock.advance(30);
    const second = await s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId, ...other });
    expect(second.challengeId).not.toBe(first.challengeId);
  });

  it('never changes the profile that waits beside the challenge', async () => {
    const s = stage();
    const first = await s.request({ profile: { name: 'Ada' } });
    s.clock.advance(30);
    await s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId, profile: { name: 'Mallory' } });
    const { user } = await s.auth.signInWithCode({ challengeId: first.challengeId, code: first.code, client: s.client });
    expect(user.profile).toEqual({ name: 'Ada' });
  });

  it('may change language and channel', async () => {
    const s = stage({ channels: ['sms', 'whatsapp'] });
    const first = await s.request();
    s.clock.advance(30);
    const again = await s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId, locale: 'fa', channel: 'whatsapp' });
    expect(again.channel).toBe('whatsapp');
    expect(s.inbox.messages(first.phoneNumber)[1]).toMatchObject({ locale: 'fa', channel: 'whatsapp', code: first.code });
  });
});

describe('an idempotency key', () => {
  const idempotencyKey = 'k-1f9d0c1e7c5b4b0e';

  it('makes of 64 parallel requests one challenge and one message', async () => {
    const s = stage();
    const phoneNumber = nextPhoneNumber();
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => s.auth.requestCode({ phoneNumber, idempotencyKey, client: s.client })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
    const [first] = answers;
    await s.auth.signInWithCode({ challengeId: first?.challengeId ?? '', code: s.inbox.lastCode(phoneNumber) ?? '', client: s.client });
  });

  it('gives the same answer later, and no message, whatever became of the challenge', async () => {
    const s = stage();
    const first = await s.request({ idempotencyKey });
    await s.auth.signInWithCode({ challengeId: first.challengeId, code: first.code, client: s.client });
    s.clock.advance(400);
    s.tell();
    const again = await s.request({ phoneNumber: first.phoneNumber, idempotencyKey });
    expect(again).toMatchObject({ challengeId: first.challengeId, expiresAt: first.expiresAt, expiresInSeconds: 0 });
    expect(s.inbox.messages(first.phoneNumber)).toHaveLength(1);
    expect(s.tell()).toEqual([]);
  });

  it('belongs to its number, purpose, user and context', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] }, limits: { smsPerDay: 100, sendsPerNumber: [{ max: 9, windowSeconds: 60 }] } });
    const phoneNumber = nextPhoneNumber();
    const ids = [];
    for (const other of [{}, { purpose: 'verify' }, { userId: 'u' }, { context: 'c' }, { phoneNumber: nextPhoneNumber() }] as const) {
      ids.push((await s.request({ phoneNumber, idempotencyKey, ...other })).challengeId);
    }
    expect(new Set(ids).size).toBe(5);
  });

  it('is not guessed from the challenge, and never stored', async () => {
    const s = stage();
    const asked: unknown[] = [];
    const spied = s.beside({
      storage: {
        ...s.stores,
        challenges: {
          ...s.storage.challenges,
          issue: (i) => {
            asked.push(i);
            return s.storage.challenges.issue(i);
          },
        },
      },
    });
    await spied.requestCode({ phoneNumber: nextPhoneNumber(), idempotencyKey, client: s.client });
    expect(JSON.stringify(asked)).not.toContain(idempotencyKey);
  });

  it('that is another one sends another message', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const calls = ['key-one', 'key-two'].map((key) => s.auth.requestCode({ phoneNumber, idempotencyKey: key, client: s.client }));
    expect(await outcomes(calls)).toEqual({ ok: 2 });
    expect(s.inbox.messages(phoneNumber)).toHaveLength(2);
  });
});
