import { describe, expect, it } from 'vitest';
import { createPhoneVerification } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Requested, type Stage, stage } from './stage.ts';

const newPassword = 'a long enough sentence';

/** Purposes with a number for which they are meant, and one for which they are not. */
async function numbersFor(s: Stage, purpose: (typeof DEPENDING)[number]): Promise<{ meant: string; not: string }> {
  const { phoneNumber: known } = await s.signUp();
  s.clock.advance(86_400);
  s.inbox.clear();
  const unknown = nextPhoneNumber();
  return purpose === 'register' ? { meant: unknown, not: known } : { meant: known, not: unknown };
}

const DEPENDING = ['login', 'register', 'reset-password'] as const;

function redeem(s: Stage, purpose: (typeof DEPENDING)[number], { challengeId }: { challengeId: string }, code: string): Promise<unknown> {
  const { client } = s;
  if (purpose === 'login') return s.auth.loginWithCode({ challengeId, code, client });
  if (purpose === 'register') return s.auth.registerWithCode({ challengeId, code, client });
  return s.auth.resetPassword({ challengeId, code, newPassword, client });
}

describe.each(DEPENDING)('a %s code for a number that it is not meant for', (purpose) => {
  it('is answered like any other, and nothing is sent', async () => {
    const s = stage();
    const { meant, not } = await numbersFor(s, purpose);
    const shape = (answer: Requested): unknown => ({
      ...answer,
      challengeId: answer.challengeId.length,
      phoneNumber: '',
      code: '',
      wrong: '',
    });
    const [right, decoy] = [await s.request({ purpose, phoneNumber: meant }), await s.request({ purpose, phoneNumber: not })];
    expect(shape(decoy)).toEqual(shape(right));
    expect(s.inbox.messages()).toMatchObject([{ to: meant, purpose }]);
    expect(s.events.filter((event) => event.type === 'code.requested').map((event) => event.decoy)).toEqual([false, false, true]);
  });

  it('costs the same calls of the stores', async () => {
    const s = stage();
    const { meant, not } = await numbersFor(s, purpose);
    s.trips();
    await s.request({ purpose, phoneNumber: meant });
    const right = s.trips();
    await s.request({ purpose, phoneNumber: not });
    expect(s.trips()).toEqual(right);
  });

  it('is never accepted, whatever is tried', async () => {
    const s = stage({ code: { length: 4 }, maxGuessProbabilityPerDay: 0.5 });
    const { not } = await numbersFor(s, purpose);
    const { challengeId } = await s.request({ purpose, phoneNumber: not });
    // all four-digit codes, straight at the store, which no attempts limit here
    const { challenges } = s.storage;
    const digests: string[] = [];
    const spied = s.beside({
      storage: {
        ...s.stores,
        challenges: {
          ...challenges,
          redeem: async (r) => {
            digests.push(...r.digests);
            return { is: 'wrong', attemptsLeft: 1 };
          },
        },
      },
    });
    await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        spied.validateVerificationCode({ purpose, challengeId, code: String(i).padStart(4, '0'), client: s.client }).catch(() => undefined),
      ),
    );
    const outcome = await challenges.redeem({
      id: challengeId,
      purposes: [purpose],
      digests,
      hits: [],
      clears: [],
      proof: { hash: 'x', expiresAt: 0 },
      keep: false,
      now: s.clock.now(),
    });
    expect(digests).toHaveLength(10_000);
    expect(outcome.is).toBe('wrong');
  });

  it('is judged like any other', async () => {
    const s = stage();
    const { meant, not } = await numbersFor(s, purpose);
    const [right, decoy] = [await s.request({ purpose, phoneNumber: meant }), await s.request({ purpose, phoneNumber: not })];
    for (let i = 0; i < 6; i++) {
      const [one, other] = [await failure(redeem(s, purpose, right, right.wrong)), await failure(redeem(s, purpose, decoy, '123456'))];
      expect([other.code, other.details]).toEqual([one.code, one.details]);
    }
  });

  it('stays one when it is sent again, even when it would be meant by then', async () => {
    const s = stage();
    const { not } = await numbersFor(s, purpose);
    const { challengeId } = await s.request({ purpose, phoneNumber: not });
    const { users } = s.storage;
    const phoneNumber = not as Parameters<typeof users.create>[0]['phoneNumber'];
    const user = await users.findByPhoneNumber({ phoneNumber });
    if (user === null) await users.create({ phoneNumber, profile: {}, passwordHash: null, now: s.clock.now() });
    else await users.delete({ userId: user.id });
    s.clock.advance(30);
    const again = await s.request({ purpose, phoneNumber: not, resendOf: challengeId });
    expect(again.challengeId).toBe(challengeId);
    expect(s.inbox.messages()).toEqual([]);
    s.clock.advance(60);
    const fresh = await s.request({ purpose, phoneNumber: not });
    expect(s.inbox.messages()).toHaveLength(1);
    await redeem(s, purpose, fresh, fresh.code);
  });

  it('stays one bound to the number, whatever is asked', async () => {
    for (const resend of ['same', 'rotate'] as const) {
      const s = stage({ binding: 'phone', code: { resend } });
      const { not } = await numbersFor(s, purpose);
      await s.request({ purpose, phoneNumber: not });
      s.clock.advance(30);
      await s.request({ purpose, phoneNumber: not, reference: 'another' });
      expect(s.inbox.messages()).toEqual([]);
    }
  });

  it('is refused aloud with revealAccounts, and nothing is written', async () => {
    const s = stage({ revealAccounts: true });
    const { meant, not } = await numbersFor(s, purpose);
    s.trips();
    const { code, details } = await failure(s.request({ purpose, phoneNumber: not }));
    expect([code, details]).toEqual([purpose === 'register' ? 'phone_number_taken' : 'account_not_found', {}]);
    // paid before it is looked at: a refusal afterwards would tell as much
    expect(s.trips()).toEqual(['challenges.take', 'users.findByPhoneNumber']);
    const right = await s.request({ purpose, phoneNumber: meant });
    await redeem(s, purpose, right, right.code);
  });
});

