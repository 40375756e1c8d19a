import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Requested, type Stage, stage } from './stage.ts';
import { owner, sending, signInByCode, stranger, untilRefused } from './strangers.ts';

const HOUR = 3600;
const DAY = 86_400;

/** A budget of three for each address; the numbers, the system and the ladder have room. */
const three = {
  limits: {
    smsPerDay: 10_000,
    sendsPerIp: [{ max: 3, windowSeconds: HOUR }],
    guessesPerIp: [{ max: 3, windowSeconds: HOUR }],
    lookupsPerIp: [{ max: 3, windowSeconds: HOUR }],
  },
};

const at = (ip: string | null): (() => Client) => {
  return () => ({ ip });
};

/** How many codes these addresses get together, asked in turn. */
async function sendsOf(s: Stage, addresses: readonly (string | null)[]): Promise<number> {
  const calls = [...addresses, ...addresses].map((ip) => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: { ip } }));
  return (await outcomes(calls)).ok ?? 0;
}

/** A wrong guess at some number. */
function guessFrom(s: Stage, { challengeId, wrong }: Requested, client: Client): Promise<unknown> {
  return s.auth.signInWithCode({ challengeId, code: wrong, client });
}

describe('the sends of an address', () => {
  it('are 60 in an hour, over all numbers', async () => {
    const s = stage();
    const refused = await untilRefused(s, sending(s, at('203.0.113.1')));
    expect(refused).toMatchObject({ limit: 'sendsPerIp', passed: 60 });
    await s.request({ client: { ip: '203.0.113.2' } });
    s.clock.advance(refused.retryAfterSeconds);
    await s.request({ client: { ip: '203.0.113.1' } });
  });

  it('are 400 in a day', async () => {
    const s = stage();
    const startedAt = s.clock.now();
    const { limit, passed, retryAfterSeconds } = await untilRefused(s, sending(s, at('203.0.113.1')), 2 * HOUR);
    expect({ limit, passed }).toEqual({ limit: 'sendsPerIp', passed: 400 });
    const seconds = (s.clock.now() - startedAt) / 1000;
    expect(seconds + retryAfterSeconds).toBeGreaterThanOrEqual(DAY);
  });

  it('are one budget for codes of every purpose', async () => {
    const s = stage(three);
    const client = { ip: '203.0.113.1' };
    for (const purpose of ['sign-in', 'login', 'verify'] as const) await s.request({ purpose, client });
    expect((await failure(s.request({ purpose: 'register', client }), 'rate_limited')).details.limit).toBe('sendsPerIp');
  });

  it('are 3 of 64 at once', async () => {
    const s = stage(three);
    const calls = Array.from({ length: 64 }, () => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: { ip: '203.0.113.1' } }));
    expect(await outcomes(calls)).toEqual({ ok: 3, rate_limited: 61 });
  });
});

