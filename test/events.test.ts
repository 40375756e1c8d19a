import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskPhoneNumber, type PhoneAuthEvent, type PhoneAuthEventType } from '../src/events.ts';
import { type SmsSender, smsError } from '../src/index.ts';
import { failure, type Stage, stage } from './flows/stage.ts';

const password = 'a long enough sentence';
const wrongPassword = 'another sentence';

/** A story, and what it tells, in its order. */
/** Of eleven messages the first ten fail, again and again. */
function tenFailures(): SmsSender {
  let messages = 0;
  return {
    name: 'moody',
    async send() {
      if (messages++ % 11 < 10) throw smsError({ kind: 'retryable' });
    },
  };
}

type Story = readonly [
  name: string,
  told: readonly PhoneAuthEventType[],
  story: (s: Stage) => Promise<unknown>,
  overrides?: Parameters<typeof stage>[0],
];

const STORIES: readonly Story[] = [
  [
    'a message of more than one SMS',
    ['code.requested', 'message.segmented', 'code.sent'],
    (s) => s.request({ locale: 'fa', context: 'x'.repeat(64), purpose: 'verify' }),
  ],
  [
    'a receipt',
    ['code.requested', 'code.sent', 'code.delivery_reported'],
    async (s) => {
      const { challengeId } = await s.request();
      await s.auth.recordDelivery({ challengeId, send: 1, state: 'delivered' });
    },
  ],
  [
    'a sender that failed ten times within a minute, and then did not',
    [
      ...Array.from({ length: 10 }, () => ['code.requested', 'port.failed', 'code.delivery_failed']).flatMap((told, index) =>
        index === 9 ? [...told.slice(0, 2), 'sender.suspended', ...told.slice(2)] : told,
      ),
      ...['code.requested', 'sender.resumed', 'code.sent'],
    ] as PhoneAuthEventType[],
    async (s) => {
      for (let messages = 0; messages < 10; messages++) await failure(s.request(), 'delivery_failed');
      s.clock.advance(30);
      await s.request();
    },
    { sms: tenFailures() },
  ],
  ['a request', ['code.requested', 'code.sent'], (s) => s.request()],
  [
    'a resend',
    ['code.requested', 'code.sent', 'code.requested', 'code.sent'],
    async (s) => {
      const { phoneNumber, challengeId } = await s.request();
      s.clock.advance(30);
      await s.request({ phoneNumber, resendOf: challengeId });
    },
  ],
  [
    'a request that is repeated',
    ['code.requested', 'code.sent'],
    async (s) => {
      const { phoneNumber } = await s.request({ idempotencyKey: 'k' });
      await s.request({ phoneNumber, idempotencyKey: 'k' });
    },
  ],
  ['a decoy', ['code.requested'], (s) => s.request({ purpose: 'login' })],
  [
    'a limit',
    ['code.requested', 'code.sent', 'limit.reached'],
    async (s) => {
      const { phoneNumber } = await s.request();
      await failure(s.request({ phoneNumber }), 'rate_limited');
    },
  ],
  ['a registration', ['code.requested', 'code.sent', 'code.accepted', 'user.registered', 'user.signed_in'], (s) => s.signUp()],
  [
    'a registration without a session',
    ['code.requested', 'code.sent', 'code.accepted', 'user.registered'],
    async (s) => {
      const { challengeId, code } = await s.request();
      await s.auth.registerWithCode({ challengeId, code, session: false, client: s.client });
    },
  ],
  [
    'wrong codes to the end',
    ['code.requested', 'code.sent', ...Array<'code.refused'>(6).fill('code.refused')],
    async (s) => {
      const { challengeId, wrong } = await s.request();
      for (let i = 0; i < 6; i++) await failure(s.auth.loginWithCode({ challengeId, code: wrong, client: s.client }));
    },
  ],
  [
    'a proof that is earned and spent',
    ['code.requested', 'code.sent', 'code.accepted'],
    async (s) => {
      const { challengeId, code } = await s.request({ purpose: 'verify' });
      const { proof } = await s.auth.validateVerificationCode({ challengeId, code, client: s.client });
      await s.auth.consumeProof({ proof, purpose: 'verify' });
    },
  ],
  [
    'a request that the hook refuses',
    ['risk.refused'],
    (s) => failure(s.request(), 'refused_by_policy'),
    { assessRisk: () => ({ challenge: 'captcha' }) },
  ],
  [
    'a budget that is used up',
    ['code.requested', 'budget.reached', 'code.sent', 'code.requested', 'budget.reached', 'budget.reached', 'code.sent', 'limit.reached'],
    async (s) => {
      for (let i = 0; i < 2; i++) await s.request();
      await failure(s.request(), 'rate_limited');
    },
    { limits: { smsPerDay: 2 } },
  ],
  [
    'ten codes to one prefix',
    [...Array.from({ length: 10 }, () => ['code.requested', 'code.sent'] as const).flat(), 'code.conversion'],
    async (s) => {
      for (let i = 0; i < 10; i++) await s.request({ phoneNumber: `+120155501${i}0` });
    },
  ],
];

