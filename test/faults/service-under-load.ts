import { randomBytes } from 'node:crypto';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import {
  createPhoneAuth,
  isPhoneAuthError,
  type PhoneAuth,
  type PhoneAuthEvent,
  type SmsMessage,
  type UserRecord,
} from '../../src/index.ts';
import { ROOMY_LIMITS } from '../attacks/attacked-auth.ts';
import { type Acknowledged, recorded, type Stores } from './acknowledged.ts';

type Auth = PhoneAuth<UserRecord, Record<string, unknown>>;

/** Seconds, as in the configuration. */
export interface Deadline {
  readonly port: number;
  readonly sms: number;
  readonly request: number;
}

/** What was seen of the calls of a service. */
export interface Seen {
  calls: number;
  unavailable: number;
  slowestSeconds: number;
}

/** An auth object over stores that are about to fail, and everything that is known of it from outside. */
export interface Service {
  readonly auth: Auth;
  readonly stores: Stores;
  readonly deadline: Deadline;
  /** Runs one call of {@link auth} and looks at how it ends. */
  readonly call: <T>(work: (auth: Auth) => Promise<T>) => Promise<T>;
  /** What left, by challenge. */
  readonly sent: ReadonlyMap<string, SmsMessage>;
  /** Whatever the stores have acknowledged since the last time. */
  readonly takeAcknowledged: () => readonly Acknowledged[];
  /** What was seen since the last time. */
  readonly takeSeen: () => Seen;
  readonly events: ReadonlyMap<PhoneAuthEvent['type'], number>;
}

/** Deadlines that a test can wait for. */
const SHORT_DEADLINE: Deadline = { port: 1, sms: 1, request: 2 };

export function serviceOver(
  stores: Stores,
  options: {
    readonly deadline?: Deadline;
    readonly secret?: string;
    readonly note?: (acknowledged: Acknowledged) => void;
  } = {},
): Service {
  const { deadline = SHORT_DEADLINE, secret = randomBytes(32).toString('hex') } = options;
  const sent = new Map<string, SmsMessage>();
  const events = new Map<PhoneAuthEvent['type'], number>();
  let acknowledged: Acknowledged[] = [];
  let seen = nothingSeen();
  const note = options.note ?? ((one: Acknowledged) => void acknowledged.push(one));
  const auth = createPhoneAuth<UserRecord, Record<string, unknown>>({
    secret,
    storage: recorded(stores, note),
    sms: async (message) => void sent.set(message.challengeId, message),
    tokens: joseTokens({ secret }),
    appName: 'Acme',
    allowedCountries: ['IR'],
    code: { resendAfterSeconds: [0] },
    limits: { smsPerDay: 100_000_000, sendsPerNumber: [{ max: 1000, windowSeconds: 60 }], ...ROOMY_LIMITS },
    deadlineSeconds: deadline,
    onEvent: ({ type }) => void events.set(type, (events.get(type) ?? 0) + 1),
  });
  return {
    auth,
    stores,
    deadline,
    sent,
    events,
    async call(work) {
      const startedAt = performance.now();
      seen.calls += 1;
      try {
        return await work(auth);
      } catch (error) {
        if (isPhoneAuthError(error, 'unavailable')) seen.unavailable += 1;
        throw error;
      } finally {
        seen.slowestSeconds = Math.max(seen.slowestSeconds, (performance.now() - startedAt) / 1000);
      }
    },
    takeAcknowledged() {
      const taken = acknowledged;
      acknowledged = [];
      return taken;
    },
    takeSeen() {
      const taken = seen;
      seen = nothingSeen();
      return taken;
    },
  };
}

function nothingSeen(): Seen {
  return { calls: 0, unavailable: 0, slowestSeconds: 0 };
}
