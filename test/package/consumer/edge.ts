// Bundled for a runtime without Node's modules, and run.
import { createPhoneAuth } from 'ringlatch';
import { phoneAuthHandler } from 'ringlatch/fetch';
import { joseTokens } from 'ringlatch/jose';
import { memoryStorage } from 'ringlatch/memory';
import { inboxSms } from 'ringlatch/sms/inbox';

const secret = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const inbox = inboxSms();
const auth = createPhoneAuth({
  secret,
  storage: memoryStorage(),
  sms: inbox,
  tokens: joseTokens({ secret }),
  appName: 'Acme',
  allowedCountries: ['IR'],
  limits: { smsPerDay: 100 },
});
const handle = phoneAuthHandler(auth, { basePath: '/auth', clientIp: () => null });

async function post(path: string, body: object): Promise<[number, Record<string, string>]> {
  const headers = { 'content-type': 'application/json' };
  const response = await handle(new Request(`https://acme.example/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
  return [response.status, (await response.json()) as Record<string, string>];
}

const phoneNumber = '+989121234567';
const [accepted, { challengeId }] = await post('/codes', { phoneNumber });
const [signedIn, { accessToken }] = await post('/sign-in/code', { challengeId, code: inbox.lastCode(phoneNumber) });
if (accepted !== 202 || signedIn !== 201 || accessToken === undefined) throw new Error(`${accepted}, ${signedIn}`);
