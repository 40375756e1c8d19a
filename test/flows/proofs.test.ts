import { describe, expect, it } from 'vitest';
import type { PhoneNumber, Purpose, StandardSchemaV1 } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { type Fault, failure, outcomes, type Profile, type Stage, stage } from './stage.ts';

const newPassword = 'a long enough sentence';

/** Wants a name. */
const named: StandardSchemaV1<unknown, Profile> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const { name } = (value ?? {}) as { name?: unknown };
      if (typeof name === 'string') return { value: { name } };
      return {
        issues: [
          { message: 'is needed', path: ['name'] },
          { message: 'is odd', path: [{ key: 'deep' }, 0] },
        ],
      };
    },
  },
};

async function proved(s: Stage, phoneNumber: string = nextPhoneNumber()): Promise<string> {
  const { challengeId, code } = await s.request({ purpose: 'verify', phoneNumber });
  return (await s.auth.validateVerificationCode({ challengeId, code, client: s.client })).proof;
}

describe('no SMS is wasted when', () => {
  it('the number turns out to have an account', async () => {
    const s = stage();
    const { phoneNumber, user } = await s.signUp();
    s.clock.advance(60);
    const { challengeId, code } = await s.request({ phoneNumber });
    const { details } = await failure(s.auth.registerWithCode({ challengeId, code, client: s.client }), 'phone_number_taken');
    const signedIn = await s.auth.loginWithCode({ proof: details.proof ?? '', client: s.client });
    expect(signedIn.user).toEqual(user);
  });

  it('the number turns out to have no account', async () => {
    const s = stage();
    const { challengeId, code, phoneNumber } = await s.request();
    const { details } = await failure(s.auth.loginWithCode({ challengeId, code, client: s.client }), 'account_not_found');
    const { user } = await s.auth.registerWithCode({ proof: details.proof ?? '', client: s.client });
    expect(user.phoneNumber).toBe(phoneNumber);
  });

  it('the profile is missing or refused, as often as it takes', async () => {
    const s = stage({ profile: named });
    const { challengeId, code } = await s.request();
    const first = await failure(s.auth.signInWithCode({ challengeId, code, client: s.client }), 'profile_required');
    expect(first.details.issues).toEqual([
      { path: 'profile.name', message: 'is needed' },
      { path: 'profile.deep.0', message: 'is odd' },
    ]);
    const again = s.auth.registerWithCode({ proof: first.details.proof, profile: { name: 7 }, client: s.client });
    const second = await failure(again, 'profile_required');
    expect(second.details.proof).not.toBe(first.details.proof);
    await failure(s.auth.signInWithCode({ proof: first.details.proof, profile: { name: 'Ada' }, client: s.client }), 'invalid_proof');
    const signedIn = await s.auth.signInWithCode({ proof: second.details.proof, profile: { name: 'Ada', admin: true }, client: s.client });
    expect(signedIn).toMatchObject({ isNewUser: true, user: { profile: { name: 'Ada' } } });
  });

  it('the store refuses the profile', async () => {
    const s = stage();
    const { users } = s.storage;
    const strict = s.beside({
      storage: {
        ...s.stores,
        users: {
          ...users,
          create: async (c) =>
            c.profile.name === 'taken'
              ? { is: 'refused', issues: [{ path: 'profile.name', message: 'This value is taken.' }] }
              : users.create(c),
        },
      },
    });
    const { challengeId, code } = await s.request();
    const call = strict.signInWithCode({ challengeId, code, profile: { name: 'taken' }, client: s.client });
    const { details } = await failure(call, 'profile_required');
    expect(details.issues).toEqual([{ path: 'profile.name', message: 'This value is taken.' }]);
    const { user } = await strict.signInWithCode({ proof: details.proof, profile: { name: 'free' }, client: s.client });
    expect(user.profile).toEqual({ name: 'free' });
  });

  it('the new number of an account is taken', async () => {
    const s = stage();
    const { userId } = await s.signUp();
    const taken = await s.signUp();
    s.clock.advance(60);
    const { challengeId, code } = await s.request({ purpose: 'change-phone-number', userId, phoneNumber: taken.phoneNumber });
    const { details } = await failure(s.auth.changePhoneNumber({ userId, challengeId, code, client: s.client }), 'phone_number_taken');
    await s.auth.removePhoneNumber({ userId: taken.userId });
    const { user } = await s.auth.changePhoneNumber({ userId, proof: details.proof ?? '', client: s.client });
    expect(user.phoneNumber).toBe(taken.phoneNumber);
  });

  it('the account whose password or number is to change is gone', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const reset = await s.request({ purpose: 'reset-password', phoneNumber });
    const change = await s.request({ purpose: 'change-phone-number', userId });
    await s.storage.users.delete({ userId });
    const { client } = s;
    const first = s.auth.resetPassword({ challengeId: reset.challengeId, code: reset.code, newPassword, client });
    const { proof } = (await failure(first, 'account_not_found')).details;
    const again = (await failure(s.auth.resetPassword({ proof: proof ?? '', newPassword, client }), 'account_not_found')).details;
    expect(again.proof).not.toBe(proof);
    const second = s.auth.changePhoneNumber({ userId, challengeId: change.challengeId, code: change.code, client });
    expect((await failure(second, 'account_not_found')).details.proof).toEqual(expect.any(String));
  });

  it('the password is too weak, which is said before the code is looked at', async () => {
    const s = stage();
    const { challengeId, code } = await s.request();
    const register = (password: string): Promise<unknown> => s.auth.registerWithCode({ challengeId, code, password, client: s.client });
    s.trips();
    expect((await failure(register('short'), 'weak_password')).details.reason).toBe('too_short');
    expect(s.trips()).toEqual([]);
    await register(newPassword);
  });
});