describe('an address', () => {
  it('in IPv6 is its /64', async () => {
    const s = stage(three);
    expect(await sendsOf(s, ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'])).toBe(3);
    expect(await sendsOf(s, ['2001:db8:1:3::1'])).toBe(2);
  });

  it('in IPv6 has, with its neighbours in the /48, eight times as much', async () => {
    const s = stage(three);
    const neighbours = Array.from({ length: 32 }, (_, index) => `2001:db8:1:${index.toString(16)}::1`);
    expect(await sendsOf(s, neighbours)).toBe(24);
    await failure(s.request({ client: { ip: '2001:db8:1:ff::1' } }), 'rate_limited');
    expect(await sendsOf(s, ['2001:db8:2:1::1'])).toBe(2);
  });

  it('in IPv6 has 480 sends an hour in its /48 and 60 in each /64', async () => {
    const s = stage();
    for (let network = 0; network < 8; network++) {
      expect((await untilRefused(s, sending(s, at(`2001:db8:1:${network}::1`)))).passed).toBe(60);
    }
    expect((await untilRefused(s, sending(s, at('2001:db8:1:9::1')))).passed).toBe(0);
    expect((await untilRefused(s, sending(s, at('2001:db8:2:9::1')))).passed).toBe(60);
  });

  it.each([
    [
      'IPv6 in 12 spellings',
      [
        '2001:db8::1:0:0:1',
        '2001:0db8:0000:0000:0001:0000:0000:0001',
        '2001:db8:0:0:1::1',
        '2001:db8:0:0:1:0:0:1',
        '2001:DB8::1:0:0:1',
        '[2001:db8::1:0:0:1]',
        '[2001:db8::1:0:0:1]:443',
        '2001:db8::1:0:0:1%eth0',
        ' 2001:db8::1:0:0:1 ',
        '2001:0DB8::0001:0000:0000:0001',
        '2001:db8::1:0:0.0.0.1',
        '2001:db8:0::1:0:0:1',
      ],
    ],
    [
      'IPv4, mapped into IPv6 too',
      ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:cb00:7109', '0:0:0:0:0:ffff:203.0.113.9', '[::ffff:203.0.113.9]:80', '203.0.113.9:80'],
    ],
  ])('%s is one', async (_, spellings) => {
    const s = stage(three);
    expect(await sendsOf(s, spellings)).toBe(3);
    await failure(s.request({ client: { ip: spellings[0] ?? null } }), 'rate_limited');
  });

  it('that is none shares one bucket with null', async () => {
    const garbage = [
      null,
      '',
      ' ',
      'unknown',
      'localhost',
      'null',
      'undefined',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '0x7f000001',
      '2130706433',
      '1.2.3.4, 5.6.7.8',
      '1.2.3.4/24',
      '::1::2',
      '2001:db8::/64',
      '2001:db8:1:2:3:4:5:6:7',
      'g::1',
      '٢٠٣.٠.١١٣.٩',
      '\u0000',
      '{system}sms',
      '}{',
      '1.2.3.4'.padEnd(100_000, ' '),
      'x'.repeat(1_000_000),
    ];
    for (const ip of garbage) {
      const s = stage(three);
      await untilRefused(s, sending(s, at(null)));
      expect((await failure(s.request({ client: { ip } }), 'rate_limited')).details.limit).toBe('sendsPerIp');
    }
    const s = stage(three);
    expect(await sendsOf(s, garbage)).toBe(3);
    await s.request({ client: { ip: '203.0.113.9' } });
  });

  it('that is null has as much as any other, and no more', async () => {
    const s = stage();
    expect((await untilRefused(s, sending(s, at(null)))).passed).toBe(60);
  });
});

describe('the guesses of an address', () => {
  it('are 60 wrong ones in an hour, over all numbers; right ones cost nothing', async () => {
    const s = stage();
    const client = { ip: '203.0.113.1' };
    for (let logins = 0; logins < 70; logins++) {
      const { challengeId, code } = await s.request({ client: stranger() });
      await s.auth.signInWithCode({ challengeId, code, client });
    }
    for (let guesses = 0; guesses < 60; guesses++) {
      await failure(guessFrom(s, await s.request({ client: stranger() }), client), 'invalid_code');
    }
    const asked = await s.request({ client: stranger() });
    const { details } = await failure(guessFrom(s, asked, client), 'rate_limited');
    expect(details.limit).toBe('guessesPerIp');
    // the right one has to wait as well, or a refusal would be an answer
    const { challengeId, code } = asked;
    await failure(s.auth.signInWithCode({ challengeId, code, client }), 'rate_limited');
    await s.auth.signInWithCode({ challengeId, code, client: stranger() });
    s.clock.advance(details.retryAfterSeconds);
    await failure(guessFrom(s, await s.request({ client: stranger() }), client), 'invalid_code');
  });

  it('that it may not make cost neither an attempt nor the number', async () => {
    const s = stage(three);
    const client = { ip: '203.0.113.1' };
    for (let guesses = 0; guesses < 3; guesses++)
      await failure(guessFrom(s, await s.request({ client: stranger() }), client), 'invalid_code');
    const victim = await s.request({ client: stranger() });
    const refusals = await outcomes(Array.from({ length: 1000 }, () => guessFrom(s, victim, client)));
    expect(refusals).toEqual({ rate_limited: 1000 });
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const { details } = await failure(guessFrom(s, victim, stranger()), 'invalid_code');
      expect(details.attemptsLeft).toBe(attemptsLeft);
    }
  });
});

describe('what tells who has an account', () => {
  const ask = (s: Stage, phoneNumber: string, client: Client): Promise<unknown> => s.auth.getUserStatus({ phoneNumber, client });

  it('is answered 100 times an hour to one address', async () => {
    const s = stage();
    const client = { ip: '203.0.113.1' };
    const refused = await untilRefused(s, () => ask(s, nextPhoneNumber(), client));
    expect(refused).toMatchObject({ limit: 'lookupsPerIp', passed: 100 });
    await ask(s, nextPhoneNumber(), { ip: '203.0.113.2' });
    s.clock.advance(refused.retryAfterSeconds);
    await ask(s, nextPhoneNumber(), client);
  });

  it('is charged to nobody where your server asks for itself', async () => {
    const s = stage(three);
    for (let asked = 0; asked < 10; asked++) expect(await s.auth.getUserStatus({ phoneNumber: nextPhoneNumber() })).toBeDefined();
  });

  it('is refused at the limit before anybody is looked up, alike for known and unknown', async () => {
    const s = stage({ ...three, revealAccounts: true });
    const { phoneNumber } = await owner(s);
    const client = { ip: '203.0.113.1' };
    await untilRefused(s, () => ask(s, nextPhoneNumber(), client));
    const refusals = [];
    for (const number of [phoneNumber, nextPhoneNumber()]) {
      for (const call of [
        () => ask(s, number, client),
        () => s.auth.requestCode({ phoneNumber: number, purpose: 'login', client }),
        () => s.auth.requestCode({ phoneNumber: number, purpose: 'register', client }),
        () => s.auth.requestCode({ phoneNumber: number, purpose: 'reset-password', client }),
      ]) {
        s.trips();
        const { code, details, headers } = await failure(call(), 'rate_limited');
        refusals.push(JSON.stringify({ code, details, headers, trips: s.trips() }));
      }
    }
    expect(new Set(refusals).size).toBe(1);
    expect(JSON.parse(refusals[0] ?? '')).toMatchObject({ details: { limit: 'lookupsPerIp' }, trips: ['challenges.take'] });
    // these tell nothing of an account
    await s.request({ phoneNumber, client });
    await s.request({ purpose: 'verify', client });
  });

  it('is charged for every request that depends on an account, answered or refused', async () => {
    const s = stage({ ...three, revealAccounts: true });
    const { phoneNumber } = await owner(s);
    const client = { ip: '203.0.113.1' };
    await failure(s.request({ purpose: 'login', client }), 'account_not_found');
    await failure(s.request({ phoneNumber, purpose: 'register', client }), 'phone_number_taken');
    await s.request({ phoneNumber, purpose: 'login', client });
    expect((await failure(s.request({ purpose: 'login', client }), 'rate_limited')).details.limit).toBe('lookupsPerIp');
    // what told that there is nobody sent nothing
    expect(s.inbox.messages()).toHaveLength(2);
  });

  it('is not charged where accounts are not revealed', async () => {
    const s = stage({ limits: { ...three.limits, sendsPerIp: [{ max: 30, windowSeconds: HOUR }] } });
    for (let asked = 0; asked < 10; asked++) await s.request({ purpose: 'login' });
  });
});

describe('a thousand requests that their own address refuses', () => {
  it('leave the number, its block, its country and the day untouched', async () => {
    const limits = {
      ...three.limits,
      smsPerDay: 40,
      sendsPerPrefix: [{ max: 4, windowSeconds: HOUR }],
      sendsPerCountry: { US: [{ max: 40, windowSeconds: DAY }] },
      spend: { perDay: 40, pricePerSms: { default: 1 } },
    };
    const s = stage({ limits, code: { resendAfterSeconds: [0] } });
    const used = { ip: '203.0.113.1' };
    await untilRefused(
      s,
      sending(s, () => used),
    );
    const phoneNumber = nextPhoneNumber();
    const calls = Array.from({ length: 1000 }, () => s.auth.requestCode({ phoneNumber, client: used }));
    expect(await outcomes(calls)).toEqual({ rate_limited: 1000 });

    expect(
      await untilRefused(
        s,
        sending(s, stranger, () => phoneNumber),
      ),
    ).toEqual({
      limit: 'sendsPerNumber',
      retryAfterSeconds: 600,
      passed: 3,
    });
    const neighbour = `${phoneNumber.slice(0, -1)}${(Number(phoneNumber.slice(-1)) + 1) % 10}`;
    await s.request({ phoneNumber: neighbour, client: stranger() });
    expect((await failure(s.request({ phoneNumber: neighbour, client: stranger() }), 'rate_limited')).details.limit).toBe('sendsPerPrefix');
    // 32 of 40 are for unknown devices, and 7 are gone
    const rest = outcomes(Array.from({ length: 64 }, () => s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: stranger() })));
    expect((await rest).ok).toBe(25);
  });

  it('leave the ladder of the number at its foot', async () => {
    const s = stage(three);
    const used = { ip: '203.0.113.1' };
    await untilRefused(
      s,
      sending(s, () => used),
    );
    const { phoneNumber } = await owner(s);
    await untilRefused(
      s,
      sending(s, () => used),
    );
    await outcomes(Array.from({ length: 1000 }, () => s.auth.requestCode({ phoneNumber, client: used })));
    expect((await s.request({ phoneNumber, client: stranger() })).resendInSeconds).toBe(30);
  });

  it('are as many as a known device at the same address wants to ignore', async () => {
    const s = stage(three);
    const { phoneNumber, device } = await owner(s, null);
    await untilRefused(s, sending(s, at(null)));
    await signInByCode(s, phoneNumber, device);
  });
});
