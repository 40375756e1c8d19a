import { describe, expect, it } from 'vitest';
import type { PhoneAuthEvent } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Stage, stage } from './stage.ts';
import { blockOf, type Owner, owner, sending, signInByCode, stranger, untilRefused } from './strangers.ts';

const HOUR = 3600;
const DAY = 86_400;

function told<Type extends PhoneAuthEvent['type']>(s: Stage, type: Type): readonly Extract<PhoneAuthEvent, { type: Type }>[] {
  return s.events.filter((event): event is Extract<PhoneAuthEvent, { type: Type }> => event.type === type);
}

/** So many requests at once, each of somebody else for another number. */
function crowd(s: Stage, size: number, country = 'US'): Promise<Readonly<Record<string, number>>> {
  return outcomes(Array.from({ length: size }, () => s.auth.requestCode({ phoneNumber: nextPhoneNumber(country), client: stranger() })));
}

/** An owner whose sign-up no window counts any more, also none that counts a slice whole. */
async function ownerOfLongAgo(s: Stage): Promise<Owner> {
  const signedUp = await owner(s);
  s.clock.advance(HOUR);
  return signedUp;
}

describe('a block of numbers', () => {
  it('gets 30 codes in an hour, however many addresses ask', async () => {
    const s = stage();
    const block = blockOf(nextPhoneNumber());
    expect(await untilRefused(s, sending(s, stranger, block))).toEqual({ limit: 'sendsPerPrefix', retryAfterSeconds: HOUR, passed: 30 });
    await s.request({ client: stranger() });
    expect(s.inbox.messages()).toHaveLength(31);
    s.clock.advance(HOUR - 0.001);
    await failure(s.request({ phoneNumber: block(), client: stranger() }), 'rate_limited');
    s.clock.advance(0.001);
    expect((await untilRefused(s, sending(s, stranger, block))).passed).toBe(30);
  });

  it('gets 30 of 90 that are asked for at once', async () => {
    const s = stage();
    const block = blockOf(nextPhoneNumber());
    const calls = Array.from({ length: 90 }, () => s.auth.requestCode({ phoneNumber: block(), client: stranger() }));
    expect(await outcomes(calls)).toEqual({ ok: 30, rate_limited: 60 });
    expect(s.inbox.messages()).toHaveLength(30);
  });

  it('that is used up charges neither its country nor the day', async () => {
    const s = stage({ limits: { smsPerDay: 50 } });
    const block = blockOf(nextPhoneNumber());
    await untilRefused(s, sending(s, stranger, block));
    const refused = Array.from({ length: 500 }, () => s.auth.requestCode({ phoneNumber: block(), client: stranger() }));
    expect(await outcomes(refused)).toEqual({ rate_limited: 500 });
    expect(await crowd(s, 20)).toEqual({ ok: 10, rate_limited: 10 });
  });
});

