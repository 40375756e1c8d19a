import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import Fastify from 'fastify';
import { createPhoneAuth } from 'ringlatch';
import { getAuth, phoneAuthPlugin, requireAuth } from 'ringlatch/fastify';
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

const app = Fastify();
await app.register(phoneAuthPlugin, { auth, prefix: '/auth' });
app.get('/me', { preHandler: requireAuth(auth) }, async (request) => {
  const user = await storage.users.findById({ userId: getAuth(request).userId });
  return { phoneNumber: user?.phoneNumber };
});

const address = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`Listening on ${address}`);
