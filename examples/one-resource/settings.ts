import type { MessageTemplates, PhoneAuthConfig, SmsSender, UserRecord } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';

export type Profile = Readonly<Record<string, unknown>>;

export interface User extends UserRecord {
  readonly profile?: Profile | undefined;
}

export type Config = PhoneAuthConfig<User, Profile>;

/** Seconds are whole seconds. */
export interface Settings {
  /** Digits, 4 to 8. @default 5 */
  readonly codeLength?: number | undefined;
  /** Life of a code, and the pause before the next one. @default 180 */
  readonly codeTtlSeconds?: number | undefined;
  /** Tries of one code, 1 to 10. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** Codes for known numbers only: nobody registers. @default false */
  readonly authOnly?: boolean | undefined;
  /** Answers say `usage: 'register' | 'auth'`, and with it who has an account. @default true */
  readonly returnUsage?: boolean | undefined;
  /** The code of every number, and no SMS leaves; refused beside a sender that delivers. @default every code is drawn */
  readonly forceCode?: string | undefined;
  /** The SMS in English, with `{code}` and maybe `{app}`. @default '{code} is your verification code.' */
  readonly message?: string | undefined;
  /** The SMS by locale, chosen by `Accept-Language`. @default `message` for everybody */
  readonly messages?: MessageTemplates | undefined;
  /** What messages call the application; issuer and audience of its tokens. @default 'One Resource' */
  readonly appName?: string | undefined;
  /** Whose numbers are taken. @default 'all' */
  readonly allowedCountries?: readonly string[] | 'all' | undefined;
  /** SMS in any 24 hours. @default 2000 */
  readonly smsPerDay?: number | undefined;
  /** Proxies whose `X-Forwarded-For` is believed, as Express names them. @default none */
  readonly trustedProxies?: string | undefined;
  readonly jwt?: JwtSettings | undefined;
}

/** The token pair, as `djangorestframework-simplejwt` has it. */
export interface JwtSettings {
  /** `'simple-jwt'`, or more claims beside those. @default 'simple-jwt' */
  readonly claims?: 'simple-jwt' | NonNullable<Config['claims']> | undefined;
  /** @default 300 */
  readonly accessSeconds?: number | undefined;
  /** @default 86400 */
  readonly refreshSeconds?: number | undefined;
  /** A refresh gives a new refresh token too. @default false */
  readonly rotate?: boolean | undefined;
  /** … and the one before it is refused from then on. @default true where `reuse` is given, else false */
  readonly blacklistAfterRotation?: boolean | undefined;
  /** What its return does besides: nothing, or it ends the session. @default 'reject' */
  readonly reuse?: 'reject' | 'revokeFamily' | undefined;
}

const LAST_MOMENT = 8_640_000_000_000_000;
const HALF_A_YEAR_SECONDS = 180 * 86_400;

interface Surroundings {
  readonly secret: string;
  readonly sms: SmsSender;
  readonly now: () => number;
}

/** What the settings mean to the library, but where it stores. */
export function configOf(settings: Settings, { secret, sms, now }: Surroundings): Omit<Config, 'storage'> {
  const { forceCode, codeLength = forceCode?.length ?? 5, codeTtlSeconds = 180, maxAttempts = 5, ...others } = settings;
  const { authOnly = false, returnUsage = true, message = '{code} is your verification code.', messages = {}, ...rest } = others;
  const { appName = 'One Resource', allowedCountries = 'all', smsPerDay = 2000, trustedProxies: _, jwt = {}, ...unknown } = rest;
  refuseUnknown('settings', unknown);
  requireFlags('settings', { authOnly, returnUsage });
  if (typeof message !== 'string' || !message.includes('{code}')) throw new TypeError('settings.message must be a text with {code}');
  return {
    secret,
    now,
    appName,
    allowedCountries,
    binding: 'phone',
    revealAccounts: authOnly,
    code: { length: codeLength, ttlSeconds: codeTtlSeconds, maxAttempts, resendAfterSeconds: [codeTtlSeconds] },
    // The original allows four digits; with the usual limits that is a chance of 0.003 a day.
    ...(codeLength === 4 && { maxGuessProbabilityPerDay: 0.004 }),
    messages: { en: { default: ({ code }) => message.replaceAll('{code}', code).replaceAll('{app}', () => appName) }, ...messages },
    sms,
    limits: { smsPerDay },
    ...(forceCode !== undefined && { testNumbers: { numbers: 'all', code: forceCode, until: LAST_MOMENT, paced: true } }),
    ...tokensOf(jwt, secret),
  };
}

function tokensOf(jwt: JwtSettings, secret: string): Pick<Config, 'tokens' | 'session' | 'claims'> {
  const { claims = 'simple-jwt', accessSeconds = 300, refreshSeconds = 86_400, ...others } = jwt;
  const { rotate = false, reuse, blacklistAfterRotation = reuse !== undefined, ...unknown } = others;
  refuseUnknown('settings.jwt', unknown);
  requireFlags('settings.jwt', { rotate, blacklistAfterRotation });
  if (claims !== 'simple-jwt' && typeof claims !== 'function')
    throw new TypeError("settings.jwt.claims must be 'simple-jwt' or a function");
  if (!['reject', 'revokeFamily'].includes(reuse ?? 'reject')) throw new TypeError("settings.jwt.reuse must be 'reject' or 'revokeFamily'");
  return {
    tokens: joseTokens({
      secret,
      refreshTokens: 'jwt',
      claimMapping: ({ sub }) => ({ token_type: 'access', user_id: sub }),
      refreshClaimMapping: ({ sub }) => ({ token_type: 'refresh', user_id: sub }),
    }),
    ...(claims !== 'simple-jwt' && { claims }),
    session: {
      accessTokenSeconds: accessSeconds,
      idleSeconds: refreshSeconds,
      absoluteSeconds: rotate ? Math.max(refreshSeconds, HALF_A_YEAR_SECONDS) : refreshSeconds,
      // Without the blacklist the new token is the same one with a later end, so that the one before it stays good until its own.
      rotateRefreshToken: rotate && blacklistAfterRotation,
      graceSeconds: 0,
      onReuse: reuse === 'revokeFamily' ? 'revoke' : 'reject',
    },
  };
}

function refuseUnknown(where: string, unknown: object): void {
  for (const name of Object.keys(unknown)) throw new TypeError(`${where}.${name} is not a setting`);
}

function requireFlags(where: string, flags: object): void {
  for (const [name, value] of Object.entries(flags))
    if (typeof value !== 'boolean') throw new TypeError(`${where}.${name} must be true or false`);
}
