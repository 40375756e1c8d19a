import { describe, expect, it } from 'vitest';
import type { Client, PasswordHasher } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, passwords, type Stage, stage } from './stage.ts';
import { guessingPasswords, owner, PASSWORD, signInByCode, signInByPassword, stranger, untilRefused } from './strangers.ts';

const HOUR = 3600;
const DAY = 86_400;

/** A hasher that counts what it judged. */
function counting(): { readonly hasher: PasswordHasher; readonly judged: () => number } {
  let judged = 0;
  const verify: PasswordHasher['verify'] = (p) => {
    judged++;
    return passwords.verify(p);
  };
  return { hasher: { hash: passwords.hash, verify }, judged: () => judged };
}

function wrong(s: Stage, phoneNumber: string, client: Client = stranger()): Promise<unknown> {
  return s.auth.loginWithPassword({ phoneNumber, password: 'not this one', client });
}

describe('wrong passwords', () => {
  it('of one number are 10 in an hour, and the 11th is not even looked at', async () => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher }, 'verb by verb');
    const { phoneNumber } = await owner(s);
    const refused = await untilRefused(
      s,
      guessingPasswords(s, () => phoneNumber),
    );
    expect(refused).toEqual({ limit: 'passwordsPerNumber', retryAfterSeconds: HOUR, passed: 10 });
    expect(judged()).toBe(10);
    s.trips();
    await failure(signInByPassword(s, phoneNumber, stranger()), 'rate_limited');
    expect(s.trips()).toEqual(['challenges.take']);
    s.clock.advance(HOUR - 0.001);
    await failure(wrong(s, phoneNumber), 'rate_limited');
    s.clock.advance(0.001);
    await signInByPassword(s, phoneNumber, stranger());
    expect(judged()).toBe(11);
  });

  it('wait on a ladder from the 10th on, before anything is hashed', async () => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher, limits: { smsPerDay: 100, passwordsPerNumber: [{ max: 32, windowSeconds: DAY }] } });
    const phoneNumber = nextPhoneNumber();
    for (let tries = 0; tries < 9; tries++) await failure(wrong(s, phoneNumber), 'invalid_credentials');
    for (const pause of [30, 60, 120, 300, 900, 3600, 3600]) {
      await failure(wrong(s, phoneNumber), 'invalid_credentials');
      const before = judged();
      for (const wait of [0, pause - 0.001]) {
        s.clock.advance(wait);
        const { details } = await failure(wrong(s, phoneNumber), 'rate_limited');
        expect(details).toEqual({ limit: 'passwordsPerNumber', retryAfterSeconds: wait === 0 ? pause : 1 });
      }
      expect(judged()).toBe(before);
      s.clock.advance(0.001);
    }
  });

  it('forget the ladder after a day', async () => {
    const s = stage({ limits: { smsPerDay: 100, passwordsPerNumber: [{ max: 32, windowSeconds: HOUR }] } });
    const phoneNumber = nextPhoneNumber();
    for (let day = 0; day < 3; day++) {
      expect(
        (
          await untilRefused(
            s,
            guessingPasswords(s, () => phoneNumber),
          )
        ).passed,
      ).toBe(10);
      s.clock.advance(DAY);
    }
  });

  it('cost and are answered alike for unknown, wrong, no password and disabled', async () => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher });
    const disabled = await owner(s);
    await s.storage.users.setDisabled({ userId: disabled.userId, disabled: true });
    const numbers = [(await owner(s)).phoneNumber, nextPhoneNumber(), (await s.signUp()).phoneNumber, disabled.phoneNumber];
    const stories = [];
    for (const phoneNumber of numbers) {
      const before = judged();
      const answers: { readonly code: string }[] = [];
      s.tell();
      for (let tries = 0; tries < 12; tries++) {
        s.trips();
        const { code, details, headers, message } = await failure(wrong(s, phoneNumber));
        answers.push({ code, ...{ details, headers, message, trips: s.trips(), told: s.tell() } });
      }
      stories.push({ answers, judged: judged() - before });
      s.clock.advance(DAY);
    }
    const [story, ...others] = stories;
    expect(story?.judged).toBe(10);
    expect(story?.answers.map(({ code }) => code)).toEqual([...Array(10).fill('invalid_credentials'), 'rate_limited', 'rate_limited']);
    for (const other of others) expect(other).toEqual(story);
  });

  it('of a disabled account are told from its right one by nothing', async () => {
    const s = stage();
    const { phoneNumber, userId } = await owner(s);
    await s.storage.users.setDisabled({ userId, disabled: true });
    const answers = [];
    for (const password of ['not this one', PASSWORD]) {
      const calls = Array.from({ length: 11 }, () => failure(s.auth.loginWithPassword({ phoneNumber, password, client: stranger() })));
      answers.push((await Promise.all(calls)).map(({ code, details }) => ({ code, details })));
      // a right one that does not sign in forgives nothing
      s.clock.advance(DAY);
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  it.each(['known', 'unknown'])('of 64 at once at a number that is %s are 10 judged', async (which) => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher });
    const phoneNumber = which === 'known' ? (await owner(s)).phoneNumber : nextPhoneNumber();
    expect(await outcomes(Array.from({ length: 64 }, () => wrong(s, phoneNumber)))).toEqual({ invalid_credentials: 10, rate_limited: 54 });
    expect(judged()).toBe(10);
  });

  it('of 64 at once do not keep the owner waiting', async () => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher });
    const { phoneNumber, device } = await owner(s);
    const attack = outcomes(Array.from({ length: 64 }, () => wrong(s, phoneNumber)));
    await signInByPassword(s, phoneNumber, device);
    expect(await attack).toEqual({ invalid_credentials: 10, rate_limited: 54 });
    expect(judged()).toBe(11);
  });

  it('are forgiven by a right one, in its lane', async () => {
    const s = stage();
    const { phoneNumber, device } = await owner(s);
    for (let tries = 0; tries < 9; tries++) await failure(wrong(s, phoneNumber), 'invalid_credentials');
    await signInByPassword(s, phoneNumber, stranger());
    expect(
      (
        await untilRefused(
          s,
          guessingPasswords(s, () => phoneNumber),
        )
      ).passed,
    ).toBe(10);
    // the owner at home gives strangers nothing back
    await signInByPassword(s, phoneNumber, device);
    await failure(wrong(s, phoneNumber), 'rate_limited');
  });

  it('are not forgiven by a code on another device', async () => {
    const s = stage();
    const { phoneNumber, device } = await owner(s);
    await untilRefused(
      s,
      guessingPasswords(s, () => phoneNumber),
    );
    await signInByCode(s, phoneNumber, device);
    await failure(wrong(s, phoneNumber), 'rate_limited');
  });

  it('of one number close no other one', async () => {
    const s = stage();
    const [one, other] = [await owner(s), await owner(s)];
    await untilRefused(
      s,
      guessingPasswords(s, () => one.phoneNumber),
    );
    await signInByPassword(s, other.phoneNumber, stranger());
  });
});

