import { describe, expect, it } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import type { DormantLogin, PhoneAuthConfig, PhoneAuthEvent, RiskDecision } from '../../src/index.ts';
import { failure, type Profile, type Stage, stage, type User } from './stage.ts';
import { guessingPasswords, type Owner, owner, PASSWORD, signInByCode, signInByPassword, stranger, untilRefused } from './strangers.ts';

const DAY = 86_400;
const DORMANT = 45 * DAY;

type Overrides = Partial<PhoneAuthConfig<User, Profile>>;

/** An owner who signed in last so many seconds ago, by a code; with a password. */
async function away(s: Stage, seconds = DORMANT): Promise<Owner> {
  const one = await owner(s);
  s.clock.advance(seconds - DAY);
  s.tell();
  s.trips();
  return one;
}

async function withoutPassword(s: Stage, seconds = DORMANT): Promise<Owner> {
  const one = await s.signUp();
  s.clock.advance(seconds);
  s.tell();
  return { ...one, device: { ip: s.client.ip, deviceToken: one.deviceToken } };
}

function dormant(s: Stage): readonly PhoneAuthEvent[] {
  return s.events.filter(({ type }) => type === 'user.dormant');
}

async function codeFor(s: Stage, phoneNumber: string, purpose: 'login' | 'reset-password'): Promise<{ challengeId: string; code: string }> {
  const { challengeId, code } = await s.request({ phoneNumber, purpose, client: stranger() });
  return { challengeId, code };
}

/** The proof of a right code that was refused. */
async function refusedProof(s: Stage, { phoneNumber }: Owner): Promise<string> {
  const { details } = await failure(signInByCode(s, phoneNumber, stranger()), 'refused_by_policy');
  return details.proof ?? '';
}

async function verifiedAt(s: Stage, { userId }: Owner): Promise<number | undefined> {
  return (await s.storage.users.findById({ userId }))?.phoneNumberVerifiedAt;
}

