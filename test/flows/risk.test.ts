import { describe, expect, it } from 'vitest';
import type { AssessRisk, Client, PhoneAuthEvent, RiskDecision, RiskRequest } from '../../src/index.ts';
import { createPhoneVerification } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Stage, stage } from './stage.ts';
import { owner, sending, signInByCode, stranger, untilRefused } from './strangers.ts';

const DAY = 86_400;

type Overrides = NonNullable<Parameters<typeof stage>[0]>;

/** A stage whose hook writes down what it is asked. */
function asked(decide: (request: RiskRequest) => unknown, overrides: Overrides = {}): { s: Stage; requests: RiskRequest[] } {
  const requests: RiskRequest[] = [];
  const assessRisk: AssessRisk = (request) => {
    requests.push(request);
    return decide(request) as RiskDecision;
  };
  return { s: stage({ assessRisk, deadlineSeconds: { port: 0.5, sms: 0.5, risk: 0.05 }, ...overrides }), requests };
}

function refusals(s: Stage): readonly PhoneAuthEvent[] {
  return s.events.filter(({ type }) => type === 'risk.refused');
}

describe('what the hook is told', () => {
  it('is who asks for what, with the address in its one spelling', async () => {
    const { s, requests } = asked(() => 'allow');
    const phoneNumber = nextPhoneNumber('IR');
    await s.request({
      phoneNumber: phoneNumber.replace('+98', '0098 '),
      purpose: 'verify',
      captchaToken: 'solved',
      client: { ip: '[::FFFF:203.0.113.7]:443', userAgent: 'Mozilla' },
    });
    expect(requests).toEqual([
      {
        phoneNumber,
        country: 'IR',
        purpose: 'verify',
        channel: 'sms',
        isKnownDevice: false,
        ip: '203.0.113.7',
        userAgent: 'Mozilla',
        captchaToken: 'solved',
      },
    ]);
  });

  it('is null where nothing is known', async () => {
    const { s, requests } = asked(() => 'allow');
    for (const ip of [null, 'no address']) await s.request({ client: { ip } });
    const nothing = { ip: null, userAgent: null, captchaToken: null, isKnownDevice: false, purpose: 'sign-in' };
    expect(requests).toMatchObject([nothing, nothing]);
  });

  it('says whether the device is known to this number', async () => {
    const { s, requests } = asked(() => 'allow');
    const { phoneNumber, device } = await owner(s);
    requests.length = 0;
    await s.request({ phoneNumber, client: device });
    await s.request({ client: device });
    expect(requests.map(({ isKnownDevice }) => isKnownDevice)).toEqual([true, false]);
  });

  it('is the number of the user, for a step-up, and the channel that was chosen', async () => {
    const { s, requests } = asked(() => 'allow', { channels: ['sms', 'voice'] });
    const { phoneNumber, userId } = await owner(s);
    requests.length = 0;
    await s.request({ purpose: 'step-up', userId, context: 'Pay 5', channel: 'voice' });
    expect(requests).toMatchObject([{ phoneNumber, purpose: 'step-up', channel: 'voice' }]);
  });

  it('comes with every send, resends too', async () => {
    const { s, requests } = asked(() => 'allow');
    const { challengeId, phoneNumber } = await s.request();
    s.clock.advance(30);
    await s.request({ phoneNumber, resendOf: challengeId, captchaToken: 'again' });
    expect(requests.map(({ captchaToken }) => captchaToken)).toEqual([null, 'again']);
  });

  it('cannot be a captcha of any length', async () => {
    const { s, requests } = asked(() => 'allow');
    await s.request({ captchaToken: 'x'.repeat(8192) });
    for (const captchaToken of ['x'.repeat(8193), '', 7, {}]) {
      const { details } = await failure(s.request({ captchaToken: captchaToken as string }), 'invalid_input');
      expect(details.issues[0]?.path).toBe('captchaToken');
    }
    expect(requests).toHaveLength(1);
  });
});

