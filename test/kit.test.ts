import { describe, expect, it } from 'vitest';
import { failure, passwords } from './flows/stage.ts';
import { createTestAuth, nextPhoneNumber, testClock } from './kit/index.ts';

describe('createTestAuth', () => {
  it('gives a whole auth object, whose codes are in the inbox', async () => {
    const { auth, inbox, client, nextPhoneNumber: next } = createTestAuth();
    const phoneNumber = next();
    const { challengeId } = await auth.requestCode({ phoneNumber, client });
    expect(inbox.messages(phoneNumber)).toHaveLength(1);
    const code = await inbox.waitForCode(phoneNumber);
    expect(inbox.lastCode(phoneNumber)).toBe(code);
    const { user } = await auth.signInWithCode({ challengeId, code, client });
    expect(user.phoneNumber).toBe(phoneNumber);
  });

  it('signs in at once, with a number and profile of choice or with any', async () => {
    const { signIn, storage, clock } = createTestAuth<{ name?: string }>();
    const first = await signIn({ profile: { name: 'Ada' } });
    expect(first).toMatchObject({ isNewUser: true, user: { profile: { name: 'Ada' } } });
    clock.advance(60);
    const again = await signIn({ phoneNumber: first.user.phoneNumber ?? '' });
    expect(again).toMatchObject({ isNewUser: false, userId: first.userId });
    expect((await signIn()).userId).not.toBe(first.userId);
    expect(await storage.users.findById({ userId: first.userId })).toEqual(first.user);
  });

  it('reads a number in any spelling', async () => {
    const { signIn } = createTestAuth({ defaultCountry: 'IR', allowedCountries: ['IR'] });
    expect((await signIn({ phoneNumber: '۰۹۱۲ ۱۲۳ ۴۵۶۷' })).user.phoneNumber).toBe('+989121234567');
    expect((await signIn()).user.phoneNumber).toMatch(/^\+98/);
  });

  it('has limits on, and time that moves when told', async () => {
    const { auth, clock, client } = createTestAuth();
    const phoneNumber = nextPhoneNumber();
    const startedAt = clock.now();
    const { expiresAt } = await auth.requestCode({ phoneNumber, client });
    expect(expiresAt).toBe(startedAt + 300_000);
    const { details } = await failure(auth.requestCode({ phoneNumber, client }), 'rate_limited');
    clock.advance(details.retryAfterSeconds);
    await auth.requestCode({ phoneNumber, client });
    expect(clock.now()).toBe(startedAt + 30_000);
  });

  it('takes the rest of the configuration', async () => {
    const { auth, client, signIn } = createTestAuth({ passwords, appName: 'Acme', code: { length: 8 } });
    const { codeLength } = await auth.requestCode({ phoneNumber: nextPhoneNumber(), client });
    expect([codeLength, auth.settings.appName, auth.settings.hasPasswords]).toEqual([8, 'Acme', true]);
    await signIn();
  });

  it('shares nothing with another one', async () => {
    const [one, other] = [createTestAuth(), createTestAuth()];
    expect(one.client.ip).not.toBe(other.client.ip);
    const { refreshToken, accessToken } = await one.signIn();
    await failure(other.auth.inspectRefreshToken({ refreshToken }), 'invalid_session');
    await failure(other.auth.verifyAccessToken({ accessToken }), 'invalid_token');
    expect(other.inbox.messages()).toEqual([]);
  });

  it('runs in real time where tokens are checked by others', () => {
    expect(Math.abs(createTestAuth().clock.now() - Date.now())).toBeLessThan(5000);
    const clock = testClock(5);
    clock.advance(0.001);
    expect(clock.now()).toBe(6);
  });
});

describe('nextPhoneNumber', () => {
  it('never gives a number twice, in many countries', () => {
    for (const country of ['US', 'IR', 'DE', 'GB', 'FR', 'IN']) {
      const numbers = Array.from({ length: 50 }, () => nextPhoneNumber(country));
      expect(new Set(numbers).size).toBe(50);
    }
    expect(nextPhoneNumber()).toMatch(/^\+1[0-9]{3}55501[0-9]{2}$/);
  });

  it('knows no numbers of no country', () => {
    expect(() => nextPhoneNumber('XX')).toThrow(TypeError);
  });
});
