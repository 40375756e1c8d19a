import { describe, expect, it } from 'vitest';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Stage, stage } from './stage.ts';

const newPassword = 'a long enough sentence';

describe('a context', () => {
  it('is shown in the message, and must be presented', async () => {
    const s = stage();
    const context = 'Pay 12 EUR to Ada';
    const { challengeId, code, phoneNumber } = await s.request({ purpose: 'verify', context });
    expect(s.inbox.messages(phoneNumber)[0]?.text).toContain(context);
    const validate = (other?: string): Promise<{ proof: string }> =>
      s.auth.validateVerificationCode({ challengeId, code, context: other, client: s.client });
    expect((await failure(validate(), 'invalid_code')).details).toEqual({ reason: 'wrong', attemptsLeft: 4 });
    await failure(validate('Pay 13 EUR to Ada'), 'invalid_code');
    const { proof } = await validate(context);
    await failure(s.auth.consumeProof({ proof, purpose: 'verify' }), 'invalid_proof');
    await failure(s.auth.consumeProof({ proof, purpose: 'verify', context: 'Pay 13 EUR to Ada' }), 'invalid_proof');
    expect(await s.auth.consumeProof({ proof, purpose: 'verify', context })).toEqual({
      phoneNumber,
      userId: null,
      context,
      reference: null,
    });
  });

  it('makes another code than none', async () => {
    const s = stage({ binding: 'phone', code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const plain = await s.request({ phoneNumber, purpose: 'verify' });
    const bound = await s.request({ phoneNumber, purpose: 'verify', context: 'Table 7' });
    expect(bound.challengeId).not.toBe(plain.challengeId);
    const answer = { phoneNumber, code: bound.code, client: s.client };
    await s.auth.validateVerificationCode({ ...answer, context: 'Table 7' });
  });

  it.each(['sign-in', 'login', 'register', 'verify', 'reset-password'] as const)(
    'of %s makes a proof that serves consumeProof alone',
    async (purpose) => {
      const s = stage();
      const known = await s.signUp();
      s.clock.advance(60);
      const phoneNumber = purpose === 'register' || purpose === 'sign-in' ? nextPhoneNumber() : known.phoneNumber;
      const context = 'Table 7';
      const { challengeId, code } = await s.request({ purpose, phoneNumber, context });
      const { proof } = await s.auth.validateVerificationCode({ purpose, challengeId, code, context, client: s.client });
      const { auth, client } = s;
      const { userId } = known;
      await failure(auth.signInWithCode({ proof, client }), 'invalid_proof');
      await failure(auth.loginWithCode({ proof, client }), 'invalid_proof');
      await failure(auth.registerWithCode({ proof, client }), 'invalid_proof');
      await failure(auth.resetPassword({ proof, newPassword, client }), 'invalid_proof');
      await failure(auth.changePhoneNumber({ proof, userId, client }), 'invalid_proof');
      await failure(auth.setPassword({ proof, userId, newPassword }), 'invalid_proof');
      await failure(auth.setPassword({ proof, userId, newPassword, context }), 'invalid_proof');
      await auth.consumeProof({ proof, purpose, context });
    },
  );

  it.each([
    ['empty', ''],
    ['65 characters', 'x'.repeat(65)],
    ['two lines', 'a\nb'],
    ['a link', 'see https://evil.example'],
    ['a WebOTP line', '@evil.example #123456'],
    ['an invisible turn of direction', 'a\u202eb'],
    ['no string', 7],
  ])('that is %s is refused', async (_, context) => {
    const s = stage();
    const { details } = await failure(s.request({ purpose: 'verify', context: context as string }), 'invalid_input');
    expect(details.issues.map((issue) => issue.path)).toEqual(['context']);
    expect(s.trips()).toEqual([]);
  });

  it('of 64 characters outside the basic plane goes all the way', async () => {
    const s = stage();
    const context = '🪙'.repeat(64);
    const { userId } = await s.signUp();
    s.clock.advance(60);
    const { challengeId, code } = await s.request({ purpose: 'step-up', userId, context });
    const { proof } = await s.auth.validateVerificationCode({ purpose: 'step-up', challengeId, code, userId, context, client: s.client });
    await s.auth.setPassword({ userId, newPassword, proof, context });
  });
});

describe('a step-up', () => {
  async function confirmed(s: Stage): Promise<{ userId: string; phoneNumber: string; challengeId: string; code: string }> {
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const { challengeId, code } = await s.request({ purpose: 'step-up', userId, context: 'Pay' });
    return { userId, phoneNumber, challengeId, code };
  }

  it('is redeemed for the same user and context', async () => {
    const s = stage();
    const { userId, phoneNumber, challengeId, code } = await confirmed(s);
    const validate = (bound: { userId?: string; context?: string }): Promise<{ proof: string }> =>
      s.auth.validateVerificationCode({ purpose: 'step-up', challengeId, code, ...bound, client: s.client });
    for (const bound of [{}, { userId }, { context: 'Pay' }, { userId: 'somebody', context: 'Pay' }])
      await failure(validate(bound), 'invalid_code');
    const { proof } = await validate({ userId, context: 'Pay' });
    const consume = (bound: { userId?: string; context?: string }): Promise<unknown> =>
      s.auth.consumeProof({ proof, purpose: 'step-up', ...bound });
    for (const bound of [{}, { userId }, { context: 'Pay' }]) await failure(consume(bound), 'invalid_input');
    await failure(consume({ userId: 'somebody', context: 'Pay' }), 'invalid_proof');
    await failure(consume({ userId, context: 'Play' }), 'invalid_proof');
    expect(await consume({ userId, context: 'Pay' })).toEqual({ phoneNumber, userId, context: 'Pay', reference: null });
  });

  it('sets the password of its user alone, with its context', async () => {
    const s = stage();
    const { userId, challengeId, code } = await confirmed(s);
    const other = await s.signUp();
    const answer = { purpose: 'step-up', challengeId, code, userId, context: 'Pay', client: s.client } as const;
    const { proof } = await s.auth.validateVerificationCode(answer);
    await failure(s.auth.setPassword({ userId, newPassword, proof }), 'invalid_proof');
    await failure(s.auth.setPassword({ userId, newPassword, proof, context: 'Play' }), 'invalid_proof');
    await failure(
      s.auth.setPassword({ userId: other.userId, newPassword, proof: `${proof.slice(0, -1)}A`, context: 'Pay' }),
      'invalid_proof',
    );
    expect(await s.auth.setPassword({ userId, newPassword, proof, context: 'Pay' })).toEqual({});
  });
});

describe('a reference', () => {
  it('is bound and not shown', async () => {
    const s = stage();
    const reference = 'app-install-5f1c';
    const { challengeId, code, phoneNumber } = await s.request({ reference });
    expect(s.inbox.messages(phoneNumber)[0]?.text).not.toContain(reference);
    const signIn = (other?: string): Promise<unknown> => s.auth.signInWithCode({ challengeId, code, reference: other, client: s.client });
    expect((await failure(signIn(), 'invalid_code')).details).toEqual({ reason: 'wrong', attemptsLeft: 4 });
    await failure(signIn('app-install-5f1d'), 'invalid_code');
    await signIn(reference);
  });

  it('must be presented with the proof too, which is a proof for everything else', async () => {
    const s = stage();
    const reference = 'r'.repeat(128);
    const { challengeId, code, phoneNumber } = await s.request({ purpose: 'verify', reference });
    const { proof } = await s.auth.validateVerificationCode({ challengeId, code, reference, client: s.client });
    for (const other of [undefined, 'another']) {
      await failure(s.auth.registerWithCode({ proof, reference: other, client: s.client }), 'invalid_proof');
      await failure(s.auth.consumeProof({ proof, purpose: 'verify', reference: other }), 'invalid_proof');
    }
    const { user } = await s.auth.registerWithCode({ proof, reference, client: s.client });
    expect(user.phoneNumber).toBe(phoneNumber);
  });

  it('must be presented to setPassword, and is told by consumeProof', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    s.clock.advance(60);
    const asked = { purpose: 'verify', phoneNumber, reference: 'ref' } as const;
    const first = await s.request(asked);
    const validate = (one: { challengeId: string; code: string }): Promise<{ proof: string }> =>
      s.auth.validateVerificationCode({ challengeId: one.challengeId, code: one.code, reference: 'ref', client: s.client });
    const { proof } = await validate(first);
    await failure(s.auth.setPassword({ userId, newPassword, proof }), 'invalid_proof');
    await s.auth.setPassword({ userId, newPassword, proof, reference: 'ref' });
    s.clock.advance(60);
    const { proof: second } = await validate(await s.request(asked));
    expect(await s.auth.consumeProof({ proof: second, purpose: 'verify', reference: 'ref' })).toMatchObject({ reference: 'ref' });
  });

  it('that nobody asked for makes the code wrong', async () => {
    const s = stage();
    const { challengeId, code } = await s.request();
    await failure(s.auth.signInWithCode({ challengeId, code, reference: 'ref', client: s.client }), 'invalid_code');
  });

  it.each([
    ['', 'x'.repeat(129)],
    [null, 5],
  ])('is a text of 1 to 128 characters', async (...wrong) => {
    const s = stage();
    for (const reference of wrong) await failure(s.request({ reference: reference as string }), 'invalid_input');
  });

  it('of a resend named by id stays the one of the request', async () => {
    const s = stage();
    const first = await s.request({ reference: 'one' });
    s.clock.advance(30);
    const again = await s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId, reference: 'two' });
    expect(again).toMatchObject({ challengeId: first.challengeId, code: first.code });
    const answer = { challengeId: first.challengeId, code: first.code, client: s.client };
    await failure(s.auth.signInWithCode({ ...answer, reference: 'two' }), 'invalid_code');
    await s.auth.signInWithCode({ ...answer, reference: 'one' });
  });
});

