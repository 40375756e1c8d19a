import type { Breakers } from './breakers.ts';
import type { PhoneAuthConfig, PhoneVerificationConfig } from './config.ts';
import type { Keys } from './core/keys.ts';
import type { WaitFor } from './deadline.ts';
import type { PlannedSteps, Route } from './delivery-routes.ts';
import { isPhoneAuthError, PhoneAuthError } from './errors.ts';
import type { PhoneAuthEvent, PhoneAuthEvents, PhoneAuthEventType } from './events.ts';
import type { Pauses } from './pauses.ts';
import type { ChallengeStore } from './ports/challenge-store.ts';
import type { JoinedStore } from './ports/joined-store.ts';
import type { PasswordHasher } from './ports/password-hasher.ts';
import type { SessionStore } from './ports/session-store.ts';
import type { TokenIssuer } from './ports/token-issuer.ts';
import type { UserRecord, UserStore } from './ports/user-store.ts';
import type { Settings } from './settings.ts';
import type { Tallies } from './tallies.ts';

/** Who asks. Required wherever limits are charged. */
export interface Client {
  /** The address of the requester; `null` says aloud: one shared, strict bucket. */
  readonly ip: string | null;
  readonly userAgent?: string | undefined;
  /** From an earlier sign-in on this device. Selects the lane of limits, never authenticates. */
  readonly deviceToken?: string | undefined;
}

/** What lives as long as the auth object. */
export interface Instance {
  readonly settings: Settings;
  /** The keys of every live secret. */
  readonly secrets: readonly Keys[];
  /** Of the newest secret: what is made now. */
  readonly signingKeys: Keys;
  /** Of the oldest secret: names that a rotation must not change, such as those of counters. */
  readonly namingKeys: Keys;
  readonly routes: readonly Route[];
  /** `null`: `sms` is no plan. */
  readonly plan: PlannedSteps | null;
  readonly breakers: Breakers;
  /** The phoneKeys of the test numbers. */
  readonly testPhoneKeys: ReadonlySet<string>;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly onEvent: PhoneVerificationConfig['onEvent'];
  readonly assessRisk: PhoneVerificationConfig['assessRisk'];
  readonly waitFor: WaitFor;
  readonly tallies: Tallies;
  /** Keeps work that outlives its answer, and hands it to the host. */
  readonly background: (task: Promise<void>) => void;
  readonly pauses: Pauses;
}

/** What one call of a flow receives. Ports fail as `unavailable`, at the latest when the deadline of the port or of the call is over. */
export interface Context extends Instance {
  readonly challenges: ChallengeStore;
  /** `null` in a verification, which knows no accounts. */
  readonly accounts: Pick<UserStore, 'findById' | 'findByPhoneNumber'> | null;
  /** Verbs of several stores in one trip; `null` where the storage cannot. */
  readonly joined: Pick<JoinedStore, 'issue'> | null;
  readonly emit: <Type extends PhoneAuthEventType>(type: Type, facts: PhoneAuthEvents[Type]) => void;
  /** Runs a wait under a deadline and as a failure of that port. */
  readonly within: <T>(port: string, verb: string, seconds: number, wait: () => T | Promise<T>) => Promise<T>;
  /** Whether the deadline of the call is over, so that nothing more is begun. */
  readonly isOver: () => boolean;
  /** A context whose deadline starts now, for what comes long after the answer. */
  readonly anew: () => Context;
}

/** What the flows of accounts receive. */
export interface AuthContext<User extends UserRecord = UserRecord, Profile = unknown> extends Context {
  readonly users: UserStore<User, Profile>;
  readonly joined: JoinedStore<User, Profile> | null;
  readonly sessions: SessionStore;
  readonly tokens: TokenIssuer;
  readonly passwords: PasswordHasher | null;
  /** What an unknown number is checked against, so that it costs what a known one costs. */
  readonly dummyHash: () => Promise<string>;
  readonly hooks: Pick<PhoneAuthConfig<User, Profile>, 'claims' | 'canSignIn' | 'onDormantLogin' | 'profile'>;
}

// Long enough to tell an outage from a hiccup, short enough for a person who waits.
const RETRY_AFTER_SECONDS = 5;

/** The context of one call: the clock of its deadline starts here. */
export function beginCall(instance: Instance, ports: { readonly challenges: ChallengeStore }): Context {
  const endsAt = performance.now() + instance.settings.deadlineSeconds.request * 1000;
  const emit: Context['emit'] = (type, facts) => {
    try {
      const told: unknown = instance.onEvent?.({ type, at: instance.now(), ...facts } as PhoneAuthEvent);
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // a listener never changes the outcome of a call
    }
  };
  const within: Context['within'] = async (port, verb, seconds, wait) => {
    try {
      return await instance.waitFor(port, Math.min(seconds * 1000, endsAt - performance.now()), wait);
    } catch (error) {
      if (isPhoneAuthError(error)) throw error;
      emit('port.failed', { port, verb, reason: reasonOf(error) });
      throw new PhoneAuthError('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause: error });
    }
  };
  const isOver = (): boolean => performance.now() >= endsAt;
  const context = { ...instance, emit, within, isOver, anew: () => beginCall(instance, ports), accounts: null, joined: null };
  return { ...context, challenges: guarded(context, 'challenges', ports.challenges) };
}

/** The same object, each verb under the port's deadline. */
export function guarded<Port extends object>(ctx: Pick<Context, 'within' | 'settings'>, name: string, port: Port): Port {
  return new Proxy(port, {
    get(target, verb) {
      const member: unknown = Reflect.get(target, verb);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]) =>
        ctx.within(name, String(verb), ctx.settings.deadlineSeconds.port, () => Reflect.apply(member, target, args));
    },
  });
}

/** What a failure may be called in an event: never its message, which may quote what was sent. */
function reasonOf(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; name?: unknown };
  return [code, name].find((word): word is string => typeof word === 'string' && /^[\w.]{1,64}$/.test(word)) ?? 'unknown';
}
