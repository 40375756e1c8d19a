import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createApp } from './app.ts';

if (existsSync('.env')) process.loadEnvFile();

const { handler, auth } = await createApp({
  settings: {
    appName: 'Ringlatch Demo',
    forceCode: process.env.FORCE_CODE || undefined,
    clientIpHeader: process.env.CLIENT_IP_HEADER || undefined,
  },
});

const port = Number(process.env.PORT ?? 3000);
const server = createServer(handler);
server.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, process.env.HOST || '127.0.0.1', () => console.log(`Listening on http://localhost:${port}`));

// Dead rows go in the background; nothing depends on it.
const sweeping = setInterval(() => auth.sweep({ max: 5000 }).catch(console.error), 600_000).unref();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(sweeping);
    server.close(() => auth.drain());
  });
}
