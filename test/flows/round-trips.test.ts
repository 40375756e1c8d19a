import { describe, expect, it } from 'vitest';
import type { StandardSchemaV1 } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { type Profile, passwords, type Stage, stage } from './stage.ts';

const password = 'a long enough sentence';

// Whoever listens has codes counted too, behind the answer.
function silent(overrides: Parameters<typeof stage>[0] = {}): Stage {
  return stage({ onEvent: undefined, ...overrides });
}

async function tripsOf(s: Stage, call: () => Promise<unknown>): Promise<readonly string[]> {
  await s.auth.drain();
  s.trips();
  await call();
  await s.auth.drain();
  return s.trips();
}

async function asked(
  s: Stage,
  given: Parameters<Stage['request']>[0],
): Promise<{ challengeId: string; code: string; client: Stage['client'] }> {
  s.clock.advance(60);
  const { challengeId, code } = await s.request(given);
  return { challengeId, code, client: s.client };
}

describe('one trip is enough', () => {
  it('for a request, whatever it is for', async () => {
    const s = silent();
    const { phoneNumber, userId } = await s.signUp();
    for (const purpose of ['sign-in', 'login', 'register', 'reset-password', 'verify', 'change-phone-number'] as const) {
      for (const number of [phoneNumber, nextPhoneNumber()]) {
        s.clock.advance(700);
        const trips = await tripsOf(s, () => s.auth.requestCode({ phoneNumber: number, purpose, userId, client: s.client }));
        expect([purpose, trips.length]).toEqual([purpose, 1]);
      }
    }
    s.clock.advance(3600);
    // a step-up reads the number from the user first
    const stepUp = { userId, context: 'pay 5 EUR', purpose: 'step-up', client: s.client } as const;
    expect(await tripsOf(s, () => s.auth.requestCode(stepUp))).toEqual(['users.findById', 'challenges.issue']);
  });

  it('for a code that signs nobody in', async () => {
    const s = silent();
    const answer = await asked(s, { purpose: 'verify' });
    expect(await tripsOf(s, () => s.auth.validateVerificationCode(answer))).toEqual(['challenges.redeem']);
  });

  it('for a registration, a login and a sign-in, also when the day is noted at which the number was proved', async () => {
    const s = silent();
    const phoneNumber = nextPhoneNumber();
    const registering = await asked(s, { phoneNumber, purpose: 'register', profile: { name: 'Ada' } });
    expect(await tripsOf(s, () => s.auth.registerWithCode(registering))).toEqual(['joined.signIn']);
    s.clock.advance(100_000);
    const login = await asked(s, { phoneNumber, purpose: 'login' });
    expect(await tripsOf(s, () => s.auth.loginWithCode(login))).toEqual(['joined.signIn']);
    const known = await asked(s, { phoneNumber });
    expect(await tripsOf(s, () => s.auth.signInWithCode(known))).toEqual(['joined.signIn']);
    const unknown = await asked(s, {});
    expect(await tripsOf(s, () => s.auth.signInWithCode({ ...unknown, profile: { name: 'Bea' } }))).toEqual(['joined.signIn']);
    const without = await asked(s, { purpose: 'register' });
    expect(await tripsOf(s, () => s.auth.registerWithCode({ ...without, session: false }))).toEqual(['joined.signIn']);
  });

  it('for a sign-up whose profile a schema judges, unless the schema asks somebody else', async () => {
    const judging = (validate: StandardSchemaV1<unknown, Profile>['~standard']['validate']) =>
      silent({ profile: { '~standard': { version: 1, vendor: 'test', validate } } });
    const quick = judging((value) => ({ value: { judged: value } }));
    const answer = await asked(quick, {});
    expect(await tripsOf(quick, () => quick.auth.signInWithCode({ ...answer, profile: { name: 'Ada' } }))).toEqual(['joined.signIn']);
    let times = 0;
    const slow = judging(async (value) => {
      times++;
      return { value: { judged: value } };
    });
    for (const expected of [2, 3]) {
      const { user } = await slow.auth.signInWithCode({ ...(await asked(slow, {})), profile: { name: 'Ada' } });
      expect([user.profile, times]).toEqual([{ judged: { name: 'Ada' } }, expected]);
    }
  });

  it('for a refresh', async () => {
    const s = silent();
    const { refreshToken } = await s.signUp();
    expect(await tripsOf(s, () => s.auth.refreshSession({ refreshToken, client: s.client }))).toEqual(['joined.refresh']);
    const quick = silent({ session: { checkUserOnRefresh: false } });
    const other = await quick.signUp();
    const refresh = () => quick.auth.refreshSession({ refreshToken: other.refreshToken, client: quick.client });
    expect(await tripsOf(quick, refresh)).toEqual(['sessions.rotate']);
  });

  it('for a wrong code, and an account that is not there', async () => {
    const s = silent();
    const { challengeId, client, code } = await asked(s, { purpose: 'sign-in' });
    const wrong = { challengeId, code: code === '000000' ? '111111' : '000000', client };
    expect(await tripsOf(s, () => s.auth.loginWithCode(wrong).catch(() => undefined))).toEqual(['joined.signIn']);
    const absent = { challengeId, code, client };
    expect(await tripsOf(s, () => s.auth.loginWithCode(absent).catch(() => undefined))).toEqual(['joined.signIn']);
  });
});

describe('two trips are enough', () => {
  it('for a login with a password: before its check, and after', async () => {
    const s = silent();
    const { userId, phoneNumber } = await s.signUp();
    await s.storage.users.setPasswordHash({ userId, passwordHash: await passwords.hash({ password }), replaces: null });
    const login = (given: string) => s.auth.loginWithPassword({ phoneNumber, password: given, client: s.client });
    expect(await tripsOf(s, () => login(password))).toEqual(['joined.tryPassword', 'joined.passPassword']);
    expect(await tripsOf(s, () => login('not this one').catch(() => undefined))).toEqual(['joined.tryPassword']);
  });
});

describe('a hook that sits between', () => {
  it.each([
    ['canSignIn', { canSignIn: () => true }],
    ['claims', { claims: () => ({ role: 'admin' }) }],
    ['onDormantLogin', { onDormantLogin: () => 'allow' as const }],
  ])('has %s called between the verbs, each by itself', async (_, hooks) => {
    const s = silent(hooks);
    const answer = await asked(s, {});
    const verbs = ['challenges.redeem', 'users.findByPhoneNumber', 'users.create', 'sessions.create'];
    expect(await tripsOf(s, () => s.auth.signInWithCode(answer))).toEqual(verbs);
  });
});
