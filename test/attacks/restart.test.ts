import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { type AttackedAuth, attackedAuth, client, phoneNumberOf, wrongCode } from './attacked-auth.ts';
import { startAuthProcess } from './auth-process.ts';
import { outcomeOf, tally } from './outcomes.ts';
import { type DatabaseFile, DRIVERS, newDatabaseFile, openDatabase } from './stores.ts';

describe.each(DRIVERS)('a restart in the middle of a flow on %s', (driver) => {
  const phoneNumber = phoneNumberOf(1);
  let file: DatabaseFile;

  beforeEach(() => {
    file = newDatabaseFile();
  });
  afterEach(() => file.remove());

  // Opens the file, does something with it, and closes it again: what the next run finds is what was written down.
  async function run<Answer>(work: (attacked: AttackedAuth) => Promise<Answer>): Promise<Answer> {
    const database = openDatabase(driver, file.path);
    try {
      return await work(attackedAuth(sqliteStorage(database)));
    } finally {
      database.close();
    }
  }

  it('loses no step: request, wrong code, resend, sign-in, refresh and refresh again, each after a restart', async () => {
    const first = await run(async ({ auth, codeOf }) => {
      const { challengeId } = await auth.requestCode({ phoneNumber, client });
      return { challengeId, code: codeOf(challengeId) };
    });
    const { challengeId, code } = first;

    const wrong = await run(({ auth }) =>
      auth.signInWithCode({ challengeId, code: wrongCode(code), client }).catch((error: unknown) => error),
    );
    expect(wrong).toMatchObject({ code: 'invalid_code', details: { reason: 'wrong', attemptsLeft: 4 } });

    const resent = await run(async ({ auth, codeOf }) => {
      const again = await auth.requestCode({ phoneNumber, resendOf: challengeId, client });
      return { challengeId: again.challengeId, code: codeOf(again.challengeId) };
    });
    expect(resent).toEqual(first);

    const signedIn = await run(({ auth }) => auth.signInWithCode({ ...first, client }));
    expect(signedIn).toMatchObject({ isNewUser: true, user: { phoneNumber } });
    expect(await run(({ auth }) => outcomeOf(auth.signInWithCode({ ...first, client })))).toEqual({
      is: 'refused',
      why: 'invalid_code: used',
    });

    const { refreshToken } = signedIn;
    const refreshed = await run(({ auth }) => auth.refreshSession({ refreshToken, client }));
    const retried = await run(({ auth }) => auth.refreshSession({ refreshToken, client }));
    expect(retried.refreshToken).toBe(refreshed.refreshToken);
    expect(await run(({ auth }) => auth.verifyAccessToken({ accessToken: retried.accessToken, checkSession: true }))).toMatchObject({
      userId: signedIn.userId,
      sessionId: signedIn.sessionId,
    });
  });

  it('keeps a proof across a restart, and its single use', async () => {
    const { proof } = await run(async ({ auth, codeOf }) => {
      const { challengeId } = await auth.requestCode({ phoneNumber, purpose: 'verify', client });
      return auth.validateVerificationCode({ challengeId, code: codeOf(challengeId), client });
    });
    expect(await run(({ auth }) => auth.consumeProof({ proof, purpose: 'verify' }))).toMatchObject({ phoneNumber });
    expect(await run(({ auth }) => outcomeOf(auth.consumeProof({ proof, purpose: 'verify' })))).toEqual({
      is: 'refused',
      why: 'invalid_proof',
    });
  });

  it('keeps what was paid: attempts and sends are not given back', async () => {
    const challengeId = await run(async ({ auth }) => (await auth.requestCode({ phoneNumber, client })).challengeId);
    const code = await run(async ({ auth, codeOf }) => {
      await auth.requestCode({ phoneNumber, resendOf: challengeId, client });
      return codeOf(challengeId);
    });
    for (let attemptsLeft = 4; attemptsLeft >= 0; attemptsLeft--) {
      const error = await run(({ auth }) =>
        auth.signInWithCode({ challengeId, code: wrongCode(code), client }).catch((thrown: unknown) => thrown),
      );
      expect(error).toMatchObject({ code: 'invalid_code', details: { attemptsLeft } });
    }
    expect(await run(({ auth }) => outcomeOf(auth.signInWithCode({ challengeId, code, client })))).toEqual({
      is: 'refused',
      why: 'attempts_exhausted',
    });
  });

  it('a code that one process sent before it was killed signs in at the next process', async () => {
    const before = await startAuthProcess(driver, file.path);
    const [requested] = await before.race('requestCode', { phoneNumber, client }, 1);
    if (requested?.is !== 'answered') throw new Error(`The request was refused: ${requested?.why}.`);
    const { challengeId } = requested.answer;
    const answer = { challengeId, code: before.codeOf(challengeId), client };
    await before.kill();

    const after = await startAuthProcess(driver, file.path);
    const [signedIn] = await after.race('signInWithCode', answer, 1);
    await after.kill();
    expect(signedIn).toMatchObject({ is: 'answered', answer: { isNewUser: true, user: { phoneNumber } } });

    const last = await startAuthProcess(driver, file.path);
    expect(tally(await last.race('signInWithCode', answer, 1))).toEqual({ 'invalid_code: used': 1 });
    await last.kill();
  });

  it('nothing that was answered is lost when a process is killed among thirty sign-ins', async () => {
    const answers = await run(async ({ auth, codeOf }) => {
      const requests = await Promise.all(
        Array.from({ length: 30 }, (_, index) => auth.requestCode({ phoneNumber: phoneNumberOf(index), client })),
      );
      return requests.map(({ challengeId }) => ({ challengeId, code: codeOf(challengeId), client }));
    });
    const victim = await startAuthProcess(driver, file.path);
    const acknowledged = new Map<string, string>();
    const calls = answers.map(async (answer) => {
      const [outcome] = await victim.race('signInWithCode', answer, 1);
      if (outcome?.is === 'answered') acknowledged.set(answer.challengeId, outcome.answer.refreshToken);
      if (acknowledged.size >= 10) await victim.kill();
    });
    await Promise.allSettled(calls);
    expect(acknowledged.size).toBeGreaterThanOrEqual(10);

    for (const answer of answers) {
      const refreshToken = acknowledged.get(answer.challengeId);
      const retried = tally([await run(({ auth }) => outcomeOf(auth.signInWithCode(answer)))]);
      // The kill came before the commit, or after it and before the answer: then the code is used, and nobody heard.
      if (refreshToken === undefined) expect([{ answered: 1 }, { 'invalid_code: used': 1 }]).toContainEqual(retried);
      else {
        expect(retried).toEqual({ 'invalid_code: used': 1 });
        expect(tally([await run(({ auth }) => outcomeOf(auth.refreshSession({ refreshToken, client })))])).toEqual({ answered: 1 });
      }
    }
  });
});