const AFTER_SIGN_UP: readonly Story[] = [
  [
    'a sign-in on the device that signed up',
    ['code.requested', 'code.sent', 'code.accepted', 'user.signed_in'],
    async (s) => {
      const { phoneNumber, deviceToken } = await signedUp(s);
      await signIn(s, phoneNumber, deviceToken);
    },
  ],
  [
    'a sign-in after three wrong codes',
    [
      'code.requested',
      'code.sent',
      ...Array<'code.refused'>(3).fill('code.refused'),
      'code.accepted',
      'user.signed_in',
      'user.signed_in_after_failures',
    ],
    async (s) => {
      const { phoneNumber, deviceToken } = await signedUp(s);
      const client = { ...s.client, deviceToken };
      const { challengeId, code, wrong } = await s.request({ phoneNumber, client });
      for (let i = 0; i < 3; i++) await failure(s.auth.signInWithCode({ challengeId, code: wrong, client }));
      await s.auth.signInWithCode({ challengeId, code, client });
    },
  ],
  [
    'a sign-in after weeks, on another device',
    ['code.requested', 'code.sent', 'code.accepted', 'user.dormant', 'user.signed_in', 'user.new_device'],
    async (s) => {
      const { phoneNumber } = await signedUp(s);
      s.clock.advance(45 * 86_400);
      await signIn(s, phoneNumber);
    },
  ],
  [
    'refreshes, one of them repeated',
    ['session.refreshed', 'session.refreshed'],
    async (s) => {
      const { refreshToken } = await signedUp(s);
      for (let i = 0; i < 2; i++) await s.auth.refreshSession({ refreshToken, client: s.client });
      expect(s.events.slice(-2)).toMatchObject([{ replayed: false }, { replayed: true }]);
    },
  ],
  [
    'a theft',
    ['session.refreshed', 'session.reuse_detected'],
    async (s) => {
      const { refreshToken } = await signedUp(s);
      await s.auth.refreshSession({ refreshToken, client: s.client });
      s.clock.advance(30);
      await failure(s.auth.refreshSession({ refreshToken, client: s.client }), 'invalid_session');
    },
  ],
  [
    'a sign-out',
    ['session.ended'],
    async (s) => {
      const { refreshToken } = await signedUp(s);
      for (let i = 0; i < 2; i++) await s.auth.endSession({ refreshToken });
    },
  ],
  [
    'a change of number',
    ['code.requested', 'code.sent', 'code.accepted', 'sessions.revoked', 'phone_number.changed'],
    async (s) => {
      const { userId } = await signedUp(s);
      const { challengeId, code } = await s.request({ purpose: 'change-phone-number', userId });
      await s.auth.changePhoneNumber({ userId, challengeId, code, client: s.client });
      await s.auth.drain();
    },
  ],
  [
    'passwords, right and wrong',
    [
      'code.requested',
      'code.sent',
      'code.accepted',
      'sessions.revoked',
      'password.changed',
      'password.refused',
      'user.signed_in',
      'user.new_device',
    ],
    async (s) => {
      const { userId, phoneNumber } = await signedUp(s);
      s.clock.advance(60);
      const { challengeId, code } = await s.request({ purpose: 'verify', phoneNumber });
      const { proof } = await s.auth.validateVerificationCode({ challengeId, code, client: s.client });
      await s.auth.setPassword({ userId, newPassword: password, proof });
      await failure(s.auth.loginWithPassword({ phoneNumber, password: wrongPassword, client: s.client }), 'invalid_credentials');
      await s.auth.loginWithPassword({ phoneNumber, password, client: s.client });
    },
  ],
];