describe('a number that nobody proved for 45 days', () => {
  it('needs the password where there is one', async () => {
    const s = stage();
    const victim = await away(s);
    const { details, status } = await failure(signInByCode(s, victim.phoneNumber, stranger()), 'refused_by_policy');
    expect(status).toBe(403);
    expect(details).toEqual({ challenge: 'password', proof: expect.any(String) });
    expect(dormant(s)).toEqual([
      {
        type: 'user.dormant',
        at: s.clock.now(),
        userId: victim.userId,
        phoneNumberVerifiedAt: s.clock.now() - DORMANT * 1000,
        allowed: false,
        challenge: 'password',
      },
    ]);
    expect(s.tell()).not.toContain('user.signed_in');
    expect(await s.auth.listSessions({ userId: victim.userId })).toEqual({ sessions: [] });
  });

  it('is none a millisecond before', async () => {
    const s = stage();
    const { phoneNumber } = await away(s, DORMANT - 0.001);
    await signInByCode(s, phoneNumber, stranger());
    expect(dormant(s)).toEqual([]);
  });

  it('may be another time', async () => {
    const s = stage({ dormantAfterSeconds: 3 * DAY });
    await signInByCode(s, (await away(s, 3 * DAY - 0.001)).phoneNumber, stranger());
    await refusedProof(s, await away(s, 3 * DAY));
    expect(() => stage({ dormantAfterSeconds: DAY - 1 })).toThrow('dormantAfterSeconds');
  });

  it('is proved again by the proof with the right password', async () => {
    const s = stage();
    const victim = await away(s);
    const proof = await refusedProof(s, victim);
    expect(await verifiedAt(s, victim)).toBe(s.clock.now() - DORMANT * 1000);
    const signedIn = await s.auth.loginWithCode({ proof, password: PASSWORD, client: stranger() });
    expect((await s.auth.verifyAccessToken({ accessToken: signedIn.accessToken })).amr).toEqual(['sms', 'pwd']);
    expect(dormant(s).at(-1)).toMatchObject({ allowed: true, challenge: 'password' });
    await s.auth.drain();
    expect(await verifiedAt(s, victim)).toBe(s.clock.now());
    s.clock.advance(60);
    await signInByCode(s, victim.phoneNumber, stranger());
  });

  it('is proved by a code with the right password at once, in either flow', async () => {
    for (const flow of ['loginWithCode', 'signInWithCode'] as const) {
      const s = stage();
      const { phoneNumber } = await away(s);
      const { challengeId, code } = await s.request({ phoneNumber });
      const { accessToken } = await s.auth[flow]({ challengeId, code, password: PASSWORD, client: stranger() });
      expect((await s.auth.verifyAccessToken({ accessToken })).amr).toEqual(['sms', 'pwd']);
    }
  });

  it('is proved by a password whose hash is as old, and is hashed anew', async () => {
    const s = stage();
    const { phoneNumber, userId } = await away(s);
    const stronger = s.beside({ passwords: nodePasswords({ memoryKiB: 16, passes: 1 }) });
    const { challengeId, code } = await s.request({ phoneNumber });
    await stronger.loginWithCode({ challengeId, code, password: PASSWORD, client: stranger() });
    expect(await s.storage.users.passwordHashOf({ userId })).toMatch(/m=16,t=1/);
  });

  it('is not proved by a wrong password, which costs a try and hands out the next proof', async () => {
    const s = stage();
    const victim = await away(s);
    let proof = await refusedProof(s, victim);
    for (let tries = 0; tries < 3; tries++) {
      s.tell();
      const wrong = s.auth.signInWithCode({ proof, password: 'not this one', client: stranger() });
      const { details } = await failure(wrong, 'invalid_credentials');
      expect(s.tell()).toEqual(['password.refused']);
      await failure(s.auth.loginWithCode({ proof, password: PASSWORD, client: stranger() }), 'invalid_proof');
      proof = details.proof ?? '';
    }
    expect(await verifiedAt(s, victim)).toBe(s.clock.now() - DORMANT * 1000);
    // 7 of the 10 are left to everybody
    expect(
      (
        await untilRefused(
          s,
          guessingPasswords(s, () => victim.phoneNumber),
        )
      ).passed,
    ).toBe(7);
    s.clock.advance(599);
    // the successors live no longer than the first one
    await failure(s.auth.loginWithCode({ proof, client: stranger() }), 'refused_by_policy');
  });

  it('is not proved by the right password where too many were wrong', async () => {
    const s = stage();
    const victim = await away(s);
    await untilRefused(
      s,
      guessingPasswords(s, () => victim.phoneNumber),
    );
    const proof = await refusedProof(s, victim);
    const call = s.auth.loginWithCode({ proof, password: PASSWORD, client: stranger() });
    expect((await failure(call, 'rate_limited')).details.limit).toBe('passwordsPerNumber');
  });

  it('and a limit on passwords costs no second SMS', async () => {
    const s = stage({ limits: { smsPerDay: 100, passwordsPerNumber: [{ max: 3, windowSeconds: 60 }] } });
    const victim = await away(s);
    await untilRefused(
      s,
      guessingPasswords(s, () => victim.phoneNumber),
    );
    const call = s.auth.loginWithCode({ proof: await refusedProof(s, victim), password: PASSWORD, client: stranger() });
    const { details } = await failure(call, 'rate_limited');
    s.clock.advance(details.retryAfterSeconds);
    const { proof = '' } = details as { readonly proof?: string };
    await s.auth.loginWithCode({ proof, password: PASSWORD, client: stranger() });
  });

  it('is forgiven its wrong passwords by the right one', async () => {
    const s = stage();
    const victim = await away(s);
    for (let tries = 0; tries < 9; tries++) await guessingPasswords(s, () => victim.phoneNumber)();
    await s.auth.loginWithCode({ proof: await refusedProof(s, victim), password: PASSWORD, client: stranger() });
    expect(
      (
        await untilRefused(
          s,
          guessingPasswords(s, () => victim.phoneNumber),
        )
      ).passed,
    ).toBe(10);
  });

  it('is allowed without a password, with an event', async () => {
    const s = stage();
    const { phoneNumber, userId } = await withoutPassword(s);
    const { accessToken } = await signInByCode(s, phoneNumber, stranger());
    expect((await s.auth.verifyAccessToken({ accessToken })).amr).toEqual(['sms']);
    expect(dormant(s)).toMatchObject([{ userId, allowed: true, challenge: null }]);
  });

  it('is allowed where passwords are not configured', async () => {
    const s = stage();
    const { phoneNumber } = await away(s);
    const plain = s.beside({ passwords: undefined });
    const { challengeId, code } = await s.request({ phoneNumber });
    await plain.loginWithCode({ challengeId, code, client: stranger() });
  });

  it('gets no new password by a code alone', async () => {
    const s = stage();
    const victim = await away(s);
    const answer = await codeFor(s, victim.phoneNumber, 'reset-password');
    const newPassword = 'the password of a thief';
    const { details } = await failure(s.auth.resetPassword({ ...answer, newPassword, client: stranger() }), 'refused_by_policy');
    expect(details).toEqual({ proof: expect.any(String) });
    expect(dormant(s)).toMatchObject([{ allowed: false, challenge: null }]);
    await failure(s.auth.resetPassword({ proof: details.proof ?? '', newPassword, client: stranger() }), 'refused_by_policy');
    await failure(s.auth.loginWithPassword({ phoneNumber: victim.phoneNumber, password: newPassword, client: stranger() }));
    await signInByPassword(s, victim.phoneNumber, stranger());
    expect(s.tell()).not.toContain('password.changed');
  });

  it('may set its first password by a code', async () => {
    const s = stage();
    const { phoneNumber } = await withoutPassword(s);
    const answer = await codeFor(s, phoneNumber, 'reset-password');
    await s.auth.resetPassword({ ...answer, newPassword: PASSWORD, client: stranger() });
    expect(dormant(s)).toMatchObject([{ allowed: true, challenge: null }]);
  });

  it('is nothing to a login with the password, which proves no number', async () => {
    const s = stage();
    const victim = await away(s);
    await signInByPassword(s, victim.phoneNumber, stranger());
    await s.auth.drain();
    expect(dormant(s)).toEqual([]);
    await refusedProof(s, victim);
  });

  it('does not matter on a known device', async () => {
    const s = stage({ onDormantLogin: () => 'deny' });
    const { phoneNumber, device } = await away(s);
    await signInByCode(s, phoneNumber, device);
    s.clock.advance(DORMANT);
    const answer = await codeFor(s, phoneNumber, 'reset-password');
    await s.auth.resetPassword({ ...answer, newPassword: 'another good sentence', client: device });
    expect(dormant(s)).toEqual([]);
  });

  it('does not become a known device by that of somebody else', async () => {
    const s = stage();
    const other = await owner(s);
    const victim = await away(s);
    await failure(signInByCode(s, victim.phoneNumber, other.device), 'refused_by_policy');
  });

  it('does not matter for a test number', async () => {
    const testNumbers = { numbers: ['+12015550199'], code: '424242', until: Date.now() + 365 * DAY * 1000 };
    const s = stage({ testNumbers, onDormantLogin: () => 'deny' });
    const answer = async (): Promise<{ challengeId: string; code: string }> => ({
      challengeId: (await s.request({ phoneNumber: '+12015550199' })).challengeId,
      code: '424242',
    });
    await s.auth.signInWithCode({ ...(await answer()), client: s.client });
    s.clock.advance(2 * DORMANT);
    await s.auth.loginWithCode({ ...(await answer()), client: stranger() });
    expect(dormant(s)).toEqual([]);
  });

  it.each([undefined, null])('is not known to a store that says %s', async (said) => {
    const s = stage({ onDormantLogin: () => 'deny' });
    const { phoneNumber } = await away(s, 10 * DORMANT);
    const { users } = s.storage;
    const silent = (user: User | null): User | null =>
      user === null ? null : ({ ...user, phoneNumberVerifiedAt: said } as unknown as User);
    const { setPhoneNumberVerifiedAt: _, ...others } = users;
    const older = s.beside({
      storage: { ...s.stores, users: { ...others, findByPhoneNumber: async (f) => silent(await users.findByPhoneNumber(f)) } },
    });
    const { challengeId, code } = await s.request({ phoneNumber });
    await older.loginWithCode({ challengeId, code, client: stranger() });
    await older.drain();
    expect(dormant(s)).toEqual([]);
  });

  it('is asked of nobody who registers, and tells of a disabled account only that it is', async () => {
    const s = stage({ onDormantLogin: () => 'deny' });
    await s.signUp();
    const { phoneNumber, userId } = await away(s);
    await s.storage.users.setDisabled({ userId, disabled: true });
    await failure(signInByCode(s, phoneNumber, stranger()), 'account_disabled');
    expect(dormant(s)).toEqual([]);
  });
});

