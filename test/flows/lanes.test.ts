import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Stage, stage } from './stage.ts';
import {
  blockOf,
  guessing,
  guessingPasswords,
  type Owner,
  owner,
  type Refusal,
  sending,
  signInByCode,
  signInByPassword,
  stranger,
  untilRefused,
} from './strangers.ts';

const HOUR = 3600;
const DAY = 86_400;

type Overrides = NonNullable<Parameters<typeof stage>[0]>;

/** One way of a stranger to use something up that an owner needs. */
interface Attack {
  readonly name: string;
  readonly overrides?: Overrides;
  /** The address of the owner, which the stranger may share. */
  readonly ip?: string | null;
  readonly wears: (s: Stage, victim: Owner) => Promise<Refusal>;
  readonly refusedBy: string;
}

const sharing = ({ device }: Owner): (() => Client) => {
  return () => ({ ip: device.ip });
};

const attacks: readonly Attack[] = [
  {
    name: 'the sends of the number',
    wears: (s, { phoneNumber }) =>
      untilRefused(
        s,
        sending(s, stranger, () => phoneNumber),
        2 * HOUR,
      ),
    refusedBy: 'sendsPerNumber',
  },
  {
    name: 'the guesses of the number',
    wears: (s, { phoneNumber }) => untilRefused(s, guessing(s, phoneNumber), 2 * HOUR),
    refusedBy: 'guessesPerNumber',
  },
  {
    name: 'a hundred guesses in a row',
    wears: (s, { phoneNumber }) => untilRefused(s, guessing(s, phoneNumber), DAY),
    refusedBy: 'guessesInARow',
  },
  {
    name: 'the passwords of the number',
    wears: (s, { phoneNumber }) =>
      untilRefused(
        s,
        guessingPasswords(s, () => phoneNumber),
      ),
    refusedBy: 'passwordsPerNumber',
  },
  ...['198.51.100.7', '2001:db8:1:2::7', null].flatMap((ip): Attack[] => [
    {
      name: `the sends of the address ${ip}`,
      ip,
      wears: (s, victim) => untilRefused(s, sending(s, sharing(victim))),
      refusedBy: 'sendsPerIp',
    },
    {
      name: `the guesses of the address ${ip}`,
      ip,
      wears: (s, victim) =>
        untilRefused(s, async () => {
          const { challengeId, wrong } = await s.request({ client: stranger() });
          const guess = s.auth.signInWithCode({ challengeId, code: wrong, client: sharing(victim)() });
          const error = await failure(guess);
          if (error.code !== 'invalid_code') throw error;
        }),
      refusedBy: 'guessesPerIp',
    },
    {
      name: `the passwords of the address ${ip}`,
      ip,
      wears: (s, victim) => untilRefused(s, guessingPasswords(s, nextPhoneNumber, sharing(victim))),
      refusedBy: 'passwordsPerIp',
    },
    {
      name: `the lookups of the address ${ip}`,
      ip,
      overrides: { revealAccounts: true },
      wears: (s, victim) => untilRefused(s, () => s.auth.getUserStatus({ phoneNumber: nextPhoneNumber(), client: sharing(victim)() })),
      refusedBy: 'lookupsPerIp',
    },
  ]),
  {
    name: 'the prefix',
    wears: (s, { phoneNumber }) => untilRefused(s, sending(s, stranger, blockOf(phoneNumber))),
    refusedBy: 'sendsPerPrefix',
  },
  {
    name: 'four fifths of the country',
    overrides: { limits: { smsPerDay: 10_000, sendsPerCountry: { US: [{ max: 50, windowSeconds: DAY }] } } },
    wears: (s) => untilRefused(s, sending(s)),
    refusedBy: 'sendsPerCountry',
  },
  {
    name: 'four fifths of the day',
    overrides: { limits: { smsPerDay: 50 } },
    wears: (s) => untilRefused(s, sending(s)),
    refusedBy: 'smsPerDay',
  },
  {
    name: 'four fifths of the money',
    overrides: { limits: { smsPerDay: 10_000, spend: { perDay: 5, pricePerSms: { default: 0.1 } } } },
    wears: async (s) => {
      for (let passed = 0; ; passed++) {
        try {
          await s.request({ client: stranger() });
        } catch (error) {
          await failure(Promise.reject(error), 'refused_by_policy');
          return { limit: 'spend', retryAfterSeconds: DAY, passed };
        }
      }
    },
    refusedBy: 'spend',
  },
];

