import { createBreakers } from './breakers.ts';
import type { PhoneVerificationConfig } from './config.ts';
import { beginCall, type Context, type Instance } from './context.ts';
import { phoneKeyOf } from './core/challenge.ts';
import type { GuessBound } from './core/guess-bound.ts';
import type { Keys } from './core/keys.ts';
import { createWaitFor } from './deadline.ts';
import { planIn, routesIn } from './delivery-routes.ts';
import { describeSettings } from './describe.ts';
import { drawAhead } from './draw-ahead.ts';
import { type ConsumedProof, type ConsumeProof, consumeProof } from './flows/consume-proof.ts';
import { type ReceiveReceipts, receiveReceipts } from './flows/receive-receipts.ts';
import { type RecordDelivery, recordDelivery } from './flows/record-delivery.ts';
import { type CodeRequest, type RequestCode, requestCode } from './flows/request-code.ts';
import { countWaiting } from './flows/steps/count-codes.ts';
import { type Sweep, sweep } from './flows/sweep.ts';
import { type Validated, type ValidateVerificationCode, validateVerificationCode } from './flows/validate-verification-code.ts';
import { createPauses, type Pauses } from './pauses.ts';
import { keysOf, type Settings, verificationSettings } from './settings.ts';
import { createTallies } from './tallies.ts';

/** What `createPhoneVerification` gives: functions, which may be destructured. */
export interface PhoneVerification {
  /** Sends a code, or sends it again. Answers alike for known, unknown and disabled numbers. */
  requestCode(input: RequestCode): Promise<CodeRequest>;
  /** Redeems a code without signing anybody in, and hands out its proof. */
  validateVerificationCode(input: ValidateVerificationCode): Promise<Validated>;
  /** Spends a proof, once: for what your own code does on the strength of a proved number. */
  consumeProof(input: ConsumeProof): Promise<ConsumedProof>;
  /** Remembers what became of a message, from a provider's receipt. */
  recordDelivery(input: RecordDelivery): Promise<Record<never, never>>;
  /** Checks a provider's call about messages that it took, and remembers what it says. Its route is `POST /delivery/:sender`. */
  receiveReceipts(input: ReceiveReceipts): Promise<{ readonly count: number }>;
  /** Deletes dead rows. Call it now and then; correctness never depends on it. */
  sweep(input?: Sweep): Promise<{ readonly count: number }>;
  /** Waits until work that outlived its answer is done: call it before the process ends. What a plan still waits for is not sent any more. */
  drain(): Promise<void>;
  /** What the limits in force bound, whatever an attacker does. */
  guessBound(): GuessBound;
  /** Settings and bounds as text, without secrets: for the log at start. */
  describe(): string;
}

/**
 * Proves phone numbers, and knows nothing of users, sessions or tokens.
 *
 * @example
 * ```ts
 * import { createPhoneVerification } from 'ringlatch';
 * import { memoryStorage } from 'ringlatch/memory';
 * import { consoleSms } from 'ringlatch/sms/console';
 *
 * const { requestCode, validateVerificationCode } = createPhoneVerification({
 *   secret: process.env.RINGLATCH_SECRET ?? '',
 *   storage: memoryStorage(),
 *   sms: consoleSms(),
 *   appName: 'Acme',
 *   allowedCountries: ['IR', 'US'],
 *   limits: { smsPerDay: 2000 },
 * });
 * const { challengeId } = await requestCode({ phoneNumber: '+989112223344', purpose: 'verify', client: { ip: null } });
 * ```
 * @throws {TypeError} when the configuration is not valid; names every path that is wrong
 */
export function createPhoneVerification(config: PhoneVerificationConfig): PhoneVerification {
  const { instance, drain } = createInstance(config, verificationSettings(config));
  const begin = (): Context => beginCall(instance, config.storage);
  return Object.freeze({
    ...verificationOf(instance, begin, drain),
    sweep: async (input?: Sweep) => sweep({ ...begin(), sessions: null }, input),
  });
}

/** The functions that both factories have. */
export function verificationOf(instance: Instance, begin: () => Context, drain: () => Promise<void>): Omit<PhoneVerification, 'sweep'> {
  return {
    requestCode: async (input) => requestCode(begin(), input),
    validateVerificationCode: async (input) => validateVerificationCode(begin(), input),
    consumeProof: async (input) => consumeProof(begin(), input),
    recordDelivery: async (input) => recordDelivery(begin(), input),
    receiveReceipts: async (input) => receiveReceipts(begin(), input),
    drain: async () => {
      await drain();
      // what fails was told as `port.failed`, and was a statistic
      await countWaiting(begin()).catch(() => undefined);
    },
    guessBound: () => instance.settings.guessBound,
    describe: () => describeSettings(instance.settings, instance),
  };
}

/** What lives as long as the object that a factory gives. */
export function createInstance(
  config: Omit<PhoneVerificationConfig, 'storage'>,
  settings: Settings,
): { readonly instance: Instance; readonly drain: () => Promise<void> } {
  const secrets = keysOf(config);
  const [signingKeys, namingKeys] = [secrets[0], secrets.at(-1)] as [Keys, Keys];
  const testNumbers = settings.testNumbers?.numbers ?? [];
  const pauses = createPauses();
  const { background, drain } = createBackground(config.background, pauses);
  const plan = planIn(config.sms);
  const instance: Instance = {
    settings,
    secrets,
    signingKeys,
    namingKeys,
    routes: plan?.flatMap(({ routes }) => routes) ?? routesIn(config.sms),
    plan,
    breakers: createBreakers(),
    testPhoneKeys: new Set(testNumbers === 'all' ? [] : testNumbers.map((phoneNumber) => phoneKeyOf(namingKeys, phoneNumber))),
    now: config.now ?? Date.now,
    random: checkedRandom(config.random ?? drawAhead()),
    onEvent: config.onEvent,
    assessRisk: config.assessRisk,
    waitFor: createWaitFor(),
    tallies: createTallies(),
    background,
    pauses,
  };
  return { instance, drain };
}

/** A broken source of randomness would go unnoticed until somebody guesses its codes. */
function checkedRandom(random: (bytes: number) => Uint8Array): (bytes: number) => Uint8Array {
  return (bytes) => {
    const drawn: unknown = random(bytes);
    if (!(drawn instanceof Uint8Array) || drawn.length !== bytes)
      throw new TypeError(`random(${bytes}) must give a Uint8Array of ${bytes} bytes`);
    return drawn;
  };
}

function createBackground(
  handOver: PhoneVerificationConfig['background'],
  pauses: Pauses,
): {
  readonly background: Instance['background'];
  readonly drain: () => Promise<void>;
} {
  const running = new Set<Promise<void>>();
  return {
    background: (task) => {
      // what failed was told as an event where it happened
      const settled: Promise<void> = task.catch(() => undefined).finally(() => running.delete(settled));
      running.add(settled);
      try {
        handOver?.(settled);
      } catch {
        // the work runs all the same, and what was done before it stays done
      }
    },
    drain: async () => {
      while (running.size > 0) {
        pauses.cutShort();
        await Promise.all(running);
      }
    },
  };
}
