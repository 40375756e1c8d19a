import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import express from 'express';
import { createPhoneAuth } from 'ringlatch';
import { getAuth, phoneAuthRouter, requireAuth } from 'ringlatch/express';
import { joseTokens } from 'ringlatch/jose';
import { inboxMiddleware, inboxSms } from 'ringlatch/sms/inbox';
import { sqliteStorage } from 'ringlatch/sqlite';
import { developmentSecret } from './development.ts';

if (existsSync('.env')) process.loadEnvFile();
const port = Number(process.env.PORT ?? 3000);
const publicOrigin = process.env.PUBLIC_ORIGIN ?? `http://localhost:${port}`;
const databaseFile = process.env.DATABASE_FILE ?? './data.sqlite';
const secret = process.env.RINGLATCH_SECRET ?? developmentSecret(`${databaseFile}-secret`);

const database = new DatabaseSync(databaseFile);
const storage = sqliteStorage(database);
const inbox = inboxSms();
const auth = createPhoneAuth({
  secret,
  storage,
  sms: inbox,
  tokens: joseTokens({ secret }),
  appName: 'Ringlatch Demo',
  origin: new URL(publicOrigin).hostname,
  defaultCountry: process.env.DEFAULT_COUNTRY ?? 'IR',
  allowedCountries: (process.env.ALLOWED_COUNTRIES ?? 'IR,US,CA,GB,DE,FR,NL,SE,TR,AE,IQ,IN').split(','),
  limits: { smsPerDay: 500 },
});
const cookies = { publicOrigin, development: publicOrigin.startsWith('http://localhost') };

const app = express();
app.disable('x-powered-by');
app.use((_request, response, next) => {
  response.set({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  next();
});
app.use('/auth', phoneAuthRouter(auth, { cookies }));
app.get('/me', requireAuth(auth, { cookies }), async (request, response) => {
  const user = await storage.users.findById({ userId: getAuth(request).userId });
  response.set('cache-control', 'no-store').json({ phoneNumber: user?.phoneNumber });
});
app.use('/inbox', inboxMiddleware(inbox));
app.use(express.static(join(import.meta.dirname, 'public'), { extensions: ['html'] }));

// Only this machine may come in, because the inbox shows every code.
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error === undefined) return console.log(`Sign in: ${publicOrigin}\nInbox:   ${publicOrigin}/inbox`);
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  console.error(isTaken ? `Port ${port} is taken. Name another one, for example PORT=${port + 1}.` : error.message);
  process.exitCode = 1;
});

// Dead rows go in the background; nothing depends on it.
setInterval(() => auth.sweep().catch(console.error), 600_000).unref();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(async () => {
      await auth.drain();
      database.close();
    });
  });
}