describe('an owner on a known device', () => {
  it.each(attacks)('signs in at the first try though a stranger used up $name', async ({ overrides, ip, wears, refusedBy }) => {
    const s = stage({ limits: { smsPerDay: 10_000 }, ...overrides });
    const victim = await owner(s, ip);
    const { limit } = await wears(s, victim);
    expect(limit).toBe(refusedBy);
    await signInByCode(s, victim.phoneNumber, victim.device);
    await signInByPassword(s, victim.phoneNumber, victim.device);
  });

  it('signs in at any moment of an attack on everything at once', async () => {
    const limits = {
      smsPerDay: 500,
      sendsPerCountry: { US: [{ max: 500, windowSeconds: DAY }] },
      spend: { perDay: 10, pricePerSms: { default: 0.02 } },
    };
    const s = stage({ limits });
    const victim = await owner(s, null);
    const { phoneNumber, device } = victim;
    const nobody = (): Client => ({ ip: null });
    const waves = [
      () => untilRefused(s, guessing(s, phoneNumber, nobody)),
      () =>
        untilRefused(
          s,
          sending(s, nobody, () => phoneNumber),
        ),
      () =>
        untilRefused(
          s,
          guessingPasswords(s, () => phoneNumber, nobody),
        ),
      () => untilRefused(s, guessingPasswords(s, nextPhoneNumber, nobody)),
      () => untilRefused(s, sending(s, nobody)),
      () => untilRefused(s, sending(s, stranger, blockOf(phoneNumber))),
      () =>
        untilRefused(
          s,
          sending(s, stranger, () => nextPhoneNumber()),
        ),
    ];
    for (let hour = 0; hour < 48; hour++) {
      for (const wave of waves) await wave().catch((error: unknown) => failure(Promise.reject(error), 'refused_by_policy'));
      await signInByPassword(s, phoneNumber, device);
      // five codes a day are the lane's own
      if (hour % 6 === 0) await signInByCode(s, phoneNumber, device);
      s.clock.advance(HOUR);
    }
  });

  it.each([null, '198.51.100.9'])('asks for a code from an address (%s) that used up what a stranger may ask there', async (ip) => {
    const s = stage({ revealAccounts: true, limits: { smsPerDay: 1000, lookupsPerIp: [{ max: 3, windowSeconds: HOUR }] } });
    const { phoneNumber, device } = await owner(s, ip);
    await untilRefused(s, () => s.auth.getUserStatus({ phoneNumber: nextPhoneNumber(), client: { ip } }));
    await failure(s.request({ phoneNumber, purpose: 'login', client: { ip } }), 'rate_limited');
    for (const purpose of ['login', 'reset-password'] as const) {
      await s.request({ phoneNumber, purpose, client: device });
      s.clock.advance(60);
    }
  });
});

describe('an owner on a device that nobody knows', () => {
  it('waits, and the ways out are the password, the known device and support', async () => {
    const s = stage();
    const { phoneNumber, device } = await owner(s);
    await untilRefused(s, guessing(s, phoneNumber), 2 * HOUR);
    await untilRefused(
      s,
      sending(s, stranger, () => phoneNumber),
      2 * HOUR,
    );
    const asks = (): Promise<unknown> => signInByCode(s, phoneNumber, stranger());
    const { details } = await failure(asks(), 'rate_limited');
    expect(details.retryAfterSeconds).toBeGreaterThan(12 * HOUR);

    await signInByPassword(s, phoneNumber, stranger());
    await signInByCode(s, phoneNumber, device);
    // neither forgives what was sent or guessed in the day: a stranger would start anew with every sign-in of the owner
    await failure(asks(), 'rate_limited');
    await s.auth.unlockPhoneNumber({ phoneNumber });
    await asks();
  });

  it('has the same as everybody after a day', async () => {
    const s = stage();
    const { phoneNumber } = await owner(s);
    await untilRefused(s, guessing(s, phoneNumber), 2 * HOUR);
    s.clock.advance(DAY);
    await signInByCode(s, phoneNumber, stranger());
  });
});

