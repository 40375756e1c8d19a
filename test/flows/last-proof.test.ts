import { describe, expect, it } from 'vitest';
import { type Stage, stage, type User } from './stage.ts';
import { type Owner, owner, signInByCode, signInByPassword, stranger } from './strangers.ts';

const DAY = 86_400;

/** An owner who proved the number so many seconds ago. */
async function away(s: Stage, seconds: number): Promise<Owner> {
  const one = await owner(s);
  s.clock.advance(seconds - DAY);
  s.trips();
  return one;
}

async function verifiedAt(s: Stage, { userId }: Owner): Promise<number | undefined> {
  return (await s.storage.users.findById({ userId }))?.phoneNumberVerifiedAt;
}

describe('the time of the last proof', () => {
  const writes = (s: Stage): number => s.trips().filter((trip) => trip === 'users.setPhoneNumberVerifiedAt').length;

  it('moves at most once a day', async () => {
    const s = stage({}, 'verb by verb');
    const victim = await owner(s);
    s.trips();
    for (let hours = 0; hours < 72; hours += 12) {
      await signInByCode(s, victim.phoneNumber, victim.device);
      await s.auth.drain();
      s.clock.advance(DAY / 2);
    }
    expect(writes(s)).toBe(3);
    expect(await verifiedAt(s, victim)).toBe(s.clock.now() - DAY * 1000);
  });

  it('is written behind the answer, which does not wait for it', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const s = stage();
    const victim = await away(s, 2 * DAY);
    const { users } = s.storage;
    const slow = s.beside({
      storage: {
        ...s.stores,
        users: { ...users, setPhoneNumberVerifiedAt: (v) => released.then(() => users.setPhoneNumberVerifiedAt(v)) },
      },
    });
    const { challengeId, code } = await s.request({ phoneNumber: victim.phoneNumber });
    await slow.loginWithCode({ challengeId, code, client: stranger() });
    expect(await verifiedAt(s, victim)).toBeLessThan(s.clock.now());
    release();
    await slow.drain();
    expect(await verifiedAt(s, victim)).toBe(s.clock.now());
  });

  it('moves by no password, no refresh and no code that signs nobody in', async () => {
    const s = stage();
    const victim = await away(s, 2 * DAY);
    await signInByPassword(s, victim.phoneNumber, stranger());
    await s.auth.refreshSession({ refreshToken: victim.refreshToken, client: s.client });
    const { challengeId, code } = await s.request({ phoneNumber: victim.phoneNumber, purpose: 'verify' });
    await s.auth.validateVerificationCode({ challengeId, code, client: s.client });
    await s.auth.drain();
    expect(writes(s)).toBe(0);
  });

  it('keeps an owner who signs in from ever being dormant', async () => {
    const s = stage({ onDormantLogin: () => 'deny' });
    const { phoneNumber } = await s.signUp();
    for (let months = 0; months < 12; months++) {
      s.clock.advance(44 * DAY);
      await signInByCode(s, phoneNumber, stranger());
      await s.auth.drain();
    }
  });

  it.each(['throws', 'hangs', 'loses its answer'] as const)('that cannot be written (%s) harms nobody', async (fault) => {
    const s = stage({}, 'verb by verb');
    const victim = await away(s, 2 * DAY);
    s.breaks('users.setPhoneNumberVerifiedAt', fault);
    await signInByCode(s, victim.phoneNumber, stranger());
    await s.auth.drain();
    const failed = s.events.filter(({ type }) => type === 'port.failed');
    expect(failed).toMatchObject([{ port: 'users', verb: 'setPhoneNumberVerifiedAt' }]);
    s.heal();
    s.clock.advance(60);
    await signInByCode(s, victim.phoneNumber, stranger());
    await s.auth.drain();
    expect(await verifiedAt(s, victim)).toBeGreaterThan(s.clock.now() - DAY * 1000);
  });

  it('is told to claims at a sign-in and at a refresh', async () => {
    const told: (number | null)[] = [];
    const s = stage({
      claims: ({ phoneNumberVerifiedAt }) => {
        told.push(phoneNumberVerifiedAt);
        return {};
      },
    });
    const { phoneNumber, refreshToken } = await owner(s);
    const registeredAt = s.clock.now() - DAY * 1000;
    s.clock.advance(DAY);
    const now = s.clock.now();
    const client = s.client;
    await s.auth.refreshSession({ refreshToken, client });
    const byPassword = await signInByPassword(s, phoneNumber, client);
    await signInByCode(s, phoneNumber, client);
    await s.auth.drain();
    await s.auth.refreshSession({ refreshToken: byPassword.refreshToken, client });
    expect(told).toEqual([registeredAt, registeredAt, registeredAt, now, now]);
  });

  it('is null to claims where the store does not say', async () => {
    const told: (number | null)[] = [];
    const s = stage();
    const { users } = s.storage;
    const { setPhoneNumberVerifiedAt: _, ...others } = users;
    const silent = (user: User | null): User | null =>
      user === null ? null : ({ ...user, phoneNumberVerifiedAt: undefined } as unknown as User);
    const older = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...others,
          findById: async (f) => silent(await users.findById(f)),
          findByPhoneNumber: async (f) => silent(await users.findByPhoneNumber(f)),
        },
      },
      claims: ({ phoneNumberVerifiedAt }) => {
        told.push(phoneNumberVerifiedAt);
        return {};
      },
    });
    const { phoneNumber } = await owner(s);
    const { challengeId, code } = await s.request({ phoneNumber });
    const { refreshToken } = await older.loginWithCode({ challengeId, code, client: s.client });
    await older.refreshSession({ refreshToken, client: s.client });
    expect(told).toEqual([null, null]);
  });

  it('begins anew with a new number', async () => {
    const s = stage();
    const { userId } = await away(s, 45 * DAY);
    const moved = await s.request({ purpose: 'change-phone-number', userId });
    await s.auth.changePhoneNumber({ userId, challengeId: moved.challengeId, code: moved.code, client: s.client });
    await s.auth.drain();
    s.clock.advance(60);
    await signInByCode(s, moved.phoneNumber, stranger());
    expect(s.tell()).not.toContain('user.dormant');
  });
});
