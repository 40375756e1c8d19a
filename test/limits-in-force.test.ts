import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPhoneAuthError, type PhoneNumber, type Window } from '../src/index.ts';
import { passwords, type Stage, stage, wrongOf } from './flows/stage.ts';
import { type Asker, type LimitLedger, type Limits, limitLedger } from './limit-ledger.ts';

const DAY = 86_400;
const PASSWORD = 'a long enough sentence';

// in one country two numbers of one block, and one of another; and one of another country
const NUMBERS: readonly string[] = ['+12015550123', '+12015550199', '+12025550123', '+989121234567'];

const ADDRESSES: readonly (readonly [ip: string | null, networks: Asker['networks']])[] = [
  ['203.0.113.7', [['203.0.113.7', 1]]],
  ['::ffff:203.0.113.7', [['203.0.113.7', 1]]],
  [
    '2001:db8:1:1::1',
    [
      ['2001:db8:1:1', 1],
      ['2001:db8:1', 8],
    ],
  ],
  [
    '2001:db8:1:1:9::',
    [
      ['2001:db8:1:1', 1],
      ['2001:db8:1', 8],
    ],
  ],
  [
    '2001:db8:1:2::1',
    [
      ['2001:db8:1:2', 1],
      ['2001:db8:1', 8],
    ],
  ],
  [
    '2001:db8:1:3::1',
    [
      ['2001:db8:1:3', 1],
      ['2001:db8:1', 8],
    ],
  ],
  [null, [['none', 1]]],
  ['nonsense', [['none', 1]]],
];

const window = (max: fc.Arbitrary<number>): fc.Arbitrary<Window> => fc.record({ max, windowSeconds: fc.constantFrom(60, 600, 3600, DAY) });
const windows = fc
  .uniqueArray(window(fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 2, selector: (one) => one.windowSeconds })
  // the longer the roomier, or one would make the other unreachable, and be refused
  .map((list) => {
    const maxima = list.map(({ max }) => max).toSorted((a, b) => a - b);
    return list.toSorted((a, b) => a.windowSeconds - b.windowSeconds).map((one, index) => ({ ...one, max: maxima[index] ?? 1 }));
  });
const roomy: readonly Window[] = [{ max: 30, windowSeconds: DAY }];
// few are narrow at once, so that each has its turn to be the one that refuses
const some = fc.oneof({ arbitrary: fc.constant(roomy), weight: 2 }, windows);
const money = fc.integer({ min: 1, max: 50 }).map((cents) => cents / 100);

const limitOptions: fc.Arbitrary<Limits> = fc.record({
  smsPerDay: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(500)),
  sendsPerNumber: some,
  guessesPerNumber: some,
  passwordsPerNumber: some,
  // below the ladder of passwords, which is another story
  guessesInARow: fc.integer({ min: 1, max: 6 }),
  knownDevice: fc.record({ sendsPerNumber: some, guessesPerNumber: some, passwordsPerNumber: some }),
  sendsPerIp: windows,
  guessesPerIp: windows,
  passwordsPerIp: windows,
  lookupsPerIp: windows,
  sendsPerPrefix: some,
  sendsPerCountry: fc.record({ US: some, IR: some }, { requiredKeys: [] }),
  spend: fc.record({
    perDay: fc.oneof(
      fc.integer({ min: 1, max: 60 }).map((tenths) => tenths / 10),
      fc.constant(500),
    ),
    pricePerSms: fc.record({ US: money, IR: money, default: money }, { requiredKeys: ['default'] }),
  }),
});

