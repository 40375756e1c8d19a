import { describe, expect, it } from 'vitest';
import { failure, type Stage, stage } from './stage.ts';

async function isAlive(s: Stage, { refreshToken }: { refreshToken: string }): Promise<boolean> {
  return s.auth.inspectRefreshToken({ refreshToken }).then(
    () => true,
    async (error: unknown) => {
      await failure(Promise.reject(error), 'invalid_session');
      return false;
    },
  );
}

describe('startSession', () => {
  it('signs a user in who was authenticated otherwise', async () => {
    const s = stage();
    const { userId, user } = await s.signUp();
    const signedIn = await s.auth.startSession({ userId, amr: ['hwk', 'user'], client: s.client });
    expect(signedIn.user).toEqual(user);
    const claims = await s.auth.verifyAccessToken({ accessToken: signedIn.accessToken });
    const now = Math.floor(s.clock.now() / 1000) * 1000;
    expect(claims).toMatchObject({ userId, sessionId: signedIn.sessionId, amr: ['hwk', 'user'], authTime: now });
    const without = await s.auth.startSession({ userId, client: s.client });
    expect((await s.auth.verifyAccessToken({ accessToken: without.accessToken })).amr).toEqual([]);
    expect((await s.auth.listSessions({ userId })).sessions.map((session) => session.amr)).toContainEqual([]);
  });

  it('refuses nobody, the disabled and words that are no methods', async () => {
    const s = stage();
    const { userId } = await s.signUp();
    const start = (input: object): Promise<unknown> => s.auth.startSession({ userId, client: s.client, ...input });
    await failure(start({ userId: 'nobody' }), 'account_not_found');
    for (const amr of ['sms', [''], ['two words'], ['x'.repeat(33)], [7], Array(9).fill('x'), { length: 1 }]) {
      expect((await failure(start({ amr }), 'invalid_input')).details.issues[0]?.path).toBe('amr');
    }
    await s.storage.users.setDisabled({ userId, disabled: true });
    await failure(start({}), 'account_disabled');
  });
});

describe('a session', () => {
  it('is listed without secrets, newest first', async () => {
    const s = stage();
    const first = await s.signUp();
    const { userId } = first;
    s.clock.advance(5);
    const second = await s.auth.startSession({ userId, amr: ['pwd'], client: { ip: null, userAgent: 'x'.repeat(2000) } });
    const createdAt = s.clock.now();
    s.clock.advance(5);
    await s.auth.refreshSession({ refreshToken: first.refreshToken, client: s.client });
    const now = s.clock.now();
    const month = 30 * 86_400_000;
    expect(await s.auth.listSessions({ userId })).toEqual({
      sessions: [
        {
          sessionId: second.sessionId,
          userAgent: 'x'.repeat(512),
          ip: null,
          amr: ['pwd'],
          createdAt,
          refreshedAt: createdAt,
          expiresAt: createdAt + month,
        },
        {
          sessionId: first.sessionId,
          userAgent: 'vitest',
          ip: s.client.ip,
          amr: ['sms'],
          createdAt: createdAt - 5000,
          refreshedAt: now,
          expiresAt: now + month,
        },
      ],
    });
    expect(await s.auth.listSessions({ userId: 'nobody' })).toEqual({ sessions: [] });
  });

  it('ends once by its refresh token', async () => {
    const s = stage();
    const { refreshToken, userId, sessionId } = await s.signUp();
    expect(await s.auth.endSession({ refreshToken })).toEqual({ ended: true });
    expect(s.events.at(-1)).toMatchObject({ type: 'session.ended', userId, sessionId, reason: 'ended' });
    const told = s.events.length;
    expect(await s.auth.endSession({ refreshToken })).toEqual({ ended: false });
    expect(s.events).toHaveLength(told);
    await failure(s.auth.refreshSession({ refreshToken, client: s.client }), 'invalid_session');
  });

  it('of another user is not revoked', async () => {
    const s = stage();
    const [own, other] = [await s.signUp(), await s.signUp()];
    s.trips();
    expect(await s.auth.revokeSession({ userId: own.userId, sessionId: other.sessionId })).toEqual({ ended: false });
    expect(await s.auth.revokeSession({ userId: own.userId, sessionId: 'nonsense' })).toEqual({ ended: false });
    expect(s.trips()).toEqual([]);
    expect(await isAlive(s, other)).toBe(true);
    expect(await s.auth.revokeSession({ userId: other.userId, sessionId: other.sessionId })).toEqual({ ended: true });
    expect(s.events.at(-1)).toMatchObject({ type: 'session.ended', sessionId: other.sessionId, reason: 'revoked' });
    expect(await s.auth.revokeSession({ userId: other.userId, sessionId: other.sessionId })).toEqual({ ended: false });
    expect([await isAlive(s, own), await isAlive(s, other)]).toEqual([true, false]);
  });

  it('ends with all others of its user, or with all but one', async () => {
    const s = stage();
    const bystander = await s.signUp();
    const first = await s.signUp();
    const { userId } = first;
    const [second, third] = [
      await s.auth.startSession({ userId, client: s.client }),
      await s.auth.startSession({ userId, client: s.client }),
    ];
    expect(await s.auth.revokeSessions({ userId, exceptSessionId: second.sessionId })).toEqual({ count: 2 });
    expect(s.events.at(-1)).toMatchObject({ type: 'sessions.revoked', userId, exceptSessionId: second.sessionId, count: 2 });
    expect([await isAlive(s, first), await isAlive(s, second), await isAlive(s, third)]).toEqual([false, true, false]);
    expect(await s.auth.revokeSessions({ userId })).toEqual({ count: 1 });
    const told = s.events.length;
    expect(await s.auth.revokeSessions({ userId })).toEqual({ count: 0 });
    expect(s.events).toHaveLength(told);
    expect(await isAlive(s, bystander)).toBe(true);
  });
});

