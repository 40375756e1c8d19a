import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPhoneVerification, isPhoneAuthError, type PhoneAuth } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Profile, type Stage, stage, type User } from './stage.ts';

type Api = PhoneAuth<User, Profile>;
type Input = Readonly<Record<string, unknown>>;
/** Whoever writes JavaScript can pass anything. */
type Untyped = Readonly<Record<string, (input?: unknown) => Promise<unknown>>>;

const client = { ip: '203.0.113.7' };
const challengeId = 'A'.repeat(38);
const answer = { challengeId, code: '123456' };
const newPassword = 'a long enough sentence';

/** An input of every function that is well formed, all optional arguments included. */
const WELL_FORMED: Readonly<Partial<Record<keyof Api, Input>>> = {
  requestCode: {
    phoneNumber: '+12015550123',
    purpose: 'verify',
    resendOf: challengeId,
    userId: 'u',
    context: 'c',
    reference: 'r',
    profile: { name: 'Ada' },
    binding: 'challenge',
    locale: 'en-GB',
    channel: 'sms',
    idempotencyKey: 'k',
    client,
  },
  validateVerificationCode: {
    ...answer,
    phoneNumber: '+12015550123',
    purpose: 'verify',
    userId: 'u',
    context: 'c',
    reference: 'r',
    client,
  },
  consumeProof: { proof: 'p', purpose: 'verify', userId: 'u', context: 'c', reference: 'r' },
  registerWithCode: { ...answer, phoneNumber: '+12015550123', reference: 'r', profile: {}, password: newPassword, session: true, client },
  loginWithCode: { ...answer, phoneNumber: '+12015550123', reference: 'r', client },
  signInWithCode: { ...answer, phoneNumber: '+12015550123', reference: 'r', profile: {}, client },
  loginWithPassword: { phoneNumber: '+12015550123', password: 'x', client },
  startSession: { userId: 'u', amr: ['hwk'], client },
  resetPassword: { ...answer, phoneNumber: '+12015550123', reference: 'r', newPassword, client },
  setPassword: { userId: 'u', newPassword, sessionId: 's', proof: 'p', context: 'c', reference: 'r' },
  changePhoneNumber: { ...answer, userId: 'u', sessionId: 's', phoneNumber: '+12015550123', reference: 'r', client },
  removePhoneNumber: { userId: 'u', sessionId: 's' },
  getUserStatus: { phoneNumber: '+12015550123', client },
  refreshSession: { refreshToken: 'x', client },
  inspectRefreshToken: { refreshToken: 'x' },
  verifyAccessToken: { accessToken: 'x', checkSession: false },
  endSession: { refreshToken: 'x' },
  revokeSession: { userId: 'u', sessionId: 's' },
  revokeSessions: { userId: 'u', exceptSessionId: 's' },
  listSessions: { userId: 'u' },
  unlockPhoneNumber: { phoneNumber: '+12015550123' },
  recordDelivery: { challengeId, send: 1, state: 'failed' },
  sweep: { max: 1 },
};

const NAMES = Object.keys(WELL_FORMED) as (keyof Api & string)[];
const WITH_CLIENT = NAMES.filter((name) => name !== 'getUserStatus' && 'client' in (WELL_FORMED[name] ?? {}));

/** Nothing of what is judged by somebody else than the shape. */
function argumentsOf(name: keyof Api): readonly string[] {
  return Object.keys(WELL_FORMED[name] ?? {}).filter((key) => !['client', 'profile'].includes(key));
}

const WRONG: readonly (readonly [string, unknown])[] = [
  ['an array', ['+12015550123']],
  ['null', null],
  ['an empty text', ''],
  ['a number', 123456],
  ['an object', { length: 5, toString: () => '123456' }],
  ['a String object', new String('123456')],
];

function call(s: Stage, name: string, input: unknown): Promise<unknown> {
  return ((s.auth as unknown as Untyped)[name] as (input: unknown) => Promise<unknown>)(input);
}

describe.each(NAMES)('%s', (name) => {
  const wellFormed = WELL_FORMED[name] as Input;

  it('judges a well-formed input by its content', async () => {
    const s = stage();
    const outcome = await call(s, name, wellFormed).then(
      () => 'ok',
      (error: unknown) => (isPhoneAuthError(error) ? error.code : error),
    );
    expect(outcome).toEqual(expect.any(String));
    expect(outcome).not.toBe('invalid_input');
  });

  it.each(argumentsOf(name))('refuses a wrong %s, stores nothing and sends nothing', async (key) => {
    const s = stage();
    for (const [what, value] of WRONG) {
      if (what === 'a number' && ['send', 'max'].includes(key)) continue;
      // one method that is a word, in a list
      if (what === 'an array' && key === 'amr') continue;
      const { details } = await failure(call(s, name, { ...wellFormed, [key]: value }), 'invalid_input');
      expect(
        details.issues.map((issue) => issue.path),
        `${key}: ${what}`,
      ).toContain(key);
    }
    expect(s.trips()).toEqual([]);
    expect(s.inbox.messages()).toEqual([]);
    expect(s.events).toEqual([]);
  });

  it.each(argumentsOf(name))('answers a %s of a megabyte with an error of ours', async (key) => {
    const s = stage();
    const megabyte = 'x'.repeat(1_000_000);
    const { status } = await failure(call(s, name, { ...wellFormed, [key]: megabyte }));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(s.trips()).toEqual([]);
    expect(s.inbox.messages()).toEqual([]);
  });

  it('refuses what is no argument, and says which', async () => {
    const s = stage();
    const hostile: Input = JSON.parse('{"__proto__": {"client": 1}, "constructor": 1, "toString": 1, "phonenumber": 1}');
    const { details } = await failure(call(s, name, { ...wellFormed, ...hostile, ['__proto__']: 1 }), 'invalid_input');
    expect(details.issues.map((issue) => issue.path).toSorted()).toEqual(['__proto__', 'constructor', 'phonenumber', 'toString']);
    expect(s.trips()).toEqual([]);
    expect(({} as Record<string, unknown>).client).toBeUndefined();
  });

  it('takes one object', async () => {
    const s = stage();
    for (const input of [null, [], 'text', 7, ...(name === 'sweep' ? [] : [undefined])])
      await expect(call(s, name, input)).rejects.toThrow(TypeError);
    expect(s.trips()).toEqual([]);
  });
});

