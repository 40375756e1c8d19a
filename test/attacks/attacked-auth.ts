import { createHash } from 'node:crypto';
import type { StoredUser } from '../../adapters/storage/stored-user.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { type Client, createPhoneAuth, type LimitOptions, type PhoneAuth, type PhoneAuthConfig } from '../../src/index.ts';
import type { Storage } from './stores.ts';

type Profile = Record<string, unknown>;

/** An auth object with roomy limits, so that what is attacked is not the limits; they are on all the same. */
export interface AttackedAuth {
  readonly auth: PhoneAuth<StoredUser, Profile>;
  /** The code that left for a challenge last; fails when none did. */
  readonly codeOf: (challengeId: string) => string;
}

/** Who attacks. */
export const client: Client = { ip: '203.0.113.7' };

/** 32 bytes that look drawn. */
export function secretNamed(name: string): string {
  return createHash('sha256').update(`a secret of the attacks: ${name}`).digest('hex');
}

/** The secret of every {@link attackedAuth} that is not given another one. */
export const SECRET: string = secretNamed('the one in use');

const ROOMY = [{ max: 1_000_000, windowSeconds: 3600 }];

/** What one attacker would otherwise meet long before what is attacked. */
export const ROOMY_LIMITS: Pick<
  LimitOptions,
  'sendsPerIp' | 'guessesPerIp' | 'passwordsPerIp' | 'lookupsPerIp' | 'sendsPerPrefix' | 'passwordsPerNumber'
> = {
  sendsPerIp: ROOMY,
  guessesPerIp: ROOMY,
  passwordsPerIp: ROOMY,
  lookupsPerIp: ROOMY,
  sendsPerPrefix: ROOMY,
  passwordsPerNumber: ROOMY,
};

/** A number for each index, one to ten million of them. */
export function phoneNumberOf(index: number): string {
  return `+98912${String(index).padStart(7, '0')}`;
}

/** An auth object over a store, in which only what an attack needs is out of the ordinary. */
export function attackedAuth(storage: Storage, overrides: Partial<PhoneAuthConfig<StoredUser, Profile>> = {}): AttackedAuth {
  const codes = new Map<string, string>();
  const { secret = SECRET, code, limits, ...others } = overrides;
  const auth = createPhoneAuth<StoredUser, Profile>({
    storage,
    sms: async (message) => void codes.set(message.challengeId, message.code),
    tokens: joseTokens({ secret: SECRET }),
    appName: 'Acme',
    allowedCountries: ['IR'],
    ...others,
    secret,
    code: { resendAfterSeconds: [0], ...code },
    limits: {
      smsPerDay: 1_000_000,
      sendsPerNumber: [{ max: 1000, windowSeconds: 60 }],
      ...ROOMY_LIMITS,
      ...limits,
    },
  });
  return {
    auth,
    codeOf: (challengeId) => {
      const sent = codes.get(challengeId);
      if (sent === undefined) throw new Error(`No code left for ${challengeId}.`);
      return sent;
    },
  };
}

/** A code of as many digits that is another one, each for its own index. */
export function wrongCode(code: string, index = 0): string {
  return String((Number(code) + 1 + index) % 10 ** code.length).padStart(code.length, '0');
}