const SIGNED_UP = new WeakMap<Stage, Awaited<ReturnType<Stage['signUp']>>>();

async function signedUp(s: Stage): ReturnType<Stage['signUp']> {
  const known = SIGNED_UP.get(s);
  if (known === undefined) throw new Error('nobody signed up');
  return known;
}

async function signIn(s: Stage, phoneNumber: string, deviceToken?: string): Promise<{ readonly sessionId: string }> {
  const client = { ...s.client, deviceToken };
  const { challengeId, code } = await s.request({ phoneNumber, client });
  return s.auth.signInWithCode({ challengeId, code, client });
}

async function told(story: (s: Stage) => Promise<unknown>, withUser: boolean, overrides: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  const s = stage(overrides);
  if (withUser) SIGNED_UP.set(s, await s.signUp());
  s.tell();
  await story(s);
  return s;
}

describe('events', () => {
  for (const [name, expected, story, overrides] of STORIES) {
    it(`of ${name}`, async () => {
      expect((await told(story, false, overrides)).tell()).toEqual(expected);
    });
  }

  for (const [name, expected, story, overrides] of AFTER_SIGN_UP) {
    it(`of ${name}`, async () => {
      expect((await told(story, true, overrides)).tell()).toEqual(expected);
    });
  }

  it('of a delivery name what failed', async () => {
    const kind = { first: 'retryable', second: 'ambiguous' } as const;
    const code = { first: {}, second: { code: 'E:21-211.x_y' } } as const;
    const sender = (name: 'first' | 'second'): { name: string; send: () => Promise<void> } => ({
      name,
      send: () => Promise.reject(smsError({ kind: kind[name], message: 'to +12015550100', ...code[name] })),
    });
    const s = stage({ sms: [sender('first'), sender('second')] });
    const { details } = await failure(s.auth.requestCode({ phoneNumber: '+12015550123', client: s.client }), 'delivery_failed');
    const facts = { at: s.clock.now(), challengeId: details.challengeId, phoneNumber: '+12015•••0123', purpose: 'sign-in', country: 'US' };
    const failed = { send: 1, channel: 'sms', sender: 'second', kind: 'ambiguous', providerCode: 'E:21-211.x_y' };
    expect(s.events).toEqual([
      { type: 'code.requested', ...facts, resend: false, decoy: false },
      { type: 'port.failed', at: facts.at, port: 'sms:first', verb: 'send', reason: 'Error' },
      { type: 'port.failed', at: facts.at, port: 'sms:second', verb: 'send', reason: 'Error' },
      { type: 'code.delivery_failed', ...facts, ...failed },
    ]);
  });

  it.each([undefined, '', 'not a code', 'x'.repeat(65), 'line\nbreak', 7])(
    'call nothing a code of the provider that is %j',
    async (code) => {
      const sms = () => Promise.reject(Object.assign(smsError({ kind: 'permanent' }), { code }));
      const s = stage({ sms });
      await failure(s.auth.requestCode({ phoneNumber: '+12015550123', client: s.client }), 'delivery_failed');
      expect(s.events.at(-1)).toMatchObject({ type: 'code.delivery_failed', providerCode: null });
    },
  );

  it('of a receipt name the country while the challenge is there, and the sender where it is known', async () => {
    const s = stage();
    const { challengeId } = await s.request();
    const receipt = { send: 1, state: 'delivered' } as const;
    await s.auth.recordDelivery({ ...receipt, challengeId });
    await s.auth.recordDelivery({ ...receipt, challengeId, sender: 'gateway' });
    await s.auth.recordDelivery({ ...receipt, challengeId: 'A'.repeat(38), sender: 'gateway' });
    const told = s.events.filter(({ type }) => type === 'code.delivery_reported');
    expect(told.map((event) => 'sender' in event && 'country' in event && [event.sender, event.country])).toEqual([
      [null, 'US'],
      ['gateway', 'US'],
      ['gateway', null],
    ]);
  });

  it('say everything that their type promises', async () => {
    const s = stage();
    const { userId, sessionId, phoneNumber, refreshToken } = await s.signUp();
    await s.auth.refreshSession({ refreshToken, client: s.client });
    const [requested] = s.events;
    const challengeId = requested?.type === 'code.requested' ? requested.challengeId : '';
    const at = s.clock.now();
    const masked = `${phoneNumber.slice(0, 6)}•••${phoneNumber.slice(-4)}`;
    const facts = { at, challengeId, phoneNumber: masked, purpose: 'sign-in', country: 'US' };
    expect(s.events).toEqual([
      { type: 'code.requested', ...facts, resend: false, decoy: false },
      { type: 'code.sent', ...facts, send: 1, channel: 'sms', sender: 'inbox', providerId: null },
      { type: 'code.accepted', ...facts },
      { type: 'user.registered', at, userId, phoneNumber: masked },
      { type: 'user.signed_in', at, userId, sessionId, amr: ['sms'], ip: s.client.ip, userAgent: 'vitest' },
      { type: 'session.refreshed', at, userId, sessionId, replayed: false },
    ]);
  });

  it('of what the owner should hear say where it came from', async () => {
    const s = stage();
    const { userId, phoneNumber } = await s.signUp();
    const verifiedAt = s.clock.now();
    s.clock.advance(45 * 86_400);
    const { challengeId, code, wrong } = await s.request({ phoneNumber });
    for (let i = 0; i < 4; i++) await failure(s.auth.signInWithCode({ challengeId, code: wrong, client: s.client }));
    s.tell();
    const { sessionId } = await s.auth.signInWithCode({ challengeId, code, client: s.client });
    const at = s.clock.now();
    const facts = { at, userId, sessionId, ip: s.client.ip, userAgent: 'vitest' };
    expect(s.events.slice(-4)).toEqual([
      { type: 'user.dormant', at, userId, phoneNumberVerifiedAt: verifiedAt, allowed: true, challenge: null },
      { type: 'user.signed_in', ...facts, amr: ['sms'] },
      { type: 'user.new_device', ...facts, amr: ['sms'] },
      { type: 'user.signed_in_after_failures', ...facts, failures: 4 },
    ]);
  });

  it('of what is spent and of what comes back say how much', async () => {
    const s = stage({ limits: { smsPerDay: 100, spend: { perDay: 0.5, pricePerSms: { default: 0.025 } } } });
    for (let i = 0; i < 10; i++) {
      const { challengeId, code } = await s.request({ phoneNumber: `+120155501${i}0` });
      if (i === 0) await s.auth.signInWithCode({ challengeId, code, client: s.client });
    }
    const at = s.clock.now();
    expect(s.events.filter(({ type }) => type === 'budget.reached' || type === 'code.conversion')).toEqual([
      { type: 'budget.reached', at, limit: 'spend', percent: 50, used: 0.25, max: 0.5 },
      { type: 'code.conversion', at, by: 'prefix', name: '+1201555', sent: 10, redeemed: 1, windowSeconds: 3600 },
    ]);
  });

  it('of a refused risk say what would help', async () => {
    const s = stage({ assessRisk: () => 'challenge' });
    await failure(s.request({ phoneNumber: '+12015550123' }), 'refused_by_policy');
    const told = { phoneNumber: '+12015•••0123', purpose: 'sign-in', challenge: 'captcha', reason: 'decided', ip: s.client.ip };
    expect(s.events).toEqual([{ type: 'risk.refused', at: s.clock.now(), ...told }]);
  });

  it('never hold a number, a code, a token, a proof or a password', async () => {
    for (const [_, __, story, overrides] of [...STORIES, ...AFTER_SIGN_UP]) {
      const s = await told(
        story,
        AFTER_SIGN_UP.some(([, , one]) => one === story),
        overrides,
      );
      const text = JSON.stringify(s.events);
      const numbers = s.inbox.messages().map((message) => message.to);
      const codes = s.inbox.messages().map((message) => message.code);
      const tokens = SIGNED_UP.get(s);
      const secrets = [...numbers, ...codes.filter((code) => code !== ''), password, wrongPassword];
      for (const secret of [...secrets, ...(tokens === undefined ? [] : [tokens.refreshToken, tokens.accessToken, tokens.deviceToken])]) {
        // digits of a time may look like a code
        expect(text.replace(/"at":[0-9]+/g, '')).not.toContain(secret);
      }
    }
  });
});