describe('an account', () => {
  it('shows in no answer of a sign-in', async () => {
    const s = stage();
    const { phoneNumber } = await s.signUp();
    const { users } = s.storage;
    const disabled = await s.signUp();
    await users.setDisabled({ userId: disabled.userId, disabled: true });
    s.clock.advance(86_400);
    const shapes = [];
    for (const number of [phoneNumber, disabled.phoneNumber, nextPhoneNumber()]) {
      s.trips();
      const { challengeId, ...answer } = await s.auth.requestCode({ phoneNumber: number, client: s.client });
      shapes.push({ ...answer, phoneNumber: '', trips: s.trips(), sent: s.inbox.lastCode(number) !== null, length: challengeId.length });
    }
    expect(shapes[1]).toEqual(shapes[0]);
    expect(shapes[2]).toEqual(shapes[0]);
  });

  it('that is disabled is asked for its code like any other', async () => {
    const s = stage();
    const { phoneNumber, userId } = await s.signUp();
    await s.storage.users.setDisabled({ userId, disabled: true });
    s.clock.advance(60);
    const { challengeId, code } = await s.request({ phoneNumber, purpose: 'login' });
    await failure(s.auth.loginWithCode({ challengeId, code, client: s.client }), 'account_disabled');
  });

  it('does not exist for a verification: nothing is a decoy', async () => {
    const { storage, inbox, config, client } = stage();
    const phoneNumber = nextPhoneNumber();
    const { requestCode, validateVerificationCode } = createPhoneVerification({
      secret: config.secret,
      storage,
      sms: inbox,
      appName: 'Test',
      allowedCountries: 'all',
      limits: { smsPerDay: 10 },
    });
    const { challengeId } = await requestCode({ phoneNumber, purpose: 'login', client });
    await validateVerificationCode({ challengeId, purpose: 'login', code: inbox.lastCode(phoneNumber) ?? '', client });
  });
});

describe('a message that would tell', () => {
  it('leaves after the answer, and the others before it', async () => {
    let release: () => void = () => undefined;
    const sent: string[] = [];
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const s = stage();
    const slow = s.beside({
      sms: async (message) => {
        await gate;
        sent.push(message.purpose);
      },
    });
    const answer = await slow.requestCode({ phoneNumber: nextPhoneNumber(), purpose: 'register', client: s.client });
    expect(answer.challengeId).toHaveLength(38);
    let isAnswered = false;
    const awaited = slow.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }).then(() => {
      isAnswered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isAnswered).toBe(false);
    release();
    await awaited;
    await slow.drain();
    expect(sent.toSorted()).toEqual(['register', 'sign-in']);
  });

  it('that fails tells nobody but the log', async () => {
    const s = stage();
    const failing = s.beside({
      sms: async () => {
        throw new Error('no');
      },
    });
    await failing.requestCode({ phoneNumber: nextPhoneNumber(), purpose: 'register', client: s.client });
    await failing.drain();
    expect(s.tell()).toEqual(['code.requested', 'port.failed', 'code.delivery_failed']);
  });
});
