import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createApp, type Settings } from './app.ts';

if (existsSync('.env')) process.loadEnvFile();
const { env } = process;
const settings: Settings = {
  forceCode: env.FORCE_CODE || undefined,
  message: env.MESSAGE || undefined,
  appName: env.APP_NAME || undefined,
  smsPerDay: env.SMS_PER_DAY ? Number(env.SMS_PER_DAY) : undefined,
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
