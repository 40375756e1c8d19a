import { describe, expect, it } from 'vitest';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { failure, outcomes, randomSecret, type Stage, stage } from './stage.ts';

const DAY = 86_400;

async function reasonOf(call: Promise<unknown>): Promise<string> {
  return (await failure(call, 'invalid_session')).details.reason;
}

function refresh(s: Stage, refreshToken: string): ReturnType<Stage['auth']['refreshSession']> {
  return s.auth.refreshSession({ refreshToken, client: s.client });
}

describe('a refresh', () => {
  it('gives the next pair of the same session', async () => {
    const s = stage();
    const first = await s.signUp();
    s.clock.advance(100);
    const now = s.clock.now();
    const next = await refresh(s, first.refreshToken);
    expect(next).toEqual({
      userId: first.userId,
      sessionId: first.sessionId,
      accessToken: expect.any(String),
      accessTokenExpiresAt: now + 600_000,
      refreshToken: expect.any(String),
      refreshTokenExpiresAt: now + 30 * DAY * 1000,
    });
    expect(next.refreshToken).not.toBe(first.refreshToken);
    expect(next.accessToken).not.toBe(first.accessToken);
    await refresh(s, next.refreshToken);
  });

  it('takes one call of each store, where the store joins none', async () => {
    const s = stage({}, 'verb by verb');
    const { refreshToken } = await s.signUp();
    s.trips();
    await refresh(s, refreshToken);
    expect(s.trips()).toEqual(['users.findById', 'sessions.rotate']);
    const quick = stage({ session: { checkUserOnRefresh: false } });
    const other = await quick.signUp();
    quick.trips();
    await refresh(quick, other.refreshToken);
    expect(quick.trips()).toEqual(['sessions.rotate']);
  });

  it('of 64 at once gives all of them one successor', async () => {
    const s = stage();
    for (let round = 0; round < 20; round++) {
      const { refreshToken } = await s.signUp();
      const answers = await Promise.all(Array.from({ length: 64 }, () => refresh(s, refreshToken)));
      const successors = new Set(answers.map((answer) => answer.refreshToken));
      expect(successors.size).toBe(1);
      expect(successors.has(refreshToken)).toBe(false);
    }
    expect(s.events.some((event) => event.type === 'session.reuse_detected')).toBe(false);
  });

  it('repeated after 29 seconds gives the same successor, after 31 it ends the session', async () => {
    const s = stage();
    const { refreshToken } = await s.signUp();
    const next = await refresh(s, refreshToken);
    s.clock.advance(29);
    expect((await refresh(s, refreshToken)).refreshToken).toBe(next.refreshToken);
    s.clock.advance(2);
    expect(await reasonOf(refresh(s, refreshToken))).toBe('reused');
    expect(await reasonOf(refresh(s, next.refreshToken))).toBe('unknown');
  });

  it('repeated at the end of the grace itself is reuse', async () => {
    for (const [seconds, isReuse] of [
      [29.999, false],
      [30, true],
    ] as const) {
      const s = stage();
      const { refreshToken } = await s.signUp();
      await refresh(s, refreshToken);
      s.clock.advance(seconds);
      expect(await outcomes([refresh(s, refreshToken)])).toEqual(isReuse ? { invalid_session: 1 } : { ok: 1 });
    }
  });

  it('of a token two generations old ends the session, also within the grace', async () => {
    const s = stage();
    const { refreshToken, sessionId, userId } = await s.signUp();
    const second = await refresh(s, refreshToken);
    const third = await refresh(s, second.refreshToken);
    s.tell();
    expect(await reasonOf(refresh(s, refreshToken))).toBe('reused');
    expect(await reasonOf(refresh(s, third.refreshToken))).toBe('unknown');
    expect(s.events.at(-1)).toEqual({
      type: 'session.reuse_detected',
      at: s.clock.now(),
      userId,
      sessionId,
      revoked: true,
      ip: s.client.ip,
    });
  });

  it('that is reuse is only refused when told so', async () => {
    const s = stage({ session: { onReuse: 'reject' } });
    const { refreshToken } = await s.signUp();
    const next = await refresh(s, refreshToken);
    s.clock.advance(31);
    expect(await reasonOf(refresh(s, refreshToken))).toBe('reused');
    expect(s.events.at(-1)).toMatchObject({ type: 'session.reuse_detected', revoked: false });
    await refresh(s, next.refreshToken);
  });

  it('without grace lets one of 64 through', async () => {
    const s = stage({ session: { graceSeconds: 0, onReuse: 'reject' } });
    const { refreshToken } = await s.signUp();
    expect(await outcomes(Array.from({ length: 64 }, () => refresh(s, refreshToken)))).toEqual({ ok: 1, invalid_session: 63 });
  });

  it('without rotation gives the same token and moves the idle time', async () => {
    const s = stage({ session: { rotateRefreshToken: false, idleSeconds: 1000, absoluteSeconds: 3000 } });
    const { refreshToken } = await s.signUp();
    for (let i = 1; i <= 4; i++) {
      s.clock.advance(700);
      expect((await refresh(s, refreshToken)).refreshToken).toBe(refreshToken);
    }
    s.clock.advance(200);
    expect(await reasonOf(refresh(s, refreshToken))).toBe('expired');
  });

  it.each(['sessions.rotate', 'joined.refresh'])('that lost its answer is repeated (%s)', async (verb) => {
    const s = stage({}, verb === 'joined.refresh' ? 'joined' : 'verb by verb');
    const { refreshToken } = await s.signUp();
    s.breaks(verb, 'loses its answer');
    await failure(refresh(s, refreshToken), 'unavailable');
    s.heal();
    const { refreshToken: next } = await refresh(s, refreshToken);
    await refresh(s, next);
  });
});