interface Story {
  readonly name: string;
  readonly purpose: Purpose;
  /** Whether the number has an account before. */
  readonly known: boolean;
  /** Verbs after the acceptance, and what answers after they recovered. */
  readonly verbs: readonly string[];
  readonly run: (s: Stage, answer: { challengeId: string; code: string } | { proof: string }, userId: string) => Promise<unknown>;
}

const STORIES: readonly Story[] = [
  {
    name: 'signInWithCode of a new number',
    purpose: 'sign-in',
    known: false,
    verbs: ['challenges.redeem', 'users.findByPhoneNumber', 'users.create', 'sessions.create'],
    run: (s, answer) => s.auth.signInWithCode({ ...answer, client: s.client }),
  },
  {
    name: 'signInWithCode of a new number in one trip',
    purpose: 'sign-in',
    known: false,
    verbs: ['joined.signIn'],
    run: (s, answer) => s.auth.signInWithCode({ ...answer, client: s.client }),
  },
  {
    name: 'signInWithCode of a known number in one trip',
    purpose: 'sign-in',
    known: true,
    verbs: ['joined.signIn'],
    run: (s, answer) => s.auth.signInWithCode({ ...answer, client: s.client }),
  },
  {
    name: 'registerWithCode in one trip',
    purpose: 'register',
    known: false,
    verbs: ['joined.signIn'],
    run: (s, answer) => s.auth.registerWithCode({ ...answer, client: s.client }),
  },
  {
    name: 'loginWithCode in one trip',
    purpose: 'login',
    known: true,
    verbs: ['joined.signIn'],
    run: (s, answer) => s.auth.loginWithCode({ ...answer, client: s.client }),
  },
  {
    name: 'loginWithCode',
    purpose: 'login',
    known: true,
    verbs: ['challenges.redeem', 'users.findByPhoneNumber', 'sessions.create'],
    run: (s, answer) => s.auth.loginWithCode({ ...answer, client: s.client }),
  },
  {
    name: 'registerWithCode',
    purpose: 'register',
    known: false,
    verbs: ['challenges.redeem', 'users.create'],
    run: (s, answer) => s.auth.registerWithCode({ ...answer, password: newPassword, client: s.client }),
  },
  {
    name: 'resetPassword',
    purpose: 'reset-password',
    known: true,
    verbs: [
      'challenges.redeem',
      'users.findByPhoneNumber',
      'sessions.revokeAllOf',
      'users.passwordHashOf',
      'users.setPasswordHash',
      'sessions.create',
    ],
    run: (s, answer) => s.auth.resetPassword({ ...answer, newPassword, client: s.client }),
  },
  {
    name: 'changePhoneNumber',
    purpose: 'change-phone-number',
    known: false,
    verbs: ['challenges.redeem', 'sessions.revokeAllOf', 'users.setPhoneNumber'],
    run: (s, answer, userId) => s.auth.changePhoneNumber({ ...answer, userId, client: s.client }),
  },
];