/** The closed list: a type that is not here, or one that nothing tells, fails. */
const ALL: Readonly<Record<PhoneAuthEventType, true>> = {
  'code.requested': true,
  'code.sent': true,
  'message.segmented': true,
  'code.delivery_failed': true,
  'code.delivery_reported': true,
  'sender.suspended': true,
  'sender.resumed': true,
  'code.accepted': true,
  'code.refused': true,
  'code.conversion': true,
  'budget.reached': true,
  'risk.refused': true,
  'limit.reached': true,
  'user.registered': true,
  'user.signed_in': true,
  'user.new_device': true,
  'user.signed_in_after_failures': true,
  'user.dormant': true,
  'password.refused': true,
  'password.changed': true,
  'phone_number.changed': true,
  'session.refreshed': true,
  'session.ended': true,
  'sessions.revoked': true,
  'session.reuse_detected': true,
  'port.failed': true,
};

describe('the closed list of events', () => {
  it('is told whole by the stories, and nothing else is', async () => {
    const seen = new Set<string>();
    for (const [_, __, story, overrides] of STORIES) for (const type of (await told(story, false, overrides)).tell()) seen.add(type);
    for (const [_, __, story, overrides] of AFTER_SIGN_UP) for (const type of (await told(story, true, overrides)).tell()) seen.add(type);
    const s = stage({ sms: () => Promise.reject(new Error('down')) });
    await failure(s.auth.requestCode({ phoneNumber: '+12015550123', client: s.client }), 'delivery_failed');
    for (const type of s.tell()) seen.add(type);
    expect([...seen].toSorted()).toEqual(Object.keys(ALL).toSorted());
  });
});

describe('a listener', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['never answers', () => new Promise(() => undefined)],
  ])('that %s changes nothing', async (_, onEvent) => {
    const s = stage({ onEvent: onEvent as (event: PhoneAuthEvent) => void });
    const { refreshToken } = await s.signUp();
    await s.auth.refreshSession({ refreshToken, client: s.client });
    await failure(s.request({ phoneNumber: 'x' }), 'invalid_phone_number');
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('is not needed', async () => {
    await stage({ onEvent: undefined }).signUp();
  });
});

describe('a masked number', () => {
  it.each([
    ['+989121234567', '+98912•••4567'],
    ['+12015550123', '+12015•••0123'],
    ['+1234567890', '+12345•••7890'],
    ['+123456789', '•••89'],
    ['', '•••'],
  ])('of %s is %s', (phoneNumber, masked) => expect(maskPhoneNumber(phoneNumber)).toBe(masked));

  it('never shows the whole', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9][0-9]{6,14}$/), (phoneNumber) => {
        const shown = maskPhoneNumber(phoneNumber).replace(/[^0-9]/g, '').length;
        expect(shown).toBeLessThan(phoneNumber.length - 1);
      }),
    );
  });
});
