import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import { redisStorage } from '../../adapters/storage/redis.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { createPhoneAuth } from '../../src/index.ts';
import { testClock } from '../kit/clock.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';
import { HAS_REDIS, type RedisServer, startRedis } from './redis-server.ts';
import { spied } from './redis-spy.ts';

const client = { ip: '203.0.113.7' };
const phoneNumber = '+989121234567';

describe.skipIf(!HAS_REDIS).each(REDIS_DRIVER_NAMES)('challenges and sessions in Redis (%s), users in SQLite', (driver) => {
  let server: RedisServer;
  let open: OpenClient;
  beforeAll(async () => {
    server = await startRedis({ appendonly: true });
    open = await REDIS_DRIVERS[driver].open(server.port);
  });
  afterAll(async () => {
    open.close();
    await server.stop();
  });

  it('sign people in, and out again', async () => {
    const database = new DatabaseSync(':memory:');
    const { client: redis, trips } = spied(open.client);
    const { users } = sqliteStorage<{ name: string }>(database);
    const [clock, inbox, secret] = [testClock(), inboxSms(), randomBytes(32).toString('hex')];
    const auth = createPhoneAuth({
      ...{ secret, sms: inbox, tokens: joseTokens({ secret }), appName: 'Acme', allowedCountries: ['IR'] },
      ...{ storage: { ...redisStorage(redis), users }, limits: { smsPerDay: 100 }, now: clock.now },
    });
    const signIn = async (code?: string) => {
      const { challengeId } = await auth.requestCode({ phoneNumber, client });
      return auth.signInWithCode({ challengeId, code: code ?? (await inbox.waitForCode(phoneNumber)), profile: { name: 'Ada' }, client });
    };

    const first = await signIn();
    expect([first.isNewUser, first.user.profile]).toEqual([true, { name: 'Ada' }]);
    await expect(signIn('000000x')).rejects.toMatchObject({ code: 'invalid_code' });
    await expect(auth.requestCode({ phoneNumber, client })).rejects.toMatchObject({ code: 'rate_limited' });
    clock.advance(30);
    const second = await signIn();
    expect([second.isNewUser, second.user.id]).toEqual([false, first.user.id]);

    trips.length = 0;
    const refreshed = await auth.refreshSession({ refreshToken: second.refreshToken, client });
    expect((await auth.refreshSession({ refreshToken: second.refreshToken, client })).refreshToken).toBe(refreshed.refreshToken);
    expect(trips.length).toBe(2);
    expect((await auth.listSessions({ userId: first.user.id })).sessions.length).toBe(2);
    expect(await auth.revokeSessions({ userId: first.user.id, exceptSessionId: second.sessionId })).toEqual({ count: 1 });
    await expect(auth.refreshSession({ refreshToken: first.refreshToken, client })).rejects.toMatchObject({ code: 'invalid_session' });
    clock.advance(31);
    await expect(auth.refreshSession({ refreshToken: second.refreshToken, client })).rejects.toMatchObject({ code: 'invalid_session' });
    expect((await auth.listSessions({ userId: first.user.id })).sessions).toEqual([]);
    database.close();
  });
});
