import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { type CodeRequest, createPhoneAuth, isPhoneAuthError, type PhoneAuth } from '../../src/index.ts';
import { client, phoneNumberOf, ROOMY_LIMITS, SECRET, wrongCode } from './attacked-auth.ts';
import { hostile, misbehave, type Whim, whims } from './hostile-port.ts';
import { answersIn, outcomeOf, race, tally } from './outcomes.ts';
import { type OpenStore, STORES, type Storage } from './stores.ts';

const PEOPLE = 64;
const PORT_SECONDS = 0.1;
const LATE_MS = 150;
const password = 'staple-battery-1907';
const rejections: unknown[] = [];
const remember = (reason: unknown): void => void rejections.push(reason);

beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', remember);
});
afterEach(() => {
  process.off('unhandledRejection', remember);
});

// Both drivers of SQLite are one adapter to the core.
const CASES = STORES.slice(0, 2).flatMap(([name, open]) =>
  (['verb by verb', 'in one trip'] as const).map((way) => [name, way, open] as const),
);

describe.each(CASES)('when everything around the core fails at random over %s, %s,', { timeout: 120_000 }, (name, way, open) => {
  let store: OpenStore;
  let codes: Map<string, string>;
  let auth: PhoneAuth;
  let seen: Map<Whim, number>;

  beforeEach(() => {
    store = open();
    codes = new Map();
    seen = new Map();
    auth = besieged(store.storage);
  });
  afterEach(() => store.close());

  function besieged(storage: Storage): PhoneAuth {
    const draw = whims(name, 40);
    const whim = (): Whim => {
      const drawn = draw();
      seen.set(drawn, (seen.get(drawn) ?? 0) + 1);
      return drawn;
    };
    const stores = {
      challenges: hostile(storage.challenges, whim, LATE_MS),
      sessions: hostile(storage.sessions, whim, LATE_MS),
      users: hostile(storage.users, whim, LATE_MS),
    };
    const joined = hostile({ ...storage.joined, ...stores }, whim, LATE_MS);
    return createPhoneAuth({
      secret: SECRET,
      storage: way === 'in one trip' ? { ...stores, joined } : stores,
      sms: async (message) => {
        const send = async () => void codes.set(message.challengeId, message.code);
        await misbehave(whim(), send, LATE_MS);
      },
      tokens: hostile(joseTokens({ secret: SECRET }), whim, LATE_MS),
      passwords: hostile(nodePasswords({ memoryKiB: 64, passes: 1, queue: 1000 }), whim, LATE_MS),
      appName: 'Acme',
      allowedCountries: ['IR'],
      limits: { smsPerDay: 1_000_000, sendsPerNumber: [{ max: 100, windowSeconds: 60 }], ...ROOMY_LIMITS },
      code: { resendAfterSeconds: [0] },
      deadlineSeconds: { port: PORT_SECONDS, sms: PORT_SECONDS, request: 1 },
      // these sit between
      ...(way === 'verb by verb' && {
        canSignIn: () => misbehave(whim(), async () => true, LATE_MS),
        claims: () => misbehave(whim(), async () => ({ tier: 'gold' }), LATE_MS),
      }),
      onEvent: async () => {
        throw new Error('the log is full');
      },
    });
  }

  // As a person would: again until there is a code. A message that left late, or after an error, is a message.
  async function codeFor(
    phoneNumber: string,
    purpose: 'sign-in' | 'verify',
  ): Promise<{ readonly challengeId: string; readonly code: string }> {
    for (let tries = 0; tries < 50; tries++) {
      const requested = await auth.requestCode({ phoneNumber, purpose, client }).catch(answerInFailure);
      await settled();
      const code = codes.get(requested?.challengeId ?? '');
      if (requested !== null && code !== undefined) return { challengeId: requested.challengeId, code };
    }
    throw new Error(`No code reached ${phoneNumber}.`);
  }

  // Every proof that was handed out for a code, of which one is stored: the answer's own, or those of answers that were lost.
  async function proofsOf(answer: { readonly challengeId: string; readonly code: string }): Promise<readonly string[]> {
    const proofs: string[] = [];
    for (;;) {
      try {
        return [...proofs, (await auth.validateVerificationCode({ ...answer, client })).proof];
      } catch (error) {
        await settled();
        if (!isPhoneAuthError(error, 'unavailable')) return proofs;
        if (error.details.proof !== undefined) proofs.push(error.details.proof);
      }
    }
  }

  it('nobody gets in twice by one code, and every number has one account', async () => {
    const everybody = Array.from({ length: PEOPLE }, (_, index) => phoneNumberOf(index));
    const grants = await Promise.all(
      everybody.map(async (phoneNumber) => {
        const answer = await codeFor(phoneNumber, 'sign-in');
        return (
          await Promise.all(Array.from({ length: 8 }, () => insist((given) => auth.signInWithCode({ ...given, client }), answer)))
        ).flat();
      }),
    );
    await settled();
    for (const [index, granted] of grants.entries()) {
      // an answer that was lost is no code that was lost: who insists gets in, once
      expect(granted).toHaveLength(1);
      const user = await store.storage.users.findByPhoneNumber({ phoneNumber: phoneNumberOf(index) as PhoneNumber });
      expect(user?.id).toBe(granted[0]?.userId);
    }
    expect(seen.size).toBe(6);
    expect(rejections).toEqual([]);
  });

  it('of many wrong codes no more than five are judged, and a proof is spent once', async () => {
    const everybody = Array.from({ length: PEOPLE / 4 }, (_, index) => phoneNumberOf(index));
    await Promise.all(
      everybody.map(async (phoneNumber) => {
        const { challengeId, code } = await codeFor(phoneNumber, 'sign-in');
        const guesses = await race(32, (guess) => auth.signInWithCode({ challengeId, code: wrongCode(code, guess), client }));
        const { 'invalid_code: wrong': judged = 0, attempts_exhausted, unavailable, answered } = tally(guesses);
        expect(judged).toBeLessThanOrEqual(5);
        expect(judged + (attempts_exhausted ?? 0) + (unavailable ?? 0)).toBe(32);
        expect(answered).toBeUndefined();
        await settled();
        // whatever of it was told, all of it was paid
        const late = await outcomeOf(auth.signInWithCode({ challengeId, code, client }));
        expect(['attempts_exhausted', 'unavailable']).toContain(late.is === 'refused' ? late.why : late.is);

        const proofs = await proofsOf(await codeFor(phoneNumber, 'verify'));
        const consume = (given: Given) => auth.consumeProof({ ...(given as { readonly proof: string }), purpose: 'verify' });
        const spends = proofs.flatMap((proof) => Array.from({ length: 8 }, () => insist(consume, { proof })));
        expect((await Promise.all(spends)).flat()).toHaveLength(1);
      }),
    );
    await settled();
    expect(rejections).toEqual([]);
  });

  it('a refresh token has one successor, and passwords open nothing by accident', async () => {
    const peaceful = createPhoneAuth({
      secret: SECRET,
      storage: store.storage,
      sms: async (message) => void codes.set(message.challengeId, message.code),
      tokens: joseTokens({ secret: SECRET }),
      passwords: nodePasswords({ memoryKiB: 64, passes: 1, queue: 1000 }),
      appName: 'Acme',
      allowedCountries: ['IR'],
      limits: { smsPerDay: 1000 },
    });
    const everybody = Array.from({ length: PEOPLE / 4 }, (_, index) => phoneNumberOf(index));
    await Promise.all(
      everybody.map(async (phoneNumber) => {
        const { challengeId } = await peaceful.requestCode({ phoneNumber, client });
        const signedIn = await peaceful.registerWithCode({ challengeId, code: codes.get(challengeId) ?? '', password, client });
        const { refreshToken, sessionId } = signedIn;
        const refreshed = await race(16, () => auth.refreshSession({ refreshToken, client }));
        await settled();
        const { answered = 0, unavailable = 0 } = tally(refreshed);
        expect(answered + unavailable).toBe(16);
        expect(new Set(answersIn(refreshed).map((tokens) => tokens.refreshToken)).size).toBeLessThanOrEqual(1);
        const session = await store.storage.sessions.find({ sessionId, now: Date.now() });
        expect(session?.generation).toBe(1);

        const wrong = await race(8, () => auth.loginWithPassword({ phoneNumber, password: 'staple-battery-1908', client }));
        // one that was held up finds later ones counted before it, and has to wait for their time
        const { invalid_credentials = 0, rate_limited = 0, unavailable: down = 0 } = tally(wrong);
        expect(invalid_credentials + rate_limited + down).toBe(8);
      }),
    );
    expect(rejections).toEqual([]);
  });
});

