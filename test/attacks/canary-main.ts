import { setTimeout as pause } from 'node:timers/promises';
import { phoneAuthHandler } from '../../adapters/http/fetch.ts';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { createPhoneAuth, isPhoneAuthError, type PhoneAuthConfig } from '../../src/index.ts';
import { testClock } from '../kit/clock.ts';
import { client, phoneNumberOf, SECRET, secretNamed, wrongCode } from './attacked-auth.ts';
import { drawnBytes } from './drawn-bytes.ts';
import { partsOf } from './leaks.ts';
import { type Driver, openDatabase } from './stores.ts';
import { witness } from './witness.ts';

// Everything that a server does, once, in a process of its own: what it prints, says and writes is searched by its parent.
const [driver = '', path = ''] = process.argv.slice(2);
const { watch, read, learn, learnCode, hear, testimony } = witness();
const database = openDatabase(driver as Driver, path);
const storage = sqliteStorage<{ name: string }>(database);
const clock = testClock(1_800_000_000_000);
const sent = new Map<string, string>();
let [storeFails, smsFails] = [false, false];
let jar = '';

const config: PhoneAuthConfig<NonNullable<Awaited<ReturnType<typeof storage.users.findById>>>, { name: string }> = {
  secret: [SECRET, secretNamed('an older one')],
  storage: { ...storage, sessions: { ...storage.sessions, create: quotingFailure }, joined: undefined },
  // Providers like to quote the message that they refuse.
  sms: async (message) => {
    learnCode(message.code);
    sent.set(message.challengeId, message.code);
    if (smsFails) throw new Error(`Invalid message "${message.text}" with code ${message.code}`);
    return { providerId: `message ${sent.size}` };
  },
  tokens: joseTokens({ secret: SECRET }),
  passwords: nodePasswords({ memoryKiB: 64, passes: 1 }),
  appName: 'Acme',
  allowedCountries: ['IR'],
  limits: { smsPerDay: 1000, sendsPerNumber: [{ max: 100, windowSeconds: 600 }] },
  code: { resendAfterSeconds: [0] },
  profile: { '~standard': { version: 1, vendor: 'acme', validate: validName } },
  onEvent: (event) => hear('event', JSON.stringify(event)),
  now: clock.now,
  random: drawnBytes(`canary of ${driver}`),
};
const auth = createPhoneAuth(config);
const bodies = phoneAuthHandler(auth, { clientIp: () => '203.0.113.7', exposeReason: true, contextOf: () => ({ reference: 'tab 7' }) });
const cookies = phoneAuthHandler(auth, {
  clientIp: () => '203.0.113.7',
  contextOf: () => ({ reference: 'tab 7' }),
  cookies: { publicOrigin: 'https://acme.example' },
});

function validName(value: unknown) {
  const { name } = value as { readonly name?: unknown };
  return typeof name === 'string' ? { value: { name } } : { issues: [{ message: 'A name is needed.', path: ['name'] }] };
}

// Drivers like to quote the values of the statement that failed.
async function quotingFailure(given: Parameters<typeof storage.sessions.create>[0]) {
  if (storeFails) throw new Error(`INSERT failed for ${JSON.stringify(given)}`);
  return storage.sessions.create(given);
}

function password(text: string): string {
  learn('password', text);
  return text;
}

type Told = Readonly<Record<string, string>>;

async function http(
  method: string,
  route: string,
  content: object | null,
  o: { readonly bearer?: string; readonly over?: typeof bodies; readonly origin?: string } = {},
) {
  const headers = {
    'content-type': 'application/json',
    origin: o.origin ?? 'https://acme.example',
    cookie: jar,
    ...(o.bearer !== undefined && { authorization: `Bearer ${o.bearer}` }),
  };
  const body = content === null ? null : JSON.stringify(content);
  const response = await (o.over ?? bodies)(new Request(`https://acme.example${route}`, { method, headers, body }));
  jar = [jar, ...response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])].join('; ');
  return (await read(`${method} ${route}`, response)) as Told;
}

async function code(purpose: string, phoneNumber: string, bearer?: string): Promise<{ challengeId: string; code: string }> {
  const { challengeId = '' } = await http('POST', '/codes', { phoneNumber, purpose }, bearer === undefined ? {} : { bearer });
  await auth.drain();
  return { challengeId, code: sent.get(challengeId) ?? '' };
}

