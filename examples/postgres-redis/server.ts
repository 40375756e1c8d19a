import { existsSync } from 'node:fs';
import express from 'express';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createPhoneAuth } from 'ringlatch';
import { getAuth, phoneAuthRouter, requireAuth } from 'ringlatch/express';
import { joseTokens } from 'ringlatch/jose';
import { migrate, postgresStorage } from 'ringlatch/postgres';
import { redisStorage } from 'ringlatch/redis';
import { consoleSms } from 'ringlatch/sms/console';

if (existsSync('.env')) process.loadEnvFile();
const secret = required('RINGLATCH_SECRET');
const sms = consoleSms();

// A server that is away costs a call five seconds at most; nothing queues for it, and nothing is sent twice.
const pool = new Pool({ connectionString: required('DATABASE_URL'), max: 10, connectionTimeoutMillis: 5000, query_timeout: 5000 });
pool.on('error', (error) => console.error(`Postgres: ${error.message}`));
const redisOptions = { lazyConnect: true, maxRetriesPerRequest: 0, enableOfflineQueue: false, socketTimeout: 5000 };
const redis = process.env.REDIS_URL ? new Redis(process.env.REDIS_URL, redisOptions) : null;
redis?.on('error', (error) => console.error(`Redis: ${error.message}`));

await migrate(pool);
await redis?.connect();
const inPostgres = postgresStorage(pool);
const inRedis = redis === null ? null : redisStorage(redis);
const storage = inRedis === null ? inPostgres : { ...inRedis, users: inPostgres.users };
if (inRedis !== null) console.log((await inRedis.durability()).text);

const auth = createPhoneAuth({
  secret,
  storage,
  sms,
  tokens: joseTokens({ secret }),
  appName: 'Ringlatch Demo',
  defaultCountry: 'IR',
  allowedCountries: ['IR', 'US', 'GB', 'DE'],
  limits: { smsPerDay: 500 },
});

const app = express();
app.disable('x-powered-by');
app.set('trust proxy', process.env.TRUSTED_PROXIES || false);
app.use('/auth', phoneAuthRouter(auth));
app.get('/me', requireAuth(auth), async (request, response) => {
  const user = await storage.users.findById({ userId: getAuth(request).userId });
  response.set('cache-control', 'no-store').json({ phoneNumber: user?.phoneNumber });
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, process.env.HOST ?? '127.0.0.1', (error) => {
  if (error === undefined) return console.log(`Listening on http://localhost:${port}`);
  console.error(error.message);
  process.exit(1);
});

// Dead rows go in the background; nothing depends on it.
const sweeping = setInterval(() => auth.sweep({ max: 5000 }).catch(console.error), 600_000).unref();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(sweeping);
    server.close(async () => {
      await auth.drain();
      redis?.disconnect();
      await pool.end();
    });
  });
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  console.error(`Set ${name}; .env.example tells what it is.`);
  process.exit(1);
}
