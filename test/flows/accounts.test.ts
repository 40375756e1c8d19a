import { describe, expect, it } from 'vitest';
import type { StandardSchemaV1 } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Profile, type Stage, stage } from './stage.ts';

const password = 'a long enough sentence';

function asked(
  s: Stage,
  input: Parameters<Stage['request']>[0] = {},
): Promise<{ challengeId: string; code: string; client: Stage['client'] }> {
  return s.request(input).then(({ challengeId, code }) => ({ challengeId, code, client: s.client }));
}

describe('a registration', () => {
  it('makes an account and signs it in', async () => {
    const s = stage();
    const phoneNumber = nextPhoneNumber();
    const now = s.clock.now();
    const signedIn = await s.auth.registerWithCode({ ...(await asked(s, { phoneNumber, purpose: 'register' })), profile: { name: 'Ada' } });
    expect(signedIn).toEqual({
      user: { id: expect.any(String), phoneNumber, disabled: false, profile: { name: 'Ada' }, createdAt: now, phoneNumberVerifiedAt: now },
      userId: signedIn.user.id,
      sessionId: expect.stringMatching(/^[\w-]{38}$/),
      accessToken: expect.any(String),
      accessTokenExpiresAt: now + 600_000,
      refreshToken: expect.any(String),
      refreshTokenExpiresAt: now + 30 * 86_400_000,
      deviceToken: expect.any(String),
    });
  });

  it('opens no session when told', async () => {
    const s = stage();
    const answer = await s.auth.registerWithCode({ ...(await asked(s)), session: false });
    expect(Object.keys(answer)).toEqual(['user']);
    expect((await s.auth.listSessions({ userId: answer.user.id })).sessions).toEqual([]);
  });

  it('takes a password', async () => {
    const s = stage();
    const { user } = await s.auth.registerWithCode({ ...(await asked(s)), password });
    const phoneNumber = user.phoneNumber ?? '';
    expect(await s.auth.getUserStatus({ phoneNumber })).toEqual({ exists: true, hasPassword: true });
    await s.auth.loginWithPassword({ phoneNumber, password, client: s.client });
    expect(JSON.stringify(user)).not.toContain('argon2');
  });

  it('takes no password where none are configured', async () => {
    const s = stage({ passwords: undefined });
    const call = s.auth.registerWithCode({ ...(await asked(s)), password });
    expect((await failure(call, 'invalid_input')).details.issues[0]?.path).toBe('password');
  });

  it('prefers the profile given now to the one of the request, and has an empty one without either', async () => {
    const s = stage();
    const profileOf = async (requested: Profile | undefined, given: Profile | undefined): Promise<unknown> =>
      (await s.auth.registerWithCode({ ...(await asked(s, { profile: requested })), profile: given })).user.profile;
    expect(await profileOf({ name: 'Ada' }, undefined)).toEqual({ name: 'Ada' });
    expect(await profileOf({ name: 'Ada' }, { name: 'Bea' })).toEqual({ name: 'Bea' });
    expect(await profileOf(undefined, undefined)).toEqual({});
  });

  it('stores what the schema makes of the profile, wherever it came from', async () => {
    const seen: unknown[] = [];
    const profile: StandardSchemaV1<unknown, Profile> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          seen.push(value);
          return { value: { checked: true } };
        },
      },
    };
    const s = stage({ profile });
    const { user } = await s.auth.signInWithCode(await asked(s, { profile: { admin: true } }));
    expect(user.profile).toEqual({ checked: true });
    await s.auth.signInWithCode(await asked(s));
    expect(seen).toEqual([{ admin: true }, {}]);
  });

  it('of a schema that fails costs no code', async () => {
    const profile: StandardSchemaV1<unknown, Profile> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('no');
        },
      },
    };
    const s = stage({ profile });
    const { details } = await failure(s.auth.signInWithCode(await asked(s)), 'unavailable');
    const sound = s.beside({ profile: undefined });
    await sound.signInWithCode({ proof: details.proof ?? '', client: s.client });
  });

  it.each([
    ['no JSON', 1n],
    ['no JSON', () => undefined],
    ['longer than 2048 characters', { text: 'x'.repeat(2048) }],
  ])('is asked for with no profile that is %s', async (_, profile) => {
    const s = stage();
    expect((await failure(s.request({ profile }), 'invalid_input')).details.issues[0]?.path).toBe('profile');
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    await failure(s.request({ profile: circular }), 'invalid_input');
    expect(s.inbox.messages()).toEqual([]);
  });

  it('that meets a user store with wrong ids says so', async () => {
    const s = stage();
    const { users } = s.storage;
    const wrong = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...users,
          create: async (c) => {
            const made = await users.create(c);
            return made.is === 'created' ? { ...made, user: { ...made.user, id: 7 as unknown as string } } : made;
          },
        },
      },
    });
    await expect(wrong.signInWithCode(await asked(s))).rejects.toThrow(TypeError);
  });
});

