import { type Inbox, inboxSms } from '../../adapters/sms/inbox.ts';
import { type MemoryStorage, memoryStorage } from '../../adapters/storage/memory.ts';
import type { StoredUser } from '../../adapters/storage/stored-user.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { type Client, createPhoneAuth, type PhoneAuth, type PhoneAuthConfig, type SignedIn } from '../../src/index.ts';
import { type TestClock, testClock } from './clock.ts';
import { nextPhoneNumber } from './phone-numbers.ts';

export { type TestClock, testClock } from './clock.ts';
export { nextPhoneNumber } from './phone-numbers.ts';

/** What `createTestAuth` gives. */
export interface TestAuth<Profile> {
  readonly auth: PhoneAuth<StoredUser<Profile>, Profile>;
  /** The SMS that would have left: `lastCode`, `waitForCode`, `messages`. */
  readonly inbox: Inbox;
  readonly clock: TestClock;
  readonly storage: MemoryStorage<Profile>;
  /** A requester of its own: no other test spends its limits. */
  readonly client: Client;
  /** Requests a code, reads it from the inbox and signs in; without a number with a new one. */
  readonly signIn: (s?: { readonly phoneNumber?: string; readonly profile?: Profile }) => Promise<SignedIn<StoredUser<Profile>>>;
  readonly nextPhoneNumber: () => string;
}

/** Everything of the configuration but the parts that `createTestAuth` hands out. */
export type TestAuthOverrides<Profile> = Partial<Omit<PhoneAuthConfig<StoredUser<Profile>, Profile>, 'sms' | 'now' | 'storage'>>;

let created = 0;

/**
 * A real auth object for the tests of your own program: memory storage, an inbox instead of SMS, a clock that you move. Limits are on, as in
 * production; every number, address and store is the test's own, so that no test spends another's.
 *
 * @example
 * ```ts
 * import { createTestAuth } from 'ringlatch/testing';
 *
 * const { auth, inbox, clock, client, nextPhoneNumber } = createTestAuth();
 * const phoneNumber = nextPhoneNumber();
 * const { challengeId } = await auth.requestCode({ phoneNumber, client });
 * clock.advance(301);
 * await auth.signInWithCode({ challengeId, code: await inbox.waitForCode(phoneNumber), client }); // throws invalid_code: expired
 * ```
 */
export function createTestAuth<Profile = Readonly<Record<string, unknown>>>(overrides: TestAuthOverrides<Profile> = {}): TestAuth<Profile> {
  const clock = testClock();
  const inbox = inboxSms();
  const storage = memoryStorage<Profile>();
  const secret = randomSecret();
  const client: Client = { ip: addressOf(created++) };
  const auth = createPhoneAuth<StoredUser<Profile>, Profile>({
    secret,
    tokens: joseTokens({ secret }),
    appName: 'Test',
    allowedCountries: 'all',
    limits: { smsPerDay: 10_000 },
    ...overrides,
    storage,
    sms: inbox,
    now: clock.now,
  });
  const countries = overrides.allowedCountries;
  const next = (): string =>
    nextPhoneNumber(countries === undefined || countries === 'all' || countries.includes('US') ? 'US' : countries[0]);
  const signIn: TestAuth<Profile>['signIn'] = async ({ phoneNumber = next(), profile } = {}) => {
    // somebody else each time, or a test that signs many in would meet the limits of one address
    const somebody: Client = { ip: addressOf(created++) };
    const { challengeId, phoneNumber: spelling } = await auth.requestCode({ phoneNumber, client: somebody });
    return auth.signInWithCode({ challengeId, code: await inbox.waitForCode(spelling), profile, client: somebody });
  };
  return { auth, inbox, clock, storage, client, signIn, nextPhoneNumber: next };
}

function randomSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Addresses of the block that is kept for benchmarks (RFC 2544), 198.18.0.0/15. */
function addressOf(index: number): string {
  return `198.${18 + (Math.floor(index / 65_536) % 2)}.${Math.floor(index / 256) % 256}.${index % 256}`;
}
