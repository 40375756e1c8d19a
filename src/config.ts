import type { Purpose } from './core/challenge.ts';
import type { Window } from './core/limits.ts';
import type { MessageTemplates } from './core/message.ts';
import type { NumberType } from './core/phone-number.ts';
import type { PhoneAuthEvent } from './events.ts';
import type { ChallengeStore } from './ports/challenge-store.ts';
import type { JoinedStore } from './ports/joined-store.ts';
import type { PasswordHasher } from './ports/password-hasher.ts';
import type { SessionStore } from './ports/session-store.ts';
import type { Channel, SendFunction, SmsSender } from './ports/sms-sender.ts';
import type { StandardSchemaV1 } from './ports/standard-schema.ts';
import type { TokenIssuer } from './ports/token-issuer.ts';
import type { UserRecord, UserStore } from './ports/user-store.ts';

/** ISO 3166-1 alpha-2, upper case: `IR`, `US`. */
export type CountryCode = string;

/** How codes are made and how long they live. */
export interface CodeOptions {
  /** Digits, 4 to 8. NIST SP 800-63B-4, 3.1.3.2 asks for at least 6. @default 6 */
  readonly length?: number | undefined;
  /** Seconds a code lives, 30 to 3600. NIST allows at most 600. @default 300 */
  readonly ttlSeconds?: number | undefined;
  /** Tries per challenge, 1 to 10; resends do not add to them. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** `false`: a code of purpose `verify` may be validated again until it expires. Every other purpose is single-use. @default true */
  readonly singleUse?: boolean | undefined;
  /** `same`: a resend delivers the same code, so that late and out-of-order SMS still work; `rotate`: a new one. @default 'same' */
  readonly resend?: 'same' | 'rotate' | undefined;
  /** Seconds to wait after the first, second … send to one number; the last one repeats. Success clears it. @default [30, 60, 120, 300] */
  readonly resendAfterSeconds?: readonly number[] | undefined;
}

/** How sessions live. */
export interface SessionOptions {
  /**
   * Life of an access token, 60 to 2592000 seconds (30 days). Longer than an hour is unwise: an access token is not looked up, so it outlives
   * its session. @default 600
   */
  readonly accessTokenSeconds?: number | undefined;
  /** A session that is not refreshed for so many seconds ends. @default 2592000 (30 days) */
  readonly idleSeconds?: number | undefined;
  /** A session ends after so many seconds whatever happens. @default 15552000 (180 days) */
  readonly absoluteSeconds?: number | undefined;
  /** A new refresh token at each refresh (RFC 9700, 4.14.2). `false` gives up the detection of theft. @default true */
  readonly rotateRefreshToken?: boolean | undefined;
  /** For so many seconds (0 to 60) after a rotation the previous token gets the same successor again: parallel tabs, lost answers. @default 30 */
  readonly graceSeconds?: number | undefined;
  /** A token that comes back later than that: end the session, or only refuse. @default 'revoke' */
  readonly onReuse?: 'revoke' | 'reject' | undefined;
  /** Look the user up at each refresh, so that a disabled or deleted one stops at once. @default true */
  readonly checkUserOnRefresh?: boolean | undefined;
  /** Live sessions per user, 1 to 1000; the oldest one goes. @default 20 */
  readonly maxPerUser?: number | undefined;
}

/** Budgets of devices that signed in to a number before; nobody else can use them up. */
export interface KnownDeviceLimitOptions {
  /** Sends to one number. @default [{ max: 5, windowSeconds: 86400 }] */
  readonly sendsPerNumber?: readonly Window[] | undefined;
  /** Wrong codes for one number. @default [{ max: 10, windowSeconds: 86400 }] */
  readonly guessesPerNumber?: readonly Window[] | undefined;
  /** Wrong passwords for one number. @default [{ max: 10, windowSeconds: 3600 }] */
  readonly passwordsPerNumber?: readonly Window[] | undefined;
}

/** What a message may cost. */
export interface SpendOptions {
  /** Money in any 24 hours. What would exceed it is `refused_by_policy`; strangers get four fifths of it. */
  readonly perDay: number;
  /** Price of one SMS by country, in the unit of `perDay`; `default` for those that are not named. `{ IR: 0.02, default: 0.1 }` */
  readonly pricePerSms: Readonly<Record<CountryCode, number>>;
}