describe('a hundred wrong codes in a row', () => {
  async function closed(): Promise<{ s: Stage; victim: Owner }> {
    const s = stage();
    const victim = await owner(s);
    const row = untilRefused(s, guessing(s, victim.phoneNumber), DAY);
    expect(await row).toEqual({ limit: 'guessesInARow', retryAfterSeconds: DAY, passed: 100 });
    s.clock.advance(30 * DAY);
    const { challengeId, code } = await s.request({ phoneNumber: victim.phoneNumber, client: stranger() });
    const late = s.auth.signInWithCode({ challengeId, code, client: stranger() });
    expect((await failure(late, 'rate_limited')).details.limit).toBe('guessesInARow');
    s.clock.advance(HOUR);
    return { s, victim };
  }

  const openings: readonly (readonly [string, (s: Stage, victim: Owner) => Promise<unknown>])[] = [
    ['a code on a known device', (s, { phoneNumber, device }) => signInByCode(s, phoneNumber, device)],
    ['the password on a known device', (s, { phoneNumber, device }) => signInByPassword(s, phoneNumber, device)],
    ['the password on an unknown device', (s, { phoneNumber }) => signInByPassword(s, phoneNumber, stranger())],
    ['support', (s, { phoneNumber }) => s.auth.unlockPhoneNumber({ phoneNumber })],
  ];

  it.each(openings)('close the number for unknown devices until %s opens it', async (_, opens) => {
    const { s, victim } = await closed();
    await opens(s, victim);
    await signInByCode(s, victim.phoneNumber, stranger());
  });

  it('stay a hundred when somebody else signs in', async () => {
    const { s, victim } = await closed();
    const { phoneNumber, device } = await owner(s);
    await signInByCode(s, phoneNumber, device);
    await failure(signInByCode(s, victim.phoneNumber, device), 'rate_limited');
  });
});