describe('a userId', () => {
  it('is bound to the code and to the proof', async () => {
    const s = stage();
    const { challengeId, code } = await s.request({ purpose: 'verify', userId: 'u1' });
    const validate = (userId?: string): Promise<{ proof: string; userId: string | null }> =>
      s.auth.validateVerificationCode({ challengeId, code, userId, client: s.client });
    await failure(validate(), 'invalid_code');
    await failure(validate('u2'), 'invalid_code');
    const { proof, userId } = await validate('u1');
    expect(userId).toBe('u1');
    await failure(s.auth.consumeProof({ proof, purpose: 'verify', userId: 'u2' }), 'invalid_proof');
    expect((await s.auth.consumeProof({ proof, purpose: 'verify' })).userId).toBe('u1');
  });

  it('of a change of number is the only one whose number changes', async () => {
    const s = stage();
    const owner = await s.signUp();
    const other = await s.signUp();
    const { challengeId, code } = await s.request({ purpose: 'change-phone-number', userId: owner.userId });
    await failure(s.auth.changePhoneNumber({ userId: other.userId, challengeId, code, client: s.client }), 'invalid_code');
    const answer = { purpose: 'change-phone-number', challengeId, code, userId: owner.userId, client: s.client } as const;
    const { proof } = await s.auth.validateVerificationCode(answer);
    await failure(s.auth.changePhoneNumber({ userId: other.userId, proof, client: s.client }), 'invalid_proof');
  });
});