describe('a sign-in', () => {
  it('registers a new number and logs a known one in', async () => {
    const s = stage();
    const phoneNumber = nextPhoneNumber();
    const first = await s.auth.signInWithCode({ ...(await asked(s, { phoneNumber })), profile: { name: 'Ada' } });
    expect(first.isNewUser).toBe(true);
    const second = await s.auth.signInWithCode({ ...(await asked(s, { phoneNumber })), profile: { name: 'Mallory' } });
    expect(second).toMatchObject({ isNewUser: false, userId: first.userId, user: { profile: { name: 'Ada' } } });
    expect(second.sessionId).not.toBe(first.sessionId);
  });

  it('takes three trips for a known number and four for a new one, where the store joins none', async () => {
    // whoever listens has codes counted too, behind the answer
    const s = stage({ onEvent: undefined }, 'verb by verb');
    const phoneNumber = nextPhoneNumber();
    s.trips();
    const first = await asked(s, { phoneNumber });
    expect(s.trips()).toEqual(['challenges.issue']);
    await s.auth.signInWithCode(first);
    expect(s.trips()).toEqual(['challenges.redeem', 'users.findByPhoneNumber', 'users.create', 'sessions.create']);
    const second = await asked(s, { phoneNumber, purpose: 'login' });
    expect(s.trips()).toEqual(['users.findByPhoneNumber', 'challenges.issue']);
    await s.auth.loginWithCode(second);
    expect(s.trips()).toEqual(['challenges.redeem', 'users.findByPhoneNumber', 'sessions.create']);
  });

  it('that loses the race for a new number is the winner’s user', async () => {
    const s = stage();
    const phoneNumber = nextPhoneNumber();
    const answer = await asked(s, { phoneNumber });
    const { users } = s.storage;
    const slow = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...users,
          // somebody else registers the number between the look and the write
          create: async (c) => {
            await users.create({ ...c, profile: { name: 'winner' } });
            return users.create(c);
          },
        },
      },
    });
    expect(await slow.signInWithCode(answer)).toMatchObject({ isNewUser: false, user: { profile: { name: 'winner' } } });
  });

  it('of a disabled account ends after the proof of its number', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    await s.storage.users.setDisabled({ userId, disabled: true });
    s.clock.advance(60);
    const { details, status } = await failure(s.auth.signInWithCode(await asked(s, { phoneNumber })), 'account_disabled');
    expect([details, status]).toEqual([{}, 403]);
    expect((await s.auth.listSessions({ userId })).sessions).toHaveLength(1);
  });
});

