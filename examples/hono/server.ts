import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { createPhoneAuth } from 'ringlatch';
import { getAuth, phoneAuthHandler, requireAuth } from 'ringlatch/fetch';
import { joseTokens } from 'ringlatch/jose';
import { memoryStorage } from 'ringlatch/memory';
import { consoleSms } from 'ringlatch/sms/console';

if (existsSync('.env')) process.loadEnvFile();

// Without a secret of its own the server makes one up; like the memory storage, it is forgotten at the next start.
const secret = process.env.RINGLATCH_SECRET ?? randomBytes(32).toString('base64');
const storage = memoryStorage();
const auth = createPhoneAuth({
  secret,
  storage,
  sms: consoleSms(),
  tokens: joseTokens({ secret }),
  appName: 'Ringlatch Demo',
  defaultCountry: 'IR',
  allowedCountries: ['IR', 'US', 'GB', 'DE'],
  limits: { smsPerDay: 500 },
});
const handle = phoneAuthHandler(auth, {
  basePath: '/auth',
  clientIp: (_request, context: Context) => getConnInfo(context).remote.address ?? null,
});

const app = new Hono();
app.all('/auth/*', (context) => handle(context.req.raw, context));
app.get('/me', requireAuth(auth), async (context) => {
  const user = await storage.users.findById({ userId: getAuth(context.req.raw).userId });
  return context.json({ phoneNumber: user?.phoneNumber });
});

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`Listening on http://localhost:${port}`),
);
