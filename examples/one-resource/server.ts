import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createApp, type Settings } from './app.ts';

if (existsSync('.env')) process.loadEnvFile();
const { env } = process;
const numberIn = (text: string | undefined) => (text ? Number(text) : undefined);
const isTrue = (text: string | undefined) => (text ? /^(1|true)$/i.test(text) : undefined);

const settings: Settings = {
  codeLength: numberIn(env.OTP_CODE_LENGTH),
  codeTtlSeconds: numberIn(env.OTP_TIMEOUT),
  maxAttempts: numberIn(env.OTP_MAX_ATTEMPTS),
  authOnly: isTrue(env.OTP_AUTH_USAGE_ONLY),
  returnUsage: isTrue(env.OTP_RETURN_USAGE),
  forceCode: env.OTP_FORCE_CODE || undefined,
  message: env.OTP_MESSAGE || undefined,
  appName: env.APP_NAME || undefined,
  allowedCountries: env.ALLOWED_COUNTRIES?.split(','),
  smsPerDay: numberIn(env.SMS_PER_DAY),
  trustedProxies: env.TRUSTED_PROXIES || undefined,
};
const { handler, auth } = await createApp({ settings });

const port = Number(env.PORT ?? 3000);
const server = createServer(handler).listen(port, env.HOST ?? '127.0.0.1', () => console.log(`Listening on http://localhost:${port}`));
server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

// Dead rows go in the background; nothing depends on it.
const sweeping = setInterval(() => auth.sweep({ max: 5000 }).catch(console.error), 600_000).unref();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(sweeping);
    server.close(() => auth.drain());
  });
}
