import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttackedAuth, attackedAuth, client, phoneNumberOf, wrongCode } from './attacked-auth.ts';
import { answersIn, race, tally } from './outcomes.ts';
import { type OpenStore, STORES } from './stores.ts';

const ROUNDS = 100;
const PARALLEL = 64;

// Thousands of durable commits: what a slow disk needs is no failure.
describe.each(STORES)('races on %s', { timeout: 120_000 }, (_, open) => {
  let store: OpenStore;
  let attacked: AttackedAuth;
  let nextNumber = 0;

  beforeAll(() => {
    store = open();
    attacked = attackedAuth(store.storage);
  });
  afterAll(() => store.close());

  async function challengeFor(phoneNumber: string, purpose: 'sign-in' | 'verify') {
    const { challengeId } = await attacked.auth.requestCode({ phoneNumber, purpose, client });
    return { challengeId, code: attacked.codeOf(challengeId) };
  }

  async function proofFor(phoneNumber: string, purpose: 'sign-in' | 'verify'): Promise<string> {
    const answer = await challengeFor(phoneNumber, purpose);
    return (await attacked.auth.validateVerificationCode({ ...answer, purpose, client })).proof;
  }

  it('of 64 parallel right codes one signs in', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const answer = await challengeFor(phoneNumberOf(nextNumber++), 'sign-in');
      const outcomes = await race(PARALLEL, () => attacked.auth.signInWithCode({ ...answer, client }));
      expect(tally(outcomes)).toEqual({ answered: 1, 'invalid_code: used': PARALLEL - 1 });
    }
  });

  it('of 64 parallel wrong codes five are judged', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { challengeId, code } = await challengeFor(phoneNumberOf(nextNumber++), 'sign-in');
      const outcomes = await race(PARALLEL, (index) => attacked.auth.signInWithCode({ challengeId, code: wrongCode(code, index), client }));
      expect(tally(outcomes)).toEqual({ 'invalid_code: wrong': 5, attempts_exhausted: PARALLEL - 5 });
      const late = await race(1, () => attacked.auth.signInWithCode({ challengeId, code, client }));
      expect(tally(late)).toEqual({ attempts_exhausted: 1 });
    }
  });

  // Proofs stand apart from their challenges, so that several of them, and a code besides, can really be accepted for one number.
  it('64 parallel sign-ins of one number by eight proofs and eight challenges make one account', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const phoneNumber = phoneNumberOf(nextNumber++);
      const proofs: string[] = [];
      while (proofs.length < 8) proofs.push(await proofFor(phoneNumber, 'sign-in'));
      const codes: { readonly challengeId: string; readonly code: string }[] = [];
      while (codes.length < 8) codes.push(await challengeFor(phoneNumber, 'sign-in'));

      const answers = [...proofs.map((proof) => ({ proof })), ...codes];
      const outcomes = await race(PARALLEL, (index) =>
        attacked.auth.signInWithCode({ ...(answers[index % answers.length] as { readonly proof: string }), client }),
      );
      expect(tally(outcomes)).toEqual({ answered: 9, invalid_proof: 24, 'invalid_code: used': 31 });
      const signedIn = answersIn(outcomes);
      expect(new Set(signedIn.map(({ user }) => user.id)).size).toBe(1);
      expect(signedIn.filter(({ isNewUser }) => isNewUser)).toHaveLength(1);
      expect(new Set(signedIn.map(({ sessionId }) => sessionId)).size).toBe(9);
    }
  });

  it('of 64 parallel registrations of one number by eight proofs one makes the account, and the others keep a proof', async () => {
    const phoneNumber = phoneNumberOf(nextNumber++);
    const proofs: string[] = [];
    while (proofs.length < 8) proofs.push(await proofFor(phoneNumber, 'verify'));
    const outcomes = await race(PARALLEL, (index) =>
      attacked.auth.registerWithCode({ proof: proofs[index % proofs.length] as string, client }),
    );
    expect(tally(outcomes)).toEqual({ answered: 1, phone_number_taken: 7, invalid_proof: 56 });
  });

  it('64 parallel refreshes rotate once and get one successor', async () => {
    let { refreshToken, sessionId } = await attacked.auth.signInWithCode({
      ...(await challengeFor(phoneNumberOf(nextNumber++), 'sign-in')),
      client,
    });
    for (let round = 1; round <= ROUNDS; round++) {
      const outcomes = await race(PARALLEL, () => attacked.auth.refreshSession({ refreshToken, client }));
      expect(tally(outcomes)).toEqual({ answered: PARALLEL });
      const [successor, ...others] = new Set(answersIn(outcomes).map((tokens) => tokens.refreshToken));
      expect(others).toEqual([]);
      expect(successor).not.toBe(refreshToken);
      expect(await store.storage.sessions.find({ sessionId, now: Date.now() })).toMatchObject({ generation: round });
      refreshToken = successor as string;
    }
  });

  it('of 64 parallel spends of one proof one gets it', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const phoneNumber = phoneNumberOf(nextNumber++);
      const proof = await proofFor(phoneNumber, 'verify');
      const outcomes = await race(PARALLEL, () => attacked.auth.consumeProof({ proof, purpose: 'verify' }));
      expect(tally(outcomes)).toEqual({ answered: 1, invalid_proof: PARALLEL - 1 });
      expect(answersIn(outcomes)[0]).toMatchObject({ phoneNumber });
    }
  });
});
