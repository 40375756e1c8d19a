import { describe, expect, it } from 'vitest';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Requested, type Stage, stage } from './stage.ts';

const HOUR = 3600;

function guess(s: Stage, { challengeId }: Requested, code: string): Promise<unknown> {
  return s.auth.loginWithCode({ challengeId, code, client: s.client });
}

/** Asks until the limits let a code out: the ladder of a number and its windows need time. */
async function askPatiently(s: Stage, phoneNumber: string, resendOf?: string): Promise<Requested> {
  for (;;) {
    try {
      return await s.request({ phoneNumber, resendOf });
    } catch (error) {
      const { details } = await failure(Promise.reject(error), 'rate_limited');
      s.clock.advance(details.retryAfterSeconds);
    }
  }
}

describe('wrong codes', () => {
  it('4 wrong, resend, new challenge, 4 wrong …: the 21st within 24 hours is refused though attempts are left', async () => {
    const s = stage({ code: { ttlSeconds: 600 } });
    const { phoneNumber } = await s.signUp();
    s.clock.advance(24 * HOUR);
    const startedAt = s.clock.now();
    let asked: Requested;
    for (let challenge = 1; ; challenge++) {
      asked = await askPatiently(s, phoneNumber);
      const { challengeId } = asked;
      for (const attemptsLeft of [4, 3, 2, 1]) {
        expect((await failure(guess(s, asked, asked.wrong), 'invalid_code')).details).toEqual({ reason: 'wrong', attemptsLeft });
      }
      if (challenge === 5) break;
      expect((await askPatiently(s, phoneNumber, challengeId)).challengeId).toBe(challengeId);
      // the windows of an hour are another story
      if (challenge % 2 === 0) s.clock.advance(HOUR);
    }
    const { details, headers } = await failure(guess(s, asked, asked.wrong), 'rate_limited');
    expect(details.limit).toBe('guessesPerNumber');
    expect(headers['retry-after']).toBe(String(details.retryAfterSeconds));
    // the right code is refused as well, and what was refused has cost nothing
    expect((await failure(guess(s, asked, asked.code), 'rate_limited')).details).toEqual(details);
    expect(s.clock.now()).toBeLessThan(startedAt + 24 * HOUR * 1000);

    s.clock.advance(details.retryAfterSeconds - 1);
    asked = await askPatiently(s, phoneNumber);
    expect((await failure(guess(s, asked, asked.code), 'rate_limited')).details.retryAfterSeconds).toBe(1);
    s.clock.advance(1);
    expect(s.clock.now()).toBe(startedAt + 24 * HOUR * 1000);
    await guess(s, asked, asked.code);
  });

  it('are counted over purposes and functions', async () => {
    const s = stage({
      code: { resendAfterSeconds: [0] },
      limits: { smsPerDay: 100, sendsPerNumber: [{ max: 32, windowSeconds: 60 }], guessesPerNumber: [{ max: 3, windowSeconds: 3600 }] },
    });
    const { phoneNumber } = await s.signUp();
    const wrong = async (purpose: 'login' | 'verify'): Promise<string> => {
      const asked = await s.request({ phoneNumber, purpose });
      const { challengeId } = asked;
      const answer = { challengeId, code: asked.wrong, client: s.client };
      const call = purpose === 'login' ? s.auth.loginWithCode(answer) : s.auth.validateVerificationCode(answer);
      return (await failure(call)).code;
    };
    expect([await wrong('login'), await wrong('verify'), await wrong('login')]).toEqual(['invalid_code', 'invalid_code', 'invalid_code']);
    s.clock.advance(3599.999);
    expect(await wrong('verify')).toBe('rate_limited');
    s.clock.advance(0.001);
    expect(await wrong('verify')).toBe('invalid_code');
  });

  it('that race over many challenges are judged as often as the window allows', async () => {
    const limits = {
      smsPerDay: 1000,
      sendsPerNumber: [{ max: 20, windowSeconds: 60 }],
      guessesPerNumber: [{ max: 7, windowSeconds: 3600 }],
    };
    const s = stage({ limits, code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const asked: Requested[] = [];
    for (let i = 0; i < 16; i++) asked.push(await s.request({ phoneNumber }));
    const calls = asked.flatMap((one) => Array.from({ length: 4 }, () => guess(s, one, one.wrong)));
    expect(await outcomes(calls)).toEqual({ invalid_code: 7, rate_limited: 57 });
    s.clock.advance(3599.999);
    const late = await s.request({ phoneNumber });
    expect((await failure(guess(s, late, late.wrong), 'rate_limited')).details).toEqual({
      retryAfterSeconds: 1,
      limit: 'guessesPerNumber',
    });
    s.clock.advance(0.001);
    expect((await failure(guess(s, late, late.wrong))).code).toBe('invalid_code');
  });

  it('a hundred in a row close the number until support unlocks it', async () => {
    const limits = { smsPerDay: 10_000, sendsPerNumber: [{ max: 32, windowSeconds: 600 }] };
    const s = stage({ limits });
    const { phoneNumber } = await s.signUp();
    let asked = await askPatiently(s, phoneNumber);
    let judged = 0;
    let closed = false;
    while (!closed) {
      const { code, details } = await failure(guess(s, asked, asked.wrong));
      if (code === 'invalid_code') judged++;
      if (code === 'invalid_code' && judged % 4 === 0) asked = await askPatiently(s, phoneNumber);
      if (code === 'rate_limited' && 'limit' in details) {
        closed = details.limit === 'guessesInARow';
        s.clock.advance(Math.min(details.retryAfterSeconds, 24 * HOUR));
        asked = await askPatiently(s, phoneNumber);
      }
    }
    expect(judged).toBe(100);
    s.clock.advance(400 * 24 * HOUR);
    asked = await askPatiently(s, phoneNumber);
    const { details } = await failure(guess(s, asked, asked.code), 'rate_limited');
    expect(details).toEqual({ limit: 'guessesInARow', retryAfterSeconds: 86_400 });
    expect(await s.auth.unlockPhoneNumber({ phoneNumber: phoneNumber.replace('+1', '+1 ') })).toEqual({});
    await guess(s, asked, asked.code);
  });

  it('in a row are forgiven by a right one, the windows are not', async () => {
    const limits = { smsPerDay: 100, guessesInARow: 3, guessesPerNumber: [{ max: 5, windowSeconds: 3600 }] };
    const s = stage({ limits, code: { resendAfterSeconds: [0] } });
    const { phoneNumber } = await s.signUp();
    const first = await s.request({ phoneNumber });
    for (let i = 0; i < 2; i++) await failure(guess(s, first, first.wrong), 'invalid_code');
    await guess(s, first, first.code);
    const second = await s.request({ phoneNumber });
    for (let i = 0; i < 3; i++) await failure(guess(s, second, second.wrong), 'invalid_code');
    // three in a row and five in the window: the one that lasts longest is named
    expect((await failure(guess(s, second, second.code), 'rate_limited')).details.limit).toBe('guessesInARow');
    await s.auth.unlockPhoneNumber({ phoneNumber });
    await guess(s, second, second.code);
  });

  it('at one number close no other one', async () => {
    const s = stage({ limits: { smsPerDay: 100, guessesPerNumber: [{ max: 1, windowSeconds: 3600 }] } });
    const closed = await s.request();
    const open = await s.request();
    await failure(guess(s, closed, closed.wrong), 'invalid_code');
    await failure(guess(s, closed, closed.code), 'rate_limited');
    await s.auth.signInWithCode({ challengeId: open.challengeId, code: open.code, client: s.client });
  });
});

describe('the ladder', () => {
  it('is 30, 60, 120, 300 seconds and then stays there; resendAt itself passes', async () => {
    const s = stage({ limits: { smsPerDay: 100, sendsPerNumber: [{ max: 32, windowSeconds: 86_400 }] } });
    let asked = await s.request();
    const { phoneNumber } = asked;
    for (const pause of [30, 60, 120, 300, 300, 300]) {
      expect(asked.resendInSeconds).toBe(pause);
      expect(asked.resendAt).toBe(s.clock.now() + pause * 1000);
      s.clock.advance(pause - 0.001);
      const { details, headers } = await failure(s.request({ phoneNumber }), 'rate_limited');
      expect(details).toEqual({ limit: 'resendAfterSeconds', retryAfterSeconds: 1 });
      expect(headers['retry-after']).toBe('1');
      s.clock.advance(0.001);
      asked = await s.request({ phoneNumber });
    }
  });

  it('is one for resends, new challenges and all purposes of a number', async () => {
    const s = stage();
    const asked = await s.request();
    const { phoneNumber, challengeId } = asked;
    for (const input of [{ resendOf: challengeId }, { purpose: 'verify' }, { context: 'Table 7' }] as const) {
      expect((await failure(s.request({ phoneNumber, ...input }), 'rate_limited')).details.limit).toBe('resendAfterSeconds');
    }
    await s.request();
  });

  it('starts anew after a success', async () => {
    const s = stage();
    const first = await s.request();
    const { phoneNumber } = first;
    s.clock.advance(30);
    const second = await s.request({ phoneNumber });
    expect(second.resendInSeconds).toBe(60);
    await s.auth.signInWithCode({ challengeId: second.challengeId, code: second.code, client: s.client });
    expect((await s.request({ phoneNumber })).resendInSeconds).toBe(30);
  });

  it('forgets after a day', async () => {
    const s = stage();
    const { phoneNumber } = await s.request();
    s.clock.advance(30);
    await s.request({ phoneNumber });
    s.clock.advance(86_400);
    expect((await s.request({ phoneNumber })).resendInSeconds).toBe(30);
  });

  it('lets one of 64 requests at once through', async () => {
    const s = stage();
    const phoneNumber = nextPhoneNumber();
    const calls = Array.from({ length: 64 }, () => s.auth.requestCode({ phoneNumber, client: s.client }));
    expect(await outcomes(calls)).toEqual({ ok: 1, rate_limited: 63 });
    expect(s.inbox.messages(phoneNumber)).toHaveLength(1);
  });
});

describe('sends', () => {
  it('to one number are 3 in ten minutes, 5 in an hour, 10 in a day', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const send = async (): Promise<string> =>
      s.request({ phoneNumber }).then(
        () => 'sent',
        async (error: unknown) => {
          const { details } = await failure(Promise.reject(error), 'rate_limited');
          expect(details.limit).toBe('sendsPerNumber');
          return `wait ${details.retryAfterSeconds}`;
        },
      );
    const startedAt = s.clock.now();
    expect([await send(), await send(), await send(), await send()]).toEqual(['sent', 'sent', 'sent', 'wait 600']);
    s.clock.advance(600);
    expect([await send(), await send(), await send()]).toEqual(['sent', 'sent', 'wait 3000']);
    s.clock.advance(3000);
    expect([await send(), await send(), await send()]).toEqual(['sent', 'sent', 'sent']);
    s.clock.advance(3600);
    expect([await send(), await send()]).toEqual(['sent', 'sent']);
    const left = 86_400 - (s.clock.now() - startedAt) / 1000;
    expect(await send()).toBe(`wait ${left}`);
    s.clock.advance(left - 0.001);
    expect(await send()).toBe('wait 1');
    s.clock.advance(0.001);
    expect(await send()).toBe('sent');
    expect(s.inbox.messages(phoneNumber)).toHaveLength(11);
  });

  it('in all stop at four fifths of smsPerDay, over all numbers', async () => {
    const s = stage({ limits: { smsPerDay: 5 } });
    for (let i = 0; i < 4; i++) {
      s.clock.advance(60);
      await s.request();
    }
    const { details } = await failure(s.request(), 'rate_limited');
    expect(details).toEqual({ limit: 'smsPerDay', retryAfterSeconds: 86_400 - 180 });
    s.clock.advance(details.retryAfterSeconds - 0.001);
    await failure(s.request(), 'rate_limited');
    s.clock.advance(0.001);
    await s.request();
    await failure(s.request(), 'rate_limited');
    expect(s.inbox.messages()).toHaveLength(5);
  });

  it('of the last fifth of smsPerDay are for known devices', async () => {
    const s = stage({ limits: { smsPerDay: 5 }, code: { resendAfterSeconds: [0] } });
    const { phoneNumber, deviceToken } = await s.signUp();
    for (let i = 0; i < 3; i++) await s.request();
    const client = { ...s.client, deviceToken };
    expect((await failure(s.request({ phoneNumber }), 'rate_limited')).details.limit).toBe('smsPerDay');
    // its device is known to one number alone
    await failure(s.request({ client }), 'rate_limited');
    await s.request({ phoneNumber, client });
    expect((await failure(s.request({ phoneNumber, client }), 'rate_limited')).details.limit).toBe('smsPerDay');
  });

  it('that were refused are charged nowhere', async () => {
    const s = stage({ limits: { smsPerDay: 1, sendsPerNumber: [{ max: 1, windowSeconds: 86_400 * 2 }] } });
    const first = await s.request();
    const waiting = nextPhoneNumber();
    await failure(s.request({ phoneNumber: waiting }), 'rate_limited');
    s.clock.advance(86_400);
    // its own window of two days is still empty
    await s.request({ phoneNumber: waiting });
    s.clock.advance(86_400 - 1);
    expect((await failure(s.request({ phoneNumber: first.phoneNumber }), 'rate_limited')).details.limit).toBe('sendsPerNumber');
  });

  it('race for the last message of the day, and one gets it', async () => {
    const s = stage({ limits: { smsPerDay: 1 } });
    const calls = Array.from({ length: 64 }, () => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }));
    expect(await outcomes(calls)).toEqual({ ok: 1, rate_limited: 63 });
  });

  it('of a number are forgotten by support, those of the system are not', async () => {
    const s = stage({ limits: { smsPerDay: 2, sendsPerNumber: [{ max: 1, windowSeconds: 600 }] } });
    const { phoneNumber } = await s.request();
    await failure(s.request({ phoneNumber }), 'rate_limited');
    await s.auth.unlockPhoneNumber({ phoneNumber });
    await s.request({ phoneNumber });
    await s.auth.unlockPhoneNumber({ phoneNumber });
    expect((await failure(s.request({ phoneNumber }), 'rate_limited')).details.limit).toBe('smsPerDay');
  });

  it('are limited alike for known and unknown numbers', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const { phoneNumber } = await s.signUp();
    s.clock.advance(86_400);
    const answers = [];
    for (const number of [phoneNumber, nextPhoneNumber()]) {
      const calls = Array.from({ length: 4 }, () => s.auth.requestCode({ phoneNumber: number, purpose: 'login', client: s.client }));
      answers.push(await outcomes(calls));
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toEqual({ ok: 3, rate_limited: 1 });
  });
});
