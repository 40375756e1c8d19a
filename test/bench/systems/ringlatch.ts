import { randomBytes } from 'node:crypto';
import { createPhoneAuth, type PhoneAuth, type PhoneAuthConfig } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';
import { serveRinglatch } from './ringlatch-hosts.ts';
import { openStorage } from './ringlatch-storage.ts';
import { BENCH_PASSWORD, type OpenSystem, type Operations, type Send, type StoreName, type System, textIn } from './system.ts';

/** The library with what makes it measurable. */
export interface OpenRinglatch extends OpenSystem {
  readonly auth: PhoneAuth;
  readonly storage: PhoneAuthConfig['storage'];
}

/** What {@link openRinglatch} takes. */
export interface RinglatchOptions {
  readonly store: StoreName;
  /** Joins the calls that wait at the same moment. @default false */
  readonly coalesce?: boolean | undefined;
  /** @default none: signing in by code alone */
  readonly passwords?: PhoneAuthConfig['passwords'];
  /** What is to differ beside it. */
  readonly config?: Partial<Pick<PhoneAuthConfig, 'code' | 'limits'>> | undefined;
}

/**
 * Every limit is on. Those of one number and one address have their defaults; those that all visitors share have maxima that refuse nobody.
 */
export const BENCH_LIMITS: PhoneAuthConfig['limits'] = {
  smsPerDay: 1_000_000_000,
  sendsPerPrefix: [{ max: 1_000_000, windowSeconds: 3600 }],
};

/** The library as an application would use it, with a sender that keeps codes in memory. */
export async function openRinglatch({ store, coalesce = false, passwords, config = {} }: RinglatchOptions): Promise<OpenRinglatch> {
  const { storage, close } = await openStorage(store, coalesce);
  const codes = new Map<string, string>();
  const auth = createPhoneAuth({
    secret: randomBytes(32).toString('base64'),
    storage,
    sms: async ({ to, code }) => {
      codes.set(to, code);
    },
    tokens: joseTokens({ secret: randomBytes(32).toString('base64') }),
    passwords,
    appName: 'Bench',
    allowedCountries: ['IR'],
    limits: BENCH_LIMITS,
    ...config,
  });
  return {
    auth,
    storage,
    operations: operationsOf(auth, passwords !== undefined),
    codeFor: (phoneNumber) => codes.get(phoneNumber) ?? '',
    listen: (host) => serveRinglatch(host, auth),
    settle: async () => void (await auth.drain()),
    async close() {
      await auth.drain();
      await close();
    },
  };
}

/** What visitors do, called directly. */
function operationsOf(auth: PhoneAuth, hasPasswords: boolean): Operations {
  const byCode: Operations = {
    async requestCode(visitor) {
      const { phoneNumber, ip } = visitor;
      visitor.challengeId = (await auth.requestCode({ phoneNumber, client: { ip } })).challengeId;
    },
    async signIn(visitor, code) {
      const { challengeId, ip } = visitor;
      visitor.refreshToken = (await auth.signInWithCode({ challengeId, code, client: { ip } })).refreshToken;
    },
    async refresh(visitor) {
      const { refreshToken, ip } = visitor;
      visitor.refreshToken = (await auth.refreshSession({ refreshToken, client: { ip } })).refreshToken;
    },
  };
  if (!hasPasswords) return byCode;
  return {
    ...byCode,
    async signIn(visitor, code) {
      const { challengeId, ip } = visitor;
      const password = BENCH_PASSWORD;
      visitor.refreshToken = (await auth.registerWithCode({ challengeId, code, password, client: { ip } })).refreshToken;
    },
    async loginWithPassword({ phoneNumber, ip }) {
      await auth.loginWithPassword({ phoneNumber, password: BENCH_PASSWORD, client: { ip } });
    },
  };
}

/** The same over its routes under `/auth`. */
export function ringlatchWire(send: Send): Operations {
  return {
    async requestCode(visitor) {
      const { phoneNumber, ip } = visitor;
      visitor.challengeId = textIn(await send({ path: '/auth/codes', body: { phoneNumber }, ip }), 'challengeId');
    },
    async signIn(visitor, code) {
      const { challengeId, ip } = visitor;
      visitor.refreshToken = textIn(await send({ path: '/auth/sign-in/code', body: { challengeId, code }, ip }), 'refreshToken');
    },
    async refresh(visitor) {
      const { refreshToken, ip } = visitor;
      visitor.refreshToken = textIn(await send({ path: '/auth/session/refresh', body: { refreshToken }, ip }), 'refreshToken');
    },
  };
}

/** One statement or script per verb. */
export const ringlatch: System = {
  stores: ['memory', 'sqlite', 'postgres', 'redis', 'redis+postgres'],
  open: (store) => openRinglatch({ store }),
  wire: ringlatchWire,
};

/** Calls that wait at the same moment share a statement or a transaction. */
export const coalescingRinglatch: System = {
  stores: ['sqlite', 'postgres'],
  open: (store) => openRinglatch({ store, coalesce: true }),
  wire: ringlatchWire,
};

/** Accounts with passwords: their sign-in registers, and they log in by password. */
export const ringlatchWithPasswords: System = {
  stores: ['memory', 'sqlite', 'postgres', 'redis+postgres'],
  async open(store) {
    const { nodePasswords } = await import('ringlatch/passwords');
    return openRinglatch({ store, passwords: nodePasswords() });
  },
  wire: ringlatchWire,
};
