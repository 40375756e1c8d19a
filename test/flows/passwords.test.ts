import { describe, expect, it } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import type { PasswordHasher } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, passwords, type SignedUp, type Stage, stage } from './stage.ts';

const password = 'correct horse battery';
const newPassword = 'a long enough sentence';

async function withPassword(s: Stage): Promise<SignedUp> {
  const signedUp = await s.signUp();
  const { userId } = signedUp;
  const passwordHash = await (s.config.passwords ?? passwords).hash({ password });
  await s.storage.users.setPasswordHash({ userId, passwordHash, replaces: null });
  s.clock.advance(60);
  return signedUp;
}

function login(s: Stage, phoneNumber: string, text: string): ReturnType<Stage['auth']['loginWithPassword']> {
  return s.auth.loginWithPassword({ phoneNumber, password: text, client: s.client });
}

async function isAlive(s: Stage, refreshToken: string): Promise<boolean> {
  return s.auth.inspectRefreshToken({ refreshToken }).then(
    () => true,
    () => false,
  );
}

async function proofOf(s: Stage, purpose: 'verify' | 'reset-password', phoneNumber: string): Promise<string> {
  const { challengeId, code } = await s.request({ purpose, phoneNumber });
  return (await s.auth.validateVerificationCode({ purpose, challengeId, code, client: s.client })).proof;
}

