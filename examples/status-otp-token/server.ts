import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createApp } from './app.ts';

if (existsSync('.env')) process.loadEnvFile();
const { env } = process;

const { handler, auth } = await createApp({
  settings: {
    appName: env.APP_NAME || undefined,
    message: env.OTP_MESSAGE || undefined,
    forceCode: env.FORCE_CODE || undefined,
    smsPerDay: env.SMS_PER_DAY ? Number(env.SMS_PER_DAY) : undefined,
    trustedProxies: env.TRUSTED_PROXIES || undefined,
  },
});

const port = Number(env.PORT ?? 3000);
const server = createServer(handler);
server.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, env.HOST || '127.0.0.1', () => console.log(`Listening on http://localhost:${port}`));

// Dead rows go in the background; nothing depends on it.
const sweeping = setInterval(() => auth.sweep({ max: 5000 }).catch(console.error), 600_000).unref();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(sweeping);
    server.close(() => auth.drain());
  });
}