/** What may be spent on one number, from one address, and in all. A refused request is charged to nobody. */
export interface LimitOptions {
  /** SMS of the whole system in any 24 hours; the last fifth is for known devices. Required: your worst bill is this times your dearest country. */
  readonly smsPerDay: number;
  /** Money of the whole system in any 24 hours. @default no cap beside `smsPerDay` */
  readonly spend?: SpendOptions | undefined;
  /** Sends to one number. @default [{ max: 3, windowSeconds: 600 }, { max: 5, windowSeconds: 3600 }, { max: 10, windowSeconds: 86400 }] */
  readonly sendsPerNumber?: readonly Window[] | undefined;
  /** Wrong codes for one number, over resends, challenges, purposes and restarts. @default [{ max: 10, windowSeconds: 3600 }, { max: 20, windowSeconds: 86400 }] */
  readonly guessesPerNumber?: readonly Window[] | undefined;
  /**
   * Wrong codes for one number without a success between, 1 to 100 (NIST SP 800-63B-4, 3.2.2); wrong passwords are counted beside them. Then the
   * number closes for unknown devices, until its owner succeeds on a known one or by password, or `unlockPhoneNumber`. @default 100
   */
  readonly guessesInARow?: number | undefined;
  /** Wrong passwords for one number; a right one forgives them. @default [{ max: 10, windowSeconds: 3600 }] */
  readonly passwordsPerNumber?: readonly Window[] | undefined;
  /** Budgets of their own for devices that signed in before. */
  readonly knownDevice?: KnownDeviceLimitOptions | undefined;
  /** Sends from one IPv4 address or IPv6 /64; a /48 has eight times as much. `ip: null` is one address. @default [{ max: 60, windowSeconds: 3600 }, { max: 400, windowSeconds: 86400 }] */
  readonly sendsPerIp?: readonly Window[] | undefined;
  /** Wrong codes from one address. @default [{ max: 60, windowSeconds: 3600 }] */
  readonly guessesPerIp?: readonly Window[] | undefined;
  /** Tries of passwords from one address. @default [{ max: 100, windowSeconds: 3600 }] */
  readonly passwordsPerIp?: readonly Window[] | undefined;
  /** Answers to one address that tell who has an account: status, and requests under `revealAccounts`. @default [{ max: 100, windowSeconds: 3600 }] */
  readonly lookupsPerIp?: readonly Window[] | undefined;
  /** Sends to numbers that differ in their last four digits alone: SMS pumping buys numbers by the block. @default [{ max: 30, windowSeconds: 3600 }] */
  readonly sendsPerPrefix?: readonly Window[] | undefined;
  /** Sends to one country; the last fifth is for known devices. `{ IR: [{ max: 500, windowSeconds: 86400 }] }` @default {} */
  readonly sendsPerCountry?: Readonly<Record<CountryCode, readonly Window[]>> | undefined;
}

/** Seconds to wait for others. */
export interface DeadlineOptions {
  /** Each call of a store, issuer or hasher. @default 5 */
  readonly port?: number | undefined;
  /** Each send. @default 8 */
  readonly sms?: number | undefined;
  /** A whole call of this library. @default 10 */
  readonly request?: number | undefined;
  /** `assessRisk`. @default 1 */
  readonly risk?: number | undefined;
}

/** What `assessRisk` is asked. */
export interface RiskRequest {
  /** E.164. */
  readonly phoneNumber: string;
  /** ISO 3166-1 alpha-2; `null` for a number of no country. */
  readonly country: string | null;
  readonly purpose: Purpose;
  readonly channel: Channel;
  /** The device signed in to this number before. */
  readonly isKnownDevice: boolean;
  /** In canonical form. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** What the client sent as its solution, unverified. */
  readonly captchaToken: string | null;
}

/** What `assessRisk` says. A challenge is refused with its name, for the client to solve: `'challenge'` is `{ challenge: 'captcha' }`. */
export type RiskDecision = 'allow' | 'deny' | 'challenge' | { readonly challenge: string };