describe('the known lane', () => {
  it('has 5 sends of its own, and leaves the others theirs', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const { phoneNumber, device } = await owner(s);
    const own = await untilRefused(
      s,
      sending(
        s,
        () => device,
        () => phoneNumber,
      ),
    );
    expect(own).toEqual({ limit: 'sendsPerNumber', retryAfterSeconds: DAY, passed: 5 });
    expect(
      (
        await untilRefused(
          s,
          sending(s, stranger, () => phoneNumber),
          2 * HOUR,
        )
      ).passed,
    ).toBe(10);
  });

  it('has 10 guesses of its own, and leaves the others theirs', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const { phoneNumber, device } = await owner(s);
    const own = await untilRefused(
      s,
      guessing(s, phoneNumber, () => device),
    );
    expect(own).toEqual({ limit: 'guessesPerNumber', retryAfterSeconds: DAY, passed: 10 });
    expect((await untilRefused(s, guessing(s, phoneNumber), 2 * HOUR)).passed).toBe(20);
  });

  it('has 10 passwords of its own, and leaves the others theirs', async () => {
    const s = stage();
    const { phoneNumber, device } = await owner(s);
    for (const from of [() => device, stranger]) {
      const { limit, passed } = await untilRefused(
        s,
        guessingPasswords(s, () => phoneNumber, from),
      );
      expect({ limit, passed }).toEqual({ limit: 'passwordsPerNumber', passed: 10 });
    }
  });

  it('whose passwords are used up has its codes, and the other way round', async () => {
    const s = stage({ code: { resendAfterSeconds: [0] } });
    const { phoneNumber, device } = await owner(s);
    await untilRefused(
      s,
      guessingPasswords(
        s,
        () => phoneNumber,
        () => device,
      ),
    );
    await failure(signInByPassword(s, phoneNumber, device), 'rate_limited');
    await signInByCode(s, phoneNumber, device);
    await untilRefused(
      s,
      guessing(s, phoneNumber, () => device),
    );
    s.clock.advance(HOUR);
    await signInByPassword(s, phoneNumber, device);
  });

  it('has a ladder of its own, for codes', async () => {
    const s = stage();
    const { phoneNumber, device } = await owner(s);
    expect((await s.request({ phoneNumber, client: stranger() })).resendInSeconds).toBe(30);
    s.clock.advance(30);
    expect((await s.request({ phoneNumber, client: stranger() })).resendInSeconds).toBe(60);
    expect((await s.request({ phoneNumber, client: device })).resendInSeconds).toBe(30);
    const tooSoon = await failure(s.request({ phoneNumber, client: device }), 'rate_limited');
    expect(tooSoon.details).toEqual({ limit: 'resendAfterSeconds', retryAfterSeconds: 30 });
  });

  it('has a ladder of its own, for passwords', async () => {
    const passwordsPerNumber = [{ max: 30, windowSeconds: HOUR }];
    const s = stage({ limits: { smsPerDay: 100, passwordsPerNumber, knownDevice: { passwordsPerNumber } } });
    const { phoneNumber, device } = await owner(s);
    for (const from of [() => device, stranger]) {
      const refused = await untilRefused(
        s,
        guessingPasswords(s, () => phoneNumber, from),
      );
      expect(refused).toEqual({ limit: 'passwordsPerNumber', retryAfterSeconds: 30, passed: 10 });
    }
  });

  it('of one number buys nothing at another', async () => {
    const s = stage();
    const { device } = await owner(s);
    const victim = await owner(s);
    await untilRefused(s, guessing(s, victim.phoneNumber), 2 * HOUR);
    await untilRefused(
      s,
      sending(s, stranger, () => victim.phoneNumber),
      2 * HOUR,
    );
    await untilRefused(
      s,
      guessingPasswords(s, () => victim.phoneNumber),
    );
    await failure(s.request({ phoneNumber: victim.phoneNumber, client: device }), 'rate_limited');
    await failure(signInByPassword(s, victim.phoneNumber, device), 'rate_limited');
    const { challengeId, wrong } = await s.request({ phoneNumber: victim.phoneNumber, client: victim.device });
    await failure(s.auth.signInWithCode({ challengeId, code: wrong, client: device }), 'rate_limited');
  });

  it('of one number has no share in the last fifth for another', async () => {
    const s = stage({ limits: { smsPerDay: 10 } });
    const { device } = await owner(s);
    expect(
      (
        await untilRefused(
          s,
          sending(s, () => device),
        )
      ).passed,
    ).toBe(8);
  });

  it('spends the last fifth, and no more', async () => {
    const s = stage({ limits: { smsPerDay: 10 }, code: { resendAfterSeconds: [0] } });
    const { phoneNumber, device } = await owner(s);
    expect((await untilRefused(s, sending(s))).passed).toBe(8);
    const last = await untilRefused(
      s,
      sending(
        s,
        () => device,
        () => phoneNumber,
      ),
    );
    expect(last).toEqual({ limit: 'smsPerDay', retryAfterSeconds: DAY, passed: 2 });
  });

  it('over codes that are bound to the number is the same', async () => {
    const s = stage({ binding: 'phone' });
    const { phoneNumber, device } = await owner(s);
    await untilRefused(s, guessing(s, phoneNumber), 2 * HOUR);
    // the last row that strangers guessed at is dead, so that this is another
    s.clock.advance(600);
    const { code } = await s.request({ phoneNumber, client: device });
    await failure(s.auth.signInWithCode({ phoneNumber, code, client: stranger() }), 'rate_limited');
    await s.auth.signInWithCode({ phoneNumber, code, client: device });
  });
});
