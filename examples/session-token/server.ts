import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createApp, type Settings } from './app.ts';

if (existsSync('.env')) process.loadEnvFile();
const { env } = process;
const numberIn = (text: string | undefined) => (text ? Number(text) : undefined);
const isTrue = (text: string | undefined) => (text ? /^(1|true)$/i.test(text) : undefined);

const settings: Settings = {
  codeLength: numberIn(env.TOKEN_LENGTH),
  codeTtlSeconds: numberIn(env.SECURITY_CODE_EXPIRATION_TIME),
  singleUse: isTrue(env.VERIFY_SECURITY_CODE_ONLY_ONCE),
  maxAttempts: numberIn(env.MAX_FAILED_ATTEMPTS),
  sandboxCode: env.SANDBOX_TOKEN || undefined,
  message: env.MESSAGE || undefined,
  appName: env.APP_NAME || undefined,
  createUserOnVerify: isTrue(env.CREATE_USER_ON_VERIFY),
  smsPerDay: numberIn(env.SMS_PER_DAY),
  allowedCountries: env.ALLOWED_COUNTRIES?.split(','),
  trustedProxies: env.TRUSTED_PROXIES || undefined,
};
const { handler, auth } = await createApp({ settings });

const port = Number(env.PORT ?? 3000);
const server = createServer(handler).listen(port, env.HOST ?? '127.0.0.1', () => {
  console.log(`Listening on http://localhost:${port}`);
});
server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

// Dead rows go in the background; nothing depends on it.
const sweeping = setInterval(() => auth.sweep({ max: 5000 }).catch(console.error), 600_000).unref();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(sweeping);
    server.close(() => void auth.drain());
  });
}
