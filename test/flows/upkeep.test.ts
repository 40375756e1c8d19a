import { describe, expect, it } from 'vitest';
import { createPhoneVerification } from '../../src/index.ts';
import { failure, stage } from './stage.ts';

const DAY = 86_400;

describe('a sweep', () => {
  it('removes what is dead, as much as it is told at once', async () => {
    const s = stage();
    const { userId } = await s.signUp();
    expect(await s.auth.sweep()).toEqual({ count: 0 });
    await s.auth.startSession({ userId, client: s.client });
    s.clock.advance(400 * DAY);
    // one of each kind: challenges and their like, and sessions
    expect(await s.auth.sweep({ max: 1 })).toEqual({ count: 2 });
    expect((await s.auth.sweep()).count).toBeGreaterThan(2);
    expect(await s.auth.sweep({ max: undefined })).toEqual({ count: 0 });
  });

  it('changes no answer', async () => {
    const s = stage();
    const { refreshToken } = await s.signUp();
    const used = await s.request();
    await s.auth.signInWithCode({ challengeId: used.challengeId, code: used.code, client: s.client });
    const open = await s.request();
    const expired = await s.request();
    s.clock.advance(290);
    await s.auth.sweep({ max: 10_000 });
    await s.auth.signInWithCode({ challengeId: open.challengeId, code: open.code, client: s.client });
    s.clock.advance(10);
    await s.auth.sweep({ max: 10_000 });
    const guess = (challengeId: string, code: string): Promise<unknown> => s.auth.signInWithCode({ challengeId, code, client: s.client });
    expect((await failure(guess(used.challengeId, used.code), 'invalid_code')).details.reason).toBe('used');
    expect((await failure(guess(expired.challengeId, expired.code), 'invalid_code')).details.reason).toBe('expired');
    await s.auth.refreshSession({ refreshToken, client: s.client });
  });

  it('of a verification takes challenges alone', async () => {
    const { config, storage, inbox, clock, client } = stage();
    const { requestCode, sweep, drain } = createPhoneVerification({
      secret: config.secret,
      storage: { challenges: storage.challenges },
      sms: inbox,
      appName: 'Test',
      allowedCountries: 'all',
      limits: { smsPerDay: 10 },
      now: clock.now,
    });
    await requestCode({ phoneNumber: '+12015550123', purpose: 'verify', client });
    clock.advance(3 * DAY);
    expect((await sweep({ max: 100 })).count).toBeGreaterThan(0);
    await drain();
  });
});

describe('a verification', () => {
  it('proves a number, and knows nobody', async () => {
    const { config, storage, inbox, client } = stage();
    const verification = createPhoneVerification({
      secret: config.secret,
      storage: { challenges: storage.challenges },
      sms: inbox,
      appName: 'Test',
      allowedCountries: ['US'],
      limits: { smsPerDay: 10 },
    });
    expect(Object.keys(verification).toSorted()).toEqual([
      'consumeProof',
      'describe',
      'drain',
      'guessBound',
      'receiveReceipts',
      'recordDelivery',
      'requestCode',
      'sweep',
      'validateVerificationCode',
    ]);
    const { requestCode, validateVerificationCode, consumeProof } = verification;
    const { challengeId, phoneNumber } = await requestCode({ phoneNumber: '+12015550123', purpose: 'verify', client });
    const { proof } = await validateVerificationCode({ challengeId, code: inbox.lastCode(phoneNumber) ?? '', client });
    expect(await consumeProof({ proof, purpose: 'verify' })).toEqual({ phoneNumber, userId: null, context: null, reference: null });
  });
});

describe('guessBound and describe', () => {
  it('say what the limits bound', () => {
    const { auth } = stage({ limits: { smsPerDay: 2000 } });
    expect(auth.guessBound()).toEqual({
      guessesPerNumberPerDay: 30,
      probabilityPerNumberPerDay: (30 * 2148) / 2 ** 31,
      smsPerDay: 2000,
      spendPerDay: null,
    });
    const text = auth.describe();
    for (const fact of ['Test', '6 digits', '2000 SMS', '30 guesses', 'inbox', 'not revealed']) expect(text).toContain(fact);
  });

  it('show test numbers by their count, and no secret', () => {
    const testNumbers = { numbers: ['+15005550006'], code: '424242', until: Date.parse('2040-01-01T00:00:00Z') };
    const { auth, config } = stage({ testNumbers, allowedCountries: ['IR', 'US'], revealAccounts: true });
    const text = auth.describe();
    for (const fact of ['IR US', '2040-01-01', 'accounts are revealed']) expect(text).toContain(fact);
    for (const hidden of ['424242', '5005550006', String(config.secret)]) expect(text).not.toContain(hidden);
    expect(stage({ testNumbers: { ...testNumbers, numbers: 'all' } }).auth.describe()).toContain('ALL');
  });
});