describe('onDormantLogin', () => {
  const flows = ['loginWithCode', 'signInWithCode', 'resetPassword'] as const;

  function deciding(decide: (login: DormantLogin<User>) => unknown, overrides: Overrides = {}): { s: Stage; asked: DormantLogin<User>[] } {
    const asked: DormantLogin<User>[] = [];
    const s = stage({
      ...overrides,
      onDormantLogin: (login) => {
        asked.push(login);
        return decide(login) as RiskDecision;
      },
    });
    return { s, asked };
  }

  /** Runs a flow with a right code, or with a proof. */
  async function run(s: Stage, flow: (typeof flows)[number], { phoneNumber }: Owner, proof?: string): Promise<unknown> {
    const client = stranger();
    const purpose = flow === 'resetPassword' ? 'reset-password' : 'sign-in';
    const { challengeId, code } = proof === undefined ? await s.request({ phoneNumber, purpose, client }) : { challengeId: '', code: '' };
    const answer = proof === undefined ? { challengeId, code } : { proof };
    if (flow === 'resetPassword') return s.auth.resetPassword({ ...answer, newPassword: 'another good sentence', client });
    return s.auth[flow]({ ...answer, client });
  }

  it.each(flows)('is asked once by %s, and may allow', async (flow) => {
    const { s, asked } = deciding(() => 'allow');
    const victim = await away(s);
    await run(s, flow, victim);
    expect(asked).toEqual([{ user: victim.user, phoneNumberVerifiedAt: s.clock.now() - DORMANT * 1000, hasPassword: true, flow }]);
    expect(dormant(s)).toMatchObject([{ allowed: true, challenge: null }]);
    await s.auth.drain();
    expect(await verifiedAt(s, victim)).toBe(s.clock.now());
  });

  it.each(flows)('may deny %s, whose proof helps as soon as it allows', async (flow) => {
    let decision: RiskDecision = 'deny';
    const { s } = deciding(() => decision);
    const victim = await away(s);
    const { details } = await failure(run(s, flow, victim), 'refused_by_policy');
    expect(details).toEqual({ proof: expect.any(String) });
    const { details: again } = await failure(run(s, flow, victim, details.proof), 'refused_by_policy');
    decision = 'allow';
    await run(s, flow, victim, again.proof);
  });

  it.each(flows)('may ask %s for something else, to which a password is no answer', async (flow) => {
    const { s } = deciding(() => ({ challenge: 'support' }));
    const victim = await away(s);
    const { details } = await failure(run(s, flow, victim), 'refused_by_policy');
    expect(details).toEqual({ challenge: 'support', proof: expect.any(String) });
    if (flow === 'resetPassword') return;
    const call = s.auth[flow]({ proof: details.proof ?? '', password: PASSWORD, client: stranger() });
    await failure(call, 'refused_by_policy');
  });

  it('may ask for a password that is not there, and is not answered by any', async () => {
    const { s, asked } = deciding(() => ({ challenge: 'password' }));
    const victim = await withoutPassword(s);
    const { details } = await failure(run(s, 'loginWithCode', victim), 'refused_by_policy');
    await failure(s.auth.loginWithCode({ proof: details.proof ?? '', password: PASSWORD, client: stranger() }), 'refused_by_policy');
    expect(asked.map(({ hasPassword }) => hasPassword)).toEqual([false, false]);
  });

  it.each(flows)('that fails makes %s unavailable, and no second SMS is needed', async (flow) => {
    for (const fails of [
      () => Promise.reject(new Error('down')),
      () => {
        throw new Error('down');
      },
      () => new Promise(() => undefined),
      () => undefined,
      () => ({ challenge: '<b>' }),
    ]) {
      let isDown = true;
      const { s } = deciding(() => (isDown ? fails() : 'allow'));
      const victim = await away(s);
      const { details } = await failure(run(s, flow, victim), 'unavailable');
      expect(s.events.at(-1)).toMatchObject({ type: 'port.failed', verb: 'onDormantLogin' });
      expect(await s.auth.listSessions({ userId: victim.userId })).toEqual({ sessions: [] });
      isDown = false;
      await run(s, flow, victim, details.proof);
    }
  });
});