function proofIn(thrown: unknown): string {
  return isPhoneAuthError(thrown, 'profile_required', 'unavailable', 'phone_number_taken') ? (thrown.details.proof ?? '') : '';
}

async function overHttp(): Promise<void> {
  const [mine, theirs, next] = [phoneNumberOf(1), phoneNumberOf(2), phoneNumberOf(3)];
  const first = password('correct-horse-1848');
  const answer = await code('sign-in', mine);
  await http('POST', '/sign-in/code', { ...answer, code: wrongCode(answer.code) });
  await http('POST', '/codes', { phoneNumber: mine, resendOf: answer.challengeId });
  const nameless = await http('POST', '/sign-in/code', answer);
  const registered = await http('POST', '/register/code', { proof: nameless.proof, profile: { name: 'Sara' }, password: first });
  await http('POST', '/sign-in/code', answer);
  await http('POST', '/sign-in/code', { ...answer, code: '12' });
  await http('POST', '/register/code', { ...(await code('sign-in', mine)), profile: { name: 'Again' }, password: first });
  await http('POST', '/login/code', await code('login', mine));
  await http('POST', '/login/code', { challengeId: (await code('login', theirs)).challengeId, code: '000000' });
  await http('POST', '/login/password', { phoneNumber: mine, password: first });
  await http('POST', '/login/password', { phoneNumber: mine, password: password('correct-horse-1849') });
  await http('POST', '/login/password', { phoneNumber: mine, password: first, surprise: first });

  const bearer = registered.accessToken ?? '';
  const refreshed = await http('POST', '/session/refresh', { refreshToken: registered.refreshToken });
  await http('POST', '/session/refresh', { refreshToken: registered.refreshToken });
  await http('GET', '/session', null, { bearer });
  await http('GET', '/session', null, { bearer: `${bearer}x` });
  await http('GET', '/sessions', null, { bearer });
  await http('PUT', '/password', { currentPassword: first, newPassword: password('battery-staple-1850') }, { bearer });
  await http('PUT', '/password', { currentPassword: first, newPassword: password('battery-staple-1851') }, { bearer });
  await http('PUT', '/password', { currentPassword: first, newPassword: password('tiny') }, { bearer });
  clock.advance(301);
  await http('PUT', '/password', { currentPassword: first, newPassword: password('battery-staple-1854') }, { bearer });
  clock.advance(-301);
  await http('PUT', '/phone-number', await code('change-phone-number', next, bearer), { bearer });
  await http('POST', '/password/reset', { ...(await code('reset-password', next)), newPassword: password('battery-staple-1852') });
  await http('DELETE', '/sessions', null, { bearer });
  await http('POST', '/session/end', { refreshToken: refreshed.refreshToken });
  clock.advance(3600);
  await http('POST', '/session/refresh', { refreshToken: refreshed.refreshToken });
  await http('PUT', '/phone-number', { challengeId: 'x', code: '123456' }, { bearer });
  await http('GET', '/.well-known/jwks.json', null);
  await http('POST', '/codes', { phoneNumber: '+12015550123' });
  const guessed = await code('sign-in', theirs);
  for (let guesses = 0; guesses < 6; guesses++) await http('POST', '/sign-in/code', { ...guessed, code: wrongCode(guessed.code, guesses) });
  await http('POST', '/sign-in/code', { ...(await code('sign-in', theirs)), profile: { name: 'Ali' } }, { over: cookies });
  await http('POST', '/session/refresh', {}, { over: cookies });
  await http('POST', '/session/refresh', {}, { over: cookies, origin: 'https://evil.example' });
}

