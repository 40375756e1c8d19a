import type { PhoneAuthConfig, PhoneVerificationConfig, TestNumbers } from './config.ts';
import { checkConfig, type Problem } from './config-schema.ts';
import { type GuessBound, guessBoundOf } from './core/guess-bound.ts';
import { type Keys, keysUnder, secretBytes } from './core/keys.ts';
import type { LimitRules } from './core/limits.ts';
import type { NumberType } from './core/phone-number.ts';
import { contradictionsOfDelivery, planIn, routesIn } from './delivery-routes.ts';
import { contradictionsOfLimits } from './limit-contradictions.ts';
import type { Channel } from './ports/sms-sender.ts';
import { runtimeHash, runtimeHmac } from './runtime-hmac.ts';

/** The configuration with every default in its place. */
export interface Settings {
  readonly appName: string;
  readonly origin: string | null;
  readonly androidAppHash: string | null;
  readonly defaultCountry: string | undefined;
  readonly allowedCountries: readonly string[] | 'all';
  readonly allowedNumberTypes: readonly NumberType[];
  readonly channels: readonly Channel[];
  readonly binding: 'challenge' | 'phone';
  readonly revealAccounts: boolean;
  readonly code: {
    readonly length: number;
    readonly ttlSeconds: number;
    readonly maxAttempts: number;
    readonly singleUse: boolean;
    readonly resend: 'same' | 'rotate';
  };
  readonly session: {
    readonly accessTokenSeconds: number;
    readonly idleSeconds: number;
    readonly absoluteSeconds: number;
    readonly rotateRefreshToken: boolean;
    readonly graceSeconds: number;
    readonly onReuse: 'revoke' | 'reject';
    readonly checkUserOnRefresh: boolean;
    readonly maxPerUser: number;
  };
  readonly limits: LimitRules;
  readonly maxGuessProbabilityPerDay: number;
  readonly guessBound: GuessBound;
  readonly testNumbers: TestNumbers | null;
  readonly messages: PhoneVerificationConfig['messages'];
  readonly locale: string;
  readonly deadlineSeconds: { readonly port: number; readonly sms: number; readonly request: number; readonly risk: number };
  readonly dormantAfterSeconds: number;
}

/** What the schema gives: everything of {@link Settings} but what depends on several options at once. */
type Options = Omit<Settings, 'code' | 'limits' | 'guessBound'> & {
  readonly code: Settings['code'] & Pick<LimitRules, 'resendAfterSeconds'>;
  readonly limits: Omit<LimitRules, 'resendAfterSeconds' | 'spend'> & { readonly spend?: LimitRules['spend'] };
};

/** Settings of a verification; throws one `TypeError` that names every path that is wrong. */
export function verificationSettings(config: PhoneVerificationConfig): Settings {
  return settingsOf('createPhoneVerification', optionsOf('createPhoneVerification', 'verification', config), config);
}

/** Settings of the whole; throws one `TypeError` that names every path that is wrong. */
export function authSettings(config: PhoneAuthConfig): Settings {
  const settings = settingsOf('createPhoneAuth', optionsOf('createPhoneAuth', 'auth', config), config);
  const users = config.storage.users as unknown as Readonly<Record<string, unknown>>;
  const needed = config.passwords === undefined ? [] : ['passwordHashOf', 'setPasswordHash'];
  const missing = needed.filter((verb) => typeof users[verb] !== 'function');
  const problems = [
    ...missing.map((verb) => ({ path: `storage.users.${verb}`, message: 'is needed because passwords are configured' })),
    ...strangersTo(config.storage),
  ];
  if (problems.length === 0) return settings;
  throw misuse('createPhoneAuth', problems);
}

/** Stores that a fast path would pass by. */
function strangersTo({ joined, ...stores }: PhoneAuthConfig['storage']): readonly Problem[] {
  if (joined === undefined) return [];
  const strangers = (['challenges', 'sessions', 'users'] as const).filter((name) => joined[name] !== stores[name]);
  return strangers.map((name) => ({
    path: 'storage.joined',
    message: `belongs to other ${name} than storage.${name}: leave joined out, or use the adapter's own ${name}`,
  }));
}

function optionsOf(factory: string, kind: 'verification' | 'auth', config: unknown): Options {
  const checked = checkConfig(kind, config);
  if (checked.is === 'wrong') throw misuse(factory, checked.problems);
  return checked.options as Options;
}

function settingsOf(factory: string, options: Options, config: Pick<PhoneVerificationConfig, 'sms' | 'channels'>): Settings {
  const { resendAfterSeconds, ...code } = options.code;
  const limits: LimitRules = { ...options.limits, spend: options.limits.spend ?? null, resendAfterSeconds };
  const plan = planIn(config.sms);
  const settings: Settings = {
    ...options,
    channels: plan === null || config.channels !== undefined ? options.channels : [...new Set(plan.map(({ channel }) => channel))],
    origin: options.origin ?? null,
    androidAppHash: options.androidAppHash ?? null,
    revealAccounts: options.revealAccounts ?? false,
    testNumbers: options.testNumbers ?? null,
    code,
    limits,
    guessBound: guessBoundOf(limits, code.length),
  };
  const problems = contradictionsIn(settings, config.sms);
  if (problems.length > 0) throw misuse(factory, problems);
  return settings;
}

function contradictionsIn(s: Settings, sms: PhoneVerificationConfig['sms']): readonly Problem[] {
  const problems: Problem[] = [...contradictionsOfLimits(s.limits, s.allowedCountries), ...contradictionsOfDelivery(sms, s)];
  const chance = s.guessBound.probabilityPerNumberPerDay;
  if (chance > s.maxGuessProbabilityPerDay) {
    problems.push({
      path: 'limits.guessesPerNumber',
      message:
        `${s.guessBound.guessesPerNumberPerDay} guesses a day at ${s.code.length} digits are right with probability ${chance.toPrecision(3)}, ` +
        `more than maxGuessProbabilityPerDay ${s.maxGuessProbabilityPerDay}; lower limits.guessesPerNumber and limits.knownDevice.guessesPerNumber, or raise code.length`,
    });
  }
  if (s.androidAppHash !== null && s.origin === null) problems.push({ path: 'androidAppHash', message: 'needs origin' });
  if (s.session !== undefined && s.session.idleSeconds > s.session.absoluteSeconds) {
    problems.push({ path: 'session.idleSeconds', message: 'must not exceed session.absoluteSeconds' });
  }
  if (s.testNumbers !== null && s.testNumbers.code.length !== s.code.length) {
    problems.push({ path: 'testNumbers.code', message: `must have ${s.code.length} digits, as code.length says` });
  }
  if (s.testNumbers?.numbers === 'all' && routesIn(sms).some(({ sender }) => sender.delivers !== false)) {
    problems.push({
      path: 'testNumbers.numbers',
      message: "must not be 'all' beside a sender that delivers: anyone could sign in as anyone",
    });
  }
  return problems;
}

/** The keys of every live secret; the first signs. */
export function keysOf(config: Pick<PhoneVerificationConfig, 'secret'>): readonly Keys[] {
  const secrets = typeof config.secret === 'string' ? [config.secret] : config.secret;
  const [hmac, hash] = [runtimeHmac(), runtimeHash()];
  return secrets.map((text) => keysUnder(secretBytes(text) as Uint8Array, hmac, hash));
}

function misuse(factory: string, problems: readonly Problem[]): TypeError {
  return new TypeError(
    [`${factory}: the configuration is not valid`, ...problems.map((p) => `  ${p.path === '' ? '(config)' : p.path}: ${p.message}`)].join(
      '\n',
    ),
  );
}