describe('a decision', () => {
  it.each<[RiskDecision, object]>([
    ['deny', {}],
    ['challenge', { challenge: 'captcha' }],
    [{ challenge: 'turnstile' }, { challenge: 'turnstile' }],
    [{ challenge: 'x-1.2_y' }, { challenge: 'x-1.2_y' }],
  ])('%j is refused_by_policy, for known devices too', async (decision, details) => {
    let decide: () => RiskDecision = () => 'allow';
    const { s } = asked(() => decide());
    const { phoneNumber, device } = await owner(s);
    decide = () => decision;
    for (const client of [device, stranger()]) {
      s.tell();
      s.trips();
      const refused = await failure(s.request({ phoneNumber, client }), 'refused_by_policy');
      expect(refused).toMatchObject({ details, status: 403, headers: {} });
      expect(s.trips()).toEqual([]);
      expect(s.tell()).toEqual(['risk.refused']);
    }
    expect(refusals(s)[0]).toEqual({
      type: 'risk.refused',
      at: s.clock.now(),
      phoneNumber: `${phoneNumber.slice(0, 6)}•••${phoneNumber.slice(-4)}`,
      purpose: 'sign-in',
      challenge: 'challenge' in details ? details.challenge : null,
      reason: 'decided',
      ip: s.client.ip,
    });
    expect(s.inbox.messages()).toHaveLength(1);
  });

  it('may take its time, up to the deadline', async () => {
    const { s } = asked(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return 'allow';
    });
    await s.request();
  });

  it('that waits for a captcha lets the same request pass with one', async () => {
    const { s } = asked(({ captchaToken }) => (captchaToken === 'right' ? 'allow' : { challenge: 'captcha' }));
    const phoneNumber = nextPhoneNumber();
    expect((await failure(s.request({ phoneNumber }), 'refused_by_policy')).details).toEqual({ challenge: 'captcha' });
    expect((await s.request({ phoneNumber, captchaToken: 'right' })).resendInSeconds).toBe(30);
  });

  it('is made before anything is charged: a thousand refusals leave every budget whole', async () => {
    let isOpen = false;
    const limits = { smsPerDay: 10, sendsPerIp: [{ max: 3, windowSeconds: 3600 }] };
    const { s } = asked(() => (isOpen ? 'allow' : 'deny'), { limits });
    const phoneNumber = nextPhoneNumber();
    const calls = Array.from({ length: 1000 }, () => s.auth.requestCode({ phoneNumber, client: s.client }));
    expect(await outcomes(calls)).toEqual({ refused_by_policy: 1000 });
    expect(s.trips()).toEqual([]);
    isOpen = true;
    expect((await s.request({ phoneNumber })).resendInSeconds).toBe(30);
    expect(
      (
        await untilRefused(
          s,
          sending(s, () => s.client),
        )
      ).passed,
    ).toBe(2);
    expect((await untilRefused(s, sending(s))).passed).toBe(5);
  });

  it('is asked for alike for known and unknown numbers, before anybody is looked up', async () => {
    for (const revealAccounts of [false, true]) {
      let decide: () => RiskDecision = () => 'allow';
      const { s, requests } = asked(() => decide(), { revealAccounts });
      const { phoneNumber } = await owner(s);
      decide = () => ({ challenge: 'captcha' });
      for (const purpose of ['login', 'register', 'reset-password', 'sign-in', 'verify'] as const) {
        const answers = [];
        for (const number of [phoneNumber, nextPhoneNumber()]) {
          requests.length = 0;
          s.trips();
          const { code, details, headers } = await failure(s.request({ phoneNumber: number, purpose, client: stranger() }));
          answers.push({ code, details, headers, trips: s.trips(), asked: requests.length });
        }
        expect(answers[1]).toEqual(answers[0]);
        expect(answers[0]).toMatchObject({ code: 'refused_by_policy', trips: [], asked: 1 });
      }
    }
  });

  it('is not asked for numbers that cannot be used', async () => {
    const { s, requests } = asked(() => 'allow', { allowedCountries: ['IR'] });
    await failure(s.request({ phoneNumber: '+12015550123' }), 'invalid_phone_number');
    await failure(s.request({ phoneNumber: 'x' }), 'invalid_phone_number');
    expect(requests).toEqual([]);
  });

  it('is asked by a verification too', async () => {
    const { config, storage, inbox } = stage();
    const { requestCode } = createPhoneVerification({
      secret: config.secret,
      storage: { challenges: storage.challenges },
      sms: inbox,
      appName: 'Test',
      allowedCountries: 'all',
      limits: { smsPerDay: 10 },
      assessRisk: () => 'deny',
    });
    await failure(requestCode({ phoneNumber: nextPhoneNumber(), purpose: 'verify', client: stranger() }), 'refused_by_policy');
  });
});

