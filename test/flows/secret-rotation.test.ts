import { describe, expect, it } from 'vitest';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import type { PhoneAuth } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Profile, randomSecret, type Stage, stage, type User, wrongOf } from './stage.ts';

const oldSecret = randomSecret();
const newSecret = randomSecret();
// access tokens are another key's matter
const tokens = joseTokens({ secret: randomSecret() });

interface Deployment {
  readonly s: Stage;
  /** The same program after a new secret was put in front. */
  readonly rotated: PhoneAuth<User, Profile>;
  /** And after the old one was dropped. */
  readonly dropped: PhoneAuth<User, Profile>;
}

function deploy(overrides: Parameters<typeof stage>[0] = {}): Deployment {
  const s = stage({ secret: oldSecret, tokens, ...overrides });
  return { s, rotated: s.beside({ secret: [newSecret, oldSecret] }), dropped: s.beside({ secret: newSecret }) };
}

describe('a rotation in a rolling deploy', () => {
  // the middle stage signs with the old secret and understands the new one, while some processes know only the old one
  const stages = [oldSecret, [oldSecret, newSecret, oldSecret], [newSecret, oldSecret]] as const;
  const neighbours = [[0, 1] as const, [1, 0] as const, [1, 2] as const, [2, 1] as const];

  it.each(neighbours)('from stage %i to stage %i loses no code, session or counter', async (from, to) => {
    const s = stage({ secret: oldSecret, tokens });
    const [asked, answered] = [from, to].map((at) => s.beside({ secret: stages[at] as string })) as [typeof s.auth, typeof s.auth];
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = await asked.requestCode({ phoneNumber, client: s.client });
    const code = s.inbox.lastCode(phoneNumber) ?? '';
    await failure(answered.requestCode({ phoneNumber, client: s.client }), 'rate_limited');
    const { refreshToken } = await answered.signInWithCode({ challengeId, code, client: s.client });
    await asked.refreshSession({ refreshToken, client: s.client });
  });
});

describe('a new secret in front of the old one', () => {
  it('loses no code', async () => {
    const { s, rotated } = deploy();
    const { challengeId, code } = await s.request();
    await rotated.signInWithCode({ challengeId, code, client: s.client });
  });

  it('resends the code that was sent', async () => {
    const { s, rotated } = deploy();
    const first = await s.request();
    s.clock.advance(30);
    const again = await rotated.requestCode({ phoneNumber: first.phoneNumber, resendOf: first.challengeId, client: s.client });
    expect(again.challengeId).toBe(first.challengeId);
    expect(s.inbox.lastCode(first.phoneNumber)).toBe(first.code);
    await rotated.signInWithCode({ challengeId: first.challengeId, code: first.code, client: s.client });
  });

  it('loses no code that is bound to the number', async () => {
    const { s, rotated } = deploy({ binding: 'phone' });
    const { phoneNumber, code } = await s.request();
    await rotated.signInWithCode({ phoneNumber, code, client: s.client });
  });

  it('loses no proof and no idempotency key', async () => {
    const { s, rotated } = deploy();
    const asked = await s.request({ purpose: 'verify', idempotencyKey: 'key-77' });
    const { challengeId, code, phoneNumber } = asked;
    const again = await rotated.requestCode({ phoneNumber, purpose: 'verify', idempotencyKey: 'key-77', client: s.client });
    expect(again.challengeId).toBe(challengeId);
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
    const { proof } = await s.auth.validateVerificationCode({ challengeId, code, client: s.client });
    await rotated.registerWithCode({ proof, client: s.client });
  });

  it('resets no counter', async () => {
    const limits = {
      smsPerDay: 100,
      guessesPerNumber: [{ max: 2, windowSeconds: 3600 }],
      sendsPerNumber: [{ max: 2, windowSeconds: 3600 }],
    };
    const { s, rotated } = deploy({ limits, code: { resendAfterSeconds: [0] } });
    const { challengeId, code, phoneNumber } = await s.request();
    for (const by of [1, 2])
      await failure(s.auth.signInWithCode({ challengeId, code: wrongOf(code, by), client: s.client }), 'invalid_code');
    await failure(rotated.signInWithCode({ challengeId, code, client: s.client }), 'rate_limited');
    await rotated.requestCode({ phoneNumber, client: s.client });
    await failure(rotated.requestCode({ phoneNumber, client: s.client }), 'rate_limited');
    await rotated.unlockPhoneNumber({ phoneNumber });
    await s.auth.signInWithCode({ challengeId, code, client: s.client });
  });

  it('keeps sessions, and signs their next token with the new one', async () => {
    const { s, rotated, dropped } = deploy();
    const { refreshToken, sessionId, userId } = await s.signUp();
    expect(await rotated.inspectRefreshToken({ refreshToken })).toMatchObject({ userId, sessionId });
    const next = await rotated.refreshSession({ refreshToken, client: s.client });
    expect(next.sessionId).toBe(sessionId);
    await failure(s.auth.refreshSession({ refreshToken: next.refreshToken, client: s.client }), 'invalid_session');
    await dropped.refreshSession({ refreshToken: next.refreshToken, client: s.client });
  });

  it('forks no session whose token circulates under both', async () => {
    const { s, rotated } = deploy();
    const { client } = s;
    const { refreshToken } = await s.signUp();
    // one tab refreshed before the deployment; another repeats that after it, and gets the same successor under another signature
    const before = await s.auth.refreshSession({ refreshToken, client });
    const after = await rotated.refreshSession({ refreshToken, client });
    expect(after.refreshToken).not.toBe(before.refreshToken);
    const one = await rotated.refreshSession({ refreshToken: after.refreshToken, client });
    const other = await rotated.refreshSession({ refreshToken: before.refreshToken, client });
    expect(other.refreshToken).toBe(one.refreshToken);
    s.clock.advance(31);
    await rotated.refreshSession({ refreshToken: other.refreshToken, client });
    expect(s.events.map((event) => event.type)).not.toContain('session.reuse_detected');
  });

  it('makes codes that the old program cannot read', async () => {
    const { s, rotated } = deploy();
    const { phoneNumber } = await s.request();
    s.clock.advance(30);
    const { challengeId } = await rotated.requestCode({ phoneNumber, client: s.client });
    const code = s.inbox.lastCode(phoneNumber) ?? '';
    await failure(s.auth.signInWithCode({ challengeId, code, client: s.client }), 'invalid_code');
    await rotated.signInWithCode({ challengeId, code, client: s.client });
  });
});

