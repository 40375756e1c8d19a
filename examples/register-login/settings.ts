import { type MessageTemplates, type PhoneAuthConfig, PhoneAuthError, type PhoneNumber, parsePhoneNumber, type SmsSender } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';

/** Seconds are whole seconds. */
export interface Settings {
  /** Digits, 4 to 8. @default 6 */
  readonly codeLength?: number | undefined;
  /** Life of a code, and the pause before the next one. @default 300 */
  readonly codeTtlSeconds?: number | undefined;
  /** Tries of one code, 1 to 10. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** The code of every number, and no SMS leaves; refused beside a sender that delivers. @default every code is drawn */
  readonly forceCode?: string | undefined;
  /** The SMS, with `{code}` and maybe `{app}`. @default the library's in Persian, which fits into one segment */
  readonly message?: string | undefined;
  /** The SMS by locale, chosen by `Accept-Language`. @default `message` for everybody */
  readonly messages?: MessageTemplates | undefined;
  /** What messages call the application; issuer and audience of its tokens. @default 'Register Login' */
  readonly appName?: string | undefined;
  /** How numbers are written. @default '09xxxxxxxxx' */
  readonly phoneFormat?: 'e164' | '09xxxxxxxxx' | undefined;
  /** Whose numbers are taken, with `phoneFormat: 'e164'`. @default 'all' */
  readonly allowedCountries?: readonly string[] | 'all' | undefined;
  /** SMS in any 24 hours. @default 2000 */
  readonly smsPerDay?: number | undefined;
  /** Proxies whose `X-Forwarded-For` is believed, as Fastify names them. @default none */
  readonly trustedProxies?: string | undefined;
  readonly jwt?: JwtSettings | undefined;
}

/** The token pair, as `flask-jwt-extended` has it. */
export interface JwtSettings {
  /** `'flask-jwt-extended'`, or more claims beside those. @default 'flask-jwt-extended' */
  readonly claims?: 'flask-jwt-extended' | NonNullable<PhoneAuthConfig['claims']> | undefined;
  /** @default 1296000 (15 days) */
  readonly accessSeconds?: number | undefined;
  /** @default 1382400 (16 days) */
  readonly refreshSeconds?: number | undefined;
  /** A new refresh token at each refresh. @default true */
  readonly rotate?: boolean | undefined;
  /** What the return of a refresh token does that was used: nothing, or it ends the session. @default 'revokeFamily' */
  readonly reuse?: 'reject' | 'revokeFamily' | undefined;
}

/** What the routes and the library make of the settings. */
export interface Configuration {
  /** All that the library takes, but where it stores. */
  readonly config: Omit<PhoneAuthConfig, 'storage'>;
  readonly codeLength: number;
  readonly codeTtlSeconds: number;
  /** Reads a number in the one spelling of `phoneFormat`. Throws `invalid_phone_number`. */
  readonly readNumber: (value: unknown) => PhoneNumber;
}

const DAY_SECONDS = 86_400;
const LAST_MOMENT = 8_640_000_000_000_000;
const SPELLINGS = { '09xxxxxxxxx': /^09[0-9]{9}$/, e164: /^\+[1-9][0-9]{6,14}$/ };

interface Surroundings {
  readonly secret: string;
  readonly sms: SmsSender;
  readonly now: () => number;
}

export function configurationOf(settings: Settings, { secret, sms, now }: Surroundings): Configuration {
  const { forceCode, codeLength = forceCode?.length ?? 6, codeTtlSeconds = 300, maxAttempts = 5, ...others } = settings;
  const { message, messages = {}, appName = 'Register Login', phoneFormat = '09xxxxxxxxx', ...rest } = others;
  const { allowedCountries, smsPerDay = 2000, trustedProxies: _, jwt = {}, ...unknown } = rest;
  refuse('settings', unknown);
  if (!Object.hasOwn(SPELLINGS, phoneFormat)) throw new TypeError("settings.phoneFormat must be 'e164' or '09xxxxxxxxx'");
  if (phoneFormat !== 'e164' && allowedCountries !== undefined) throw new TypeError("settings.allowedCountries needs phoneFormat: 'e164'");
  if (message !== undefined && (typeof message !== 'string' || !message.includes('{code}')))
    throw new TypeError('settings.message must be a text with {code}');
  const countries = phoneFormat === 'e164' ? (allowedCountries ?? 'all') : ['IR'];
  const filled = ({ code }: { readonly code: string }) =>
    (message ?? '').replace(/\{(code|app)\}/g, (__, name) => (name === 'code' ? code : appName));
  return {
    codeLength,
    codeTtlSeconds,
    readNumber(value) {
      const text = typeof value === 'string' && SPELLINGS[phoneFormat].test(value) ? value : '';
      const parsed = parsePhoneNumber(text, { defaultCountry: 'IR', allowedCountries: countries });
      if (parsed.is === 'parsed') return parsed.phoneNumber;
      throw new PhoneAuthError('invalid_phone_number', { reason: parsed.reason });
    },
    config: {
      secret,
      now,
      appName,
      allowedCountries: countries,
      binding: 'phone',
      // The API says who has an account: 409 at registration, 404 at login. Each telling is charged to the address that asks.
      revealAccounts: true,
      code: { length: codeLength, ttlSeconds: codeTtlSeconds, maxAttempts, resendAfterSeconds: [codeTtlSeconds] },
      // What the usual limits come to with four digits.
      ...(codeLength === 4 && { maxGuessProbabilityPerDay: 0.0031 }),
      locale: 'fa',
      messages: { ...(message !== undefined && { fa: { default: filled } }), ...messages },
      sms,
      limits: { smsPerDay },
      ...(forceCode !== undefined && { testNumbers: { numbers: 'all', code: forceCode, until: LAST_MOMENT, paced: true } }),
      ...tokensOf(jwt, secret),
    },
  };
}

function tokensOf(jwt: JwtSettings, secret: string): Pick<PhoneAuthConfig, 'tokens' | 'session' | 'claims'> {
  const { claims = 'flask-jwt-extended', accessSeconds = 15 * DAY_SECONDS, refreshSeconds = 16 * DAY_SECONDS, ...others } = jwt;
  const { rotate = true, reuse = 'revokeFamily', ...unknown } = others;
  refuse('settings.jwt', unknown);
  if (claims !== 'flask-jwt-extended' && typeof claims !== 'function')
    throw new TypeError("settings.jwt.claims must be 'flask-jwt-extended' or a function");
  if (!['reject', 'revokeFamily'].includes(reuse)) throw new TypeError("settings.jwt.reuse must be 'reject' or 'revokeFamily'");
  return {
    tokens: joseTokens({
      secret,
      refreshTokens: 'jwt',
      claimMapping: ({ iat }) => ({ type: 'access', fresh: false, nbf: iat }),
      refreshClaimMapping: ({ iat }) => ({ type: 'refresh', fresh: false, nbf: iat }),
    }),
    ...(claims !== 'flask-jwt-extended' && { claims }),
    session: {
      accessTokenSeconds: accessSeconds,
      idleSeconds: refreshSeconds,
      absoluteSeconds: rotate ? Math.max(refreshSeconds, 180 * DAY_SECONDS) : refreshSeconds,
      rotateRefreshToken: rotate,
      onReuse: reuse === 'revokeFamily' ? 'revoke' : 'reject',
    },
  };
}

function refuse(where: string, unknown: object): void {
  for (const name of Object.keys(unknown)) throw new TypeError(`${where}.${name} is not a setting`);
}