const step = fc.record({
  do: fc.constantFrom('send', 'send', 'guess', 'guess', 'guess', 'guess', 'password', 'lookup'),
  number: fc.nat(NUMBERS.length - 1),
  address: fc.nat(ADDRESSES.length - 1),
  isKnown: fc.boolean(),
  isRight: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
  times: fc.integer({ min: 1, max: 5 }),
  thenSeconds: fc.constantFrom(0, 0, 0, 0.001, 59.999, 60, 599, 601, 1800, 3600, 43_200, DAY),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const FLOW = { send: 'send', guess: 'guess', password: 'password', lookup: 'lookup' } as const;

/** Runs the steps, and holds every answer against the ledger. Gives the limits that refused. */
async function live(s: Stage, ledger: LimitLedger, steps: readonly Step[]): Promise<readonly string[]> {
  const refusals: string[] = [];
  const asked = new Map<string, { challengeId: string; code: string }>();
  const tokens: string[] = [];
  for (const phoneNumber of NUMBERS as readonly PhoneNumber[]) {
    const passwordHash = await passwords.hash({ password: PASSWORD });
    const created = await s.storage.users.create({ phoneNumber, profile: {}, passwordHash, now: s.clock.now() });
    if (created.is !== 'created') throw new Error(`${phoneNumber}: ${created.is}`);
    tokens.push((await s.auth.startSession({ userId: created.user.id, client: { ip: null } })).deviceToken);
  }
  const once = async (one: Step): Promise<void> => {
    const phoneNumber = NUMBERS[one.number] ?? '';
    const [ip = null, networks = []] = ADDRESSES[one.address] ?? [];
    const client = { ip, deviceToken: one.isKnown ? tokens[one.number] : undefined };
    const isAmerican = phoneNumber.startsWith('+1');
    const asker = {
      number: phoneNumber,
      prefix: phoneNumber.slice(0, -4),
      country: isAmerican ? 'US' : 'IR',
      isKnown: one.isKnown,
      networks,
    };
    const kind = FLOW[one.do as keyof typeof FLOW];
    const demands = ledger[kind](asker);
    const now = s.clock.now();
    const challenge = asked.get(phoneNumber);
    const call = async (): Promise<void> => {
      if (kind === 'send') {
        const { challengeId } = await s.auth.requestCode({ phoneNumber, client });
        asked.set(phoneNumber, { challengeId, code: s.inbox.lastCode(phoneNumber) ?? '' });
      } else if (kind === 'password') {
        await s.auth.loginWithPassword({ phoneNumber, password: one.isRight ? PASSWORD : 'another sentence', client });
      } else if (kind === 'lookup') {
        await s.auth.getUserStatus({ phoneNumber, client });
      } else if (challenge !== undefined) {
        const { challengeId, code } = challenge;
        await s.auth.loginWithCode({ challengeId, code: one.isRight ? code : wrongOf(code), client });
      }
    };
    if (kind === 'guess' && challenge === undefined) return;
    const answer = await call().then(
      () => ({ is: 'ok' as const }),
      (error: unknown) => ({ is: 'failed' as const, error }),
    );
    if (answer.is === 'ok') {
      // what is right needs room as well
      expect(ledger.unmet(demands, now)).toEqual([]);
      if (kind === 'send' || kind === 'lookup') ledger.note(demands, now);
      if (kind === 'password')
        ledger.note(
          demands.filter(({ limit }) => limit === 'passwordsPerIp'),
          now,
        );
      if (kind === 'guess' || kind === 'password') ledger.forgive(asker, kind === 'password');
      return;
    }
    const { error } = answer;
    if (isPhoneAuthError(error, 'rate_limited', 'refused_by_policy')) {
      const limit = error.code === 'rate_limited' ? error.details.limit : 'spend';
      refusals.push(limit);
      // refused by a window that is full, and by no other reason
      expect(ledger.refusable(demands, now).map((one) => one.limit)).toContain(limit);
    } else if (isPhoneAuthError(error, 'invalid_code')) {
      if (error.details.attemptsLeft !== undefined) ledger.note(demands, now);
    } else if (isPhoneAuthError(error, 'invalid_credentials')) ledger.note(demands, now);
    else if (!isPhoneAuthError(error, 'attempts_exhausted')) throw error;
  };
  for (const one of steps) {
    for (let i = 0; i < one.times; i++) await once(one);
    s.clock.advance(one.thenSeconds);
  }
  return refusals;
}

it('limits that are accepted are enforced: every window, in both lanes, and nothing else', async () => {
  const refused: Record<string, number> = {};
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(limitOptions, fc.array(step, { minLength: 20, maxLength: 60 }), async (limits, steps) => {
      const create = (): Stage =>
        stage({
          limits,
          allowedCountries: ['US', 'IR'],
          code: { length: 8, maxAttempts: 10, ttlSeconds: 3600, resendAfterSeconds: [0] },
          maxGuessProbabilityPerDay: 0.01,
          dormantAfterSeconds: 3650 * DAY,
          onEvent: undefined,
        });
      let s: Stage;
      try {
        s = create();
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return;
      }
      accepted++;
      for (const limit of await live(s, limitLedger(limits), steps)) refused[limit] = (refused[limit] ?? 0) + 1;
    }),
    { numRuns: 120 },
  );
  // the property says something: most were accepted, and every limit had its turn
  expect(accepted).toBeGreaterThan(60);
  expect(Object.keys(refused).toSorted()).toEqual([
    'guessesInARow',
    'guessesPerIp',
    'guessesPerNumber',
    'lookupsPerIp',
    'passwordsPerIp',
    'passwordsPerNumber',
    'sendsPerCountry',
    'sendsPerIp',
    'sendsPerNumber',
    'sendsPerPrefix',
    'smsPerDay',
    'spend',
  ]);
});
