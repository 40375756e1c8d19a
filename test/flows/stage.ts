import { randomBytes } from 'node:crypto';
import { nodePasswords } from '../../adapters/passwords/node.ts';
import { type Inbox, inboxSms } from '../../adapters/sms/inbox.ts';
import { type MemoryStorage, memoryStorage, type StoredUser } from '../../adapters/storage/memory.ts';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import {
  type AnyPhoneAuthError,
  type Client,
  type CodeRequest,
  createPhoneAuth,
  isPhoneAuthError,
  type PasswordHasher,
  type PhoneAuth,
  type PhoneAuthConfig,
  type PhoneAuthErrorCode,
  type PhoneAuthEvent,
  type PhoneAuthEventType,
  type RequestCode,
} from '../../src/index.ts';
import { nextPhoneNumber, type TestClock, testClock } from '../kit/index.ts';

export type Profile = Readonly<Record<string, unknown>>;
export type User = StoredUser<Profile>;

/** What can go wrong with a port's verb: it fails, never answers, or does its work and loses the answer. */
export type Fault = 'throws' | 'hangs' | 'loses its answer';

/** A whole auth object on real parts, whose stores can be made to fail and whose calls and events are written down. */
export interface Stage {
  readonly auth: PhoneAuth<User, Profile>;
  readonly config: PhoneAuthConfig<User, Profile>;
  readonly storage: MemoryStorage<Profile>;
  /** What of the storage of {@link config} another store may be put beside: all but the fast path, which belongs to all of its own. */
  readonly stores: Omit<PhoneAuthConfig<User, Profile>['storage'], 'joined'>;
  readonly inbox: Inbox;
  readonly clock: TestClock;
  readonly client: Client;
  readonly events: PhoneAuthEvent[];
  /** Types of the events since the last call of it. */
  readonly tell: () => readonly PhoneAuthEventType[];
  /** `port.verb` of every call of a store since the last call of it. */
  readonly trips: () => readonly string[];
  /** Breaks a verb, such as `users.create`, until {@link Stage.heal}. */
  readonly breaks: (verb: string, fault: Fault) => void;
  readonly heal: () => void;
  readonly request: (input?: Partial<RequestCode>) => Promise<Requested>;
  /** Another program over the same stores, inbox and clock. */
  readonly beside: (overrides: Partial<PhoneAuthConfig<User, Profile>>) => PhoneAuth<User, Profile>;
  readonly signUp: (profile?: Profile) => Promise<SignedUp>;
}

export interface Requested extends CodeRequest {
  /** What stood in the newest message to the number. */
  readonly code: string;
  readonly wrong: string;
}

export interface SignedUp {
  readonly user: User;
  readonly userId: string;
  readonly phoneNumber: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceToken: string;
}

/** Argon2id, as light as it goes. */
export const passwords: Required<PasswordHasher> = nodePasswords({ memoryKiB: 8, passes: 1 });

export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** How the flows reach the stores: verbs of one operation in one trip, or each verb by itself. */
export type Way = 'joined' | 'verb by verb';

let usual: Way = 'joined';

/** The way of every stage from here on that names none. */
export function takeWay(way: Way): void {
  usual = way;
}

let staged = 0;

export function stage(overrides: Partial<PhoneAuthConfig<User, Profile>> = {}, way: Way = usual): Stage {
  const inbox = inboxSms();
  const clock = testClock();
  const storage = memoryStorage<Profile>();
  const events: PhoneAuthEvent[] = [];
  const faults = new Map<string, Fault>();
  const made: string[] = [];
  const secret = randomSecret();
  const client: Client = { ip: `198.51.100.${staged++ % 256}`, userAgent: 'vitest' };
  let told = 0;
  const stores = {
    challenges: fragile('challenges', storage.challenges),
    sessions: fragile('sessions', storage.sessions),
    users: fragile('users', storage.users),
  };

  const config: PhoneAuthConfig<User, Profile> = {
    secret,
    storage: way === 'joined' ? { ...stores, joined: fragile('joined', { ...storage.joined, ...stores }) } : stores,
    sms: inbox,
    tokens: joseTokens({ secret }),
    passwords,
    appName: 'Test',
    allowedCountries: 'all',
    limits: { smsPerDay: 10_000 },
    deadlineSeconds: { port: 0.5, sms: 0.5 },
    onEvent: (event) => void events.push(event),
    now: clock.now,
    ...overrides,
  };
  const auth = createPhoneAuth(config);

  function fragile<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return async (...args: readonly unknown[]) => {
          const verb = `${name}.${String(key)}`;
          made.push(verb);
          const fault = faults.get(verb);
          if (fault === 'throws') throw new Error('the store is down');
          if (fault === 'hangs') return new Promise(() => undefined);
          const answer: unknown = await Reflect.apply(member, target, args);
          if (fault === 'loses its answer') throw new Error('the connection was lost');
          return answer;
        };
      },
    });
  }

  const request: Stage['request'] = async (input = {}) => {
    const needsNumber = input.purpose !== 'step-up' && input.phoneNumber === undefined;
    const answer = await auth.requestCode({ client, ...(needsNumber ? { phoneNumber: nextPhoneNumber() } : {}), ...input });
    await auth.drain();
    const code = inbox.lastCode(answer.phoneNumber) ?? '000000';
    return { ...answer, code, wrong: wrongOf(code) };
  };

  return {
    auth,
    config,
    storage,
    stores,
    inbox,
    clock,
    client,
    events,
    tell: () => {
      const types = events.slice(told).map((event) => event.type);
      told = events.length;
      return types;
    },
    trips: () => made.splice(0),
    breaks: (verb, fault) => void faults.set(verb, fault),
    heal: () => faults.clear(),
    request,
    beside: (others) => createPhoneAuth({ ...config, ...others }),
    signUp: async (profile = {}) => {
      const { challengeId, code } = await request();
      const { user, ...tokens } = await auth.signInWithCode({ challengeId, code, profile, client });
      return { user, phoneNumber: user.phoneNumber as string, ...tokens };
    },
  };
}

/** A code that is not this one. */
export function wrongOf(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

/** The error that a call fails with, which is one of ours. */
export async function failure<Code extends PhoneAuthErrorCode>(
  call: Promise<unknown>,
  code?: Code,
): Promise<Extract<AnyPhoneAuthError, { code: Code }>> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`answered instead of failing with ${code ?? 'an error'}`);
  if (!isPhoneAuthError(outcome.error) || (code !== undefined && outcome.error.code !== code)) throw outcome.error;
  return outcome.error as Extract<AnyPhoneAuthError, { code: Code }>;
}

/** The codes that calls fail with; `ok` for those that do not. */
export async function outcomes(calls: readonly Promise<unknown>[]): Promise<Readonly<Record<string, number>>> {
  const settled = await Promise.allSettled(calls);
  const counts: Record<string, number> = {};
  for (const one of settled) {
    const name = one.status === 'fulfilled' ? 'ok' : isPhoneAuthError(one.reason) ? one.reason.code : String(one.reason);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