describe('an old secret that was dropped', () => {
  it('takes its codes along', async () => {
    const { s, dropped } = deploy();
    const { challengeId, code, phoneNumber } = await s.request();
    await failure(dropped.signInWithCode({ challengeId, code, client: s.client }), 'invalid_code');
    await failure(dropped.signInWithCode({ challengeId, phoneNumber, code, client: s.client }), 'invalid_code');
    // a resend finds nothing to deliver
    const again = await dropped.requestCode({ phoneNumber, resendOf: challengeId, client: s.client });
    expect(again.challengeId).not.toBe(challengeId);
    await dropped.signInWithCode({ challengeId: again.challengeId, code: s.inbox.lastCode(phoneNumber) ?? '', client: s.client });
  });

  it('takes its refresh tokens along, before any store is asked', async () => {
    const { s, dropped } = deploy();
    const { refreshToken } = await s.signUp();
    s.trips();
    for (const call of [
      dropped.refreshSession({ refreshToken, client: s.client }),
      dropped.inspectRefreshToken({ refreshToken }),
      dropped.endSession({ refreshToken }),
    ]) {
      expect((await failure(call, 'invalid_session')).details.reason).toBe('malformed');
    }
    expect(s.trips()).toEqual([]);
  });

  it('takes the successors along that only it can derive', async () => {
    const { s, rotated, dropped } = deploy();
    const { client } = s;
    const { refreshToken } = await s.signUp();
    const before = await s.auth.refreshSession({ refreshToken, client });
    const after = await rotated.refreshSession({ refreshToken, client });
    // the same token under both signatures; its successor is derived with the old secret
    const next = await rotated.refreshSession({ refreshToken: before.refreshToken, client });
    const again = dropped.refreshSession({ refreshToken: after.refreshToken, client });
    expect((await failure(again, 'invalid_session')).details.reason).toBe('unknown');
    await dropped.refreshSession({ refreshToken: next.refreshToken, client });
  });

  it('between two others takes the codes along that it made', async () => {
    const { s } = deploy();
    const third = randomSecret();
    const middle = s.beside({ secret: [newSecret, oldSecret] });
    const { phoneNumber } = await s.request();
    s.clock.advance(30);
    const { challengeId } = await middle.requestCode({ phoneNumber, client: s.client });
    const code = s.inbox.lastCode(phoneNumber) ?? '';
    const without = s.beside({ secret: [third, oldSecret] });
    s.clock.advance(60);
    // the number still has its name, but nobody knows the code
    const resend = without.requestCode({ phoneNumber, resendOf: challengeId, client: s.client });
    expect((await failure(resend, 'delivery_failed')).details).toMatchObject({ retryable: false, challengeId });
    await failure(without.signInWithCode({ challengeId, code, client: s.client }), 'invalid_code');
  });
});
