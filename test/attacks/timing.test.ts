import { beforeAll, describe, expect, it } from 'vitest';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { Purpose } from '../../src/index.ts';
import type { PasswordHasher } from '../../src/ports/password-hasher.ts';
import { attackedAuth, client, phoneNumberOf } from './attacked-auth.ts';
import { differenceOfMedians, isDecided, isWithin, timesOf } from './bootstrap.ts';
import { outcomeOf, tally } from './outcomes.ts';

const MOST_MS = 2;
// After nine wrong passwords a number has to wait: each is asked about less often.
const NUMBERS = 400;
const TRIES_PER_NUMBER = 8;
const password = 'staple-battery-1907';
// the parameters of production
const argon2id = nodePasswords();
let passwordHash: string;

beforeAll(async () => {
  passwordHash = await argon2id.hash({ password });
});

/** Gives numbers of one kind, each so many times in all. */
function numbersFrom(first: number): () => string {
  let drawn = 0;
  return () => phoneNumberOf(first + (Math.floor(drawn++ / TRIES_PER_NUMBER) % NUMBERS));
}

function numbers() {
  return { known: numbersFrom(0), disabled: numbersFrom(NUMBERS), unknown: numbersFrom(2 * NUMBERS) };
}

async function fiftyMs(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 50));
}

async function atOnce(): Promise<void> {}

async function withAccounts(passwords: PasswordHasher, sms: () => Promise<void> = fiftyMs) {
  const storage = memoryStorage();
  for (let index = 0; index < 2 * NUMBERS; index++) {
    const phoneNumber = phoneNumberOf(index) as PhoneNumber;
    const created = await storage.users.create({ phoneNumber, profile: {}, passwordHash, now: Date.now() });
    if (created.is === 'created') await storage.users.setDisabled({ userId: created.user.id, disabled: index >= NUMBERS });
  }
  const limits = { smsPerDay: 1_000_000, sendsPerNumber: [{ max: 1_000_000, windowSeconds: 60 }] };
  return attackedAuth(storage, { passwords, sms, limits }).auth;
}

// A login that fails, as all of these must.
async function refusedLogin(auth: Awaited<ReturnType<typeof withAccounts>>, phoneNumber: string, given: string): Promise<void> {
  const outcome = await outcomeOf(auth.loginWithPassword({ phoneNumber, password: given, client }));
  if (tally([outcome]).invalid_credentials !== 1) throw new Error(`${phoneNumber} was not refused.`);
}

describe('the time of an answer', { timeout: 300_000 }, () => {
  it('of loginWithPassword tells nobody whether a number has an account', async () => {
    const auth = await withAccounts(argon2id);
    const { unknown, known, disabled } = numbers();
    const calls = {
      unknown: () => refusedLogin(auth, unknown(), password),
      wrong: () => refusedLogin(auth, known(), 'staple-battery-1908'),
      disabled: () => refusedLogin(auth, disabled(), password),
    };
    // the first call makes the hash that unknown numbers are checked against; the next ones warm up
    for (let round = 0; round < 5; round++) for (const call of Object.values(calls)) await call();

    const differences = ({ unknown, wrong, disabled }: Readonly<Record<keyof typeof calls, readonly number[]>>) => ({
      wrong: differenceOfMedians(wrong, unknown),
      disabled: differenceOfMedians(disabled, unknown),
    });
    const isEnough = (times: Parameters<typeof differences>[0]) =>
      Object.values(differences(times)).every((one) => isDecided(one, MOST_MS));
    const { wrong, disabled: ofDisabled } = differences(await timesOf(calls, 150, isEnough));
    expect(wrong).toSatisfy(isTight);
    expect(ofDisabled).toSatisfy(isTight);
  });

  it('of loginWithPassword is measured: a hasher that spares itself the dummy hash is found out', async () => {
    const hashes: string[] = [];
    const auth = await withAccounts({
      hash: async ({ password: made }) => {
        hashes.push(await argon2id.hash({ password: made }));
        return hashes.at(-1) as string;
      },
      verify: async ({ password: given, hash }) =>
        hashes.includes(hash) ? { ok: false, needsRehash: false } : argon2id.verify({ password: given, hash }),
    });
    const { unknown, known } = numbers();
    const calls = {
      unknown: () => refusedLogin(auth, unknown(), password),
      wrong: () => refusedLogin(auth, known(), 'staple-battery-1908'),
    };
    for (const call of Object.values(calls)) await call();
    const times = await timesOf(calls, 20, () => true);
    expect(differenceOfMedians(times.wrong, times.unknown).from).toBeGreaterThan(MOST_MS);
  });

  // Where the account decides what is sent, a message takes 50 ms; elsewhere it is awaited by everybody, and leaves at once.
  it.each([
    ['login', fiftyMs],
    ['register', fiftyMs],
    ['reset-password', fiftyMs],
    ['sign-in', atOnce],
    ['verify', atOnce],
  ] as readonly (readonly [Purpose, () => Promise<void>])[])(
    'of requestCode for %s tells nobody whether a number has an account',
    async (purpose, sms) => {
      const auth = await withAccounts(argon2id, sms);
      const asked = (next: () => string) => () => auth.requestCode({ phoneNumber: next(), purpose, client });
      const { unknown, known, disabled } = numbers();
      const calls = { unknown: asked(unknown), known: asked(known), disabled: asked(disabled) };
      for (let round = 0; round < 20; round++) for (const call of Object.values(calls)) await call();

      const differences = ({ unknown, known, disabled }: Readonly<Record<keyof typeof calls, readonly number[]>>) => ({
        known: differenceOfMedians(known, unknown),
        disabled: differenceOfMedians(disabled, unknown),
      });
      const isEnough = (times: Parameters<typeof differences>[0]) =>
        Object.values(differences(times)).every((one) => isDecided(one, MOST_MS));
      const { known: ofKnown, disabled: ofDisabled } = differences(await timesOf(calls, 150, isEnough));
      expect(ofKnown).toSatisfy(isTight);
      expect(ofDisabled).toSatisfy(isTight);
      await auth.drain();
    },
  );

  it('of requestCode is measured: a message that is awaited is seen', async () => {
    const auth = await withAccounts(argon2id);
    const { unknown, known } = numbers();
    const calls = {
      awaited: () => auth.requestCode({ phoneNumber: known(), purpose: 'sign-in', client }),
      decoy: () => auth.requestCode({ phoneNumber: unknown(), purpose: 'login', client }),
    };
    const times = await timesOf(calls, 10, () => true);
    expect(differenceOfMedians(times.awaited, times.decoy).from).toBeGreaterThan(MOST_MS);
  });
});

function isTight(interval: Parameters<typeof isWithin>[0]): boolean {
  return isWithin(interval, MOST_MS);
}
