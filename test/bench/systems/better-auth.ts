import { freshPostgres, freshRedis, freshSqlite } from '../connections.ts';
import { type BetterAuth, serveBetterAuth } from './better-auth-hosts.ts';
import { type OpenSystem, type Send, type StoreName, type System, textIn } from './system.ts';

// Named so that neither the compiler nor the linter looks for a package that only this folder has.
const NAME = 'better-auth';

interface Module {
  betterAuth(options: Readonly<Record<string, unknown>>): BetterAuth;
}

interface PhoneNumberModule {
  phoneNumber(options: {
    readonly sendOTP: (message: { readonly phoneNumber: string; readonly code: string }) => void;
    readonly signUpOnVerification: {
      readonly getTempEmail: (phoneNumber: string) => string;
      readonly getTempName: (phoneNumber: string) => string;
    };
  }): unknown;
}

interface MemoryModule {
  memoryAdapter(tables: Readonly<Record<string, readonly unknown[]>>): unknown;
}

interface MigrationModule {
  getMigrations(options: unknown): Promise<{ runMigrations(): Promise<void> }>;
}

interface Backing {
  readonly database: unknown;
  readonly secondaryStorage?: unknown;
  readonly rateLimitStorage: 'memory' | 'database' | 'secondary-storage';
  readonly close: () => Promise<void>;
}

const wire = (send: Send): ReturnType<System['wire']> => ({
  async requestCode({ phoneNumber, ip }) {
    await send({ path: '/api/auth/phone-number/send-otp', body: { phoneNumber }, ip });
  },
  async signIn({ phoneNumber, ip }, code) {
    textIn(await send({ path: '/api/auth/phone-number/verify', body: { phoneNumber, code }, ip }), 'token');
  },
});

/** better-auth with its phone-number plugin, which signs up whom it does not know; its limiter is off. */
export const betterAuth: System = {
  stores: ['memory', 'sqlite', 'postgres', 'redis+postgres'],
  open: (store) => open(store, false),
  wire,
};

/** The same with its limiter on; calls in process pass it by. */
export const limitedBetterAuth: System = { ...betterAuth, open: (store) => open(store, true) };

async function open(store: StoreName, limiter: boolean): Promise<OpenSystem> {
  const { betterAuth: create } = (await import(NAME)) as Module;
  const { phoneNumber } = (await import(`${NAME}/plugins/phone-number`)) as PhoneNumberModule;
  const codes = new Map<string, string>();
  const { database, secondaryStorage, rateLimitStorage, close } = await backingOf(store);
  const auth = create({
    baseURL: 'http://127.0.0.1:3000',
    trustedOrigins: ['http://127.0.0.1:*'],
    secret: 'bench-secret-bench-secret-bench-secret-0123',
    database,
    secondaryStorage,
    logger: { level: 'error' },
    telemetry: { enabled: false },
    rateLimit: limiter ? { enabled: true, storage: rateLimitStorage } : { enabled: false },
    advanced: { ipAddress: { ipAddressHeaders: ['x-forwarded-for'] } },
    plugins: [
      phoneNumber({
        sendOTP: ({ phoneNumber: to, code }) => {
          codes.set(to, code);
        },
        signUpOnVerification: { getTempEmail: (number) => `${number.slice(1)}@phone.invalid`, getTempName: (number) => number },
      }),
    ],
  });
  await auth.$context;
  if (store !== 'memory') {
    const { getMigrations } = (await import(`${NAME}/db/migration`)) as MigrationModule;
    await (await getMigrations(auth.options)).runMigrations();
  }
  return {
    operations: {
      requestCode: async ({ phoneNumber: number }) => void (await auth.api.sendPhoneNumberOTP({ body: { phoneNumber: number } })),
      signIn: async ({ phoneNumber: number }, code) => void (await auth.api.verifyPhoneNumber({ body: { phoneNumber: number, code } })),
    },
    codeFor: (number) => codes.get(number) ?? '',
    listen: (host) => serveBetterAuth(host, auth),
    settle: async () => undefined,
    close,
  };
}

async function backingOf(store: StoreName): Promise<Backing> {
  if (store === 'memory') {
    const { memoryAdapter } = (await import(`${NAME}/adapters/memory`)) as MemoryModule;
    const database = memoryAdapter({ user: [], session: [], account: [], verification: [], rateLimit: [] });
    return { database, rateLimitStorage: 'memory', close: async () => undefined };
  }
  if (store === 'sqlite') {
    const database = freshSqlite('better-auth');
    return { database, rateLimitStorage: 'database', close: async () => void database.close() };
  }
  const pool = await freshPostgres();
  if (store === 'postgres') return { database: pool, rateLimitStorage: 'database', close: () => pool.end() };
  const redis = await freshRedis();
  const increment = `local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n`;
  const secondaryStorage = {
    get: (key: string) => redis.get(key),
    getAndDelete: (key: string) => redis.getdel(key),
    set: (key: string, value: string, seconds?: number) => (seconds ? redis.set(key, value, 'EX', seconds) : redis.set(key, value)),
    delete: async (key: string) => void (await redis.del(key)),
    increment: (key: string, seconds: number) => redis.eval(increment, 1, key, Math.ceil(seconds)),
  };
  const close = async (): Promise<void> => {
    await redis.quit();
    await pool.end();
  };
  return { database: pool, secondaryStorage, rateLimitStorage: 'secondary-storage', close };
}
