import type { PhoneAuthConfig, PhoneVerificationConfig, SmsRoute, TestNumbers } from './config.ts';
import { checkConfig, type Problem } from './config-schema.ts';
import { type GuessBound, guessBoundOf } from './core/guess-bound.ts';
import { deriveKeys, type Keys, secretBytes } from './core/keys.ts';
import type { LimitRules } from './core/limits.ts';
import type { NumberType } from './core/phone-number.ts';
import { contradictionsOfLimits } from './limit-contradictions.ts';
import type { Channel, SendFunction, SmsSender } from './ports/sms-sender.ts';

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
  if (missing.length === 0) return settings;
  throw misuse(
    'createPhoneAuth',
    missing.map((verb) => ({ path: `storage.users.${verb}`, message: 'is needed because passwords are configured' })),
  );
}

function optionsOf(factory: string, kind: 'verification' | 'auth', config: unknown): Options {
  const checked = checkConfig(kind, config);
  if (checked.is === 'wrong') throw misuse(factory, checked.problems);
  return checked.options as Options;
}

function settingsOf(factory: string, options: Options, config: Pick<PhoneVerificationConfig, 'sms'>): Settings {
  const { resendAfterSeconds, ...code } = options.code;
  const limits: LimitRules = { ...options.limits, spend: options.limits.spend ?? null, resendAfterSeconds };
  const settings: Settings = {
    ...options,
    origin: options.origin ?? null,
    androidAppHash: options.androidAppHash ?? null,
    revealAccounts: options.revealAccounts ?? false,
    testNumbers: options.testNumbers ?? null,
    code,
    limits,
    guessBound: guessBoundOf(limits, code.length),
  };
  const problems = contradictionsIn(settings, routesOf(config));
  if (problems.length > 0) throw misuse(factory, problems);
  return settings;
}

function contradictionsIn(s: Settings, routes: readonly Route[]): readonly Problem[] {
  const problems: Problem[] = [...contradictionsOfLimits(s.limits, s.allowedCountries), ...unservedBy(routes, s)];
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
  if (s.testNumbers?.numbers === 'all' && routes.some(({ sender }) => sender.delivers !== false)) {
    problems.push({
      path: 'testNumbers.numbers',
      message: "must not be 'all' beside a sender that delivers: anyone could sign in as anyone",
    });
  }
  return problems;
}

/** What may be asked for and nobody would send. */
function unservedBy(routes: readonly Route[], { channels, allowedCountries }: Settings): readonly Problem[] {
  const serves = (channel: Channel, country: string): boolean =>
    routes.some((route) => (route.channels?.includes(channel) ?? true) && (route.countries?.includes(country) ?? true));
  return channels.flatMap((channel) =>
    (allowedCountries === 'all' ? ['any other country'] : allowedCountries)
      .filter((country) => !serves(channel, country))
      .map((country) => ({ path: 'sms', message: `has no sender of ${channel} for ${country}` })),
  );
}

/** A sender with what it is for, every default in its place. */
export interface Route {
  readonly sender: SmsSender;
  /** `null`: all. */
  readonly countries: readonly string[] | null;
  readonly channels: readonly Channel[] | null;
  readonly fallsBackOnRefusal: boolean;
}

/** The routes of a configuration, functions included, in order. */
export function routesOf({ sms }: Pick<PhoneVerificationConfig, 'sms'>): readonly Route[] {
  const list = (Array.isArray(sms) ? sms : [sms]) as readonly (SmsSender | SendFunction | SmsRoute)[];
  return list.map((one, index) => {
    const route: SmsRoute = typeof one === 'object' && 'sender' in one ? one : { sender: one };
    const { countries = null, channels = null, fallsBackOnRefusal = false } = route;
    return { sender: named(route.sender, index), countries, channels, fallsBackOnRefusal };
  });
}

function named(sender: SmsSender | SendFunction, index: number): SmsSender {
  return typeof sender === 'function' ? { name: sender.name || `sms[${index}]`, send: sender } : sender;
}

/** The keys of every live secret; the first signs. */
export function keysOf(config: Pick<PhoneVerificationConfig, 'secret'>): readonly Keys[] {
  const secrets = typeof config.secret === 'string' ? [config.secret] : config.secret;
  return secrets.map((text) => deriveKeys(secretBytes(text) as Uint8Array));
}

function misuse(factory: string, problems: readonly Problem[]): TypeError {
  return new TypeError(
    [`${factory}: the configuration is not valid`, ...problems.map((p) => `  ${p.path === '' ? '(config)' : p.path}: ${p.message}`)].join(
      '\n',
    ),
  );
}
