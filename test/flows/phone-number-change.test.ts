import { describe, expect, it } from 'vitest';
import { MESSAGE_LANGUAGES } from '../../src/core/message-texts.ts';
import { smsSegments } from '../../src/core/segments.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Stage, stage } from './stage.ts';

async function change(
  s: Stage,
  userId: string,
  phoneNumber: string = nextPhoneNumber(),
  sessionId?: string,
): ReturnType<Stage['auth']['changePhoneNumber']> {
  const { challengeId, code } = await s.request({ purpose: 'change-phone-number', userId, phoneNumber });
  s.inbox.clear();
  const answer = await s.auth.changePhoneNumber({ userId, sessionId, challengeId, code, client: s.client });
  await s.auth.drain();
  return answer;
}

describe('a change of number', () => {
  it('moves the account, and the new number signs in', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    const next = nextPhoneNumber();
    const { user } = await change(s, userId, next);
    expect(user).toMatchObject({ id: userId, phoneNumber: next });
    s.clock.advance(60);
    const asked = await s.request({ phoneNumber: next });
    expect((await s.auth.loginWithCode({ challengeId: asked.challengeId, code: asked.code, client: s.client })).userId).toBe(userId);
    const old = await s.request({ phoneNumber });
    await failure(s.auth.loginWithCode({ challengeId: old.challengeId, code: old.code, client: s.client }), 'account_not_found');
  });

  it('ends every session but the one that asked', async () => {
    const s = stage();
    const { userId, sessionId } = await s.signUp();
    await s.auth.startSession({ userId, client: s.client });
    s.trips();
    await change(s, userId, nextPhoneNumber(), sessionId);
    expect(s.trips().filter((trip) => trip !== 'challenges.issue' && trip !== 'challenges.take')).toEqual([
      'challenges.redeem',
      'sessions.revokeAllOf',
      'users.setPhoneNumber',
      'sessions.revokeAllOf',
    ]);
    expect((await s.auth.listSessions({ userId })).sessions.map((session) => session.sessionId)).toEqual([sessionId]);
    s.clock.advance(60);
    await change(s, userId);
    expect((await s.auth.listSessions({ userId })).sessions).toEqual([]);
  });

  it('tells the old number, without a code', async () => {
    const s = stage({ appName: 'Acme', locale: 'de' });
    const { userId, phoneNumber } = await s.signUp();
    await change(s, userId);
    const [notice, ...more] = s.inbox.messages();
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ to: phoneNumber, code: '', purpose: 'change-phone-number', challengeId: '', context: null });
    expect(notice?.text).toContain('Acme');
    expect(notice?.text).not.toMatch(/[0-9]{4}/);
  });

  it.each(MESSAGE_LANGUAGES)('tells it in the language of the program (%s), in one SMS', async (locale) => {
    const s = stage({ appName: 'Twelve Chars', locale });
    const { userId } = await s.signUp();
    await change(s, userId);
    const text = s.inbox.messages()[0]?.text ?? '';
    expect(text).toContain('Twelve Chars');
    expect(smsSegments(text).segments).toBe(1);
    // a phone takes the direction of a line from its first letter
    if (['fa', 'ar'].includes(locale)) expect(/\p{L}/u.exec(text)?.[0]).toMatch(/\p{Script=Arabic}/u);
  });

  it('tells it in English where it does not know the language', async () => {
    const s = stage({ locale: 'eo' });
    const { userId } = await s.signUp();
    await change(s, userId);
    expect(s.inbox.messages()[0]?.text).toContain('phone number');
  });

  it('to the number that the account has tells nobody', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const { user } = await change(s, userId, phoneNumber);
    expect(user.phoneNumber).toBe(phoneNumber);
    expect(s.inbox.messages()).toEqual([]);
  });

  it('succeeds when the old number cannot be told', async () => {
    for (const how of ['sender', 'store', 'limit'] as const) {
      const limits = how === 'limit' ? { smsPerDay: 2 } : { smsPerDay: 100 };
      const s = stage({ limits });
      const { userId } = await s.signUp();
      const { challengeId, code, phoneNumber } = await s.request({ purpose: 'change-phone-number', userId });
      const auth = how === 'sender' ? s.beside({ sms: () => Promise.reject(new Error('down')) }) : s.auth;
      if (how === 'store') s.breaks('challenges.take', 'throws');
      s.inbox.clear();
      const { user } = await auth.changePhoneNumber({ userId, challengeId, code, client: s.client });
      await auth.drain();
      expect(user.phoneNumber).toBe(phoneNumber);
      expect(s.inbox.messages()).toEqual([]);
    }
  });

  it('is told to the old number though strangers, or a thief with a device of it, used up its budgets', async () => {
    const once = [{ max: 1, windowSeconds: 600 }];
    const s = stage({ limits: { smsPerDay: 100, sendsPerNumber: once, knownDevice: { sendsPerNumber: once } } });
    const { userId, phoneNumber, deviceToken } = await s.signUp();
    s.clock.advance(600);
    await s.request({ phoneNumber });
    await s.request({ phoneNumber, client: { ...s.client, deviceToken } });
    s.inbox.clear();
    await change(s, userId);
    expect(s.inbox.messages()).toMatchObject([{ to: phoneNumber, code: '' }]);
  });

  it('charges the system for the notice', async () => {
    const s = stage({ limits: { smsPerDay: 5 } });
    const { userId } = await s.signUp();
    await change(s, userId);
    await s.request();
    expect((await failure(s.request(), 'rate_limited')).details.limit).toBe('smsPerDay');
  });

  it('of two accounts to one number lets one win', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const users = [await s.signUp(), await s.signUp()];
    const phoneNumber = nextPhoneNumber();
    const proofs: string[] = [];
    for (const { userId } of users) {
      const { challengeId, code } = await s.request({ purpose: 'change-phone-number', userId, phoneNumber });
      const answer = { purpose: 'change-phone-number', challengeId, code, userId, client: s.client } as const;
      proofs.push((await s.auth.validateVerificationCode(answer)).proof);
    }
    const calls = users.map(({ userId }, i) => s.auth.changePhoneNumber({ userId, proof: proofs[i] ?? '', client: s.client }));
    expect(await outcomes(calls)).toEqual({ ok: 1, phone_number_taken: 1 });
  });

  it('needs a store that can', async () => {
    const s = stage();
    const { userId } = await s.signUp();
    const { setPhoneNumber: _, ...users } = s.storage.users;
    const without = s.beside({ storage: { ...s.stores, users } });
    await expect(without.removePhoneNumber({ userId })).rejects.toThrow(TypeError);
  });
});

