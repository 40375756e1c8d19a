import { describe, expect, it } from 'vitest';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Requested, type Stage, stage, wrongOf } from './stage.ts';

function guess(s: Stage, { challengeId }: Requested, code: string, client = s.client): Promise<unknown> {
  return s.auth.signInWithCode({ challengeId, code, client });
}

describe('a code', () => {
  it('works once', async () => {
    const s = stage();
    const asked = await s.request();
    await guess(s, asked, asked.code);
    expect((await failure(guess(s, asked, asked.code), 'invalid_code')).details).toEqual({ reason: 'used' });
  });

  it('that is wrong costs one attempt, and five end the challenge', async () => {
    const s = stage();
    const asked = await s.request();
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      expect((await failure(guess(s, asked, asked.wrong), 'invalid_code')).details).toEqual({ reason: 'wrong', attemptsLeft });
    }
    await failure(guess(s, asked, asked.code), 'attempts_exhausted');
  });

  it('works on the last attempt', async () => {
    const s = stage({ code: { maxAttempts: 3 } });
    const asked = await s.request();
    for (let i = 1; i <= 2; i++) await failure(guess(s, asked, wrongOf(asked.code, i)), 'invalid_code');
    await guess(s, asked, asked.code);
  });

  it('works until the millisecond before it expires', async () => {
    const s = stage();
    const early = await s.request();
    const late = await s.request();
    s.clock.advance(299.999);
    await guess(s, early, early.code);
    s.clock.advance(0.001);
    expect((await failure(guess(s, late, late.code), 'invalid_code')).details).toEqual({ reason: 'expired' });
  });

  it('of 64 that race one succeeds', async () => {
    const s = stage();
    for (let round = 0; round < 20; round++) {
      const asked = await s.request();
      expect(await outcomes(Array.from({ length: 64 }, () => guess(s, asked, asked.code)))).toEqual({ ok: 1, invalid_code: 63 });
    }
  });

  it('that is wrong is judged five times, however many race', async () => {
    const s = stage();
    for (let round = 0; round < 20; round++) {
      const asked = await s.request();
      // each from an address of its own, or their limits would judge first
      const calls = Array.from({ length: 64 }, (_, i) => guess(s, asked, wrongOf(asked.code, i + 1), { ip: `203.0.${round}.${i}` }));
      expect(await outcomes(calls)).toEqual({ invalid_code: 5, attempts_exhausted: 59 });
    }
  });

  it('may be typed in any digits, with spaces and hyphens', async () => {
    const s = stage();
    for (const spell of [
      (code: string) => code.replace(/[0-9]/g, (digit) => '۰۱۲۳۴۵۶۷۸۹'[Number(digit)] ?? ''),
      (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
      (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
    ]) {
      const asked = await s.request();
      await guess(s, asked, spell(asked.code));
    }
  });

  it.each(['abcdef', '123', '123456789', '12345a', ' '.repeat(33), '1'.repeat(1_000_000)])(
    'like %.20j is refused and costs nothing',
    async (code) => {
      const s = stage();
      const asked = await s.request();
      s.trips();
      expect((await failure(guess(s, asked, code), 'invalid_code')).details).toEqual({ reason: 'wrong' });
      expect(s.trips()).toEqual([]);
      expect((await failure(guess(s, asked, asked.wrong), 'invalid_code')).details.attemptsLeft).toBe(4);
    },
  );

  it.each(['nonsense', 'A'.repeat(38), 'é'.repeat(38)])('for the invented challenge %s is refused', async (challengeId) => {
    const s = stage();
    const call = s.auth.loginWithCode({ challengeId, code: '123456', client: s.client });
    expect((await failure(call, 'invalid_code')).details).toEqual({ reason: 'unknown' });
  });

  it('must belong to the number beside it, which is judged before anything is paid', async () => {
    const s = stage();
    const asked = await s.request();
    const { challengeId, code, phoneNumber } = asked;
    const call = s.auth.signInWithCode({ challengeId, code, phoneNumber: nextPhoneNumber(), client: s.client });
    expect((await failure(call, 'invalid_code')).details).toEqual({ reason: 'unknown' });
    await failure(s.auth.signInWithCode({ challengeId, code, phoneNumber: 'no number', client: s.client }), 'invalid_phone_number');
    expect((await failure(guess(s, asked, asked.wrong), 'invalid_code')).details.attemptsLeft).toBe(4);
    await s.auth.signInWithCode({ challengeId, code, phoneNumber: phoneNumber.replace('+1', '+1 '), client: s.client });
  });

  it('ends the other challenges of its number and purpose, and no others', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const first = await s.request();
    const { phoneNumber } = first;
    const second = await s.request({ phoneNumber });
    const verify = await s.request({ phoneNumber, purpose: 'verify' });
    const foreign = await s.request();
    await guess(s, first, first.code);
    expect((await failure(guess(s, second, second.code), 'invalid_code')).details.reason).toBe('used');
    await s.auth.validateVerificationCode({ challengeId: verify.challengeId, code: verify.code, client: s.client });
    await guess(s, foreign, foreign.code);
  });

  it('makes one account when many challenges of one number are redeemed at once', async () => {
    const roomy = [{ max: 32, windowSeconds: 60 }];
    const s = stage({ limits: { smsPerDay: 10_000, sendsPerNumber: roomy, sendsPerPrefix: roomy }, code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const asked = [];
    for (let i = 0; i < 16; i++) {
      asked.push(await s.request({ phoneNumber }));
      asked.push(await s.request({ phoneNumber, purpose: 'register' }));
    }
    const calls = asked.map(({ challengeId, code }, i) =>
      i % 2 === 0
        ? s.auth.signInWithCode({ challengeId, code, client: s.client })
        : s.auth.registerWithCode({ challengeId, code, client: s.client }),
    );
    const { ok = 0 } = await outcomes(calls);
    expect([1, 2]).toContain(ok);
    const users = s.events.filter((event) => event.type === 'user.registered');
    expect(users).toHaveLength(1);
  });
});

describe('a code that may be used again', () => {
  it('is one of purpose verify, until it expires, and each try costs an attempt', async () => {
    const s = stage({ code: { singleUse: false } });
    const { challengeId, code } = await s.request({ purpose: 'verify' });
    const validate = (): Promise<{ proof: string }> => s.auth.validateVerificationCode({ challengeId, code, client: s.client });
    const proofs = [];
    for (let i = 0; i < 5; i++) proofs.push((await validate()).proof);
    expect(new Set(proofs).size).toBe(5);
    await failure(validate(), 'attempts_exhausted');
    for (const proof of proofs) await s.auth.consumeProof({ proof, purpose: 'verify' });
    const second = await s.request({ purpose: 'verify' });
    s.clock.advance(300);
    const late = s.auth.validateVerificationCode({ challengeId: second.challengeId, code: second.code, client: s.client });
    expect((await failure(late, 'invalid_code')).details.reason).toBe('expired');
  });

  it('is not one of any other purpose', async () => {
    const s = stage({ code: { singleUse: false } });
    for (const purpose of ['sign-in', 'step-up'] as const) {
      const { userId } = await s.signUp();
      s.clock.advance(60);
      const step = purpose === 'step-up' ? { userId, context: 'Pay' } : {};
      const { challengeId, code } = await s.request({ purpose, ...step });
      const validate = (): Promise<unknown> => s.auth.validateVerificationCode({ challengeId, code, purpose, ...step, client: s.client });
      await validate();
      expect((await failure(validate(), 'invalid_code')).details.reason).toBe('used');
    }
  });
});

describe('a row that was altered without the secret', () => {
  it.each([
    ['seed', { seed: 'A'.repeat(43) }],
    ['number', { phoneNumber: '+12015550199' }],
    ['user', { userId: 'victim' }],
    ['purpose', { purpose: 'login' as const }],
    ['context', { context: 'x', contextHash: 'y' }],
  ])('dies by its %s', async (_, altered) => {
    const s = stage();
    const asked = await s.request();
    const { challenges } = s.storage;
    const tampered = s.beside({
      storage: {
        ...s.stores,
        challenges: {
          ...challenges,
          async redeem(r) {
            const outcome = await challenges.redeem(r);
            return outcome.is === 'accepted' ? { ...outcome, challenge: { ...outcome.challenge, ...altered } } : outcome;
          },
        },
      },
    });
    const call = tampered.signInWithCode({ challengeId: asked.challengeId, code: asked.code, client: s.client });
    expect((await failure(call, 'invalid_code')).details).toEqual({ reason: 'unknown' });
    expect(s.events.at(-1)).toMatchObject({ type: 'code.refused', reason: 'altered' });
  });

  it('cannot borrow the digest of another challenge', async () => {
    const s = stage();
    const own = await s.request();
    const victim = await s.request();
    const { challenges } = s.storage;
    const swapped = s.beside({
      storage: {
        ...s.stores,
        challenges: {
          ...challenges,
          // as if the row of the victim had got id and digest of the attacker's
          async redeem(r) {
            const outcome = await challenges.redeem(r);
            const row = outcome.is === 'accepted' ? { ...outcome.challenge, phoneNumber: victim.phoneNumber } : null;
            return row === null || outcome.is !== 'accepted' ? outcome : { ...outcome, challenge: row };
          },
        },
      },
    });
    await failure(swapped.signInWithCode({ challengeId: own.challengeId, code: own.code, client: s.client }), 'invalid_code');
  });
});
