import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import type { PhoneAuthEvent, PhoneNumber } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, passwords, type Stage, stage } from './stage.ts';

type Told = Readonly<Record<string, unknown>>;

function numberOf(phoneNumber: string): PhoneNumber {
  return phoneNumber as PhoneNumber;
}

/** A stage whose store accepts rows that somebody altered without the secret. */
function tampered(altered: object, session: { readonly maxPerUser?: number } = {}): Stage {
  const s = stage({ session });
  const { joined, ...storage } = s.storage;
  const signIn: typeof joined.signIn = async (input) => {
    const answer = await joined.signIn(input);
    const { redeemed } = answer;
    return redeemed.is === 'accepted' ? { ...answer, redeemed: { ...redeemed, challenge: { ...redeemed.challenge, ...altered } } } : answer;
  };
  return { ...s, auth: s.beside({ storage: { ...storage, joined: { ...joined, signIn } } }) };
}

describe('a row that was altered without the secret, in one trip', () => {
  it.each([
    ['seed', { seed: 'A'.repeat(43) }],
    ['number', { phoneNumber: '+12015550199' }],
    ['user', { userId: 'victim' }],
    ['purpose', { purpose: 'login' }],
    ['context', { context: 'x', contextHash: 'y' }],
  ])('dies by its %s, and what was opened ends', async (_, altered) => {
    const s = tampered(altered);
    const phoneNumber = nextPhoneNumber();
    const made = await s.storage.users.create({ phoneNumber: numberOf(phoneNumber), profile: {}, passwordHash: null, now: s.clock.now() });
    const userId = made.is === 'created' ? made.user.id : '';
    const { challengeId, code } = await s.request({ phoneNumber });
    s.tell();
    const { details } = await failure(s.auth.loginWithCode({ challengeId, code, client: s.client }), 'invalid_code');
    expect(details).toEqual({ reason: 'unknown' });
    expect(s.tell()).toEqual(['code.refused']);
    expect(s.events.at(-1)).toMatchObject({ reason: 'altered' });
    expect(await s.auth.listSessions({ userId })).toEqual({ sessions: [] });
  });

  it('is not silent about sessions that made room, nor about an account that was made', async () => {
    const s = tampered({ seed: 'A'.repeat(43) }, { maxPerUser: 1 });
    const { challengeId, code, phoneNumber } = await s.request();
    s.tell();
    await failure(s.auth.signInWithCode({ challengeId, code, client: s.client }), 'invalid_code');
    expect(s.tell()).toEqual(['code.refused', 'user.registered']);
    const sound = s.beside({});
    s.clock.advance(60);
    const own = await s.request({ phoneNumber });
    const { userId } = await sound.loginWithCode({ challengeId: own.challengeId, code: own.code, client: s.client });
    s.clock.advance(60);
    const next = await s.request({ phoneNumber });
    s.tell();
    await failure(s.auth.loginWithCode({ challengeId: next.challengeId, code: next.code, client: s.client }), 'invalid_code');
    expect(s.tell()).toEqual(['code.refused', 'session.ended']);
    expect(await s.auth.listSessions({ userId })).toEqual({ sessions: [] });
  });
});

describe('both ways', () => {
  const password = 'a long enough sentence';

  // One life of an account; what is drawn at random, and what time passes in between, is left out.
  async function life(s: Stage): Promise<readonly Told[]> {
    const phoneNumber = '+12015550123';
    const told: Told[] = [];
    const client = { ip: '203.0.113.9', userAgent: 'a browser' };
    const attempt = async (call: Promise<unknown>): Promise<void> => {
      const answer = await call.then(
        (given) => ({ answered: Object.keys(given as object).sort() }),
        (error: { code: string; details: object }) => ({ code: error.code, details: Object.keys(error.details) }),
      );
      await s.auth.drain();
      told.push(answer);
      s.clock.advance(700);
    };
    const codeFor = async (purpose: 'sign-in' | 'login' | 'register') => {
      const { challengeId, code, wrong } = await s.request({ phoneNumber, purpose, client });
      return { answer: { challengeId, code, client }, wrong: { challengeId, code: wrong, client } };
    };
    await attempt(s.auth.loginWithCode((await codeFor('sign-in')).answer));
    await attempt(s.auth.registerWithCode({ ...(await codeFor('register')).answer, profile: { name: 'Ada' } }));
    await attempt(s.auth.registerWithCode((await codeFor('sign-in')).answer));
    const guessed = await codeFor('login');
    for (let guess = 0; guess < 3; guess++) await attempt(s.auth.loginWithCode(guessed.wrong));
    await attempt(s.auth.loginWithCode((await codeFor('login')).answer));
    await attempt(s.auth.signInWithCode((await codeFor('sign-in')).answer));
    const userId = (await s.storage.users.findByPhoneNumber({ phoneNumber: numberOf(phoneNumber) }))?.id ?? '';
    await s.storage.users.setPasswordHash({ userId, passwordHash: await passwords.hash({ password }), replaces: null });
    await attempt(s.auth.loginWithPassword({ phoneNumber, password: 'not this one', client }));
    await attempt(s.auth.loginWithPassword({ phoneNumber, password, client }));
    const { refreshToken } = await s.auth.loginWithPassword({ phoneNumber, password, client });
    await attempt(s.auth.refreshSession({ refreshToken, client }));
    s.clock.advance(50 * 86_400);
    await attempt(s.auth.signInWithCode((await codeFor('sign-in')).answer));
    await attempt(s.auth.refreshSession({ refreshToken, client }));
    await s.storage.users.setDisabled({ userId, disabled: true });
    await attempt(s.auth.loginWithCode((await codeFor('login')).answer));
    await attempt(s.auth.loginWithPassword({ phoneNumber, password, client }));
    await attempt(s.auth.loginWithCode((await codeFor('register')).answer));
    return [...told, ...s.events.map(withoutNames)];
  }

  function withoutNames(event: PhoneAuthEvent): Told {
    const drawn = ['at', 'userId', 'sessionId', 'challengeId', 'phoneNumberVerifiedAt'];
    return Object.fromEntries(Object.entries(event).filter(([key]) => !drawn.includes(key)));
  }

  it('answer alike and tell of the same events in the same order', async () => {
    const options = { session: { maxPerUser: 1 } };
    const joined = await life(stage(options, 'joined'));
    expect(joined).toEqual(await life(stage(options, 'verb by verb')));
    expect(joined.filter(({ type }) => type === 'session.ended').length).toBeGreaterThan(1);
  });
});

describe('a storage whose fast path passes its stores by', () => {
  it('is refused, with what to do', () => {
    const s = stage();
    const { joined, ...stores } = s.storage;
    const other = memoryStorage();
    for (const [storage, name] of [
      [{ ...stores, users: { ...stores.users }, joined }, 'users'],
      [{ ...stores, sessions: other.sessions, joined }, 'sessions'],
      [{ ...stores, challenges: other.challenges, joined }, 'challenges'],
    ] as const) {
      const create = () => s.beside({ storage });
      expect(create).toThrow(TypeError);
      expect(create).toThrow(new RegExp(`storage\\.joined: belongs to other ${name} than .*leave joined out`));
    }
    expect(() => s.beside({ storage: { ...stores, joined: {} as never } })).toThrow(/storage\.joined/);
    s.beside({ storage: { ...other, joined: undefined } });
    s.beside({ storage: s.storage });
  });
});
