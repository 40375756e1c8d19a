import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inboxSms } from '../adapters/sms/inbox.ts';
import { createPhoneAuth, createPhoneVerification, type PhoneAuthConfig, type Window } from '../src/index.ts';
import { authSettings, verificationSettings } from '../src/settings.ts';
import { passwords } from './flows/stage.ts';
import { create, type Loose, nested, pathsOf, secret, valid } from './refused-paths.ts';

const wrongWindows: readonly unknown[] = [
  3,
  [{ max: 0, windowSeconds: 60 }],
  [{ max: 1 }],
  [{ max: 1, windowSeconds: 0 }],
  [{ max: 1, windowSeconds: 60, more: 1 }],
  [
    { max: 1, windowSeconds: 60 },
    { max: 2, windowSeconds: 60 },
  ],
];

const junk: readonly unknown[] = [null, 'nonsense!', -1, 1.5, Number.NaN, {}, [], true, Symbol('x'), 10n ** 30n];

/** Every option with values that it does not take, beside the junk that no option takes but those listed here. */
const WRONG: Readonly<Record<string, { readonly wrong?: readonly unknown[]; readonly takes?: readonly unknown[] }>> = {
  secret: {
    wrong: [
      '',
      'short',
      'a'.repeat(64),
      randomBytes(31).toString('hex'),
      `${secret}\n`,
      [],
      [secret, 'x'],
      Buffer.alloc(32),
      'ä'.repeat(43),
    ],
  },
  storage: { wrong: [undefined] },
  'storage.challenges': { wrong: [undefined, { issue() {} }] },
  'storage.sessions': { wrong: [undefined, { create() {} }] },
  'storage.users': { wrong: [undefined, { create() {} }] },
  sms: { wrong: [undefined, [], [{}], { name: 'x' }, [inboxSms(), 7]] },
  tokens: { wrong: [undefined, { issueAccessToken() {} }] },
  passwords: { wrong: [{ hash() {} }] },
  appName: { wrong: [undefined, '', 'x'.repeat(31), 'two\nlines', 'see http://x.example', 7], takes: ['nonsense!'] },
  origin: { wrong: ['https://example.com', 'example.com/', 'Example.com', 'example.com:443', '', 'x'.repeat(254), 'a..b'] },
  androidAppHash: { wrong: ['short', 'x'.repeat(12), 'FA+9qCX9VS!'] },
  defaultCountry: { wrong: ['ir', 'IRN', 'XX', 'Iran'] },
  allowedCountries: { wrong: [undefined, [], ['ir'], ['XX'], 'IR', ['IR', 7]] },
  allowedNumberTypes: { wrong: [[], ['mobile'], 'MOBILE'] },
  channels: { wrong: [[], ['email'], 'sms'] },
  binding: { wrong: ['number', 'Challenge'] },
  revealAccounts: { wrong: ['yes', 1], takes: [true] },
  profile: { wrong: [{ '~standard': {} }, () => undefined] },
  claims: { wrong: [{}] },
  canSignIn: { wrong: [true] },
  code: { wrong: ['6'], takes: [{}] },
  'code.length': { wrong: [3, 9, '6'] },
  'code.ttlSeconds': { wrong: [29, 3601, Number.POSITIVE_INFINITY] },
  'code.maxAttempts': { wrong: [0, 11] },
  'code.singleUse': { wrong: ['no', 0], takes: [true] },
  'code.resend': { wrong: ['never'] },
  'code.resendAfterSeconds': { wrong: [30, [-1], [1.5], Array(17).fill(30), [86_401]] },
  session: { takes: [{}] },
  'session.accessTokenSeconds': { wrong: [59, 30 * 86_400 + 1], takes: [30 * 86_400] },
  'session.idleSeconds': { wrong: [59, 3650 * 86_400 + 1] },
  'session.absoluteSeconds': { wrong: [59, 3650 * 86_400 + 1] },
  'session.rotateRefreshToken': { takes: [true] },
  'session.graceSeconds': { wrong: [61] },
  'session.onReuse': { wrong: ['ignore'] },
  'session.checkUserOnRefresh': { takes: [true] },
  'session.maxPerUser': { wrong: [0, 1001] },
  limits: { wrong: [undefined, {}] },
  'limits.smsPerDay': { wrong: [0, undefined, '5', Number.POSITIVE_INFINITY] },
  'limits.sendsPerNumber': { wrong: wrongWindows },
  'limits.guessesPerNumber': { wrong: wrongWindows },
  'limits.passwordsPerNumber': { wrong: wrongWindows },
  'limits.knownDevice': { wrong: [{ guessesInARow: 5 }], takes: [{}] },
  'limits.knownDevice.sendsPerNumber': { wrong: wrongWindows },
  'limits.knownDevice.guessesPerNumber': { wrong: wrongWindows },
  'limits.knownDevice.passwordsPerNumber': { wrong: wrongWindows },
  'limits.sendsPerIp': { wrong: wrongWindows },
  'limits.guessesPerIp': { wrong: wrongWindows },
  'limits.passwordsPerIp': { wrong: wrongWindows },
  'limits.lookupsPerIp': { wrong: wrongWindows },
  'limits.sendsPerPrefix': { wrong: wrongWindows },
  'limits.sendsPerCountry': { wrong: [[{ max: 1, windowSeconds: 60 }], { IR: 5 }], takes: [{}] },
  'limits.sendsPerCountry.IR': { wrong: wrongWindows },
  'limits.spend': {
    wrong: [5, { perDay: 1 }, { pricePerSms: { default: 0.1 } }, { perDay: 1, pricePerSms: { default: 0.1 }, perHour: 1 }],
  },
  'limits.guessesInARow': { wrong: [0, 101] },
  maxGuessProbabilityPerDay: { wrong: [0, 1, 2, '0.1'] },
  testNumbers: { wrong: [{ numbers: 'some', code: '424242', until: 1 }] },
  messages: { wrong: [{ en: { hello: () => '' } }, { en: { login: 'text' } }, { '??': {} }], takes: [{}] },
  locale: { wrong: ['', 'e', 'en_', 'deutsch-'] },
  onEvent: {},
  background: {},
  deadlineSeconds: { takes: [{}] },
  'deadlineSeconds.port': { wrong: [0, 0.009, 301], takes: [1.5] },
  'deadlineSeconds.sms': { wrong: [301], takes: [1.5] },
  'deadlineSeconds.request': { wrong: [301], takes: [1.5] },
  'deadlineSeconds.risk': { wrong: [0, 0.009, 300.1, Number.POSITIVE_INFINITY, '1'], takes: [1.5] },
  assessRisk: { wrong: ['allow', { challenge: 'captcha' }] },
  dormantAfterSeconds: { wrong: [0, 86_399, 3650 * 86_400 + 1, 86_400.5, Number.POSITIVE_INFINITY, '3888000'] },
  onDormantLogin: { wrong: ['deny', Promise.resolve('allow')] },
  now: {},
  random: {},
};

