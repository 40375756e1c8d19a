import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { phoneAuthHandler } from '../../adapters/http/fetch.ts';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import { createPhoneAuth } from '../../src/index.ts';
import { testClock } from '../kit/clock.ts';
import { phoneNumberOf, SECRET } from './attacked-auth.ts';
import { type OpenStore, STORES, type Storage } from './stores.ts';

const password = 'staple-battery-1907';
// cheap: this is about what is answered, not when
const passwords = nodePasswords({ memoryKiB: 64, passes: 1 });

const KINDS = ['unknown', 'known', 'disabled', 'without a password'] as const;
type Kind = (typeof KINDS)[number];

const REDEEMED_BY = {
  'sign-in': '/sign-in/code',
  login: '/login/code',
  register: '/register/code',
  verify: '/codes/validate',
  'reset-password': '/password/reset',
} as const;
type Purpose = keyof typeof REDEEMED_BY;

const WAYS = ['in one trip', 'verb by verb'] as const;
type Way = (typeof WAYS)[number];
const STORES_BOTH_WAYS = STORES.flatMap(([name, open]) => WAYS.map((way) => [name, way, open] as const));

describe.each(STORES_BOTH_WAYS)('a stranger who asks about numbers on %s, %s,', (_, way, open) => {
  let store: OpenStore;
  beforeEach(() => {
    store = open();
  });
  afterEach(() => store.close());

  it.each(Object.keys(REDEEMED_BY) as Purpose[])(
    'learns nothing from codes for %s: same answers, limits and store calls',
    async (purpose) => {
      const told = [];
      for (const kind of KINDS) told.push(await storyOfCodes(await hostOf(store.storage, way, kind), purpose));
      const [first] = told;
      for (const one of told) expect(one).toEqual(first);
      // the story had all of its turns
      expect(first?.answers.map(({ status }) => status)).toEqual([
        202, 429, 400, 202, 400, 400, 400, 400, 400, 202, 400, 400, 429, 202, 202,
      ]);
    },
  );

  it.each(['login', 'register', 'reset-password'] as const)('learns nothing from a provider that takes no code for %s', async (purpose) => {
    const told = [];
    for (const kind of KINDS) {
      const host = await hostOf(store.storage, way, kind, { sms: async () => Promise.reject(new Error('no route')) });
      told.push({ answer: await host.post('/codes', { phoneNumber: host.phoneNumber, purpose }), calls: host.calls });
      await host.drain();
    }
    for (const one of told) expect(one).toEqual(told[0]);
    expect(told[0]?.answer.status).toBe(202);
  });

  it('learns nothing from loginWithPassword', async () => {
    const told = [];
    for (const kind of KINDS) {
      const host = await hostOf(store.storage, way, kind);
      const given = kind === 'known' ? 'staple-battery-1908' : password;
      const answer = await host.post('/login/password', { phoneNumber: host.phoneNumber, password: given });
      told.push({ answer, calls: host.calls });
    }
    const [first] = told;
    for (const one of told) expect(one).toEqual(first);
    expect(first?.answer).toMatchObject({ status: 400, body: expect.stringContaining('invalid_credentials') });
    const verbs = ['challenges.take', 'users.findByPhoneNumber', 'users.passwordHashOf'];
    expect(first?.calls).toEqual(way === 'in one trip' ? ['joined.tryPassword'] : verbs);
  });

  it('learns nothing from the limits of passwords: all numbers close alike, and are closed alike the next hour', async () => {
    const told = [];
    for (const kind of KINDS) {
      const host = await hostOf(store.storage, way, kind);
      const answers = [];
      for (let tries = 0; tries < 12; tries++) {
        answers.push(await host.post('/login/password', { phoneNumber: host.phoneNumber, password: 'staple-battery-1908' }));
      }
      host.clock.advance(3600);
      for (let tries = 0; tries < 2; tries++) {
        answers.push(await host.post('/login/password', { phoneNumber: host.phoneNumber, password: 'staple-battery-1908' }));
      }
      told.push({ answers, calls: host.calls });
    }
    for (const one of told) expect(one).toEqual(told[0]);
    expect(told[0]?.answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(400), 429, 429, 400, 429]);
  });

  it('learns nothing from asking to move an account of their own to the number', async () => {
    const told = [];
    for (const kind of KINDS) {
      const host = await hostOf(store.storage, way, kind);
      const accessToken = await host.signUp();
      // what a sign-up leaves for later is no part of the question
      await host.drain();
      const before = host.calls.length;
      const wish = { phoneNumber: host.phoneNumber, purpose: 'change-phone-number' };
      const answers = [await host.post('/codes', wish, undefined, accessToken), await host.post('/codes', wish, undefined, accessToken)];
      await host.drain();
      told.push({ answers, calls: host.calls.slice(before) });
    }
    for (const one of told) expect(one).toEqual(told[0]);
    expect(told[0]?.answers.map(({ status }) => status)).toEqual([202, 429]);
  });

  it('could learn it from these very answers with revealAccounts', async () => {
    const statusOf = async (kind: Kind) => {
      const host = await hostOf(store.storage, way, kind, { revealAccounts: true });
      return (await host.post('/codes', { phoneNumber: host.phoneNumber, purpose: 'login' })).status;
    };
    expect([await statusOf('known'), await statusOf('unknown')]).toEqual([202, 404]);
  });
});