describe('a login with a password', () => {
  it('signs in', async () => {
    const s = stage();
    const { phoneNumber, user } = await withPassword(s);
    const signedIn = await login(s, phoneNumber.replace('+1', '+1 '), password);
    expect(signedIn.user).toEqual(user);
    expect((await s.auth.verifyAccessToken({ accessToken: signedIn.accessToken })).amr).toEqual(['pwd']);
  });

  it('has one answer for unknown, wrong, no password and disabled', async () => {
    const s = stage();
    const { phoneNumber } = await withPassword(s);
    const disabled = await withPassword(s);
    await s.storage.users.setDisabled({ userId: disabled.userId, disabled: true });
    const without = await s.signUp();
    const answers = [];
    for (const [number, text] of [
      [phoneNumber, 'wrong password'],
      [nextPhoneNumber(), password],
      [without.phoneNumber, password],
      [disabled.phoneNumber, password],
      [disabled.phoneNumber, 'wrong password'],
    ] as const) {
      s.tell();
      s.trips();
      const { code, details, status, headers, message } = await failure(login(s, number, text));
      answers.push(JSON.stringify({ code, details, status, headers, message, trips: s.trips(), events: s.tell() }));
    }
    expect(JSON.parse(answers[0] ?? '')).toMatchObject({ code: 'invalid_credentials', details: {}, status: 400, headers: {} });
    expect(new Set(answers).size).toBe(1);
  });

  it('verifies a hash for nobody too', async () => {
    let verified = 0;
    const counting: PasswordHasher = {
      hash: passwords.hash,
      verify: (p) => {
        verified++;
        expect(p.hash).toMatch(/^\$argon2id\$/);
        return passwords.verify(p);
      },
    };
    const s = stage({ passwords: counting });
    for (let i = 0; i < 3; i++) await failure(login(s, nextPhoneNumber(), password), 'invalid_credentials');
    expect(verified).toBe(3);
  });

  it('does not mind a user store that chokes on an unknown id', async () => {
    const s = stage();
    const { users } = s.storage;
    const strict = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...users,
          passwordHashOf: async (p) => {
            if ((await users.findById(p)) === null) throw new Error('invalid input syntax for type uuid');
            return users.passwordHashOf(p);
          },
        },
      },
    });
    await failure(strict.loginWithPassword({ phoneNumber: nextPhoneNumber(), password, client: s.client }), 'invalid_credentials');
  });

  it('is unavailable while the hasher is, and works when it is back', async () => {
    let isDown = true;
    const fragile: PasswordHasher = {
      hash: async (p) => {
        if (isDown) throw new Error('queue full');
        return passwords.hash(p);
      },
      verify: passwords.verify,
    };
    const s = stage({ passwords: fragile });
    const { userId, phoneNumber } = await s.signUp();
    await s.storage.users.setPasswordHash({ userId, passwordHash: await passwords.hash({ password }), replaces: null });
    await failure(login(s, phoneNumber, password), 'unavailable');
    await failure(login(s, nextPhoneNumber(), password), 'unavailable');
    isDown = false;
    await login(s, phoneNumber, password);
  });

  it('upgrades a hash of weaker parameters', async () => {
    const strong = nodePasswords({ memoryKiB: 16, passes: 1 });
    const s = stage({}, 'verb by verb');
    const { phoneNumber, userId } = await withPassword(s);
    const upgraded = s.beside({ passwords: strong });
    await upgraded.loginWithPassword({ phoneNumber, password, client: s.client });
    expect(await s.storage.users.passwordHashOf({ userId })).toMatch(/m=16,t=1/);
    s.trips();
    await upgraded.loginWithPassword({ phoneNumber, password, client: s.client });
    // no second upgrade; the hash is read again so that a change of password leaves no session behind
    const trips = ['users.findByPhoneNumber', 'users.passwordHashOf', 'sessions.create', 'users.passwordHashOf'];
    // paid before it is judged, and forgiven
    expect(s.trips()).toEqual(['challenges.take', ...trips, 'challenges.clear']);
  });

  it('is not refused because an upgrade fails', async () => {
    const strong = nodePasswords({ memoryKiB: 16, passes: 1 });
    const s = stage();
    const { phoneNumber, userId } = await withPassword(s);
    const upgraded = s.beside({ passwords: strong });
    s.breaks('users.setPasswordHash', 'throws');
    await upgraded.loginWithPassword({ phoneNumber, password, client: s.client });
    expect(await s.storage.users.passwordHashOf({ userId })).toMatch(/m=8,t=1/);
  });

  it('leaves no session behind when the password changes under it', async () => {
    let change: () => Promise<unknown> = async () => undefined;
    const s = stage({
      // asked after the old password was judged and before the session exists
      canSignIn: async () => {
        await change();
        return true;
      },
    });
    const { phoneNumber, userId } = await withPassword(s);
    change = async () => s.auth.setPassword({ userId, currentPassword: password, newPassword: 'another good one' });
    await failure(login(s, phoneNumber, password), 'invalid_credentials');
    expect(await s.auth.listSessions({ userId })).toEqual({ sessions: [] });
    expect(s.tell().slice(-3)).toEqual(['user.signed_in', 'user.new_device', 'session.ended']);
  });

  it('opens a number that wrong codes have closed', async () => {
    const s = stage({ limits: { smsPerDay: 100, guessesInARow: 3 } }, 'verb by verb');
    const { phoneNumber } = await withPassword(s);
    const first = await s.request({ phoneNumber });
    for (let guess = 0; guess < 3; guess++) {
      await failure(s.auth.signInWithCode({ challengeId: first.challengeId, code: first.wrong, client: s.client }), 'invalid_code');
    }
    const answer = { challengeId: first.challengeId, code: first.code, client: s.client };
    await failure(s.auth.signInWithCode(answer), 'rate_limited');
    s.breaks('challenges.clear', 'throws');
    await login(s, phoneNumber, password);
    await failure(s.auth.signInWithCode(answer), 'rate_limited');
    s.heal();
    await login(s, phoneNumber, password);
    await s.auth.signInWithCode(answer);
  });

  it('does not exist where passwords are not configured', async () => {
    const s = stage({ passwords: undefined });
    const { phoneNumber } = await s.signUp();
    await failure(login(s, phoneNumber, password), 'invalid_credentials');
  });
});

