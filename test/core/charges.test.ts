import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import {
  countersOf,
  failuresIn,
  forgivenByPassword,
  furtherCharges,
  guessCharges,
  lookupCharges,
  type Payer,
  passwordCharges,
  sendCharges,
} from '../../src/core/charges.ts';
import type { Hit, LimitRules } from '../../src/core/limits.ts';
import { networksOf } from '../../src/core/networks.ts';

const HOUR = 3600;
const DAY = 86_400;
const rules: LimitRules = {
  sendsPerNumber: [
    { max: 3, windowSeconds: 600 },
    { max: 10, windowSeconds: DAY },
  ],
  guessesPerNumber: [{ max: 20, windowSeconds: DAY }],
  passwordsPerNumber: [{ max: 10, windowSeconds: HOUR }],
  knownDevice: {
    sendsPerNumber: [{ max: 5, windowSeconds: DAY }],
    guessesPerNumber: [{ max: 9, windowSeconds: DAY }],
    passwordsPerNumber: [{ max: 8, windowSeconds: HOUR }],
  },
  guessesInARow: 100,
  resendAfterSeconds: [30, 60],
  sendsPerIp: [{ max: 60, windowSeconds: HOUR }],
  guessesPerIp: [{ max: 61, windowSeconds: HOUR }],
  passwordsPerIp: [{ max: 62, windowSeconds: HOUR }],
  lookupsPerIp: [{ max: 63, windowSeconds: HOUR }],
  sendsPerPrefix: [{ max: 30, windowSeconds: HOUR }],
  sendsPerCountry: { IR: [{ max: 501, windowSeconds: DAY }] },
  smsPerDay: 2000,
  spend: { perDay: 10, pricePerSms: { IR: 0.02, default: 0.1 } },
};
const stranger: Payer = {
  phoneKey: 'PHONEKEY',
  isTest: false,
  isSent: true,
  isPaced: true,
  lane: 'unknown',
  networks: networksOf('203.0.113.7'),
};
const owner: Payer = { ...stranger, lane: 'known', networks: [] };
const silent: Payer = { ...stranger, isTest: true, isSent: false, isPaced: false };
const iran = { prefix: '+98912111', country: 'IR' };

/** A hit in one line: key, what it is called, how much fits, what it counts as. */
function lines(hits: readonly Hit[]): readonly string[] {
  return hits.map(({ key, limit, max, windowSeconds, when, amount }) => {
    expect(key).toMatch(/^\{[^{}]+\}[a-z]/);
    expect([null, Number(key.split('/').at(-1)), DAY, ...(key.endsWith('passwords-in-a-row') ? [90 * DAY] : [])]).toContain(windowSeconds);
    return `${key} ${limit} ${max} ${when}${amount === undefined ? '' : ` of ${amount}`}`;
  });
}

