import { createHash } from 'node:crypto';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { memoryStorage, type StoredUser } from '../../adapters/storage/memory.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { type CodeOptions, createPhoneAuth, type LimitOptions, type PhoneAuth, type PhoneAuthEvent } from '../../src/index.ts';
import { type TestClock, testClock } from '../kit/clock.ts';
import { type Chance, chanceOf } from './chance.ts';
import { priceOf } from './places.ts';

/** One SMS that left. */
export interface Send {
  /** Epoch ms. */
  readonly at: number;
  readonly to: string;
  readonly price: number;
}

/** The library as it is, on a clock that is moved, with a provider that writes down what it is asked to send. */
export interface World {
  readonly auth: PhoneAuth<StoredUser, Record<string, unknown>>;
  readonly clock: TestClock;
  /** Epoch ms. */
  readonly startsAt: number;
  /** What the people and attackers of this world draw from. */
  readonly chance: Chance;
  readonly codeLength: number;
  readonly sends: readonly Send[];
  /** What stands in the newest message to a number. Its owner may look. */
  readonly lastCodeTo: (phoneNumber: string) => string | undefined;
}

/** What a world differs in from the defaults. */
export interface WorldOptions {
  readonly seed: number;
  /** Worlds of other names draw other codes. */
  readonly name: string;
  /** @default { smsPerDay: 1000000 } */
  readonly limits?: Partial<LimitOptions> | undefined;
  readonly code?: CodeOptions | undefined;
  /** @default 0.0005 */
  readonly maxGuessProbabilityPerDay?: number | undefined;
  /** @default 20000000 */
  readonly maxEntries?: number | undefined;
  readonly onEvent?: ((event: PhoneAuthEvent) => void) | undefined;
}

const STARTS_AT = Date.UTC(2026, 0, 1);

/** A new world. Codes are drawn from the seed; passwords are hashed as lightly as argon2id goes, since only their cost differs. */
export function createWorld({ seed, name, limits, code, maxGuessProbabilityPerDay, maxEntries, onEvent }: WorldOptions): World {
  const clock = testClock(STARTS_AT);
  const sends: Send[] = [];
  const codes = new Map<string, string>();
  const secret = createHash('sha256').update(`${seed}/${name}`).digest('hex');
  const auth = createPhoneAuth({
    secret,
    storage: memoryStorage({ maxEntries: maxEntries ?? 20_000_000 }),
    sms: async ({ to, code: sent }) => {
      sends.push({ at: clock.now(), to, price: priceOf(to) });
      codes.set(to, sent);
    },
    tokens: joseTokens({ secret }),
    passwords: nodePasswords({ memoryKiB: 8, passes: 1 }),
    appName: 'Acme',
    allowedCountries: 'all',
    limits: { smsPerDay: 1_000_000, ...limits },
    code,
    maxGuessProbabilityPerDay,
    onEvent,
    now: clock.now,
    random: chanceOf(seed, `${name}/library`).bytes,
  });
  return {
    auth,
    clock,
    startsAt: STARTS_AT,
    chance: chanceOf(seed, `${name}/people`),
    codeLength: code?.length ?? 6,
    sends,
    lastCodeTo: (phoneNumber) => codes.get(phoneNumber),
  };
}
