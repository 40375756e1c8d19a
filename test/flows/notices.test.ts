import { describe, expect, it } from 'vitest';
import type { Client, PhoneAuthEvent, PhoneAuthEventType } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Stage, stage } from './stage.ts';
import {
  guessing,
  guessingPasswords,
  type Owner,
  owner,
  PASSWORD,
  sending,
  signInByCode,
  signInByPassword,
  stranger,
  untilRefused,
} from './strangers.ts';

const HOUR = 3600;
const DAY = 86_400;

const NOTICES: readonly PhoneAuthEventType[] = [
  'user.new_device',
  'password.changed',
  'phone_number.changed',
  'session.reuse_detected',
  'user.signed_in_after_failures',
];

/** What an owner should have been told, since the last call. */
function notices(s: Stage): readonly PhoneAuthEvent[] {
  const told = s.events.filter(({ type }) => NOTICES.includes(type));
  s.events.length = 0;
  return told;
}

async function watched(overrides: Parameters<typeof stage>[0] = {}): Promise<{ s: Stage; victim: Owner }> {
  const s = stage(overrides);
  const victim = await owner(s);
  s.events.length = 0;
  return { s, victim };
}

describe('a registration', () => {
  it('is told as no new device, no change and no success after failures', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    for (const flow of ['signInWithCode', 'registerWithCode'] as const) {
      const phoneNumber = nextPhoneNumber();
      const guess = guessing(s, phoneNumber);
      for (let guesses = 0; guesses < 4; guesses++) await guess();
      const { challengeId, code } = await s.request({ phoneNumber, client: stranger() });
      await s.auth[flow]({ challengeId, code, client: stranger(), ...(flow === 'registerWithCode' && { password: PASSWORD }) });
    }
    expect(s.tell()).toContain('user.registered');
    expect(notices(s)).toEqual([]);
  });
});

describe('a new device', () => {
  const signIns: readonly (readonly [
    string,
    readonly string[],
    (s: Stage, victim: Owner, client: Client) => Promise<{ readonly sessionId: string; readonly deviceToken: string }>,
  ])[] = [
    ['by code', ['sms'], (s, { phoneNumber }, client) => signInByCode(s, phoneNumber, client)],
    ['by password', ['pwd'], (s, { phoneNumber }, client) => signInByPassword(s, phoneNumber, client)],
    ['otherwise', ['hwk'], (s, { userId }, client) => s.auth.startSession({ userId, amr: ['hwk'], client })],
  ];

  it.each(signIns)('that signs in %s is told once, and is known from then on', async (_, amr, signIn) => {
    const { s, victim } = await watched();
    const client = { ip: '::ffff:203.0.113.7', userAgent: 'thief' };
    const { sessionId, deviceToken } = await signIn(s, victim, client);
    expect(notices(s)).toEqual([
      { type: 'user.new_device', at: s.clock.now(), userId: victim.userId, sessionId, amr, ip: '203.0.113.7', userAgent: 'thief' },
    ]);
    s.clock.advance(HOUR);
    await signIn(s, victim, { ...client, deviceToken });
    expect(notices(s)).toEqual([]);
  });

  it.each(signIns)('is not the one that signs in %s again', async (_, __, signIn) => {
    const { s, victim } = await watched();
    await signIn(s, victim, victim.device);
    expect(notices(s)).toEqual([]);
  });

  it('is one without a token, with a foreign one, or with one that is too old', async () => {
    const { s, victim } = await watched();
    const other = await owner(s);
    s.events.length = 0;
    for (const deviceToken of [undefined, '', 'x', other.deviceToken]) {
      await signInByPassword(s, victim.phoneNumber, { ip: victim.device.ip, deviceToken });
    }
    s.clock.advance(180 * DAY);
    await signInByPassword(s, victim.phoneNumber, victim.device);
    expect(notices(s).map(({ type }) => type)).toEqual(Array(5).fill('user.new_device'));
  });

  it('is the old one too, after a change of number', async () => {
    const { s, victim } = await watched();
    const { userId, sessionId, device } = victim;
    const moved = await s.request({ purpose: 'change-phone-number', userId });
    await s.auth.changePhoneNumber({ userId, sessionId, challengeId: moved.challengeId, code: moved.code, client: device });
    notices(s);
    s.clock.advance(HOUR);
    await signInByCode(s, moved.phoneNumber, device);
    expect(notices(s).map(({ type }) => type)).toEqual(['user.new_device']);
  });

  it('is not told where nobody signed in', async () => {
    const { s, victim } = await watched();
    const { phoneNumber, userId } = victim;
    await failure(s.auth.loginWithPassword({ phoneNumber, password: 'not this one', client: stranger() }), 'invalid_credentials');
    await guessing(s, phoneNumber)();
    await s.storage.users.setDisabled({ userId, disabled: true });
    await failure(signInByPassword(s, phoneNumber, stranger()), 'invalid_credentials');
    s.clock.advance(HOUR);
    await failure(signInByCode(s, phoneNumber, stranger()), 'account_disabled');
    expect(notices(s)).toEqual([]);
  });
});