describe('a new password', () => {
  it.each([
    ['too_short', 'seven 7'],
    ['too_short', '🙂'.repeat(7)],
    ['too_long', 'x'.repeat(129)],
    ['too_long', 'x'.repeat(1_000_000)],
    ['too_common', 'password1'],
    ['too_common', 'PassWord1'],
  ])('is refused as %s: %.12s', async (reason, text) => {
    const s = stage();
    const { userId } = await withPassword(s);
    s.trips();
    const call = s.auth.setPassword({ userId, newPassword: text, currentPassword: password });
    expect((await failure(call, 'weak_password')).details).toEqual({ reason });
    expect(s.trips()).toEqual([]);
    await failure(s.auth.resetPassword({ proof: 'x', newPassword: text, client: s.client }), 'weak_password');
    await failure(s.auth.registerWithCode({ proof: 'x', password: text, client: s.client }), 'weak_password');
  });

  it.each(['eight888', 'x'.repeat(128), '🙂'.repeat(128), 'e\u0301'.repeat(128)])(
    'of 8 to 128 characters is taken whole: %.12s',
    async (text) => {
      const s = stage();
      const { userId, phoneNumber } = await withPassword(s);
      await s.auth.setPassword({ userId, newPassword: text, currentPassword: password });
      await login(s, phoneNumber, text);
      await failure(login(s, phoneNumber, text.slice(0, -1)), 'invalid_credentials');
      await failure(login(s, phoneNumber, password), 'invalid_credentials');
    },
  );

  it('is the same however its letters are composed', async () => {
    const s = stage();
    const { userId, phoneNumber } = await withPassword(s);
    await s.auth.setPassword({ userId, newPassword: 'Zoe\u0308 liebt Ka\u0308se', currentPassword: password });
    await login(s, phoneNumber, 'Zoë liebt Käse');
  });

  it('is judged without a list where the hasher has none', async () => {
    const s = stage({ passwords: { hash: passwords.hash, verify: passwords.verify } });
    const { userId } = await withPassword(s);
    await s.auth.setPassword({ userId, newPassword: 'password1', currentPassword: password });
  });

  it('needs passwords to be configured', async () => {
    const s = stage({ passwords: undefined });
    const { userId } = await s.signUp();
    expect(
      (await failure(s.auth.setPassword({ userId, newPassword, currentPassword: 'x' }), 'invalid_input')).details.issues[0]?.path,
    ).toBe('newPassword');
  });
});

describe('setPassword', () => {
  it('with the current one ends every other session', async () => {
    const s = stage();
    const { userId, phoneNumber, sessionId, refreshToken } = await withPassword(s);
    const other = await login(s, phoneNumber, password);
    s.tell();
    expect(await s.auth.setPassword({ userId, sessionId, newPassword, currentPassword: password })).toEqual({});
    expect([await isAlive(s, refreshToken), await isAlive(s, other.refreshToken)]).toEqual([true, false]);
    expect(s.tell()).toEqual(['sessions.revoked', 'password.changed']);
    await login(s, phoneNumber, newPassword);
    await s.auth.setPassword({ userId, newPassword: password, currentPassword: newPassword });
    expect((await s.auth.listSessions({ userId })).sessions).toEqual([]);
  });

  it('ends sessions before the write and again after it', async () => {
    const s = stage();
    const { userId } = await withPassword(s);
    s.trips();
    await s.auth.setPassword({ userId, newPassword, currentPassword: password });
    const trips = s.trips();
    expect(trips.slice(trips.indexOf('sessions.revokeAllOf'))).toEqual([
      'sessions.revokeAllOf',
      'users.setPasswordHash',
      'sessions.revokeAllOf',
      'challenges.clear',
    ]);
  });

  it('leaves no session that began during the write', async () => {
    const s = stage();
    const { userId, phoneNumber } = await withPassword(s);
    const { users } = s.storage;
    const during: string[] = [];
    const racing = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...users,
          setPasswordHash: async (p) => {
            during.push((await login(s, phoneNumber, password)).refreshToken);
            return users.setPasswordHash(p);
          },
        },
      },
    });
    await racing.setPassword({ userId, newPassword, currentPassword: password });
    expect(await isAlive(s, during[0] ?? '')).toBe(false);
  });

  it('with a wrong one, or where none is set, is refused', async () => {
    const s = stage();
    const { userId, refreshToken } = await withPassword(s);
    const call = s.auth.setPassword({ userId, newPassword, currentPassword: 'wrong password' });
    expect((await failure(call, 'invalid_credentials')).details).toEqual({});
    expect(s.events.at(-1)).toMatchObject({ type: 'password.refused', userId });
    expect(await isAlive(s, refreshToken)).toBe(true);
    const without = await s.signUp();
    await failure(s.auth.setPassword({ userId: without.userId, newPassword, currentPassword: password }), 'invalid_credentials');
    await failure(s.auth.setPassword({ userId: 'nobody', newPassword, currentPassword: password }), 'account_not_found');
  });

  it.each(['verify', 'reset-password'] as const)('with a proof of %s works where none was set', async (purpose) => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    await s.auth.setPassword({ userId, newPassword, proof: await proofOf(s, purpose, phoneNumber) });
    await login(s, phoneNumber, newPassword);
  });

  it('with a proof of another number is refused', async () => {
    const s = stage();
    const [own, other] = [await withPassword(s), await withPassword(s)];
    for (const phoneNumber of [other.phoneNumber, nextPhoneNumber()]) {
      const proof = await proofOf(s, 'verify', phoneNumber);
      await failure(s.auth.setPassword({ userId: own.userId, newPassword, proof }), 'invalid_proof');
    }
    const theirs = await proofOf(s, 'verify', other.phoneNumber);
    await failure(s.auth.setPassword({ userId: own.userId, newPassword, proof: theirs }), 'invalid_proof');
    // judged before it was spent
    await s.auth.setPassword({ userId: other.userId, newPassword, proof: theirs });
    await s.auth.removePhoneNumber({ userId: own.userId });
    const proof = await proofOf(s, 'verify', nextPhoneNumber());
    await failure(s.auth.setPassword({ userId: own.userId, newPassword, proof }), 'invalid_proof');
    await failure(login(s, own.phoneNumber, newPassword), 'invalid_credentials');
  });

  it('that is overtaken by another one wins nothing', async () => {
    const s = stage();
    const { userId, phoneNumber } = await withPassword(s);
    const { users } = s.storage;
    const overtaken = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...users,
          setPasswordHash: async (p) => {
            await users.setPasswordHash({ ...p, passwordHash: await passwords.hash({ password: 'theirs, set meanwhile' }) });
            return users.setPasswordHash(p);
          },
        },
      },
    });
    await failure(overtaken.setPassword({ userId, newPassword, currentPassword: password }), 'unavailable');
    await login(s, phoneNumber, 'theirs, set meanwhile');
  });

  it('keeps its proof when a store fails', async () => {
    const s = stage();
    const { userId, phoneNumber } = await withPassword(s);
    const proof = await proofOf(s, 'verify', phoneNumber);
    s.breaks('users.setPasswordHash', 'throws');
    const { details } = await failure(s.auth.setPassword({ userId, newPassword, proof }), 'unavailable');
    s.heal();
    await s.auth.setPassword({ userId, newPassword, proof: details.proof ?? '' });
    await login(s, phoneNumber, newPassword);
  });

  it.each([{}, { currentPassword: 'x', proof: 'y' }])('takes the current password or a proof: %j', async (input) => {
    const s = stage();
    const call = s.auth.setPassword({ userId: 'u', newPassword, ...input } as Parameters<typeof s.auth.setPassword>[0]);
    expect((await failure(call, 'invalid_input')).details.issues[0]?.path).toBe('currentPassword');
  });
});

