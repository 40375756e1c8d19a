import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { type Inbox, inboxSms } from '../adapters/sms/inbox.ts';
import { type MemoryStorage, memoryStorage } from '../adapters/storage/memory.ts';
import { joseTokens } from '../adapters/tokens/jose.ts';
import { createPhoneAuth, type PhoneAuthConfig } from '../src/index.ts';

export type Loose = Readonly<Record<string, unknown>>;

export const secret: string = randomBytes(32).toString('base64');

type Least = Pick<PhoneAuthConfig, 'tokens' | 'appName' | 'allowedCountries' | 'limits'> & {
  readonly secret: string;
  readonly storage: MemoryStorage;
  readonly sms: Inbox;
};

/** The least that is needed. */
export const valid: Least = {
  secret,
  storage: memoryStorage(),
  sms: inboxSms(),
  tokens: joseTokens({ secret }),
  appName: 'Acme',
  allowedCountries: ['IR', 'US'],
  limits: { smsPerDay: 2000 },
};

export function create(overrides: Loose): unknown {
  return createPhoneAuth({ ...valid, ...overrides } as unknown as PhoneAuthConfig);
}

/** The paths that the one TypeError names; none where nothing is refused. */
export function pathsOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [first, ...problems] = error.message.split('\n');
    expect(first).toMatch(/^create(PhoneAuth|PhoneVerification): the configuration is not valid$/);
    return problems.map((line) => line.trim().split(':')[0] ?? '');
  }
  return [];
}

/** One option in its place, beside the least that is needed. */
export function nested(path: string, value: unknown): Loose {
  const [key = '', ...rest] = path.split('.');
  const base = (valid as unknown as Loose)[key];
  if (rest.length === 0) return { [key]: value };
  const [inner = '', ...deeper] = rest;
  const within = { ...((base as Loose | undefined) ?? {}) };
  within[inner] = deeper.length === 0 ? value : { [deeper[0] ?? '']: value };
  return { [key]: within };
}