describe('a test number', () => {
  const numbers = ['+12015550199'];
  const testNumbers = { numbers, code: '424242', until: Date.now() + 7 * DAY * 1000 };

  it('that sends nothing is nothing to ask about', async () => {
    const { s, requests } = asked(() => 'deny', { testNumbers });
    for (const purpose of ['sign-in', 'login', 'register', 'verify'] as const) {
      await s.request({ phoneNumber: '+12015550199', purpose });
      s.clock.advance(600);
    }
    expect(requests).toEqual([]);
  });

  it('is asked about where its message leaves', async () => {
    const { s } = asked(() => 'deny', { testNumbers: { ...testNumbers, send: true } });
    await failure(s.request({ phoneNumber: '+12015550199' }), 'refused_by_policy');
    const { s: other } = asked(() => 'deny', { testNumbers });
    await failure(other.request({ phoneNumber: '+12015550199', purpose: 'reset-password' }), 'refused_by_policy');
  });
});

describe('a hook that', () => {
  const broken: readonly (readonly [string, () => unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise(() => undefined)],
    [
      'throws nothing',
      () => {
        throw undefined;
      },
    ],
    ...[
      undefined,
      null,
      7,
      true,
      '',
      'ALLOW',
      'allow ',
      'yes',
      {},
      [],
      { challenge: 7 },
      { challenge: '' },
      { challenge: null },
      { challenge: '<b>' },
      { challenge: 'a b' },
      { challenge: 'line\nbreak' },
      { challenge: 'x'.repeat(65) },
      { allow: true },
      () => 'allow',
    ].map((given) => [`gives ${typeof given === 'function' ? 'a function' : JSON.stringify(given)}`, () => given] as const),
    [
      'gives what throws when read',
      () => ({
        get challenge() {
          throw new Error('no');
        },
      }),
    ],
  ];

  it.each(broken)('%s refuses unknown devices and lets known ones pass', async (_, decide) => {
    let isBroken = false;
    const { s } = asked(() => (isBroken ? decide() : 'allow'));
    const { phoneNumber, device } = await owner(s);
    isBroken = true;
    s.tell();
    s.trips();
    s.inbox.clear();
    const unknown = s.request({ phoneNumber, client: stranger() });
    expect((await failure(unknown, 'refused_by_policy')).details).toEqual({});
    expect(s.trips()).toEqual([]);
    expect(s.tell()).toEqual(['port.failed', 'risk.refused']);
    expect(s.events.at(-2)).toMatchObject({ type: 'port.failed', verb: 'assessRisk' });
    expect(s.events.at(-1)).toMatchObject({ reason: 'failed', challenge: null });
    expect(s.inbox.messages()).toEqual([]);

    await signInByCode(s, phoneNumber, device);
    expect(s.tell()).toContain('port.failed');
    expect(refusals(s)).toHaveLength(1);
    isBroken = false;
    // nothing was counted for whoever was refused
    expect((await s.request({ phoneNumber, client: stranger() })).resendInSeconds).toBe(30);
  });

  it('hangs is waited for no longer than its deadline', async () => {
    const { s } = asked(() => new Promise(() => undefined));
    const startedAt = performance.now();
    await failure(s.request(), 'refused_by_policy');
    const elapsed = performance.now() - startedAt;
    expect(elapsed).toBeGreaterThan(40);
    expect(elapsed).toBeLessThan(1000);
    expect(s.events.find(({ type }) => type === 'port.failed')).toMatchObject({ verb: 'assessRisk', reason: 'DeadlineError' });
  });

  it('answers after its deadline changes nothing any more', async () => {
    const { s } = asked(() => new Promise((resolve) => setTimeout(() => resolve('allow'), 100)));
    await failure(s.request(), 'refused_by_policy');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(s.inbox.messages()).toEqual([]);
  });

  it('hangs for a thousand strangers holds up no other hook', async () => {
    const { s } = asked(({ isKnownDevice }) => (isKnownDevice ? 'allow' : new Promise(() => undefined)), {
      canSignIn: () => true,
      claims: () => ({}),
    });
    const { auth } = s;
    const plain = s.beside({ assessRisk: undefined });
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = await plain.requestCode({ phoneNumber, client: s.client });
    const ask = (client: Client): Promise<unknown> => auth.requestCode({ phoneNumber: nextPhoneNumber(), client });
    expect(await outcomes(Array.from({ length: 1100 }, () => ask(stranger())))).toEqual({ refused_by_policy: 1100 });
    await failure(ask(stranger()), 'refused_by_policy');
    const code = s.inbox.lastCode(phoneNumber) ?? '';
    await auth.signInWithCode({ challengeId, code, client: s.client });
  });
});