describe('canSignIn', () => {
  it('has the last word before a session', async () => {
    const seen: unknown[] = [];
    let may: unknown = true;
    const s = stage({
      canSignIn: async ({ user, amr }) => {
        seen.push([user.phoneNumber, amr]);
        return may as boolean;
      },
    });
    const { phoneNumber, userId } = await s.signUp();
    s.clock.advance(60);
    await s.auth.setPassword({ userId, newPassword: password, proof: await proofOf(s, phoneNumber) });
    await s.auth.loginWithPassword({ phoneNumber, password, client: s.client });
    await s.auth.startSession({ userId, amr: ['hwk'], client: s.client });
    expect(seen).toEqual([
      [phoneNumber, ['sms']],
      [phoneNumber, ['pwd']],
      [phoneNumber, ['hwk']],
    ]);
    for (const no of [false, undefined, 'yes', 1]) {
      may = no;
      s.clock.advance(86_400);
      await failure(s.auth.startSession({ userId, client: s.client }), 'account_disabled');
      await failure(s.auth.loginWithPassword({ phoneNumber, password, client: s.client }), 'invalid_credentials');
      await failure(s.auth.loginWithCode(await asked(s, { phoneNumber, purpose: 'login' })), 'account_disabled');
      s.clock.advance(86_400);
      const reset = { ...(await asked(s, { phoneNumber, purpose: 'reset-password' })), newPassword: 'another long sentence' };
      await failure(s.auth.resetPassword(reset), 'account_disabled');
    }
    may = true;
    await s.auth.loginWithPassword({ phoneNumber, password, client: s.client });
  });

  it('that fails is unavailable, with the proof', async () => {
    let isDown = true;
    const s = stage({
      canSignIn: () => {
        if (isDown) throw new Error('no');
        return true;
      },
    });
    const { details } = await failure(s.auth.signInWithCode(await asked(s)), 'unavailable');
    isDown = false;
    expect((await s.auth.signInWithCode({ proof: details.proof ?? '', client: s.client })).isNewUser).toBe(false);
  });
});

describe('getUserStatus', () => {
  it('says whether a number has an account and a password', async () => {
    const s = stage();
    expect(await s.auth.getUserStatus({ phoneNumber: nextPhoneNumber() })).toEqual({ exists: false, hasPassword: false });
    const { phoneNumber, userId } = await s.signUp();
    expect(await s.auth.getUserStatus({ phoneNumber, client: s.client })).toEqual({ exists: true, hasPassword: false });
    s.clock.advance(60);
    await s.auth.setPassword({ userId, newPassword: password, proof: await proofOf(s, phoneNumber) });
    expect(await s.auth.getUserStatus({ phoneNumber })).toEqual({ exists: true, hasPassword: true });
    const without = s.beside({ passwords: undefined });
    expect(await without.getUserStatus({ phoneNumber })).toEqual({ exists: true, hasPassword: false });
    await failure(s.auth.getUserStatus({ phoneNumber: 'nonsense' }), 'invalid_phone_number');
  });
});

describe('what a host asks', () => {
  it('is answered from the configuration', async () => {
    const s = stage({ revealAccounts: true });
    expect(s.auth.settings).toMatchObject({ appName: 'Test', revealAccounts: true, acceptsProfile: false, hasPasswords: true });
    expect(s.auth.settings.now()).toBe(s.clock.now());
    expect(await s.auth.jwks()).toEqual({ keys: [] });
    expect(stage({ passwords: undefined }).auth.settings).toMatchObject({ revealAccounts: false, hasPasswords: false });
    expect(Object.isFrozen(s.auth) && Object.isFrozen(s.auth.settings)).toBe(true);
  });

  it('works with functions that were taken apart', async () => {
    const { auth, client, inbox } = stage();
    const { requestCode, signInWithCode, refreshSession } = auth;
    const { challengeId, phoneNumber } = await requestCode({ phoneNumber: nextPhoneNumber(), client });
    const { refreshToken } = await signInWithCode({ challengeId, code: inbox.lastCode(phoneNumber) ?? '', client });
    await refreshSession({ refreshToken, client });
  });
});

async function proofOf(s: Stage, phoneNumber: string): Promise<string> {
  return (await s.auth.validateVerificationCode(await asked(s, { phoneNumber, purpose: 'verify' }))).proof;
}
