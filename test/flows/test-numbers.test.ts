import { describe, expect, it } from 'vitest';
import { failure, outcomes, type Stage, stage } from './stage.ts';

// NANPA numbers that nobody has; the first is one that no operator ever assigns, which a parser refuses
const FICTIONAL = '+15005550006';
const ORDINARY = '+12015550199';
const code = '424242';

function withTestNumbers(
  s: { send?: boolean; paced?: boolean; until?: number; numbers?: readonly string[] | 'all' } = {},
  overrides: Parameters<typeof stage>[0] = {},
): Stage {
  const testNumbers = { numbers: [FICTIONAL, ORDINARY], code, until: Date.now() + 86_400_000, ...s };
  return stage({ testNumbers, allowedCountries: ['IR'], ...overrides });
}

describe('a test number', () => {
  it('has a fixed code, and nothing is sent', async () => {
    const s = withTestNumbers();
    for (const phoneNumber of [FICTIONAL, ORDINARY, '+1 (500) 555-0006']) {
      const { challengeId } = await s.request({ phoneNumber });
      await failure(s.auth.signInWithCode({ challengeId, code: '424243', client: s.client }), 'invalid_code');
      await s.auth.signInWithCode({ challengeId, code, client: s.client });
    }
    expect(s.inbox.messages()).toEqual([]);
  });

  it('is that number and no longer text that begins with it', async () => {
    const s = withTestNumbers();
    for (const phoneNumber of [`${FICTIONAL}${' '.repeat(28)}and more`, `${FICTIONAL}5`, '+15005550007']) {
      await failure(s.request({ phoneNumber }), 'invalid_phone_number');
    }
  });

  it('is sent its fixed code when told', async () => {
    const s = withTestNumbers({ send: true });
    const { challengeId } = await s.request({ phoneNumber: FICTIONAL });
    expect(s.inbox.messages(FICTIONAL)).toMatchObject([{ code, challengeId }]);
    s.clock.advance(30);
    await s.request({ phoneNumber: FICTIONAL, resendOf: challengeId });
    expect(s.inbox.messages(FICTIONAL)).toMatchObject([{ code }, { code, challengeId }]);
    await s.auth.signInWithCode({ challengeId, code, client: s.client });
  });

  it('that is not sent anything is asked for at any pace, unless told to wait as others do', async () => {
    const free = withTestNumbers();
    for (let requests = 0; requests < 4; requests++) await free.request({ phoneNumber: FICTIONAL });
    const paced = withTestNumbers({ paced: true });
    const { challengeId, resendInSeconds } = await paced.request({ phoneNumber: FICTIONAL });
    expect(resendInSeconds).toBe(30);
    expect((await failure(paced.request({ phoneNumber: FICTIONAL }), 'rate_limited')).details.limit).toBe('resendAfterSeconds');
    await paced.auth.signInWithCode({ challengeId, code, client: paced.client });
    await paced.request({ phoneNumber: FICTIONAL });
    expect(paced.inbox.messages()).toEqual([]);
  });

  it('that waits is one that support can unlock', async () => {
    const s = withTestNumbers({ paced: true });
    await s.request({ phoneNumber: FICTIONAL });
    await s.auth.unlockPhoneNumber({ phoneNumber: FICTIONAL });
    await s.request({ phoneNumber: FICTIONAL });
  });

  it('serves sign-in, login, register and verify', async () => {
    const s = withTestNumbers();
    const { client } = s;
    const ask = async (
      purpose: 'sign-in' | 'login' | 'register' | 'verify',
    ): Promise<{ challengeId: string; code: string; client: typeof client }> => ({
      challengeId: (await s.request({ phoneNumber: FICTIONAL, purpose })).challengeId,
      code,
      client,
    });
    await s.auth.registerWithCode(await ask('register'));
    await s.auth.loginWithCode(await ask('login'));
    await s.auth.signInWithCode(await ask('sign-in'));
    await s.auth.validateVerificationCode(await ask('verify'));
    expect(s.inbox.messages()).toEqual([]);
  });

  it('is a number like any other for every other purpose', async () => {
    const s = withTestNumbers();
    const signedUp = await s.request({ phoneNumber: ORDINARY });
    const { userId } = await s.auth.signInWithCode({ challengeId: signedUp.challengeId, code, client: s.client });
    s.tell();
    const events = s.events.length;
    for (const asked of [
      { purpose: 'reset-password', phoneNumber: ORDINARY },
      { purpose: 'step-up', userId, context: 'Pay' },
    ] as const) {
      const { challengeId, wrong } = await s.request(asked);
      const bound = asked.purpose === 'step-up' ? { userId, context: 'Pay' } : {};
      const answer = { purpose: asked.purpose, challengeId, ...bound, client: s.client };
      const sent = s.inbox.lastCode(ORDINARY) ?? '';
      const guess = sent === code ? wrong : code;
      await failure(s.auth.validateVerificationCode({ ...answer, code: guess }), 'invalid_code');
      await s.auth.validateVerificationCode({ ...answer, code: sent });
    }
    expect(s.inbox.messages(ORDINARY)).toHaveLength(2);
    expect(s.events.slice(events).filter((event) => 'test' in event)).toEqual([]);
    // what is sent costs what every SMS costs
    const t = withTestNumbers({}, { limits: { smsPerDay: 1 } });
    const { userId: other } = await signInTest(t);
    await t.request({ purpose: 'step-up', userId: other, context: 'Pay' });
    t.clock.advance(60);
    expect((await failure(t.request({ purpose: 'step-up', userId: other, context: 'Pay' }), 'rate_limited')).details.limit).toBe(
      'smsPerDay',
    );
  });

  it('becomes ordinary when its time is over', async () => {
    const s = withTestNumbers({ until: Date.now() + 100_000 }, { allowedCountries: ['US'] });
    const open = await s.request({ phoneNumber: ORDINARY });
    s.clock.advance(120);
    // a code that was fixed when it was asked for is no code any more
    await failure(s.auth.signInWithCode({ challengeId: open.challengeId, code, client: s.client }), 'invalid_code');
    const { code: sent, challengeId } = await s.request({ phoneNumber: ORDINARY });
    expect(s.inbox.messages(ORDINARY)).toHaveLength(1);
    await s.auth.signInWithCode({ challengeId, code: sent, client: s.client });
    await failure(s.request({ phoneNumber: FICTIONAL }), 'invalid_phone_number');
  });

  it('has limits of its own, charges nobody, and has no ladder', async () => {
    const s = withTestNumbers({}, { limits: { smsPerDay: 1, sendsPerNumber: [{ max: 1, windowSeconds: 600 }] } });
    for (let i = 0; i < 50; i++) await s.request({ phoneNumber: FICTIONAL });
    expect((await s.request({ phoneNumber: FICTIONAL })).resendInSeconds).toBe(0);
    await s.request({ phoneNumber: '+989121234567' });
    const calls = Array.from({ length: 1000 }, () => s.auth.requestCode({ phoneNumber: FICTIONAL, client: s.client }));
    expect(await outcomes(calls)).toEqual({ ok: 949, rate_limited: 51 });
    await s.auth.unlockPhoneNumber({ phoneNumber: FICTIONAL });
    await s.request({ phoneNumber: FICTIONAL });
  });

  it('whose messages leave costs what they cost', async () => {
    const s = withTestNumbers({ send: true }, { limits: { smsPerDay: 2, sendsPerNumber: [{ max: 2, windowSeconds: 600 }] } });
    await s.request({ phoneNumber: FICTIONAL });
    expect((await failure(s.request({ phoneNumber: FICTIONAL }), 'rate_limited')).details.limit).toBe('resendAfterSeconds');
    s.clock.advance(30);
    await s.request({ phoneNumber: FICTIONAL });
    expect((await failure(s.request({ phoneNumber: '+989121234567' }), 'rate_limited')).details.limit).toBe('smsPerDay');
    s.clock.advance(60);
    expect((await failure(s.request({ phoneNumber: FICTIONAL }), 'rate_limited')).details.limit).toBe('smsPerDay');
  });

  it('pays for wrong guesses from a budget of its own', async () => {
    const s = withTestNumbers({}, { limits: { smsPerDay: 10, guessesPerNumber: [{ max: 1, windowSeconds: 3600 }] } });
    const { challengeId } = await s.request({ phoneNumber: FICTIONAL });
    const guess = (text: string): Promise<unknown> => s.auth.signInWithCode({ challengeId, code: text, client: s.client });
    await failure(guess('111111'), 'invalid_code');
    await failure(guess(code), 'rate_limited');
    await s.auth.unlockPhoneNumber({ phoneNumber: FICTIONAL });
    await guess(code);
  });

  it('is marked in events', async () => {
    const s = withTestNumbers({ send: true }, { allowedCountries: 'all' });
    const { challengeId } = await s.request({ phoneNumber: FICTIONAL });
    await s.auth.validateVerificationCode({ challengeId, code, purpose: 'sign-in', client: s.client });
    expect(s.events.map((event) => [event.type, 'test' in event && event.test])).toEqual([
      ['code.requested', true],
      ['code.sent', true],
      ['code.accepted', true],
    ]);
    const before = s.events.length;
    await s.signUp();
    expect(s.events.slice(before).some((event) => 'test' in event)).toBe(false);
  });

  it('tells nobody when an account leaves it', async () => {
    const s = withTestNumbers();
    const { userId } = await signInTest(s);
    await s.auth.removePhoneNumber({ userId });
    await s.auth.drain();
    expect(s.inbox.messages()).toEqual([]);
  });

  it('is every number beside a sender that delivers nothing', async () => {
    const s = withTestNumbers({ numbers: 'all' }, { allowedCountries: 'all' });
    const { challengeId } = await s.request();
    await s.auth.signInWithCode({ challengeId, code, client: s.client });
    expect(s.inbox.messages()).toEqual([]);
    // a number that cannot be parsed is still none
    await failure(s.request({ phoneNumber: FICTIONAL }), 'invalid_phone_number');
  });
});

async function signInTest(s: Stage): Promise<{ userId: string }> {
  const { challengeId } = await s.request({ phoneNumber: ORDINARY });
  return s.auth.signInWithCode({ challengeId, code, client: s.client });
}