describe('a removal of the number', () => {
  it('leaves an account without one, ends its sessions and tells the number', async () => {
    const s = stage();
    const { userId, phoneNumber, sessionId } = await s.signUp();
    await s.auth.startSession({ userId, client: s.client });
    s.tell();
    s.inbox.clear();
    const { user } = await s.auth.removePhoneNumber({ userId, sessionId });
    await s.auth.drain();
    expect(user.phoneNumber).toBeNull();
    expect((await s.auth.listSessions({ userId })).sessions.map((session) => session.sessionId)).toEqual([sessionId]);
    expect(s.inbox.messages()).toMatchObject([{ to: phoneNumber, code: '' }]);
    expect(s.tell()).toEqual(['sessions.revoked', 'phone_number.changed']);
    expect(s.events.at(-1)).toMatchObject({ phoneNumber: null, previous: expect.stringContaining('•••') });
  });

  it('frees the number for a new account', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    await s.auth.removePhoneNumber({ userId });
    s.clock.advance(60);
    const { challengeId, code } = await s.request({ phoneNumber });
    expect((await s.auth.signInWithCode({ challengeId, code, client: s.client })).isNewUser).toBe(true);
  });

  it('twice is harmless, of nobody is refused', async () => {
    const s = stage();
    const { userId } = await s.signUp();
    await s.auth.removePhoneNumber({ userId });
    await s.auth.drain();
    s.inbox.clear();
    expect((await s.auth.removePhoneNumber({ userId })).user.phoneNumber).toBeNull();
    await s.auth.drain();
    expect(s.inbox.messages()).toEqual([]);
    expect((await failure(s.auth.removePhoneNumber({ userId: 'nobody' }), 'account_not_found')).details).toEqual({ proof: undefined });
  });
});