describe('a change', () => {
  it('of password is told once, whoever makes it', async () => {
    const { s, victim } = await watched();
    const { userId, phoneNumber, device } = victim;
    await s.auth.setPassword({ userId, currentPassword: PASSWORD, newPassword: 'another good sentence' });
    expect(notices(s)).toEqual([{ type: 'password.changed', at: s.clock.now(), userId }]);
    const { challengeId, code } = await s.request({ phoneNumber, purpose: 'reset-password' });
    await s.auth.resetPassword({ challengeId, code, newPassword: PASSWORD, client: device });
    expect(notices(s).map(({ type }) => type)).toEqual(['password.changed']);
    s.clock.advance(HOUR);
    const again = await s.request({ phoneNumber, purpose: 'reset-password' });
    await s.auth.resetPassword({ challengeId: again.challengeId, code: again.code, newPassword: PASSWORD, client: stranger() });
    expect(notices(s).map(({ type }) => type)).toEqual(['password.changed', 'user.new_device']);
  });

  it('of password that is refused is not told', async () => {
    const { s, victim } = await watched();
    const { userId } = victim;
    await failure(s.auth.setPassword({ userId, currentPassword: 'not this one', newPassword: 'another good sentence' }));
    await failure(s.auth.setPassword({ userId, currentPassword: PASSWORD, newPassword: 'short' }));
    s.breaks('users.setPasswordHash', 'throws');
    await failure(s.auth.setPassword({ userId, currentPassword: PASSWORD, newPassword: 'another good sentence' }), 'unavailable');
    expect(notices(s)).toEqual([]);
  });

  it('of number, or its removal, is told once', async () => {
    const { s, victim } = await watched();
    const { userId, phoneNumber, device } = victim;
    const masked = (number: string): string => `${number.slice(0, 6)}•••${number.slice(-4)}`;
    const moved = await s.request({ purpose: 'change-phone-number', userId });
    await s.auth.changePhoneNumber({ userId, challengeId: moved.challengeId, code: moved.code, client: device });
    const fact = { type: 'phone_number.changed', at: s.clock.now(), userId };
    expect(notices(s)).toEqual([{ ...fact, phoneNumber: masked(moved.phoneNumber), previous: masked(phoneNumber) }]);
    await s.auth.removePhoneNumber({ userId });
    await s.auth.drain();
    expect(notices(s)).toEqual([{ ...fact, phoneNumber: null, previous: masked(moved.phoneNumber) }]);
  });
});

describe('the old number of an account', () => {
  async function changed(s: Stage, { userId, device }: Owner): Promise<readonly string[]> {
    const moved = await s.request({ purpose: 'change-phone-number', userId, client: device });
    s.inbox.clear();
    await s.auth.changePhoneNumber({ userId, challengeId: moved.challengeId, code: moved.code, client: device });
    await s.auth.drain();
    return s.inbox.messages().map(({ to }) => to);
  }

  it('is told though a stranger used up its sends, its block, its country and four fifths of the day and the money', async () => {
    const limits = {
      smsPerDay: 100,
      sendsPerPrefix: [{ max: 12, windowSeconds: HOUR }],
      sendsPerCountry: { US: [{ max: 100, windowSeconds: DAY }] },
      spend: { perDay: 10, pricePerSms: { default: 0.1 } },
    };
    const { s, victim } = await watched({ limits });
    const moved = await s.request({ purpose: 'change-phone-number', userId: victim.userId, client: stranger() });
    await untilRefused(
      s,
      sending(s, stranger, () => victim.phoneNumber),
      2 * HOUR,
    );
    await untilRefused(s, guessing(s, moved.phoneNumber));
    for (;;) {
      const refused = await s.request({ client: stranger() }).then(
        () => false,
        () => true,
      );
      if (refused) break;
    }
    s.inbox.clear();
    const asked = await s.request({ phoneNumber: victim.phoneNumber, purpose: 'verify', client: victim.device });
    expect(asked.phoneNumber).toBe(victim.phoneNumber);
    s.inbox.clear();
    await s.auth.removePhoneNumber({ userId: victim.userId });
    await s.auth.drain();
    expect(s.inbox.messages().map(({ to, code }) => ({ to, code }))).toEqual([{ to: victim.phoneNumber, code: '' }]);
  });

  it('is told once, and not when it stays', async () => {
    const { s, victim } = await watched();
    expect(await changed(s, victim)).toEqual([victim.phoneNumber]);
  });
});

describe('a stolen refresh token', () => {
  it('that comes back is told once, with the address of whoever had it', async () => {
    const { s, victim } = await watched();
    const { userId, sessionId, refreshToken } = victim;
    await s.auth.refreshSession({ refreshToken, client: s.client });
    s.clock.advance(HOUR);
    const thief = { ip: '[::ffff:203.0.113.66]:4711' };
    const late = await failure(s.auth.refreshSession({ refreshToken, client: thief }), 'invalid_session');
    expect(late.details.reason).toBe('reused');
    expect(notices(s)).toEqual([
      { type: 'session.reuse_detected', at: s.clock.now(), userId, sessionId, revoked: true, ip: '203.0.113.66' },
    ]);
    await failure(s.auth.refreshSession({ refreshToken, client: thief }), 'invalid_session');
    expect(notices(s)).toEqual([]);
  });

  it('is none that a parallel tab brings', async () => {
    const { s, victim } = await watched();
    const { refreshToken } = victim;
    await Promise.all(Array.from({ length: 8 }, () => s.auth.refreshSession({ refreshToken, client: s.client })));
    s.clock.advance(29);
    await s.auth.refreshSession({ refreshToken, client: s.client });
    expect(notices(s)).toEqual([]);
  });
});

