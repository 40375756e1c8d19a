import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, passwords, randomSecret, type Stage, stage } from './stage.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => void process.off('unhandledRejection', note));

/** Calls that touch a store, with the verb that they need first. */
const CALLS: Readonly<Record<string, { verb: string; call: (s: Stage) => Promise<unknown> }>> = {
  requestCode: { verb: 'challenges.issue', call: (s) => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }) },
  'requestCode for a login': {
    verb: 'users.findByPhoneNumber',
    call: (s) => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), purpose: 'login', client: s.client }),
  },
  'requestCode for a login in one trip': {
    verb: 'joined.issue',
    call: (s) => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), purpose: 'login', client: s.client }),
  },
  'requestCode for a step-up': {
    verb: 'users.findById',
    call: (s) => s.auth.requestCode({ userId: 'u', context: 'c', purpose: 'step-up', client: s.client }),
  },
  loginWithPassword: {
    verb: 'users.findByPhoneNumber',
    call: (s) => s.auth.loginWithPassword({ phoneNumber: nextPhoneNumber(), password: 'x', client: s.client }),
  },
  'loginWithPassword in one trip': {
    verb: 'joined.tryPassword',
    call: (s) => s.auth.loginWithPassword({ phoneNumber: nextPhoneNumber(), password: 'x', client: s.client }),
  },
  startSession: { verb: 'users.findById', call: (s) => s.auth.startSession({ userId: 'u', client: s.client }) },
  setPassword: {
    verb: 'users.findById',
    call: (s) => s.auth.setPassword({ userId: 'u', newPassword: 'a long enough sentence', currentPassword: 'x' }),
  },
  removePhoneNumber: { verb: 'sessions.revokeAllOf', call: (s) => s.auth.removePhoneNumber({ userId: 'u' }) },
  getUserStatus: { verb: 'users.findByPhoneNumber', call: (s) => s.auth.getUserStatus({ phoneNumber: nextPhoneNumber() }) },
  revokeSessions: { verb: 'sessions.revokeAllOf', call: (s) => s.auth.revokeSessions({ userId: 'u' }) },
  listSessions: { verb: 'sessions.listOf', call: (s) => s.auth.listSessions({ userId: 'u' }) },
  unlockPhoneNumber: { verb: 'challenges.clear', call: (s) => s.auth.unlockPhoneNumber({ phoneNumber: nextPhoneNumber() }) },
  recordDelivery: {
    verb: 'challenges.recordDelivery',
    call: (s) => s.auth.recordDelivery({ challengeId: 'A'.repeat(38), send: 1, state: 'failed' }),
  },
  'sweep of challenges': { verb: 'challenges.sweep', call: (s) => s.auth.sweep() },
  'sweep of sessions': { verb: 'sessions.sweep', call: (s) => s.auth.sweep() },
};

describe.each(Object.entries(CALLS))('%s', (_, { verb, call }) => {
  it.each(['throws', 'hangs'] as const)(`is unavailable while ${verb} %s`, async (fault) => {
    const s = stage({ deadlineSeconds: { port: 0.02 } }, verb.startsWith('joined.') ? 'joined' : 'verb by verb');
    s.breaks(verb, fault);
    const { details, status, cause } = await failure(call(s), 'unavailable');
    expect([details, status]).toEqual([{ retryAfterSeconds: 5 }, 503]);
    expect(cause).toBeInstanceOf(Error);
    const [port, name] = verb.split('.');
    expect(s.events).toContainEqual({
      type: 'port.failed',
      at: s.clock.now(),
      port,
      verb: name,
      reason: fault === 'hangs' ? 'DeadlineError' : 'Error',
    });
    expect(s.inbox.messages()).toEqual([]);
  });
});

describe('a session that is looked up', () => {
  it.each(['throws', 'hangs'] as const)('is unavailable while the store %s', async (fault) => {
    const s = stage({ deadlineSeconds: { port: 0.02 } }, 'verb by verb');
    const { refreshToken, accessToken, userId, sessionId } = await s.signUp();
    s.breaks('sessions.find', fault);
    s.breaks('sessions.rotate', fault);
    s.breaks('sessions.revoke', fault);
    await failure(s.auth.refreshSession({ refreshToken, client: s.client }), 'unavailable');
    await failure(s.auth.inspectRefreshToken({ refreshToken }), 'unavailable');
    await failure(s.auth.verifyAccessToken({ accessToken, checkSession: true }), 'unavailable');
    await failure(s.auth.endSession({ refreshToken }), 'unavailable');
    await failure(s.auth.revokeSession({ userId, sessionId }), 'unavailable');
    await s.auth.verifyAccessToken({ accessToken });
  });
});