type Given = { readonly challengeId: string; readonly code: string } | { readonly proof: string };

/** Tries again while the answer is `unavailable`, when the dust has settled: with the proof that it carries, and with what was given before. */
async function insist<Answer>(call: (given: Given) => Promise<Answer>, given: Given): Promise<readonly Answer[]> {
  const granted: Answer[] = [];
  let inHand: readonly Given[] = [given];
  for (let tries = 0; tries < 25 && inHand.length > 0; tries++) {
    const kept: Given[] = [];
    for (const one of inHand) {
      try {
        granted.push(await call(one));
      } catch (error) {
        if (!isPhoneAuthError(error)) throw error;
        if (error.code !== 'unavailable') continue;
        // what was given may be good still, and its successor may be good already
        kept.push(one, ...(error.details.proof === undefined ? [] : [{ proof: error.details.proof }]));
      }
    }
    inHand = kept;
    if (kept.length > 0) await settled();
  }
  return granted;
}

/** What a failed request still says of its challenge. */
function answerInFailure(error: unknown): CodeRequest | null {
  if (isPhoneAuthError(error, 'delivery_failed')) return error.details;
  if (isPhoneAuthError(error, 'unavailable', 'rate_limited')) return null;
  throw error;
}

/** Until whatever was late has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LATE_MS + 50));
}