describe('a send', () => {
  it('of an unknown device charges its network, the number, the prefix, the country and the system, in this order', () => {
    expect(lines(sendCharges(rules, stranger, iran).hits)).toEqual([
      '{203.0.113.7}sends/3600 sendsPerIp 60 always',
      '{PHONEKEY}sends/600 sendsPerNumber 3 always',
      '{PHONEKEY}sends/86400 sendsPerNumber 10 always',
      '{+98912111}sends/3600 sendsPerPrefix 30 always',
      // four fifths of 501, of 2000 and of 10: the rest is for known devices
      '{IR}sends/86400 sendsPerCountry 401 always',
      '{system}sms smsPerDay 1600 always',
      '{system}spend spend 8000000 always of 20000',
    ]);
  });

  it('of a known device charges budgets of its own, no network, and may use all of what is shared', () => {
    expect(lines(sendCharges(rules, owner, iran).hits)).toEqual([
      '{PHONEKEY}known/sends/86400 sendsPerNumber 5 always',
      '{+98912111}known/sends/3600 sendsPerPrefix 30 always',
      '{IR}sends/86400 sendsPerCountry 501 always',
      '{system}sms smsPerDay 2000 always',
      '{system}spend spend 10000000 always of 20000',
    ]);
  });

  it('that nobody asked for charges what a send charges, but no network', () => {
    expect(furtherCharges(rules, stranger, iran)).toEqual(sendCharges(rules, stranger, iran).hits.slice(1));
    expect(furtherCharges(rules, owner, iran)).toEqual(sendCharges(rules, owner, iran).hits);
  });

  it('waits on the ladder of its lane', () => {
    const ladder = { limit: 'resendAfterSeconds', ladderSeconds: [30, 60], windowSeconds: DAY };
    expect(sendCharges(rules, stranger, iran).cooldown).toEqual({ key: '{PHONEKEY}ladder', ...ladder });
    expect(sendCharges(rules, owner, iran).cooldown).toEqual({ key: '{PHONEKEY}known/ladder', ...ladder });
  });

  it('from an IPv6 address charges its /64 and, eight times as roomy, its /48', () => {
    const payer = { ...stranger, networks: networksOf('2001:db8:1:2::3') };
    expect(lines(sendCharges(rules, payer, iran).hits).slice(0, 3)).toEqual([
      '{2001:db8:1:2::/64}sends/3600 sendsPerIp 60 always',
      '{2001:db8:1::/48}sends/3600 sendsPerIp 480 always',
      '{PHONEKEY}sends/600 sendsPerNumber 3 always',
    ]);
  });

  it('to a country without a limit of its own charges none, and without a price table no money', () => {
    const elsewhere = sendCharges(rules, stranger, { prefix: '+1201555', country: 'US' });
    expect(lines(elsewhere.hits).slice(-2)).toEqual(['{system}sms smsPerDay 1600 always', '{system}spend spend 8000000 always of 100000']);
    const free = sendCharges({ ...rules, spend: null }, stranger, iran);
    expect(lines(free.hits).at(-1)).toBe('{system}sms smsPerDay 1600 always');
  });

  it('that does not leave charges a budget of its own, without a ladder', () => {
    for (const payer of [silent, { ...silent, lane: 'known' as const }]) {
      const { hits, cooldown } = sendCharges(rules, payer, iran);
      expect(lines(hits)).toEqual(['{PHONEKEY}test/sends/86400 sendsPerNumber 1000 always']);
      expect(cooldown).toBeNull();
    }
  });

  it('to a test number that leaves charges what every SMS costs', () => {
    const { hits, cooldown } = sendCharges(rules, { ...silent, isSent: true, isPaced: true }, iran);
    expect(hits.map((hit) => hit.key)).toEqual([
      '{PHONEKEY}test/sends/600',
      '{PHONEKEY}test/sends/86400',
      '{+98912111}sends/3600',
      '{IR}sends/86400',
      '{system}sms',
      '{system}spend',
    ]);
    expect(cooldown?.key).toBe('{PHONEKEY}test/ladder');
  });

  it('of strangers never uses up what is kept for known devices', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (smsPerDay) => {
        const maxOf = (payer: Payer): number =>
          sendCharges({ ...rules, smsPerDay }, payer, iran).hits.find((hit) => hit.limit === 'smsPerDay')?.max ?? 0;
        expect(maxOf(owner)).toBe(smsPerDay);
        expect(maxOf(stranger)).toBeGreaterThanOrEqual(smsPerDay * 0.8);
        expect(maxOf(stranger)).toBeLessThan(smsPerDay * 0.8 + 1);
      }),
    );
  });
});

describe('a guess', () => {
  const row = '{PHONEKEY}guesses-in-a-row';

  it('of an unknown device is charged to its network and the number when it is wrong', () => {
    expect(lines(guessCharges(rules, stranger).hits)).toEqual([
      '{203.0.113.7}guesses/3600 guessesPerIp 61 wrong',
      '{PHONEKEY}guesses/86400 guessesPerNumber 20 wrong',
      `${row} guessesInARow 100 wrong`,
      // looked at, so that a success can tell what went before it
      `{PHONEKEY}passwords-in-a-row guessesInARow ${Number.MAX_SAFE_INTEGER} wrong of 0`,
    ]);
  });

  it('of a known device is charged to budgets of its own, and looks at what strangers got wrong', () => {
    const read = `guessesInARow ${Number.MAX_SAFE_INTEGER} wrong of 0`;
    expect(lines(guessCharges(rules, owner).hits)).toEqual([
      '{PHONEKEY}known/guesses/86400 guessesPerNumber 9 wrong',
      '{PHONEKEY}known/guesses-in-a-row guessesInARow 100 wrong',
      `{PHONEKEY}known/passwords-in-a-row ${read}`,
      `${row} ${read}`,
      `{PHONEKEY}passwords-in-a-row ${read}`,
    ]);
  });

  it('that is right forgives what was wrong in a row and the ladders of its lane; windows of the number stay', () => {
    expect(guessCharges(rules, stranger).clears).toEqual([
      row,
      '{PHONEKEY}passwords-in-a-row',
      '{PHONEKEY}ladder',
      '{PHONEKEY}passwords-ladder',
    ]);
    expect(guessCharges(rules, silent).clears).toEqual([
      '{PHONEKEY}test/guesses-in-a-row',
      '{PHONEKEY}test/passwords-in-a-row',
      '{PHONEKEY}test/ladder',
      '{PHONEKEY}test/passwords-ladder',
    ]);
  });

  it('of a known device that is right opens the number for strangers too, and leaves them their ladders', () => {
    expect(guessCharges(rules, owner).clears).toEqual([
      '{PHONEKEY}known/guesses-in-a-row',
      '{PHONEKEY}known/passwords-in-a-row',
      row,
      '{PHONEKEY}passwords-in-a-row',
      '{PHONEKEY}known/ladder',
      '{PHONEKEY}known/passwords-ladder',
    ]);
  });
});