describe('a session', () => {
  it('ends when it is idle for too long', async () => {
    const s = stage({ session: { idleSeconds: 1000 } });
    const [used, unused] = [await s.signUp(), await s.signUp()];
    s.clock.advance(999.999);
    const { refreshToken } = await refresh(s, used.refreshToken);
    s.clock.advance(0.001);
    expect(await reasonOf(refresh(s, unused.refreshToken))).toBe('expired');
    expect(await reasonOf(s.auth.inspectRefreshToken({ refreshToken: unused.refreshToken }))).toBe('unknown');
    s.clock.advance(999);
    await refresh(s, refreshToken);
  });

  it('ends at its absolute time, and no token outlives it', async () => {
    const s = stage({ session: { idleSeconds: 3000, absoluteSeconds: 3600 } });
    let { refreshToken } = await s.signUp();
    const startedAt = s.clock.now();
    s.clock.advance(3300);
    expect(await reasonOf(refresh(s, refreshToken))).toBe('expired');
    ({ refreshToken } = await s.signUp());
    s.clock.advance(2000);
    let tokens = await refresh(s, refreshToken);
    s.clock.advance(1500);
    tokens = await refresh(s, tokens.refreshToken);
    const endsAt = startedAt + 3_300_000 + 3_600_000;
    expect(tokens).toMatchObject({ refreshTokenExpiresAt: endsAt, accessTokenExpiresAt: endsAt });
    s.clock.advance(100);
    expect(await reasonOf(refresh(s, tokens.refreshToken))).toBe('expired');
  });

  it('of the oldest login is evicted when a user has too many', async () => {
    const s = stage({ session: { maxPerUser: 3 } });
    const { userId, refreshToken, sessionId } = await s.signUp();
    const others = [];
    for (let i = 0; i < 3; i++) {
      s.clock.advance(1);
      others.push(await s.auth.startSession({ userId, client: s.client }));
    }
    expect(s.events.filter((event) => event.type === 'session.ended')).toMatchObject([{ sessionId, userId, reason: 'evicted' }]);
    expect(await reasonOf(refresh(s, refreshToken))).toBe('unknown');
    for (const other of others) await refresh(s, other.refreshToken);
    expect((await s.auth.listSessions({ userId })).sessions).toHaveLength(3);
  });

  it('of a user who is disabled or gone ends at the next refresh', async () => {
    for (const how of ['disabled', 'gone'] as const) {
      const s = stage();
      const { userId, refreshToken, sessionId } = await s.signUp();
      if (how === 'disabled') await s.storage.users.setDisabled({ userId, disabled: true });
      else await s.storage.users.delete({ userId });
      expect(await reasonOf(refresh(s, refreshToken))).toBe('revoked');
      expect(s.events.at(-1)).toMatchObject({ type: 'session.ended', userId, sessionId, reason: 'user_gone' });
      await s.storage.users.setDisabled({ userId, disabled: false });
      expect(await reasonOf(refresh(s, refreshToken))).toBe(how === 'gone' ? 'revoked' : 'unknown');
      expect(s.events.filter((event) => event.type === 'session.ended')).toHaveLength(1);
    }
  });

  it('of a disabled user lives on when users are not looked up', async () => {
    for (const claims of [undefined, () => ({ role: 'x' })]) {
      const s = stage({ session: { checkUserOnRefresh: false }, claims });
      const { userId, refreshToken } = await s.signUp();
      await s.storage.users.setDisabled({ userId, disabled: true });
      await refresh(s, refreshToken);
    }
  });

  it('changes nothing while the user store is down', async () => {
    const s = stage({}, 'verb by verb');
    const { refreshToken } = await s.signUp();
    s.breaks('users.findById', 'throws');
    s.trips();
    for (let i = 0; i < 3; i++) {
      await failure(refresh(s, refreshToken), 'unavailable');
      s.clock.advance(60);
    }
    expect(s.trips()).toEqual(['users.findById', 'users.findById', 'users.findById']);
    s.heal();
    await refresh(s, refreshToken);
  });
});

