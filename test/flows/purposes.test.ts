import { describe, expect, it } from 'vitest';
import type { PhoneNumber, Purpose } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Requested, type Stage, stage } from './stage.ts';

const PURPOSES = ['sign-in', 'login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up'] as const;
const newPassword = 'a long enough sentence';

/** What redeems an answer, on behalf of a user. */
const FUNCTIONS = {
  registerWithCode: (s: Stage, answer: AnyAnswer) => s.auth.registerWithCode({ ...answer, client: s.client }),
  loginWithCode: (s: Stage, answer: AnyAnswer) => s.auth.loginWithCode({ ...answer, client: s.client }),
  signInWithCode: (s: Stage, answer: AnyAnswer) => s.auth.signInWithCode({ ...answer, client: s.client }),
  resetPassword: (s: Stage, answer: AnyAnswer) => s.auth.resetPassword({ ...answer, newPassword, client: s.client }),
  changePhoneNumber: (s: Stage, answer: AnyAnswer, userId: string) => s.auth.changePhoneNumber({ ...answer, userId, client: s.client }),
} as const;

type AnyAnswer = { challengeId: string; code: string } | { proof: string };
type FunctionName = keyof typeof FUNCTIONS;

const CODES: Readonly<Record<Purpose, readonly FunctionName[]>> = {
  'sign-in': ['registerWithCode', 'loginWithCode', 'signInWithCode'],
  login: ['loginWithCode'],
  register: ['registerWithCode'],
  verify: [],
  'reset-password': ['resetPassword'],
  'change-phone-number': ['changePhoneNumber'],
  'step-up': [],
};

const PROOFS: Readonly<Record<Purpose, readonly FunctionName[]>> = {
  'sign-in': ['registerWithCode', 'loginWithCode', 'signInWithCode', 'changePhoneNumber'],
  login: ['registerWithCode', 'loginWithCode', 'signInWithCode', 'changePhoneNumber'],
  register: ['registerWithCode', 'loginWithCode', 'signInWithCode', 'changePhoneNumber'],
  verify: ['registerWithCode', 'changePhoneNumber'],
  'reset-password': ['resetPassword'],
  'change-phone-number': ['changePhoneNumber'],
  'step-up': [],
};

interface Scene {
  readonly asked: Requested;
  /** Whose number is changed, or who confirms. */
  readonly userId: string;
  readonly bound: { readonly userId?: string; readonly context?: string };
}

/** A code of that purpose, for a number that has an account where the function needs one. */
async function sceneFor(s: Stage, purpose: Purpose, name: FunctionName | null): Promise<Scene> {
  const { userId, phoneNumber } = await s.signUp();
  const needsAccount = purpose === 'login' || purpose === 'reset-password' || (purpose === 'sign-in' && name === 'loginWithCode');
  const account = needsAccount ? (await s.signUp()).phoneNumber : nextPhoneNumber();
  s.clock.advance(60);
  if (purpose === 'step-up')
    return { asked: await s.request({ purpose, userId, context: 'Pay' }), userId, bound: { userId, context: 'Pay' } };
  const bound = purpose === 'change-phone-number' ? { userId } : {};
  const asked = await s.request({ purpose, phoneNumber: account, ...bound });
  expect(asked.phoneNumber).not.toBe(phoneNumber);
  return { asked, userId, bound };
}