describe('a try of a password', () => {
  it('of an unknown device is charged before it is judged: to its network, the number, and its row', () => {
    const { hits, cooldown } = passwordCharges(rules, stranger);
    expect(lines(hits)).toEqual([
      '{203.0.113.7}passwords/3600 passwordsPerIp 62 always',
      '{PHONEKEY}passwords/3600 passwordsPerNumber 10 always',
      '{PHONEKEY}passwords-in-a-row passwordsPerNumber 100 always',
      `{PHONEKEY}guesses-in-a-row guessesInARow ${Number.MAX_SAFE_INTEGER} always of 0`,
    ]);
    expect(cooldown).toMatchObject({ key: '{PHONEKEY}passwords-ladder', limit: 'passwordsPerNumber', windowSeconds: DAY });
  });

  it('of a known device is charged to budgets of its own', () => {
    const { hits, cooldown } = passwordCharges(rules, owner);
    const read = `guessesInARow ${Number.MAX_SAFE_INTEGER} always of 0`;
    expect(lines(hits)).toEqual([
      '{PHONEKEY}known/passwords/3600 passwordsPerNumber 8 always',
      '{PHONEKEY}known/passwords-in-a-row passwordsPerNumber 100 always',
      `{PHONEKEY}known/guesses-in-a-row ${read}`,
      `{PHONEKEY}guesses-in-a-row ${read}`,
      `{PHONEKEY}passwords-in-a-row ${read}`,
    ]);
    expect(cooldown?.key).toBe('{PHONEKEY}known/passwords-ladder');
  });

  it('waits for nothing nine times, then from 30 seconds up to an hour', () => {
    const ladder = passwordCharges(rules, stranger).cooldown?.ladderSeconds ?? [];
    expect(ladder.slice(0, 9)).toEqual(Array(9).fill(0));
    expect(ladder.slice(9)).toEqual([30, 60, 120, 300, 900, 3600]);
  });

  it('that is right forgives the tries of its lane and all that was wrong in a row, and no network', () => {
    const tried = (payer: Payer): readonly string[] => forgivenByPassword(rules, payer);
    expect(tried(stranger)).toEqual(['{PHONEKEY}passwords/3600', ...guessCharges(rules, stranger).clears]);
    expect(tried(owner)).toEqual(['{PHONEKEY}known/passwords/3600', ...guessCharges(rules, owner).clears]);
  });
});

describe('a lookup', () => {
  it('is charged to the network alone', () => {
    expect(lines(lookupCharges(rules, networksOf('203.0.113.7')))).toEqual(['{203.0.113.7}lookups/3600 lookupsPerIp 63 always']);
    expect(lines(lookupCharges(rules, networksOf(null)))).toEqual(['{unknown}lookups/3600 lookupsPerIp 63 always']);
    expect(lines(lookupCharges(rules, networksOf('2001:db8::1'))).at(-1)).toBe('{2001:db8:0::/48}lookups/3600 lookupsPerIp 504 always');
  });
});