describe('a configuration', () => {
  it('of the least that is needed has the documented defaults', () => {
    const settings = authSettings(valid as unknown as PhoneAuthConfig);
    expect(settings).toMatchObject({
      appName: 'Acme',
      origin: null,
      androidAppHash: null,
      allowedNumberTypes: ['MOBILE', 'FIXED_LINE_OR_MOBILE'],
      channels: ['sms'],
      binding: 'challenge',
      revealAccounts: false,
      code: { length: 6, ttlSeconds: 300, maxAttempts: 5, singleUse: true, resend: 'same' },
      session: {
        accessTokenSeconds: 600,
        idleSeconds: 30 * 86_400,
        absoluteSeconds: 180 * 86_400,
        rotateRefreshToken: true,
        graceSeconds: 30,
        onReuse: 'revoke',
        checkUserOnRefresh: true,
        maxPerUser: 20,
      },
      limits: {
        smsPerDay: 2000,
        sendsPerNumber: [
          { max: 3, windowSeconds: 600 },
          { max: 5, windowSeconds: 3600 },
          { max: 10, windowSeconds: 86_400 },
        ],
        guessesPerNumber: [
          { max: 10, windowSeconds: 3600 },
          { max: 20, windowSeconds: 86_400 },
        ],
        guessesInARow: 100,
        passwordsPerNumber: [{ max: 10, windowSeconds: 3600 }],
        knownDevice: {
          sendsPerNumber: [{ max: 5, windowSeconds: 86_400 }],
          guessesPerNumber: [{ max: 10, windowSeconds: 86_400 }],
          passwordsPerNumber: [{ max: 10, windowSeconds: 3600 }],
        },
        sendsPerIp: [
          { max: 60, windowSeconds: 3600 },
          { max: 400, windowSeconds: 86_400 },
        ],
        guessesPerIp: [{ max: 60, windowSeconds: 3600 }],
        passwordsPerIp: [{ max: 100, windowSeconds: 3600 }],
        lookupsPerIp: [{ max: 100, windowSeconds: 3600 }],
        sendsPerPrefix: [{ max: 30, windowSeconds: 3600 }],
        sendsPerCountry: {},
        spend: null,
        resendAfterSeconds: [30, 60, 120, 300],
      },
      dormantAfterSeconds: 45 * 86_400,
      maxGuessProbabilityPerDay: 0.0005,
      testNumbers: null,
      locale: 'en',
      deadlineSeconds: { port: 5, sms: 8, request: 10, risk: 1 },
    });
  });

  it.each(Object.entries(WRONG))('names %s when it is wrong', (path, { wrong = [], takes = [] }) => {
    const values = [...wrong, ...junk.filter((value) => !takes.some((one) => JSON.stringify(one, big) === JSON.stringify(value, big)))];
    for (const value of values) {
      const paths = pathsOf(() => create(nested(path, value)));
      expect(paths.length, `${path} = ${String(JSON.stringify(value, big))}`).toBeGreaterThan(0);
      for (const named of paths) expect(named).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}(\\.|$)`));
    }
  });

  it('takes undefined for everything that is optional', () => {
    const required = ['secret', 'storage', 'sms', 'tokens', 'appName', 'allowedCountries', 'limits', 'limits.smsPerDay'];
    const optional = Object.keys(WRONG).filter((path) => !required.includes(path) && !/^storage\.|^limits\.sendsPerCountry\./.test(path));
    for (const path of optional) {
      expect(
        pathsOf(() => create(nested(path, undefined))),
        path,
      ).toEqual([]);
    }
  });

  it.each(['sendr', 'secrets', 'code.digits', 'session.ttl', 'limits.sendsPerIP', 'deadlineSeconds.http', 'otp', 'limits.sendsPerNumber'])(
    'names the unknown or misspelt option %s, and only it',
    (path) => {
      if (path === 'limits.sendsPerNumber') {
        const windows = [{ max: 1, windowSeconds: 60, window: 60 }];
        expect(pathsOf(() => create(nested(path, windows)))).toEqual(['limits.sendsPerNumber.0.window']);
        return;
      }
      expect(pathsOf(() => create(nested(path, 1)))).toEqual([path]);
    },
  );

  it('names everything that is wrong at once', () => {
    const paths = pathsOf(() => create({ secret: 'x', appName: '', code: { length: 9, digits: 1 }, origins: [] }));
    expect(paths.toSorted()).toEqual(['appName', 'code.digits', 'code.length', 'origins', 'secret']);
  });

  it('that is none at all is refused', () => {
    for (const config of [undefined, null, 7, 'x', []]) {
      expect(pathsOf(() => createPhoneAuth(config as unknown as PhoneAuthConfig)).length).toBeGreaterThan(0);
      expect(pathsOf(() => createPhoneVerification(config as unknown as PhoneAuthConfig)).length).toBeGreaterThan(0);
    }
  });

  it('of a verification knows no accounts', () => {
    const { tokens: _, ...config } = valid;
    expect(verificationSettings(config).revealAccounts).toBe(false);
    for (const key of [
      'tokens',
      'passwords',
      'revealAccounts',
      'profile',
      'claims',
      'canSignIn',
      'session',
      'dormantAfterSeconds',
      'onDormantLogin',
    ]) {
      expect(pathsOf(() => createPhoneVerification({ ...config, [key]: valid.tokens } as typeof config))).toEqual([key]);
    }
    expect(pathsOf(() => createPhoneVerification({ ...config, storage: { challenges: valid.storage.challenges } }))).toEqual([]);
  });

  it('with passwords needs a user store that keeps them', () => {
    const { passwordHashOf: _, setPasswordHash: __, ...users } = valid.storage.users;
    const storage = { ...valid.storage, users, joined: undefined };
    expect(pathsOf(() => create({ storage }))).toEqual([]);
    expect(pathsOf(() => create({ storage, passwords }))).toEqual(['storage.users.passwordHashOf', 'storage.users.setPasswordHash']);
  });

  it.each([
    ['a session that idles for longer than it lives', { session: { idleSeconds: 7200, absoluteSeconds: 3600 } }, 'session.idleSeconds'],
    ['an Android hash without an origin', { androidAppHash: 'FA+9qCX9VSu' }, 'androidAppHash'],
    ['a fixed code of another length', { testNumbers: { numbers: [], code: '4242', until: 1 } }, 'testNumbers.code'],
    [
      'all numbers as test numbers beside a sender that delivers',
      { sms: [inboxSms(), async () => {}], testNumbers: { numbers: 'all', code: '424242', until: 1 } },
      'testNumbers.numbers',
    ],
    ['test numbers that are no E.164', { testNumbers: { numbers: ['0912'], code: '424242', until: 1 } }, 'testNumbers.numbers.0'],
    ['a fixed code that is no code', { testNumbers: { numbers: [], code: 'abcdef', until: 1 } }, 'testNumbers.code'],
    ['test numbers for ever', { testNumbers: { numbers: [], code: '424242', until: Number.POSITIVE_INFINITY } }, 'testNumbers.until'],
    ['test numbers with more', { testNumbers: { numbers: [], code: '424242', until: 1, number: 1 } }, 'testNumbers.number'],
  ])('with %s is refused', (_, overrides, path) => {
    expect(pathsOf(() => create(overrides))).toEqual([path]);
  });

  it('may have all numbers as test numbers where nothing is delivered', () => {
    const testNumbers = { numbers: 'all', code: '424242', until: 1 };
    expect(pathsOf(() => create({ testNumbers }))).toEqual([]);
    expect(pathsOf(() => create({ testNumbers, sms: { ...inboxSms(), delivers: undefined } }))).toEqual(['testNumbers.numbers']);
  });

  it('that lets too many guesses through is refused, saying which numbers to change', () => {
    const refused = (overrides: Loose): boolean => pathsOf(() => create(overrides)).includes('limits.guessesPerNumber');
    expect(refused({ code: { length: 4 } })).toBe(true);
    expect(refused({ code: { length: 5 } })).toBe(false);
    expect(refused({ code: { length: 4 }, maxGuessProbabilityPerDay: 0.01 })).toBe(false);
    const limits = (guessesPerNumber: Window, ofKnownDevices?: Window): Loose => ({
      limits: {
        smsPerDay: 1,
        guessesPerNumber: [guessesPerNumber],
        ...(ofKnownDevices === undefined ? {} : { knownDevice: { guessesPerNumber: [ofKnownDevices] } }),
      },
    });
    expect(refused(limits({ max: 10, windowSeconds: 60 }))).toBe(true);
    // known devices may guess ten times beside that
    expect(refused(limits({ max: 490, windowSeconds: 86_400 }))).toBe(true);
    expect(refused(limits({ max: 489, windowSeconds: 86_400 }))).toBe(false);
    expect(refused(limits({ max: 1, windowSeconds: 86_400 }, { max: 499, windowSeconds: 86_400 }))).toBe(true);
    expect(refused(limits({ max: 1, windowSeconds: 86_400 }, { max: 498, windowSeconds: 86_400 }))).toBe(false);
    const message = (): unknown => create({ code: { length: 4 } });
    expect(message).toThrow(/code\.length/);
    expect(message).toThrow(/maxGuessProbabilityPerDay/);
    expect(message).toThrow(/limits\.knownDevice\.guessesPerNumber/);
  });
});

describe('a secret', () => {
  it.each(['hex', 'base64', 'base64url'] as const)('may be written as %s', (encoding) => {
    for (const bytes of [32, 33, 48, 64]) expect(pathsOf(() => create({ secret: randomBytes(bytes).toString(encoding) }))).toEqual([]);
    expect(pathsOf(() => create({ secret: randomBytes(32).toString('hex').toUpperCase() }))).toEqual([]);
  });

  it('may be one of several', () => {
    expect(pathsOf(() => create({ secret: [secret, randomBytes(32).toString('hex')] }))).toEqual([]);
  });

  it('never stands in an error', () => {
    const almost = randomBytes(31).toString('hex');
    expect(() => create({ secret: almost })).toThrow(TypeError);
    expect(() => create({ secret: almost })).not.toThrow(new RegExp(almost));
  });
});

describe('whatever is configured', () => {
  it('is taken, or refused by one TypeError', () => {
    const value = fc.anything({ maxDepth: 2, withBigInt: true, withDate: true });
    const paths = fc.constantFrom(...Object.keys(WRONG));
    fc.assert(
      fc.property(fc.array(fc.tuple(paths, value), { minLength: 1, maxLength: 3 }), (changes) => {
        const overrides = Object.assign({}, ...changes.map(([path, some]) => nested(path, some)));
        // throws anything else: the test fails
        pathsOf(() => create(overrides));
      }),
      { numRuns: 1000 },
    );
  });
});

function big(_: string, value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol' || Number.isNaN(value)) return String(value);
  return value;
}