/** Asked before anything is sent or charged. */
export type AssessRisk = (request: RiskRequest) => RiskDecision | Promise<RiskDecision>;

/** What `onDormantLogin` is asked. */
export interface DormantLogin<User> {
  readonly user: User;
  /** Epoch ms. */
  readonly phoneNumberVerifiedAt: number;
  readonly hasPassword: boolean;
  /** The function that was called. */
  readonly flow: 'loginWithCode' | 'signInWithCode' | 'resetPassword';
}

/** Numbers that get a fixed code, for store reviewers and staging. Sign-in, login, register and verify only; they have limits of their own. */
export interface TestNumbers {
  /** E.164. `'all'` is refused beside a sender that delivers. */
  readonly numbers: readonly string[] | 'all';
  /** As many digits as `code.length`. */
  readonly code: string;
  /** Epoch ms after which they are ordinary numbers again. */
  readonly until: number;
  /** Send the SMS all the same. @default false */
  readonly send?: boolean | undefined;
  /** The pauses of `code.resendAfterSeconds` hold for them although nothing is sent. @default false */
  readonly paced?: boolean | undefined;
}

/** A sender with what it is for. */
export interface SmsRoute {
  readonly sender: SmsSender | SendFunction;
  /** Numbers of these countries alone. @default all */
  readonly countries?: readonly CountryCode[] | undefined;
  /** Messages of these channels alone. @default all */
  readonly channels?: readonly Channel[] | undefined;
  /** Try the next sender even when this one refused the number itself, e.g. because it does not serve its operator. @default false */
  readonly fallsBackOnRefusal?: boolean | undefined;
}

/** Who sends: one, or an ordered fallback. */
export type SmsSenders = SmsSender | SendFunction | SmsRoute | readonly (SmsSender | SendFunction | SmsRoute)[];

/** One way to the phone. */
export interface DeliveryStep {
  /** How its messages travel. */
  readonly channel: Channel;
  /** Who sends them: whatever `sms` takes without a plan, such as an array that is an ordered fallback, or routes by country. */
  readonly sender: SmsSenders;
  /**
   * Seconds, 5 to 300 and below `code.ttlSeconds`, after which the next step sends the same code as well, unless this message was reported as
   * delivered, the code was used, or somebody asked for another send. The last step has none. @default nobody waits: the next step comes when this one fails, or with a resend
   */
  readonly waitSeconds?: number | undefined;
}

/** What {@link deliveryPlan} makes. */
export interface DeliveryPlan {
  readonly steps: readonly DeliveryStep[];
}