describe('the counters of a number', () => {
  it('are all that its sends, guesses and passwords charge in both lanes, and nothing that others share', () => {
    expect(countersOf(rules, stranger).toSorted()).toEqual(
      [
        ...['ladder', 'passwords-ladder', 'guesses-in-a-row', 'passwords-in-a-row'].flatMap((name) => [name, `known/${name}`]),
        ...['sends/600', 'sends/86400', 'guesses/86400', 'passwords/3600'],
        ...['known/sends/86400', 'known/guesses/86400', 'known/passwords/3600'],
      ]
        .map((name) => `{PHONEKEY}${name}`)
        .toSorted(),
    );
  });

  it('are found whatever its lane was, whoever it is', () => {
    const payer = fc.record({
      phoneKey: fc.constant('PHONEKEY'),
      isTest: fc.boolean(),
      isSent: fc.boolean(),
      isPaced: fc.boolean(),
      lane: fc.constantFrom('known' as const, 'unknown' as const),
      networks: fc.constantFrom(networksOf(null), networksOf('203.0.113.7'), networksOf('2001:db8::1')),
    });
    fc.assert(
      fc.property(payer, (some) => {
        const [sends, passwords, guesses] = [sendCharges(rules, some, iran), passwordCharges(rules, some), guessCharges(rules, some)];
        const touched = [
          ...[...sends.hits, ...passwords.hits, ...guesses.hits].map((hit) => hit.key),
          ...[sends.cooldown, passwords.cooldown].flatMap((cooldown) => cooldown?.key ?? []),
          ...guesses.clears,
          ...forgivenByPassword(rules, some),
        ];
        expect(countersOf(rules, some)).toEqual(expect.arrayContaining(touched.filter((key) => key.startsWith('{PHONEKEY}'))));
        expect(countersOf(rules, some).filter((key) => !key.startsWith('{PHONEKEY}'))).toEqual([]);
      }),
    );
  });
});

describe('the failures before a success', () => {
  it('are all that was wrong in a row, in both lanes, of codes and passwords', () => {
    const { hits } = guessCharges(rules, owner);
    expect(failuresIn(hits, [7, 3, 4, 10, 20])).toBe(37);
    expect(failuresIn(hits, [])).toBe(0);
  });

  it('of a test number are its own', () => {
    const { hits } = guessCharges(rules, { ...silent, lane: 'known' });
    expect(hits.filter((hit) => hit.windowSeconds === null).map((hit) => hit.key)).toEqual([
      '{PHONEKEY}test/guesses-in-a-row',
      '{PHONEKEY}test/passwords-in-a-row',
    ]);
  });
});

describe('guess windows', () => {
  const windows = fc.uniqueArray(fc.record({ max: fc.integer({ min: 1, max: 60 }), windowSeconds: fc.integer({ min: 1, max: 1000 }) }), {
    minLength: 1,
    maxLength: 3,
    selector: (one) => one.windowSeconds,
  });
  // pauses of milliseconds beside those of a window
  const pauses = fc.array(fc.oneof(fc.nat(5), fc.nat(2000), fc.nat(1_500_000)), { maxLength: 150 });
  // no network: what it lets through is another story
  const payer: Payer = { ...stranger, networks: [] };

  it('never let more through than their maximum, whatever the schedule', async () => {
    await fc.assert(
      fc.asyncProperty(windows, pauses, fc.nat(1_000_000), async (guessesPerNumber, schedule, start) => {
        const { challenges } = memoryStorage();
        const { hits } = guessCharges({ ...rules, guessesPerNumber, guessesInARow: 100 }, payer);
        const judgedAt: number[] = [];
        let now = 1_800_000_000_000 + start;
        for (const pause of schedule) {
          now += pause;
          const taken = await challenges.take({ hits, cooldown: null, now });
          if (taken.is === 'taken') judgedAt.push(now);
          // whoever waits as long as told is let through
          else if (taken.retryAt !== Number.MAX_SAFE_INTEGER) expect(taken.retryAt).toBeGreaterThan(now);
        }
        expect(judgedAt.length).toBeLessThanOrEqual(100);
        for (const { max, windowSeconds } of guessesPerNumber) {
          for (const from of judgedAt) {
            const held = judgedAt.filter((at) => at >= from && at < from + windowSeconds * 1000);
            expect(held.length).toBeLessThanOrEqual(max);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are exact up to 32: whoever is within them is never refused, and retryAt passes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 1000 }), pauses, async (max, windowSeconds, schedule) => {
        const { challenges } = memoryStorage();
        const { hits } = guessCharges({ ...rules, guessesPerNumber: [{ max, windowSeconds }], guessesInARow: 1000 }, payer);
        const judgedAt: number[] = [];
        let now = 1_800_000_000_000;
        for (const pause of schedule) {
          now += pause;
          const held = judgedAt.filter((at) => now < at + windowSeconds * 1000).length;
          const taken = await challenges.take({ hits, cooldown: null, now });
          expect(taken.is).toBe(held < max ? 'taken' : 'limited');
          if (taken.is === 'limited') {
            now = taken.retryAt;
            expect((await challenges.take({ hits, cooldown: null, now })).is).toBe('taken');
          }
          judgedAt.push(now);
        }
      }),
      { numRuns: 200 },
    );
  });
});