type Host = Awaited<ReturnType<typeof hostOf>>;

/** The routes, default limits and all, over a store in which one number is of that kind; the clock and the counters are the host's own. */
async function hostOf(
  storage: Storage,
  way: Way,
  kind: Kind,
  options: { readonly revealAccounts?: boolean; readonly sms?: () => Promise<void> } = {},
) {
  const phoneNumber = phoneNumberOf(KINDS.indexOf(kind) + 1);
  const clock = testClock(1_800_000_000_000);
  if (kind !== 'unknown') {
    const passwordHash = kind === 'without a password' ? null : await passwords.hash({ password });
    const created = await storage.users.create({ phoneNumber: phoneNumber as PhoneNumber, profile: {}, passwordHash, now: clock.now() });
    if (kind === 'disabled' && created.is === 'created') await storage.users.setDisabled({ userId: created.user.id, disabled: true });
  }
  const calls: string[] = [];
  const codes: string[] = [];
  const stores = {
    challenges: recorded('challenges', storage.challenges, calls),
    sessions: recorded('sessions', storage.sessions, calls),
    users: recorded('users', storage.users, calls),
  };
  const auth = createPhoneAuth({
    secret: SECRET,
    storage: way === 'verb by verb' ? stores : { ...stores, joined: recorded('joined', { ...storage.joined, ...stores }, calls) },
    sms: async (message) => void codes.push(message.code),
    tokens: joseTokens({ secret: SECRET }),
    passwords,
    appName: 'Acme',
    allowedCountries: ['IR'],
    limits: { smsPerDay: 1000 },
    // so that codes are counted, too
    onEvent: () => undefined,
    now: clock.now,
    ...options,
  });
  const handle = phoneAuthHandler(auth, { clientIp: () => '203.0.113.7' });
  const ids: string[] = [];
  const post = async (path: string, content: object, idempotencyKey?: string, accessToken?: string) => {
    const headers = {
      'content-type': 'application/json',
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
    };
    const response = await handle(new Request(`https://acme.example${path}`, { method: 'POST', headers, body: JSON.stringify(content) }));
    const body = await response.text();
    const id = (JSON.parse(body) as { readonly challengeId?: string }).challengeId;
    if (id !== undefined) ids.push(id);
    return { status: response.status, headers: [...response.headers], body: masked(body, phoneNumber, ids) };
  };
  const client = { ip: '203.0.113.8' };
  const signUp = async (): Promise<string> => {
    const own = phoneNumberOf(KINDS.length + KINDS.indexOf(kind) + 1);
    const { challengeId } = await auth.requestCode({ phoneNumber: own, client });
    return (await auth.signInWithCode({ challengeId, code: codes.at(-1) ?? '', client })).accessToken;
  };
  return { phoneNumber, clock, calls, codes, ids, post, signUp, drain: auth.drain };
}

/** What is the requester's own: the number, and which of the ids so far; all of them are of one length. */
function masked(body: string, phoneNumber: string, ids: readonly string[]): string {
  const withoutNumber = body.replaceAll(phoneNumber, '#'.repeat(phoneNumber.length));
  return [...new Set(ids)].reduce((text, id, index) => text.replaceAll(id, `id ${index}`.padEnd(id.length)), withoutNumber);
}

function recorded<Port extends object>(name: string, port: Port, calls: string[]): Port {
  return new Proxy(port, {
    get(target, verb) {
      const member: unknown = Reflect.get(target, verb);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]) => {
        calls.push(`${name}.${String(verb)}`);
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/**
 * A request, one too soon, a wrong code, a resend, wrong codes till none is judged any more, a new challenge, codes that cannot be right, a request
 * over the limit; and the next day a request that is sent twice.
 */
async function storyOfCodes(host: Host, purpose: Purpose) {
  const { phoneNumber, clock, ids, post, codes } = host;
  const request = (given: { readonly resendOf?: string | undefined } = {}, idempotencyKey?: string) =>
    post('/codes', { phoneNumber, purpose, ...given }, idempotencyKey);
  const guess = (challengeId: string | undefined, code = notSent(codes)) =>
    post(REDEEMED_BY[purpose], {
      challengeId,
      code,
      ...(purpose === 'verify' && { purpose }),
      ...(purpose === 'reset-password' && { newPassword: password }),
    });
  const answers = [await request(), await request(), await guess(ids[0])];
  clock.advance(30);
  answers.push(await request({ resendOf: ids[0] }));
  for (let guesses = 0; guesses < 5; guesses++) answers.push(await guess(ids[0]));
  clock.advance(60);
  answers.push(await request(), await guess(ids.at(-1)), await guess(ids.at(-1), '12'));
  clock.advance(120);
  answers.push(await request());
  clock.advance(86_400);
  answers.push(await request({}, 'a key nobody guesses'), await request({}, 'a key nobody guesses'));
  await host.drain();
  return { answers, calls: host.calls };
}

/** Six digits that nobody was sent. */
function notSent(codes: readonly string[]): string {
  let code = 0;
  while (codes.includes(String(code).padStart(6, '0'))) code++;
  return String(code).padStart(6, '0');
}
