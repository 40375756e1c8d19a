import { describe, expect, it } from 'vitest';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Stage, stage, wrongOf } from './stage.ts';

const open = { resendAfterSeconds: [0] };

describe('a challenge bound to the number', () => {
  it('is redeemed by number and code alone', async () => {
    const s = stage({ binding: 'phone' });
    const { phoneNumber, code } = await s.request();
    const spelled = phoneNumber.replace(/^\+1(...)/, '+1 ($1) ');
    const { user } = await s.auth.signInWithCode({ phoneNumber: spelled, code, client: s.client });
    expect(user.phoneNumber).toBe(phoneNumber);
    const again = s.auth.signInWithCode({ phoneNumber, code, client: s.client });
    expect((await failure(again, 'invalid_code')).details.reason).toBe('used');
  });

  it('is asked for by one request where the others are not', async () => {
    const s = stage();
    const bound = await s.request({ binding: 'phone' });
    await s.auth.signInWithCode({ phoneNumber: bound.phoneNumber, code: bound.code, client: s.client });
    const loose = await s.request();
    const call = s.auth.signInWithCode({ phoneNumber: loose.phoneNumber, code: loose.code, client: s.client });
    expect((await failure(call, 'invalid_code')).details).toEqual({ reason: 'unknown' });
    const t = stage({ binding: 'phone' });
    const challenge = await t.request({ binding: 'challenge' });
    await failure(t.auth.signInWithCode({ phoneNumber: challenge.phoneNumber, code: challenge.code, client: t.client }), 'invalid_code');
    await t.auth.signInWithCode({ challengeId: challenge.challengeId, code: challenge.code, client: t.client });
  });

  it('may still be named by its id', async () => {
    const s = stage({ binding: 'phone' });
    const { challengeId, phoneNumber, code } = await s.request();
    await s.auth.signInWithCode({ challengeId, phoneNumber, code, client: s.client });
  });

  it('means the purpose of the function, or the one that is named', async () => {
    const s = stage({ binding: 'phone', code: open, passwords: undefined });
    const phoneNumber = nextPhoneNumber();
    const verify = await s.request({ phoneNumber, purpose: 'verify' });
    const register = await s.request({ phoneNumber, purpose: 'register' });
    const { client } = s;
    await failure(s.auth.registerWithCode({ phoneNumber, code: register.code, client }), 'invalid_code');
    await failure(s.auth.registerWithCode({ phoneNumber, code: verify.code, purpose: 'verify', client }), 'invalid_code');
    await s.auth.validateVerificationCode({ phoneNumber, code: verify.code, client });
    await s.auth.registerWithCode({ phoneNumber, code: register.code, purpose: 'register', client });
  });

  it('means reset-password in resetPassword and change-phone-number in changePhoneNumber', async () => {
    const s = stage({ binding: 'phone', code: open });
    const { userId, phoneNumber } = await s.signUp();
    const reset = await s.request({ phoneNumber, purpose: 'reset-password' });
    const { client } = s;
    await s.auth.resetPassword({ phoneNumber, code: reset.code, newPassword: 'a long enough sentence', client });
    const change = await s.request({ purpose: 'change-phone-number', userId });
    await s.auth.changePhoneNumber({ userId, phoneNumber: change.phoneNumber, code: change.code, client });
  });

  it('is one for every request of the number and purpose, and a resend needs no id', async () => {
    const s = stage({ binding: 'phone', code: open });
    const first = await s.request();
    const { phoneNumber } = first;
    const again = await s.request({ phoneNumber });
    expect(again).toMatchObject({ challengeId: first.challengeId, code: first.code });
    expect((await s.request({ phoneNumber, purpose: 'login' })).challengeId).not.toBe(first.challengeId);
  });

  it('keeps its attempts paid over requests, while it lives', async () => {
    const s = stage({ binding: 'phone', code: open });
    const { phoneNumber, code, wrong } = await s.request();
    const guess = (text: string): Promise<unknown> => s.auth.signInWithCode({ phoneNumber, code: text, client: s.client });
    for (const attemptsLeft of [4, 3, 2]) expect((await failure(guess(wrong), 'invalid_code')).details.attemptsLeft).toBe(attemptsLeft);
    await s.request({ phoneNumber });
    expect((await failure(guess(wrong), 'invalid_code')).details.attemptsLeft).toBe(1);
    await guess(code);
  });

  it.each(['used', 'exhausted', 'expired'])('that is %s is replaced by a new one under the same id', async (how) => {
    const s = stage({ binding: 'phone', code: open });
    const first = await s.request();
    const { phoneNumber, challengeId } = first;
    const guess = (code: string): Promise<unknown> => s.auth.signInWithCode({ phoneNumber, code, client: s.client });
    if (how === 'used') await guess(first.code);
    if (how === 'exhausted') for (let i = 1; i <= 5; i++) await failure(guess(wrongOf(first.code, i)), 'invalid_code');
    if (how === 'expired') s.clock.advance(300);
    const second = await s.request({ phoneNumber });
    expect(second.challengeId).toBe(challengeId);
    expect(second.expiresInSeconds).toBe(300);
    expect((await failure(guess(second.wrong), 'invalid_code')).details.attemptsLeft).toBe(4);
    if (second.code !== first.code) expect((await failure(guess(first.code), 'invalid_code')).details.attemptsLeft).toBe(3);
    await guess(second.code);
  });

  it('takes over the reference of a later request, with a new code, and keeps its attempts paid', async () => {
    const s = stage({ binding: 'phone', code: { ...open, length: 8 } });
    const first = await s.request({ reference: 'one' });
    const { phoneNumber } = first;
    const signIn = (code: string, reference?: string): Promise<unknown> =>
      s.auth.signInWithCode({ phoneNumber, code, reference, client: s.client });
    await failure(signIn(first.wrong, 'one'), 'invalid_code');
    const second = await s.request({ phoneNumber, reference: 'two' });
    expect(second.challengeId).toBe(first.challengeId);
    expect(second.code).not.toBe(first.code);
    expect((await failure(signIn(first.code, 'one'), 'invalid_code')).details.attemptsLeft).toBe(3);
    expect((await failure(signIn(second.code, 'one'), 'invalid_code')).details.attemptsLeft).toBe(2);
    await signIn(second.code, 'two');
  });

  it('is another one for another user, so that two may move to one number', async () => {
    const s = stage({ binding: 'phone', code: open });
    const [one, other] = [await s.signUp(), await s.signUp()];
    const phoneNumber = nextPhoneNumber();
    const purpose = 'change-phone-number';
    const asked = [];
    for (const { userId } of [one, other]) asked.push(await s.request({ purpose, phoneNumber, userId, reference: userId }));
    const [first, second] = asked.map(({ code }) => code);
    const { client } = s;
    const reference = other.userId;
    await failure(s.auth.changePhoneNumber({ userId: other.userId, phoneNumber, code: first ?? '', reference, client }), 'invalid_code');
    const { user } = await s.auth.changePhoneNumber({ userId: other.userId, phoneNumber, code: second ?? '', reference, client });
    expect(user).toMatchObject({ id: other.userId, phoneNumber });
  });

  it('rotates its code at each request when told', async () => {
    const s = stage({ binding: 'phone', code: { ...open, length: 8, resend: 'rotate' } });
    const first = await s.request();
    const { phoneNumber } = first;
    const guess = (code: string): Promise<unknown> => s.auth.signInWithCode({ phoneNumber, code, client: s.client });
    await failure(guess(first.wrong), 'invalid_code');
    const second = await s.request({ phoneNumber, resendOf: first.challengeId });
    expect(second.challengeId).toBe(first.challengeId);
    expect(second.code).not.toBe(first.code);
    expect((await failure(guess(first.code), 'invalid_code')).details.attemptsLeft).toBe(3);
    await guess(second.code);
  });

  it('with an idempotency key is still found by the number', async () => {
    const s = stage({ binding: 'phone' });
    const first = await s.request({ idempotencyKey: 'key-5b1f' });
    const { phoneNumber } = first;
    expect(await s.request({ phoneNumber, idempotencyKey: 'key-5b1f' })).toEqual(first);
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
    await s.auth.signInWithCode({ phoneNumber, code: first.code, client: s.client });
  });
});

describe('the same code asked for by the one binding', () => {
  it('is refused without number and without id', async () => {
    const s: Stage = stage({ binding: 'phone' });
    const { code } = await s.request();
    const call = s.auth.signInWithCode({ code, client: s.client } as unknown as Parameters<typeof s.auth.signInWithCode>[0]);
    expect((await failure(call, 'invalid_input')).details.issues.map((issue) => issue.path)).toEqual(['challengeId']);
  });
});