describe('a hundred wrong passwords in a row', () => {
  const limits = { smsPerDay: 10_000, passwordsPerNumber: [{ max: 10, windowSeconds: HOUR }] };

  it('close the number to passwords, however slowly they came', async () => {
    const { hasher, judged } = counting();
    const s = stage({ limits, passwords: hasher });
    const { phoneNumber } = await owner(s);
    for (let tries = 0; tries < 100; tries++) {
      await failure(wrong(s, phoneNumber), 'invalid_credentials');
      s.clock.advance(HOUR);
    }
    expect(judged()).toBe(100);
    s.clock.advance(80 * DAY);
    const { details } = await failure(signInByPassword(s, phoneNumber, stranger()), 'rate_limited');
    expect(details).toEqual({ limit: 'passwordsPerNumber', retryAfterSeconds: DAY });
    expect(judged()).toBe(100);
  });

  it('are forgotten after three quiet months, so that tries at numbers of nobody do not fill a store for ever', async () => {
    const s = stage({ limits });
    const { phoneNumber } = await owner(s);
    for (let tries = 0; tries < 100; tries++) {
      await failure(wrong(s, phoneNumber), 'invalid_credentials');
      s.clock.advance(HOUR);
    }
    s.clock.advance(95 * DAY);
    await signInByPassword(s, phoneNumber, stranger());
  });

  it.each<[string, (s: Stage, victim: Awaited<ReturnType<typeof owner>>) => Promise<unknown>]>([
    ['a code on any device', (s, { phoneNumber }) => signInByCode(s, phoneNumber, stranger())],
    ['a code on a known device', (s, { phoneNumber, device }) => signInByCode(s, phoneNumber, device)],
    ['the password on a known device', (s, { phoneNumber, device }) => signInByPassword(s, phoneNumber, device)],
    ['support', (s, { phoneNumber }) => s.auth.unlockPhoneNumber({ phoneNumber })],
  ])('are over with %s', async (_, opens) => {
    const s = stage({ limits });
    const victim = await owner(s);
    for (let tries = 0; tries < 100; tries++) {
      await failure(wrong(s, victim.phoneNumber), 'invalid_credentials');
      s.clock.advance(HOUR);
    }
    await failure(signInByPassword(s, victim.phoneNumber, stranger()), 'rate_limited');
    await opens(s, victim);
    s.clock.advance(DAY);
    await signInByPassword(s, victim.phoneNumber, stranger());
  });

  it('are counted beside wrong codes, not with them', async () => {
    const s = stage({ limits: { smsPerDay: 100, guessesInARow: 3 } });
    const { phoneNumber } = await owner(s);
    for (let tries = 0; tries < 3; tries++) await failure(wrong(s, phoneNumber), 'invalid_credentials');
    await failure(wrong(s, phoneNumber), 'rate_limited');
    await signInByCode(s, phoneNumber, stranger());
  });
});