describe('a country', () => {
  const limits = { smsPerDay: 1000, sendsPerCountry: { IR: [{ max: 10, windowSeconds: HOUR }] } };

  it('has a budget of its own, of which the last fifth is for known devices', async () => {
    const s = stage({ limits, code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber('IR');
    const { deviceToken } = await s.request({ phoneNumber }).then(({ challengeId, code }) => {
      return s.auth.signInWithCode({ challengeId, code, client: s.client });
    });
    s.clock.advance(DAY);
    const refused = await untilRefused(
      s,
      sending(s, stranger, () => nextPhoneNumber('IR')),
    );
    expect(refused).toEqual({ limit: 'sendsPerCountry', retryAfterSeconds: HOUR, passed: 8 });
    const device = { ip: null, deviceToken };
    expect(
      await untilRefused(
        s,
        sending(
          s,
          () => device,
          () => phoneNumber,
        ),
      ),
    ).toMatchObject({ limit: 'sendsPerCountry', passed: 2 });
    expect(await crowd(s, 20)).toEqual({ ok: 20 });
    s.clock.advance(HOUR);
    await s.request({ phoneNumber: nextPhoneNumber('IR'), client: stranger() });
  });

  it('that is not named has that of the day alone', async () => {
    const s = stage({ limits });
    expect(await crowd(s, 40, 'DE')).toEqual({ ok: 40 });
  });

  it('that is not allowed costs nothing', async () => {
    const s = stage({ limits, allowedCountries: ['IR'] });
    s.trips();
    await failure(s.request({ client: stranger() }), 'invalid_phone_number');
    expect(s.trips()).toEqual([]);
  });
});

describe('the SMS of a day', () => {
  it('are for strangers up to four fifths, and for known devices to the last', async () => {
    const s = stage({ limits: { smsPerDay: 50 } });
    const victims = [await owner(s), await owner(s), await owner(s)];
    s.clock.advance(DAY);
    expect(await crowd(s, 100)).toEqual({ ok: 40, rate_limited: 60 });
    const sends = victims.flatMap(({ phoneNumber, device }) => Array.from({ length: 5 }, () => ({ phoneNumber, client: device })));
    let passed = 0;
    for (const one of sends) {
      s.clock.advance(600);
      passed += await s.request(one).then(
        () => 1,
        () => 0,
      );
    }
    expect(passed).toBe(10);
    expect((await failure(s.request({ client: stranger() }), 'rate_limited')).details.limit).toBe('smsPerDay');
  });
});

describe('the money of a day', () => {
  const prices = { US: 0.01, IR: 0.07, DE: 0.11, default: 0.3 };

  function spent(s: Stage): number {
    const price = (to: string): number => (to.startsWith('+1') ? 10 : to.startsWith('+98') ? 70 : to.startsWith('+49') ? 110 : 300);
    return s.inbox.messages().reduce((sum, { to }) => sum + price(to), 0) / 1000;
  }

  it('is never exceeded, whatever the mixture of prices, and strangers spend four fifths of it', async () => {
    const s = stage({ limits: { smsPerDay: 10_000, spend: { perDay: 5, pricePerSms: prices } } });
    const { phoneNumber, device } = await ownerOfLongAgo(s);
    s.inbox.clear();
    const countries = ['US', 'IR', 'DE', 'FR'];
    const counts = { ok: 0, refused_by_policy: 0 };
    for (let waves = 0; waves < 12; waves++) {
      const wave = await crowd(s, 10, countries[waves % 4]);
      counts.ok += wave.ok ?? 0;
      counts.refused_by_policy += wave.refused_by_policy ?? 0;
      expect(spent(s)).toBeLessThanOrEqual(4);
    }
    expect(counts.ok + counts.refused_by_policy).toBe(120);
    expect(s.inbox.messages()).toHaveLength(counts.ok);
    expect(spent(s)).toBeGreaterThan(3.9);
    await signInByCode(s, phoneNumber, device);
  });

  it('is refused as a policy that says nothing, and nothing is sent or charged', async () => {
    const s = stage({ limits: { smsPerDay: 100, spend: { perDay: 1, pricePerSms: { default: 0.4 } } } });
    expect(await crowd(s, 5)).toEqual({ ok: 2, refused_by_policy: 3 });
    s.tell();
    const phoneNumber = nextPhoneNumber();
    const refused = await failure(s.request({ phoneNumber, client: stranger() }), 'refused_by_policy');
    expect(refused).toMatchObject({ details: {}, status: 403, headers: {} });
    expect(s.tell()).toEqual(['limit.reached']);
    expect(told(s, 'limit.reached').at(-1)).toMatchObject({ limit: 'spend', retryAfterSeconds: DAY });
    expect(s.inbox.messages()).toHaveLength(2);
    for (let tries = 0; tries < 100; tries++) await failure(s.request({ phoneNumber, client: stranger() }), 'refused_by_policy');
    // so large a budget is counted in slices of an hour
    s.clock.advance(DAY + HOUR);
    expect((await s.request({ phoneNumber, client: stranger() })).resendInSeconds).toBe(30);
  });

  it('is a matter of known and unknown numbers alike', async () => {
    const s = stage({ limits: { smsPerDay: 100, spend: { perDay: 1, pricePerSms: { default: 0.8 } } } });
    const { phoneNumber } = await ownerOfLongAgo(s);
    s.clock.advance(HOUR);
    // a decoy costs what a message costs
    await s.request({ purpose: 'login', client: stranger() });
    const answers = [];
    for (const number of [phoneNumber, nextPhoneNumber()]) {
      const { code, details } = await failure(s.request({ phoneNumber: number, purpose: 'login', client: stranger() }));
      answers.push({ code, details });
    }
    expect(answers).toEqual(Array(2).fill({ code: 'refused_by_policy', details: {} }));
  });

  it('is paid for the dearest where a country has no price', async () => {
    const s = stage({
      allowedCountries: ['US', 'IR', 'DE'],
      limits: { smsPerDay: 100, spend: { perDay: 1, pricePerSms: { US: 0.01, IR: 0.2, default: 0.4 } } },
    });
    expect(await crowd(s, 3, 'DE')).toEqual({ ok: 2, refused_by_policy: 1 });
  });

  it('of 64 requests at once is not exceeded', async () => {
    const s = stage({ limits: { smsPerDay: 1000, spend: { perDay: 1, pricePerSms: { default: 0.03 } } } });
    expect((await crowd(s, 64)).ok).toBe(26);
  });

  it('is not spent on test numbers that send nothing', async () => {
    const testNumbers = { numbers: ['+12015550199'], code: '424242', until: Date.now() + 7 * DAY * 1000 };
    const s = stage({ testNumbers, limits: { smsPerDay: 5, spend: { perDay: 1, pricePerSms: { default: 0.4 } } } });
    for (let sends = 0; sends < 20; sends++) await s.request({ phoneNumber: '+12015550199' });
    expect(await crowd(s, 3)).toEqual({ ok: 2, refused_by_policy: 1 });
  });
});

describe('the budgets of a day are told', () => {
  const marks = (s: Stage, limit: 'smsPerDay' | 'spend'): readonly (readonly [number, number])[] =>
    told(s, 'budget.reached')
      .filter((event) => event.limit === limit)
      .map(({ percent, used }) => [percent, used] as const);

  it('at a half, four fifths and the whole, once each', async () => {
    const s = stage({ limits: { smsPerDay: 20 }, code: { resendAfterSeconds: [0] } });
    const { phoneNumber, device } = await ownerOfLongAgo(s);
    s.events.length = 0;
    await untilRefused(s, sending(s));
    expect(marks(s, 'smsPerDay')).toEqual([
      [50, 10],
      [80, 16],
    ]);
    await untilRefused(
      s,
      sending(
        s,
        () => device,
        () => phoneNumber,
      ),
    );
    expect(marks(s, 'smsPerDay')).toEqual([
      [50, 10],
      [80, 16],
      [100, 20],
    ]);
    expect(told(s, 'budget.reached').at(-1)).toEqual({
      type: 'budget.reached',
      at: s.clock.now(),
      limit: 'smsPerDay',
      percent: 100,
      used: 20,
      max: 20,
    });
    await crowd(s, 20);
    expect(marks(s, 'smsPerDay')).toHaveLength(3);
  });

  it('once each by 64 requests at once', async () => {
    const s = stage({ limits: { smsPerDay: 60, spend: { perDay: 60, pricePerSms: { default: 1 } } } });
    expect((await crowd(s, 64)).ok).toBe(48);
    for (const limit of ['smsPerDay', 'spend'] as const) {
      expect(marks(s, limit)).toEqual([
        [50, 30],
        [80, 48],
      ]);
    }
  });

  it.each([
    [1, 0.05],
    [0.7, 0.01],
    [1.1, 0.05],
    [5, 0.1],
    [3.3, 0.011],
    [100, 0.07],
  ])('once each where money is not a round number: %d at %d', async (perDay, price) => {
    const s = stage({ limits: { smsPerDay: 1_000_000, spend: { perDay, pricePerSms: { default: price } } } });
    const { phoneNumber, device } = await ownerOfLongAgo(s);
    s.events.length = 0;
    for (let waves = 0; waves < 20; waves++) await crowd(s, 64);
    for (let sends = 0; sends < 5; sends++) {
      await s.request({ phoneNumber, client: device }).catch(() => undefined);
      s.clock.advance(300);
    }
    const percents = marks(s, 'spend').map(([percent]) => percent);
    expect(percents.slice(0, 2)).toEqual([50, 80]);
    expect(new Set(percents).size).toBe(percents.length);
  });

  it('anew on another day', async () => {
    const s = stage({ limits: { smsPerDay: 10 } });
    for (let day = 0; day < 3; day++) {
      await crowd(s, 20);
      s.clock.advance(DAY);
    }
    expect(marks(s, 'smsPerDay').map(([percent]) => percent)).toEqual([50, 80, 50, 80, 50, 80]);
  });

  it('and no test number, which sends nothing, takes part', async () => {
    const testNumbers = { numbers: ['+12015550199'], code: '424242', until: Date.now() + 7 * DAY * 1000 };
    const s = stage({ testNumbers, limits: { smsPerDay: 2 } });
    for (let sends = 0; sends < 5; sends++) await s.request({ phoneNumber: '+12015550199' });
    expect(told(s, 'budget.reached')).toEqual([]);
  });
});