describe.each(WITH_CLIENT)('%s without a client', (name) => {
  it.each([
    ['none', undefined],
    ['null', null],
    ['a text', '203.0.113.7'],
    ['no address', {}],
    ['an undefined address', { ip: undefined }],
    ['a wrong address', { ip: 7 }],
    ['a wrong user agent', { ip: null, userAgent: 7 }],
    ['a wrong device token', { ip: null, deviceToken: {} }],
  ])('(%s) is a mistake of the program', async (_, wrong) => {
    const s = stage();
    await expect(call(s, name, { ...WELL_FORMED[name], client: wrong })).rejects.toThrow(/client/);
    await expect(call(s, name, { ...WELL_FORMED[name], client: wrong })).rejects.toBeInstanceOf(TypeError);
    expect(s.trips()).toEqual([]);
  });
});

describe('a client', () => {
  it('of getUserStatus may be absent, and is judged when it is there', async () => {
    const s = stage();
    await s.auth.getUserStatus({ phoneNumber: nextPhoneNumber() });
    await s.auth.getUserStatus({ phoneNumber: nextPhoneNumber(), client: undefined });
    await expect(call(s, 'getUserStatus', { phoneNumber: nextPhoneNumber(), client: {} })).rejects.toThrow(TypeError);
  });

  it('may say aloud that it has no address', async () => {
    const s = stage();
    const { phoneNumber } = await s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: { ip: null } });
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
  });
});

describe('an answer', () => {
  it.each([
    ['challengeId', { code: '123456' }],
    ['code', { challengeId }],
    ['code', { phoneNumber: '+12015550123' }],
    ['purpose', { challengeId, code: '123456', purpose: 'sign-in' }],
    ['purpose', { phoneNumber: '+12015550123', code: '123456', purpose: 'nonsense' }],
    ['code', {}],
  ])('lacks or has too much: %s', async (path, input) => {
    const s = stage();
    for (const name of ['registerWithCode', 'loginWithCode', 'signInWithCode']) {
      const { details } = await failure(call(s, name, { ...input, client }), 'invalid_input');
      expect(details.issues.map((issue) => issue.path)).toEqual([path]);
    }
    expect(s.trips()).toEqual([]);
  });

  it('of validateVerificationCode is never a proof', async () => {
    const s = stage();
    const { details } = await failure(call(s, 'validateVerificationCode', { proof: 'x'.repeat(59), client }), 'invalid_input');
    expect(details.issues.map((issue) => issue.path)).toEqual(['proof']);
  });
});

describe('whatever is passed', () => {
  it('is refused by an error of ours or a TypeError, and changes nothing', async () => {
    const s = stage();
    const { auth } = s;
    const value = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true, maxDepth: 2 }),
      fc.string(),
    );
    const input = fc.dictionary(
      fc.oneof(fc.constantFrom(...Object.values(WELL_FORMED).flatMap((one) => Object.keys(one ?? {}))), fc.string()),
      value,
      { maxKeys: 6, noNullPrototype: false },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), input, fc.boolean(), async (name, junk, hasClient) => {
        const passed = hasClient ? { ...junk, client } : junk;
        const outcome = await (auth as unknown as Untyped)[name]?.(passed).then(
          () => 'answered',
          (error: unknown) => (isPhoneAuthError(error) || error instanceof TypeError ? 'refused' : error),
        );
        expect(['answered', 'refused']).toContain(outcome);
      }),
      { numRuns: 1500 },
    );
    expect(s.inbox.messages()).toEqual([]);
  });

  it('to a verification is judged as strictly', async () => {
    const { storage, inbox, config } = stage();
    const verification = createPhoneVerification({
      secret: config.secret,
      storage,
      sms: inbox,
      appName: 'Test',
      allowedCountries: 'all',
      limits: { smsPerDay: 10 },
    }) as unknown as Untyped;
    for (const [name, input] of [
      ['requestCode', { phoneNumber: 7, client }],
      ['validateVerificationCode', { ...answer, purpose: 7, client }],
      ['consumeProof', { proof: 'x', purpose: 'verify', more: 1 }],
      ['recordDelivery', { challengeId, send: '1', state: 'failed' }],
      ['sweep', { max: 0 }],
    ] as const) {
      await failure(verification[name]?.(input) ?? Promise.resolve(), 'invalid_input');
    }
    expect(await verification.sweep?.()).toEqual({ count: 0 });
  });
});