describe('a success after failures', () => {
  const failuresIn = (s: Stage): readonly number[] =>
    notices(s).flatMap((event) => (event.type === 'user.signed_in_after_failures' ? [event.failures] : []));

  it('is told from the third wrong one on, and once', async () => {
    for (const wrong of [2, 3, 9]) {
      const { s, victim } = await watched({ code: { resendAfterSeconds: [0] } });
      const guess = guessing(s, victim.phoneNumber);
      for (let guesses = 0; guesses < wrong; guesses++) await guess();
      s.clock.advance(HOUR);
      const { sessionId } = await signInByCode(s, victim.phoneNumber, victim.device);
      const { ip, userAgent } = s.client;
      const fact = {
        type: 'user.signed_in_after_failures',
        at: s.clock.now(),
        userId: victim.userId,
        sessionId,
        failures: wrong,
        ip,
        userAgent,
      };
      expect(notices(s)).toEqual(wrong < 3 ? [] : [fact]);
      s.clock.advance(HOUR);
      await signInByCode(s, victim.phoneNumber, victim.device);
      await signInByPassword(s, victim.phoneNumber, victim.device);
      expect(notices(s)).toEqual([]);
    }
  });

  it('counts wrong passwords, before a password and before a code', async () => {
    for (const signIn of [signInByPassword, signInByCode]) {
      const { s, victim } = await watched();
      for (let tries = 0; tries < 5; tries++) await guessingPasswords(s, () => victim.phoneNumber)();
      await signIn(s, victim.phoneNumber, stranger());
      expect(failuresIn(s)).toEqual([5]);
      s.clock.advance(HOUR);
      for (const other of [signInByPassword, signInByCode]) await other(s, victim.phoneNumber, stranger());
      expect(failuresIn(s)).toEqual([]);
    }
  });

  it('counts both lanes, and codes and passwords together, on a known device', async () => {
    for (const signIn of [signInByPassword, signInByCode]) {
      const { s, victim } = await watched({ code: { resendAfterSeconds: [0] } });
      const { phoneNumber, device } = victim;
      for (const from of [stranger, () => device]) {
        const guess = guessing(s, phoneNumber, from);
        for (let tries = 0; tries < 2; tries++) await guess();
        await guessingPasswords(s, () => phoneNumber, from)();
      }
      await signIn(s, phoneNumber, device);
      expect(failuresIn(s)).toEqual([6]);
      s.clock.advance(HOUR);
      await signIn(s, phoneNumber, stranger());
      expect(failuresIn(s)).toEqual([]);
    }
  });

  it('is told for a reset of the password too', async () => {
    const { s, victim } = await watched();
    for (let tries = 0; tries < 5; tries++) await guessingPasswords(s, () => victim.phoneNumber)();
    const { challengeId, code } = await s.request({ phoneNumber: victim.phoneNumber, purpose: 'reset-password' });
    await s.auth.resetPassword({ challengeId, code, newPassword: PASSWORD, client: stranger() });
    expect(failuresIn(s)).toEqual([5]);
  });

  it('is told after the password that a dormant account was asked for', async () => {
    const { s, victim } = await watched();
    s.clock.advance(45 * DAY);
    let { proof = '' } = (await failure(signInByCode(s, victim.phoneNumber, stranger()), 'refused_by_policy')).details;
    for (let tries = 0; tries < 4; tries++) {
      const wrong = s.auth.loginWithCode({ proof, password: 'not this one', client: stranger() });
      ({ proof = '' } = (await failure(wrong, 'invalid_credentials')).details);
    }
    s.events.length = 0;
    await s.auth.loginWithCode({ proof, password: PASSWORD, client: stranger() });
    expect(failuresIn(s)).toEqual([4]);
  });

  it('is not what other numbers, refused tries or support left behind', async () => {
    const { s, victim } = await watched();
    await untilRefused(
      s,
      guessingPasswords(s, nextPhoneNumber, () => ({ ip: '203.0.113.1' })),
    );
    await untilRefused(
      s,
      guessingPasswords(
        s,
        () => victim.phoneNumber,
        () => ({ ip: '203.0.113.1' }),
      ),
    );
    await signInByPassword(s, victim.phoneNumber, stranger());
    expect(failuresIn(s)).toEqual([]);
    for (let tries = 0; tries < 5; tries++) await guessingPasswords(s, () => victim.phoneNumber)();
    await s.auth.unlockPhoneNumber({ phoneNumber: victim.phoneNumber });
    await signInByPassword(s, victim.phoneNumber, stranger());
    expect(failuresIn(s)).toEqual([]);
  });
});