describe('a refresh token', () => {
  it('that nobody signed never reaches a store', async () => {
    const s = stage();
    const { refreshToken } = await s.signUp();
    const foreign = (await stage().signUp()).refreshToken;
    s.trips();
    const forged = ['x', foreign, refreshToken.slice(0, -1), `${refreshToken}A`, refreshToken.toUpperCase(), 'A'.repeat(8192)];
    for (const text of forged) {
      for (const call of [
        refresh(s, text),
        s.auth.inspectRefreshToken({ refreshToken: text }),
        s.auth.endSession({ refreshToken: text }),
      ]) {
        expect(await reasonOf(call)).toBe('malformed');
      }
    }
    expect(s.trips()).toEqual([]);
  });

  it('may be wrapped by the issuer', async () => {
    const secret = randomSecret();
    const plain = joseTokens({ secret });
    const seen: unknown[] = [];
    const s = stage({
      tokens: {
        issueAccessToken: plain.issueAccessToken,
        verifyAccessToken: plain.verifyAccessToken,
        wrapRefreshToken: async (t) => {
          seen.push({ ...t, refreshToken: '' });
          return `wrapped.${t.refreshToken}`;
        },
        unwrapRefreshToken: async ({ refreshToken }) => (refreshToken.startsWith('wrapped.') ? refreshToken.slice(8) : null),
      },
    });
    const { refreshToken, userId, sessionId } = await s.signUp();
    const now = s.clock.now();
    expect(seen).toEqual([{ refreshToken: '', userId, sessionId, issuedAt: now, expiresAt: now + 30 * DAY * 1000, appName: 'Test' }]);
    expect(await reasonOf(refresh(s, refreshToken.slice(8)))).toBe('malformed');
    expect(await s.auth.inspectRefreshToken({ refreshToken })).toMatchObject({ sessionId });
    const next = await refresh(s, refreshToken);
    expect(next.refreshToken).toMatch(/^wrapped\./);
    expect(await s.auth.endSession({ refreshToken: next.refreshToken })).toEqual({ ended: true });
  });

  it('is inspected without being used up', async () => {
    const s = stage();
    const { refreshToken, userId, sessionId } = await s.signUp();
    const expiresAt = s.clock.now() + 30 * DAY * 1000;
    for (let i = 0; i < 3; i++) expect(await s.auth.inspectRefreshToken({ refreshToken })).toEqual({ userId, sessionId, expiresAt });
    const next = await refresh(s, refreshToken);
    await s.auth.inspectRefreshToken({ refreshToken: next.refreshToken });
    // as long as a refresh would still take it
    s.clock.advance(29.999);
    await s.auth.inspectRefreshToken({ refreshToken });
    s.clock.advance(0.001);
    expect(await reasonOf(s.auth.inspectRefreshToken({ refreshToken }))).toBe('reused');
    // and looking at it ends nothing
    await s.auth.inspectRefreshToken({ refreshToken: next.refreshToken });
    await refresh(s, next.refreshToken);
    await s.auth.endSession({ refreshToken: next.refreshToken });
    expect(await reasonOf(s.auth.inspectRefreshToken({ refreshToken: next.refreshToken }))).toBe('unknown');
  });
});

describe('claims', () => {
  it('are asked for at every refresh', async () => {
    let role = 'reader';
    const s = stage({ claims: async ({ user, sessionId }) => ({ role, phone: user.phoneNumber, session: sessionId }) });
    const { accessToken, refreshToken, phoneNumber, sessionId } = await s.signUp();
    const claimsOf = async (token: string): Promise<unknown> => (await s.auth.verifyAccessToken({ accessToken: token })).claims;
    expect(await claimsOf(accessToken)).toEqual({ role: 'reader', phone: phoneNumber, session: sessionId });
    role = 'writer';
    const next = await refresh(s, refreshToken);
    expect(await claimsOf(next.accessToken)).toMatchObject({ role: 'writer' });
  });

  it('that fail keep the refresh token good', async () => {
    let isDown = false;
    const s = stage({
      claims: () => {
        if (isDown) throw new Error('no');
        return {};
      },
    });
    const { refreshToken } = await s.signUp();
    isDown = true;
    await failure(refresh(s, refreshToken), 'unavailable');
    isDown = false;
    await refresh(s, refreshToken);
  });
});