describe.each(STORIES)('$name, when a store fails after the code was accepted', ({ purpose, known, verbs, run }) => {
  async function asked(s: Stage): Promise<{ challengeId: string; code: string; userId: string }> {
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const account = known ? phoneNumber : nextPhoneNumber();
    const bound = purpose === 'change-phone-number' ? { userId } : {};
    const { challengeId, code } = await s.request({ purpose, phoneNumber: account, ...bound });
    s.trips();
    return { challengeId, code, userId };
  }

  const way = verbs.some((verb) => verb.startsWith('joined.')) ? 'joined' : 'verb by verb';

  it('calls these verbs and no more', async () => {
    const s = stage({}, way);
    const { challengeId, code, userId } = await asked(s);
    await run(s, { challengeId, code }, userId);
    await s.auth.drain();
    expect(s.trips()).toEqual(expect.arrayContaining([...verbs]));
  });

  const faults: readonly Fault[] = ['throws', 'hangs', 'loses its answer'];
  it.each(verbs.flatMap((verb) => faults.map((fault) => [verb, fault] as const)))(
    '%s %s: unavailable, with a proof that works then',
    async (verb, fault) => {
      const s = stage({ deadlineSeconds: { port: 0.1 } }, way);
      const { challengeId, code, userId } = await asked(s);
      s.breaks(verb, fault);
      const { details, headers } = await failure(run(s, { challengeId, code }, userId), 'unavailable');
      expect(details.proof).toEqual(expect.any(String));
      expect(headers['retry-after']).toBe(String(details.retryAfterSeconds));
      s.heal();
      const sent = s.inbox.messages().length;
      const proof = details.proof ?? '';
      // what never reached the store was not accepted, and then the code still is what it was
      if ((verb === 'challenges.redeem' || verb === 'joined.signIn') && fault !== 'loses its answer') {
        await failure(run(s, { proof }, userId), 'invalid_proof');
        await run(s, { challengeId, code }, userId);
      } else if ((verb === 'users.create' || (verb === 'joined.signIn' && !known)) && fault === 'loses its answer') {
        // the account is there
        if (purpose === 'register') {
          const taken = await failure(run(s, { proof }, userId), 'phone_number_taken');
          await s.auth.loginWithCode({ proof: taken.details.proof ?? '', client: s.client });
        } else await run(s, { proof }, userId);
      } else {
        await run(s, { proof }, userId);
      }
      await s.auth.drain();
      // a change of number tells the old one; nothing else was sent
      expect(s.inbox.messages().length - sent).toBe(
        purpose === 'change-phone-number' && !(verb === 'users.setPhoneNumber' && fault === 'loses its answer') ? 1 : 0,
      );
    },
  );
});