describe('an access token', () => {
  it('says who, since when and how, for ten minutes', async () => {
    const s = stage();
    const { accessToken, userId, sessionId } = await s.signUp();
    const now = Math.floor(s.clock.now() / 1000) * 1000;
    expect(await s.auth.verifyAccessToken({ accessToken })).toEqual({
      userId,
      sessionId,
      authTime: now,
      amr: ['sms'],
      issuedAt: now,
      expiresAt: now + 600_000,
      claims: {},
    });
    s.clock.advance(606);
    await failure(s.auth.verifyAccessToken({ accessToken }), 'invalid_token');
  });

  it('lives on after a sign-out, unless the session is asked for', async () => {
    const s = stage();
    const { accessToken, refreshToken } = await s.signUp();
    s.trips();
    await s.auth.verifyAccessToken({ accessToken });
    expect(s.trips()).toEqual([]);
    await s.auth.verifyAccessToken({ accessToken, checkSession: true });
    expect(s.trips()).toEqual(['sessions.find']);
    await s.auth.endSession({ refreshToken });
    await s.auth.verifyAccessToken({ accessToken });
    await s.auth.verifyAccessToken({ accessToken, checkSession: false });
    const { headers, status } = await failure(s.auth.verifyAccessToken({ accessToken, checkSession: true }), 'invalid_token');
    expect([status, headers]).toEqual([401, { 'www-authenticate': 'Bearer error="invalid_token"' }]);
  });

  it('that is not ours is refused', async () => {
    const s = stage();
    const foreign = await stage().signUp();
    const { accessToken, refreshToken } = await s.signUp();
    for (const text of ['x', 'a.b.c', foreign.accessToken, refreshToken, `${accessToken}x`, 'x'.repeat(1_000_000)]) {
      await failure(s.auth.verifyAccessToken({ accessToken: text }), 'invalid_token');
    }
  });

  it('tells the moment of the authentication, also after refreshes', async () => {
    const s = stage();
    const { refreshToken } = await s.signUp();
    const authTime = Math.floor(s.clock.now() / 1000) * 1000;
    s.clock.advance(5000);
    const { accessToken } = await s.auth.refreshSession({ refreshToken, client: s.client });
    expect(await s.auth.verifyAccessToken({ accessToken })).toMatchObject({ authTime, issuedAt: authTime + 5_000_000 });
  });
});