async function directly(): Promise<void> {
  const phoneNumber = phoneNumberOf(4);
  const given = { phoneNumber, reference: 'tab 8', profile: { name: 'Reza' }, client };
  const requested = await auth.requestCode(given);
  const answer = { challengeId: requested.challengeId, code: sent.get(requested.challengeId) ?? '', reference: 'tab 8' };
  storeFails = true;
  const failed = await watch('signInWithCode', auth.signInWithCode({ ...answer, client }));
  const failedAgain = await watch('signInWithCode', auth.signInWithCode({ proof: proofIn(failed), reference: 'tab 8', client }));
  storeFails = false;
  const signedIn = await auth.signInWithCode({ proof: proofIn(failedAgain), reference: 'tab 8', client });
  const { userId, refreshToken, accessToken } = signedIn;
  await watch('signInWithCode', Promise.resolve(signedIn));
  for (const part of partsOf(SECRET, refreshToken)) learn('key or part of a token', part);
  await watch('inspectRefreshToken', auth.inspectRefreshToken({ refreshToken }));
  await watch('inspectRefreshToken', auth.inspectRefreshToken({ refreshToken: refreshToken.slice(0, -2) }));
  await watch('verifyAccessToken', auth.verifyAccessToken({ accessToken, checkSession: true }));

  smsFails = true;
  const undelivered = await watch('requestCode', auth.requestCode({ phoneNumber, purpose: 'verify', client }));
  await watch('requestCode', auth.requestCode({ phoneNumber, purpose: 'login', client }));
  await auth.drain();
  smsFails = false;
  const { challengeId } = isPhoneAuthError(undelivered, 'delivery_failed') ? undelivered.details : { challengeId: '' };
  const validate = { challengeId, code: sent.get(challengeId) ?? '', client };
  const validated = await auth.validateVerificationCode(validate);
  await watch('validateVerificationCode', Promise.resolve(validated));
  await watch('consumeProof', auth.consumeProof({ proof: validated.proof, purpose: 'register' }));
  await watch('setPassword', auth.setPassword({ userId, newPassword: password('password1'), proof: validated.proof }));
  await watch('setPassword', auth.setPassword({ userId, newPassword: password('lantern-quilt-1853'), proof: validated.proof }));
  await watch('consumeProof', auth.consumeProof({ proof: validated.proof, purpose: 'verify' }));
  const stepUp = { userId, context: 'Delete the workspace', purpose: 'step-up', client } as const;
  const asked = await auth.requestCode(stepUp);
  await watch(
    'step-up',
    auth.validateVerificationCode({ ...stepUp, challengeId: asked.challengeId, code: sent.get(asked.challengeId) ?? '' }),
  );

  const started = await auth.startSession({ userId, amr: ['hwk'], client });
  await watch('startSession', Promise.resolve(started));
  await watch('refreshSession', auth.refreshSession({ refreshToken: started.refreshToken, client }));
  clock.advance(31);
  await watch('reuse', auth.refreshSession({ refreshToken: started.refreshToken, client }));
  await watch('listSessions', auth.listSessions({ userId }));
  await watch('revokeSessions', auth.revokeSessions({ userId }));
  await watch('getUserStatus', auth.getUserStatus({ phoneNumber }));
  await watch('recordDelivery', auth.recordDelivery({ challengeId, send: 1, state: 'delivered' }));
  for (let tries = 0; tries < 12; tries++) {
    const { challengeId: id } = await auth.requestCode({ phoneNumber, client });
    await watch('guess', auth.signInWithCode({ challengeId: id, code: wrongCode(sent.get(id) ?? ''), client }));
  }
  await watch('unlockPhoneNumber', auth.unlockPhoneNumber({ phoneNumber }));
  await watch('expired', expire(phoneNumber));
  await watch('startSession', auth.startSession({ userId: 'nobody', client }));
  await storage.users.setDisabled({ userId, disabled: true });
  await watch('startSession', auth.startSession({ userId, client }));
  await watch('removePhoneNumber', auth.removePhoneNumber({ userId }));
  await watch('sweep', auth.sweep());
  hear('describe', auth.describe());
}

async function expire(phoneNumber: string): Promise<unknown> {
  const { challengeId } = await auth.requestCode({ phoneNumber, client });
  clock.advance(301);
  return auth.signInWithCode({ challengeId, code: sent.get(challengeId) ?? '', client });
}

learn('secret', SECRET);
learn('secret', secretNamed('an older one'));
await overHttp();
await directly();
await auth.drain();
await pause(10);
process.send?.(testimony());
// the parent looks at the files while they are open, and again when they are closed
process.once('message', () => {
  database.close();
  process.disconnect();
});