describe('the passwords of an address', () => {
  it('are 100 in an hour, right or wrong, over all numbers', async () => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher });
    const { phoneNumber } = await owner(s);
    const here = { ip: '198.51.100.200' };
    await signInByPassword(s, phoneNumber, here);
    const refused = await untilRefused(
      s,
      guessingPasswords(s, nextPhoneNumber, () => here),
    );
    expect(refused).toMatchObject({ limit: 'passwordsPerIp', passed: 99 });
    expect(judged()).toBe(100);
    await failure(signInByPassword(s, phoneNumber, here), 'rate_limited');
    await signInByPassword(s, phoneNumber, stranger());
    s.clock.advance(refused.retryAfterSeconds);
    await signInByPassword(s, phoneNumber, here);
  });

  it('refuse alike for known and unknown numbers, and charge no number', async () => {
    const { hasher, judged } = counting();
    const limits = { smsPerDay: 100, passwordsPerIp: [{ max: 5, windowSeconds: HOUR }] };
    const s = stage({ passwords: hasher, limits }, 'verb by verb');
    const { phoneNumber } = await owner(s);
    const here = { ip: '198.51.100.201' };
    await untilRefused(
      s,
      guessingPasswords(s, nextPhoneNumber, () => here),
    );
    const answers = new Set<string>();
    for (let tries = 0; tries < 1000; tries++) {
      s.trips();
      const { code, details } = await failure(wrong(s, tries % 2 === 0 ? phoneNumber : nextPhoneNumber(), here));
      answers.add(JSON.stringify({ code, details, trips: s.trips() }));
    }
    expect(answers).toEqual(
      new Set([
        JSON.stringify({ code: 'rate_limited', details: { retryAfterSeconds: HOUR, limit: 'passwordsPerIp' }, trips: ['challenges.take'] }),
      ]),
    );
    expect(judged()).toBe(5);
    expect(
      (
        await untilRefused(
          s,
          guessingPasswords(s, () => phoneNumber),
        )
      ).passed,
    ).toBe(10);
  });
});

describe('a change of password', () => {
  const change = (s: Stage, userId: string, currentPassword: string): Promise<unknown> =>
    s.auth.setPassword({ userId, currentPassword, newPassword: PASSWORD });

  it('pays for its current password, 10 in an hour', async () => {
    const { hasher, judged } = counting();
    const s = stage({ passwords: hasher });
    const { userId } = await owner(s);
    const calls = Array.from({ length: 64 }, () => change(s, userId, 'not this one'));
    expect(await outcomes(calls)).toEqual({ invalid_credentials: 10, rate_limited: 54 });
    expect(judged()).toBe(10);
    await failure(change(s, userId, PASSWORD), 'rate_limited');
    s.clock.advance(HOUR);
    await change(s, userId, PASSWORD);
    // forgiven
    expect(await outcomes(Array.from({ length: 9 }, () => change(s, userId, 'not this one')))).toEqual({ invalid_credentials: 9 });
  });

  it('is nothing that strangers can prevent, nor does it open the login to guesses', async () => {
    const s = stage();
    const { userId, phoneNumber } = await owner(s);
    await untilRefused(
      s,
      guessingPasswords(s, () => phoneNumber),
    );
    await change(s, userId, PASSWORD);
    await failure(wrong(s, phoneNumber), 'rate_limited');
  });

  it('of an account without a number pays too', async () => {
    const s = stage();
    const [one, other] = [await owner(s), await owner(s)];
    for (const { userId } of [one, other]) await s.auth.removePhoneNumber({ userId });
    const calls = Array.from({ length: 12 }, () => change(s, one.userId, 'not this one'));
    expect(await outcomes(calls)).toEqual({ invalid_credentials: 10, rate_limited: 2 });
    await change(s, other.userId, PASSWORD);
  });
});