describe('resetPassword', () => {
  it('signs in and ends every other session', async () => {
    const s = stage();
    const { phoneNumber, refreshToken, userId } = await withPassword(s);
    const { challengeId, code } = await s.request({ phoneNumber, purpose: 'reset-password' });
    s.tell();
    const signedIn = await s.auth.resetPassword({ challengeId, code, newPassword, client: s.client });
    expect(signedIn.userId).toBe(userId);
    expect([await isAlive(s, refreshToken), await isAlive(s, signedIn.refreshToken)]).toEqual([false, true]);
    expect(s.tell()).toEqual(['code.accepted', 'sessions.revoked', 'password.changed', 'user.signed_in', 'user.new_device']);
    await login(s, phoneNumber, newPassword);
    await failure(login(s, phoneNumber, password), 'invalid_credentials');
  });

  it('sets a first password', async () => {
    const s = stage();
    const { phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const proof = await proofOf(s, 'reset-password', phoneNumber);
    await s.auth.resetPassword({ proof, newPassword, client: s.client });
    await login(s, phoneNumber, newPassword);
  });

  it('of a disabled account changes nothing', async () => {
    const s = stage();
    const { phoneNumber, userId } = await withPassword(s);
    await s.storage.users.setDisabled({ userId, disabled: true });
    const proof = await proofOf(s, 'reset-password', phoneNumber);
    await failure(s.auth.resetPassword({ proof, newPassword, client: s.client }), 'account_disabled');
    await s.storage.users.setDisabled({ userId, disabled: false });
    await login(s, phoneNumber, password);
  });
});