describe('a hasher or an issuer that fails', () => {
  it('costs no code', async () => {
    const tokens = joseTokens({ secret: randomSecret() });
    let isDown = true;
    const failsWhileDown = <Args extends readonly unknown[], Answer>(work: (...args: Args) => Promise<Answer>) => {
      return async (...args: Args): Promise<Answer> => {
        if (isDown) throw new Error('down');
        return work(...args);
      };
    };
    const s = stage({
      tokens: { ...tokens, issueAccessToken: failsWhileDown(tokens.issueAccessToken) },
      passwords: { ...passwords, hash: failsWhileDown(passwords.hash) },
    });
    const { challengeId, code } = await s.request();
    const password = 'a long enough sentence';
    const first = await failure(s.auth.registerWithCode({ challengeId, code, password, client: s.client }), 'unavailable');
    const second = await failure(s.auth.signInWithCode({ proof: first.details.proof ?? '', client: s.client }), 'unavailable');
    isDown = false;
    await s.auth.signInWithCode({ proof: second.details.proof ?? '', client: s.client });
  });

  it('is unavailable when it verifies', async () => {
    const tokens = joseTokens({ secret: randomSecret() });
    const s = stage({
      tokens: {
        ...tokens,
        verifyAccessToken: async () => {
          throw new Error('down');
        },
        unwrapRefreshToken: async () => {
          throw new Error('down');
        },
        jwks: async () => {
          throw new Error('down');
        },
      },
    });
    await failure(s.auth.verifyAccessToken({ accessToken: 'x' }), 'unavailable');
    await failure(s.auth.refreshSession({ refreshToken: 'x', client: s.client }), 'unavailable');
    await failure(s.auth.jwks(), 'unavailable');
  });
});

describe('what fails', () => {
  it('is named by its code or name and never quoted', async () => {
    const secretive = (thrown: unknown): Promise<readonly unknown[]> => {
      const s = stage();
      const failing = s.beside({
        storage: {
          ...s.stores,
          challenges: {
            ...s.storage.challenges,
            issue: () => {
              throw thrown;
            },
          },
        },
      });
      return failure(failing.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }), 'unavailable').then(({ cause }) => {
        expect(cause).toBe(thrown);
        return s.events.map((event) => (event.type === 'port.failed' ? event.reason : event.type));
      });
    };
    const coded = Object.assign(new Error('INSERT INTO … failed'), { code: 'SQLITE_BUSY' });
    expect(await secretive(coded)).toEqual(['SQLITE_BUSY']);
    expect(await secretive(new RangeError('+12015550100'))).toEqual(['RangeError']);
    expect(await secretive(Object.assign(new Error('x'), { code: 'a text with +12015550100', name: '…' }))).toEqual(['unknown']);
    for (const odd of [undefined, null, 'a text', 7]) expect(await secretive(odd)).toEqual(['unknown']);
  });

  it('late disturbs nobody', async () => {
    const s = stage({ deadlineSeconds: { port: 0.01 } });
    const late = s.beside({
      storage: {
        ...s.stores,
        challenges: {
          ...s.storage.challenges,
          issue: () => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 30)),
        },
      },
    });
    await failure(late.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }), 'unavailable');
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('takes no more time than the whole call has', async () => {
    const s = stage({ deadlineSeconds: { port: 5, sms: 5, request: 0.05 } });
    s.breaks('challenges.issue', 'hangs');
    const startedAt = performance.now();
    await failure(s.request(), 'unavailable');
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('leaves no rejection behind', async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  });
});

describe('background work', () => {
  it('is handed to the host, and waited for by drain', async () => {
    const tasks: Promise<void>[] = [];
    const s = stage({ background: (task) => void tasks.push(task) });
    const phoneNumber = nextPhoneNumber();
    await s.auth.requestCode({ phoneNumber, purpose: 'register', client: s.client });
    // the message, and the counting of codes
    expect(tasks).toHaveLength(2);
    expect(s.inbox.messages(phoneNumber)).toEqual([]);
    await s.auth.drain();
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
    await Promise.all(tasks);
  });

  it('runs all the same when the host refuses it', async () => {
    const s = stage({
      background: () => {
        throw new Error('outside of a request');
      },
    });
    const { phoneNumber, code, challengeId } = await s.request({ purpose: 'register' });
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
    await s.auth.registerWithCode({ challengeId, code, client: s.client });
  });

  it('of nothing is drained at once', async () => {
    await stage().auth.drain();
  });
});

describe('a source of randomness that is broken', () => {
  it.each([
    ['too few', () => new Uint8Array(1)],
    ['no bytes', () => 'x' as unknown as Uint8Array],
  ])('(%s) stops everything', async (_, random) => {
    const s = stage({ random });
    await expect(s.request()).rejects.toThrow(TypeError);
    expect(s.inbox.messages()).toEqual([]);
  });

  it('may be ours, if it is sound', async () => {
    let drawn = 0;
    const s = stage({ random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)).fill(++drawn, 0, 1) });
    await s.signUp();
    expect(drawn).toBeGreaterThan(3);
  });
});