/** What {@link createPhoneVerification} takes. Validated once, strictly: a key that is not here is a `TypeError` that names it. */
export interface PhoneVerificationConfig {
  /** At least 32 random bytes each, as base64, base64url or hex. Of several the first signs and all verify: put a new one in front to rotate. */
  readonly secret: string | readonly string[];
  readonly storage: { readonly challenges: ChallengeStore };
  /**
   * An array is an ordered fallback: the next one is tried when one failed before anything left. A refusal of the number is final, and after an
   * ambiguous failure nobody else is tried, for the message may be on its way. A sender of which half of ten or more messages within a minute
   * failed goes to the end of the line for 30 seconds. A {@link deliveryPlan} goes from one channel to the next.
   */
  readonly sms: SmsSenders | DeliveryPlan;
  /** Stands in messages, and is the default issuer of tokens. One line, at most 30 characters, no URL. */
  readonly appName: string;
  /** Your web origin's host, like `example.com`: adds the WebOTP line `@example.com #123456` (WICG sms-one-time-codes). */
  readonly origin?: string | undefined;
  /** The 11 characters of Android's SMS Retriever; needs `origin`. */
  readonly androidAppHash?: string | undefined;
  /** Lets national forms such as `0911 222 3344` be read. */
  readonly defaultCountry?: CountryCode | undefined;
  /** Required: SMS pumping is the costliest attack. */
  readonly allowedCountries: readonly CountryCode[] | 'all';
  /** @default ['MOBILE', 'FIXED_LINE_OR_MOBILE'] */
  readonly allowedNumberTypes?: readonly NumberType[] | undefined;
  /** What `requestCode({ channel })` may choose from; the first is the default. @default ['sms'] (beside a plan: its channels) */
  readonly channels?: readonly Channel[] | undefined;
  /** `phone`: the code alone, with the number, redeems; anyone can then use up a number's attempts. @default 'challenge' */
  readonly binding?: 'challenge' | 'phone' | undefined;
  readonly code?: CodeOptions | undefined;
  readonly limits: LimitOptions;
  /** Creation fails when the chance of guessing one number's code within a day exceeds this. @default 0.0005 */
  readonly maxGuessProbabilityPerDay?: number | undefined;
  readonly testNumbers?: TestNumbers | undefined;
  /**
   * The last word before an SMS: a captcha, a reputation service, a SIM-swap check. When it fails or is late, unknown devices are refused and
   * known ones pass. @default everything is allowed
   */
  readonly assessRisk?: AssessRisk | undefined;
  /** By locale: one function, or functions by purpose and `default`. `{ sv: ({ code }) => `Din kod: ${code}` }`. They come before the built-in texts. */
  readonly messages?: MessageTemplates | undefined;
  /** BCP 47; used when a request names none. @default 'en' */
  readonly locale?: string | undefined;
  /** Told of everything that happens. Never awaited; what it throws is swallowed. */
  readonly onEvent?: ((event: PhoneAuthEvent) => void) | undefined;
  /** Hands work that outlives the answer to the host, e.g. `waitUntil`. @default kept alive until `drain()` */
  readonly background?: ((task: Promise<void>) => void) | undefined;
  readonly deadlineSeconds?: DeadlineOptions | undefined;
  /** Epoch ms. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Cryptographically secure bytes. @default crypto.getRandomValues */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
}

/** What {@link createPhoneAuth} takes: everything of {@link PhoneVerificationConfig}, and users, sessions and tokens. */
export interface PhoneAuthConfig<User extends UserRecord = UserRecord, Profile = unknown> extends Omit<PhoneVerificationConfig, 'storage'> {
  readonly storage: {
    readonly challenges: ChallengeStore;
    readonly sessions: SessionStore;
    readonly users: UserStore<User, Profile>;
    /** Verbs of the three in one trip; for an adapter to give, which must be the adapter of all three. @default each verb is a trip */
    readonly joined?: JoinedStore<NoInfer<User>, NoInfer<Profile>> | undefined;
  };
  readonly tokens: TokenIssuer;
  /** Without it there are no passwords. */
  readonly passwords?: PasswordHasher | undefined;
  /** `true`: `requestCode` says whether an account exists, and the status route may be mounted. @default false */
  readonly revealAccounts?: boolean | undefined;
  /** Validates profiles (any Standard Schema). Without it a profile over HTTP is refused: no mass assignment. */
  readonly profile?: StandardSchemaV1<unknown, Profile> | undefined;
  /** Goes into the access token, again at each refresh. */
  readonly claims?:
    | ((c: {
        readonly user: User;
        readonly sessionId: string;
        /** Epoch ms at which the number was last proved, to the day; `null` where the user store does not say. */
        readonly phoneNumberVerifiedAt: number | null;
      }) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>)
    | undefined;
  /** The last word before a session exists; `false` is `account_disabled`. */
  readonly canSignIn?: ((c: { readonly user: User; readonly amr: readonly string[] }) => boolean | Promise<boolean>) | undefined;
  readonly session?: SessionOptions | undefined;
  /**
   * A number that nobody proved for so long may belong to somebody else by now: operators give numbers out again, in the USA after 45 days at the
   * earliest (47 CFR 52.15). Known devices are not asked. @default 3888000 (45 days)
   */
  readonly dormantAfterSeconds?: number | undefined;
  /**
   * What then happens to a right code. A challenge is `refused_by_policy` with its name and a `proof`; `{ challenge: 'password' }` is met by
   * presenting the proof with the `password` of the account. @default asks for the password where the account has one, else allows
   */
  readonly onDormantLogin?: ((login: DormantLogin<User>) => RiskDecision | Promise<RiskDecision>) | undefined;
}
