import { createHmac, createSecretKey, hash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { FloorStore } from './floor-store.ts';
import { serveJson } from './serve.ts';
import { type OpenSystem, type Send, type StoreName, type System, textIn } from './system.ts';

const ACCESS_TOKEN_SECONDS = 600;
const HEAD = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.`;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/**
 * The least work that still signs people in safely, written by hand: a check of the number by a pattern, an HMAC of the code, one statement or
 * script that enforces expiry, tries and single use and makes the user, one HS256 access token by `node:crypto`, one hashed refresh token.
 */
export const floor: System = floorOver(
  async (store) => {
    if (store === 'memory') return (await import('./floor-memory.ts')).floorMemory();
    if (store === 'sqlite') return (await import('./floor-sqlite.ts')).floorSqlite();
    if (store === 'postgres') return (await import('./floor-postgres.ts')).floorPostgres();
    const redis = await import('./floor-redis.ts');
    return store === 'redis' ? redis.floorRedis() : redis.floorRedisAndPostgres();
  },
  ['memory', 'sqlite', 'postgres', 'redis', 'redis+postgres'],
);

/** The same in which operations that wait at the same moment share a statement or a transaction. */
export const coalescingFloor: System = floorOver(
  async (store) => {
    const { coalescingPostgres, coalescingSqlite } = await import('./floor-coalescing.ts');
    return store === 'sqlite' ? coalescingSqlite() : coalescingPostgres();
  },
  ['sqlite', 'postgres'],
);

function floorOver(openStore: (store: StoreName) => Promise<FloorStore>, stores: readonly StoreName[]): System {
  return {
    stores,
    async open(store) {
      return floorOn(await openStore(store));
    },
    wire: (send: Send) => ({
      async requestCode({ phoneNumber, ip }) {
        await send({ path: '/request', body: { phoneNumber }, ip });
      },
      async signIn({ phoneNumber, ip }, code) {
        textIn(await send({ path: '/login', body: { phoneNumber, code }, ip }), 'accessToken');
      },
    }),
  };
}

function floorOn(store: FloorStore): OpenSystem {
  const codes = new Map<string, string>();
  const [pepper, key] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
  const digestOf = (phoneNumber: string, code: string): string =>
    createHmac('sha256', pepper).update(`${phoneNumber}:${code}`).digest('base64url');

  async function requestCode(phoneNumber: string): Promise<void> {
    checkPhoneNumber(phoneNumber);
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    await store.put(phoneNumber, digestOf(phoneNumber, code), Date.now());
    codes.set(phoneNumber, code);
  }

  async function login(phoneNumber: string, code: string): Promise<Tokens> {
    checkPhoneNumber(phoneNumber);
    const now = Date.now();
    const refreshToken = randomBytes(32).toString('base64url');
    const userId = await store.consume({
      phoneNumber,
      digest: digestOf(phoneNumber, code),
      now,
      newUserId: randomUUID(),
      refreshHash: hash('sha256', refreshToken, 'base64url'),
    });
    if (userId === null) throw new Error('The code is wrong.');
    const iat = Math.floor(now / 1000);
    const claims = JSON.stringify({ sub: userId, iat, exp: iat + ACCESS_TOKEN_SECONDS, jti: randomUUID() });
    const signed = HEAD + Buffer.from(claims).toString('base64url');
    return { accessToken: `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`, refreshToken };
  }

  return {
    operations: {
      requestCode: ({ phoneNumber }) => requestCode(phoneNumber),
      signIn: async ({ phoneNumber }, code) => void (await login(phoneNumber, code)),
    },
    codeFor: (phoneNumber) => codes.get(phoneNumber) ?? '',
    listen: (host) =>
      serveJson(host, {
        '/request': async ({ phoneNumber }) => {
          await requestCode(String(phoneNumber));
          return { sent: true };
        },
        '/login': ({ phoneNumber, code }) => login(String(phoneNumber), String(code)),
      }),
    settle: async () => undefined,
    close: async () => store.close(),
  };
}

function checkPhoneNumber(phoneNumber: string): void {
  if (!/^\+[1-9]\d{7,14}$/.test(phoneNumber)) throw new Error('The number is no number.');
}