describe.each(PURPOSES)('a code of purpose %s', (purpose) => {
  it.each(Object.keys(FUNCTIONS) as FunctionName[])('and %s', async (name) => {
    const s = stage();
    const { asked, userId } = await sceneFor(s, purpose, CODES[purpose].includes(name) ? name : null);
    const { challengeId, code } = asked;
    if (CODES[purpose].includes(name)) {
      await FUNCTIONS[name](s, { challengeId, code }, userId);
      return;
    }
    expect((await failure(FUNCTIONS[name](s, { challengeId, code }, userId), 'invalid_code')).details).toEqual({ reason: 'unknown' });
    // a function of another purpose pays nothing, so that the code still has all its attempts
    const own = { challengeId, purpose, ...(purpose === 'step-up' ? { userId, context: 'Pay' } : {}), client: s.client };
    const bound = purpose === 'change-phone-number' ? { userId } : {};
    const wrong = s.auth.validateVerificationCode({ ...own, ...bound, code: asked.wrong });
    expect((await failure(wrong, 'invalid_code')).details.attemptsLeft).toBe(4);
  });

  it('is validated when its purpose is told, and by no other', async () => {
    const s = stage();
    const { asked, bound } = await sceneFor(s, purpose, null);
    const { challengeId, code, phoneNumber } = asked;
    for (const other of PURPOSES.filter((one) => one !== purpose)) {
      const call = s.auth.validateVerificationCode({ challengeId, code, ...bound, purpose: other, client: s.client });
      expect((await failure(call, 'invalid_code')).details).toEqual({ reason: 'unknown' });
    }
    const validated = await s.auth.validateVerificationCode({ challengeId, code, ...bound, purpose, client: s.client });
    expect(validated).toEqual({
      phoneNumber,
      purpose,
      userId: bound.userId ?? null,
      proof: expect.stringMatching(/^[A-Za-z0-9_-]{59}$/),
      proofExpiresAt: s.clock.now() + 600_000,
    });
    const spent = await s.auth.consumeProof({ proof: validated.proof, purpose, ...bound });
    expect(spent).toEqual({ phoneNumber, userId: bound.userId ?? null, context: bound.context ?? null, reference: null });
  });
});

describe.each(PURPOSES)('a proof of purpose %s', (purpose) => {
  it.each(Object.keys(FUNCTIONS) as FunctionName[])('and %s', async (name) => {
    const s = stage();
    const serves = PROOFS[purpose].includes(name);
    const { asked, userId, bound } = await sceneFor(s, purpose, serves ? name : null);
    // what the code was for may be over when its proof is spent
    if (serves && purpose === 'login' && name !== 'loginWithCode') await removeAccountOf(s, asked.phoneNumber);
    if (serves && purpose === 'register' && name === 'loginWithCode') await makeAccountOf(s, asked.phoneNumber);
    const { challengeId, code } = asked;
    const { proof } = await s.auth.validateVerificationCode({ challengeId, code, ...bound, purpose, client: s.client });
    if (serves) {
      await FUNCTIONS[name](s, { proof }, userId);
      await failure(FUNCTIONS[name](s, { proof }, userId), 'invalid_proof');
      return;
    }
    await failure(FUNCTIONS[name](s, { proof }, userId), 'invalid_proof');
    // a refusal leaves it unspent
    await s.auth.consumeProof({ proof, purpose, ...bound });
  });

  it('is consumed under that purpose alone', async () => {
    const s = stage();
    const { asked, bound } = await sceneFor(s, purpose, null);
    const { challengeId, code } = asked;
    const { proof } = await s.auth.validateVerificationCode({ challengeId, code, ...bound, purpose, client: s.client });
    for (const other of PURPOSES.filter((one) => one !== purpose)) {
      const needs = other === 'step-up' ? { userId: 'somebody', context: 'Pay' } : {};
      await failure(s.auth.consumeProof({ proof, purpose: other, ...bound, ...needs }), 'invalid_proof');
    }
    await s.auth.consumeProof({ proof, purpose, ...bound });
    await failure(s.auth.consumeProof({ proof, purpose, ...bound }), 'invalid_proof');
  });

  it('and setPassword', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const bound = { 'step-up': { userId, context: 'New password' }, 'change-phone-number': { userId } }[purpose as 'step-up'] ?? {};
    const number = purpose === 'step-up' ? {} : { phoneNumber: purpose === 'register' ? nextPhoneNumber() : phoneNumber };
    const { challengeId, code } = await s.request({ purpose, ...bound, ...number });
    const { proof } = await s.auth.validateVerificationCode({ challengeId, code, ...bound, purpose, client: s.client });
    const context = purpose === 'step-up' ? 'New password' : undefined;
    const call = s.auth.setPassword({ userId, newPassword, proof, context });
    if (['step-up', 'reset-password', 'verify'].includes(purpose)) expect(await call).toEqual({});
    else await failure(call, 'invalid_proof');
  });
});

async function removeAccountOf(s: Stage, phoneNumber: string): Promise<void> {
  const user = await s.storage.users.findByPhoneNumber({ phoneNumber: phoneNumber as PhoneNumber });
  await s.storage.users.delete({ userId: user?.id ?? '' });
}

async function makeAccountOf(s: Stage, phoneNumber: string): Promise<void> {
  await s.storage.users.create({ phoneNumber: phoneNumber as PhoneNumber, profile: {}, passwordHash: null, now: s.clock.now() });
}