describe('a proof', () => {
  it('is spent once, also by 64 at once', async () => {
    const s = stage();
    for (let round = 0; round < 20; round++) {
      const proof = await proved(s);
      const calls = Array.from({ length: 64 }, () => s.auth.consumeProof({ proof, purpose: 'verify' }));
      expect(await outcomes(calls)).toEqual({ ok: 1, invalid_proof: 63 });
    }
  });

  it('makes one account, however many spend it', async () => {
    const s = stage();
    const proof = await proved(s);
    const calls = Array.from({ length: 64 }, () => s.auth.registerWithCode({ proof, client: s.client }));
    expect(await outcomes(calls)).toEqual({ ok: 1, invalid_proof: 63 });
  });

  it('lives ten minutes from the acceptance of the code', async () => {
    const s = stage();
    const early = await proved(s);
    const late = await proved(s);
    s.clock.advance(599.999);
    await s.auth.consumeProof({ proof: early, purpose: 'verify' });
    s.clock.advance(0.001);
    await failure(s.auth.consumeProof({ proof: late, purpose: 'verify' }), 'invalid_proof');
  });

  it('has a successor that expires with it', async () => {
    const s = stage();
    const { challengeId, code, phoneNumber } = await s.request({ purpose: 'register' });
    await s.storage.users.create({ phoneNumber: phoneNumber as PhoneNumber, profile: {}, passwordHash: null, now: s.clock.now() });
    let { proof } = await s.auth.validateVerificationCode({ purpose: 'register', challengeId, code, client: s.client });
    for (let i = 0; i < 3; i++) {
      s.clock.advance(199);
      const call = s.auth.registerWithCode({ proof, client: s.client });
      proof = (await failure(call, 'phone_number_taken')).details.proof ?? '';
    }
    s.clock.advance(3);
    await failure(s.auth.loginWithCode({ proof, client: s.client }), 'invalid_proof');
  });

  it('outlives the code, whose challenge is dead by then', async () => {
    const s = stage();
    const proof = await proved(s);
    s.clock.advance(400);
    await s.auth.sweep({ max: 10_000 });
    await s.auth.registerWithCode({ proof, client: s.client });
  });

  it('when the store fails while it is spent has a successor to try with', async () => {
    for (const fault of ['throws', 'hangs', 'loses its answer'] as const) {
      const s = stage({ deadlineSeconds: { port: 0.1 } });
      const proof = await proved(s);
      s.breaks('challenges.spend', fault);
      const { details } = await failure(s.auth.registerWithCode({ proof, client: s.client }), 'unavailable');
      s.heal();
      const [works, dead] = fault === 'loses its answer' ? [details.proof, proof] : [proof, details.proof];
      await failure(s.auth.registerWithCode({ proof: dead ?? '', client: s.client }), 'invalid_proof');
      await s.auth.registerWithCode({ proof: works ?? '', client: s.client });
    }
  });

  it('says nothing of the number to whoever finds it, and is no other proof', async () => {
    const s = stage();
    const proof = await proved(s);
    for (const text of ['x', proof.toLowerCase(), `${proof}A`, proof.slice(1), `${proof.slice(0, -1)}-`, proof.replace(/./, '*')]) {
      s.trips();
      await failure(s.auth.consumeProof({ proof: text, purpose: 'verify' }), 'invalid_proof');
    }
    await s.auth.consumeProof({ proof, purpose: 'verify' });
  });

  it('stands alone in an answer', async () => {
    const s = stage();
    const { challengeId, code, phoneNumber } = await s.request();
    const proof = await proved(s);
    for (const beside of [{ challengeId }, { code }, { phoneNumber }, { purpose: 'sign-in' }]) {
      const call = s.auth.registerWithCode({ proof, ...beside, client: s.client } as Parameters<typeof s.auth.registerWithCode>[0]);
      await failure(call as Promise<unknown>, 'invalid_input');
    }
    await s.auth.registerWithCode({ proof, client: s.client });
  });

  it('of verify signs in where the caller says that it does, and only there', async () => {
    const s = stage();
    const { phoneNumber, userId } = await s.signUp();
    const known = await proved(s, phoneNumber);
    await failure(s.auth.loginWithCode({ proof: known, client: s.client }), 'invalid_proof');
    await failure(s.auth.signInWithCode({ proof: known, client: s.client }), 'invalid_proof');
    expect(await s.auth.loginWithCode({ proof: known, proofPurpose: 'verify', client: s.client })).toMatchObject({ userId });
    const number = nextPhoneNumber();
    const { details } = await failure(
      s.auth.loginWithCode({ proof: await proved(s, number), proofPurpose: 'verify', client: s.client }),
      'account_not_found',
    );
    const unknown = { proof: details.proof ?? '', proofPurpose: 'verify', client: s.client } as const;
    expect(await s.auth.signInWithCode(unknown)).toMatchObject({ isNewUser: true, user: { phoneNumber: number } });
    await failure(s.auth.signInWithCode(unknown), 'invalid_proof');
  });

  it('of verify is asked for by a purpose that stands beside a proof alone', async () => {
    const s = stage();
    const { challengeId, code } = await s.request();
    const beside = { challengeId, code, proofPurpose: 'verify', client: s.client } as const;
    await failure(s.auth.loginWithCode(beside), 'invalid_input');
    await failure(s.auth.signInWithCode(beside), 'invalid_input');
    const proof = await proved(s);
    const other = { proof, proofPurpose: 'step-up', client: s.client } as unknown as typeof beside;
    await failure(s.auth.loginWithCode(other), 'invalid_input');
    await s.auth.signInWithCode({ challengeId, code, client: s.client });
  });

  it('carries the profile of the request', async () => {
    const s = stage();
    const { challengeId, code } = await s.request({ purpose: 'verify', profile: { name: 'Ada' } });
    const { proof } = await s.auth.validateVerificationCode({ challengeId, code, client: s.client });
    const { user } = await s.auth.registerWithCode({ proof, client: s.client });
    expect(user.profile).toEqual({ name: 'Ada' });
  });

  it('is stored as a hash, apart from its challenge', async () => {
    const s = stage();
    const stored: unknown[] = [];
    const { challenges } = s.storage;
    const spied = s.beside({
      storage: {
        ...s.stores,
        challenges: {
          ...challenges,
          redeem: (r) => {
            stored.push(r);
            return challenges.redeem(r);
          },
          spend: (r) => {
            stored.push(r);
            return challenges.spend(r);
          },
        },
      },
    });
    const { challengeId, code } = await s.request({ purpose: 'verify' });
    const { proof } = await spied.validateVerificationCode({ challengeId, code, client: s.client });
    await spied.consumeProof({ proof, purpose: 'verify' });
    expect(stored).toHaveLength(2);
    expect(JSON.stringify(stored)).not.toContain(proof);
    expect(JSON.stringify(stored)).not.toContain(proof.slice(16));
    expect(JSON.stringify(stored)).not.toContain(`"${code}"`);
  });
});
