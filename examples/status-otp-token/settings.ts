import { type MessageTemplates, type PhoneAuthConfig, parsePhoneNumber, preferredLocale, type UserRecord } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';
import { chainedPasswords, djangoPasswords, nodePasswords } from 'ringlatch/passwords';

export type Profile = Readonly<Record<string, unknown>>;

export type Config = PhoneAuthConfig<UserRecord, Profile>;

/** Seconds are whole seconds. */
export interface Settings {
  /** Digits, 4 to 8. @default 6, or as many as `forceCode` has */
  readonly codeLength?: number | undefined;
  /** Life of a code, 30 to 3600. @default 300 */
  readonly codeTtlSeconds?: number | undefined;
  /** Tries of one code, 1 to 10. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** The SMS, with `{code}` and perhaps `{app}`. @default the Persian text of the package */
  readonly message?: string | undefined;
  /** The SMS by language, which `Accept-Language` chooses. @default `message` for everybody */
  readonly messages?: MessageTemplates | undefined;
  /** Stands in the SMS, and is issuer and audience of the tokens. @default 'Mini 2' */
  readonly appName?: string | undefined;
  /** How clients write numbers. @default '09xxxxxxxxx' */
  readonly phoneFormat?: 'e164' | '09xxxxxxxxx' | undefined;
  /** Whose numbers are taken. @default ['IR'], or 'all' for `e164` */
  readonly allowedCountries?: readonly string[] | 'all' | undefined;
  /** Everybody's code, and no SMS; refused beside a sender that delivers. @default every code is drawn */
  readonly forceCode?: string | undefined;
  /** SMS in any 24 hours. @default 2000 */
  readonly smsPerDay?: number | undefined;
  /** Proxies whose `X-Forwarded-For` is believed, as Fastify names them. @default none */
  readonly trustedProxies?: string | undefined;
  readonly jwt?: JwtSettings | undefined;
}

/** The token pair, as `djangorestframework-simplejwt` has it. */
export interface JwtSettings {
  /** `'simple-jwt'`, or a function that gives more claims beside those. @default 'simple-jwt' */
  readonly claims?: 'simple-jwt' | NonNullable<Config['claims']> | undefined;
  /** @default 300 */
  readonly accessSeconds?: number | undefined;
  /** @default 86400 */
  readonly refreshSeconds?: number | undefined;
  /** A refresh gives a new refresh token too. @default false */
  readonly rotate?: boolean | undefined;
  /** … and the one before it is refused from then on. @default true where `reuse` is given, else false */
  readonly blacklistAfterRotation?: boolean | undefined;
  /** What its return does: nothing more, or it ends the session. @default 'reject' */
  readonly reuse?: 'reject' | 'revokeFamily' | undefined;
}

/** What the routes know of the settings. */
export interface Ways {
  readonly codeLength: number;
  /** E.164 of a number in the format of the clients; `null` for everything else. */
  readonly phoneNumberIn: (text: string) => string | null;
  /** The language of `Accept-Language` that the messages have. */
  readonly localeIn: (header: string | undefined) => string | undefined;
  /** Whether a refresh answers with a refresh token. */
  readonly rotates: boolean;
}

const LAST_MOMENT = 8_640_000_000_000_000;
const HALF_A_YEAR_SECONDS = 180 * 86_400;
const TRIES = [{ max: 20, windowSeconds: 3600 }];
const FORMATS = { e164: /^\+[1-9][0-9]{6,14}$/, '09xxxxxxxxx': /^09[0-9]{9}$/ } as const;

/** What the settings mean to the library and to the routes. Throws a `TypeError` for one that cannot be meant. */
export function read(
  settings: Settings,
  secret: string,
): { readonly config: Omit<Config, 'storage' | 'sms' | 'now'>; readonly ways: Ways } {
  const { forceCode, codeLength = forceCode?.length ?? 6, codeTtlSeconds = 300, maxAttempts = 5, ...others } = settings;
  const { appName = 'Mini 2', phoneFormat = '09xxxxxxxxx', message, messages = {}, smsPerDay = 2000, ...rest } = others;
  const isIranian = phoneFormat === '09xxxxxxxxx';
  const { allowedCountries = isIranian ? ['IR'] : 'all', trustedProxies, jwt = {}, ...unknown } = rest;
  refuseUnknown('settings', unknown);
  check('settings.phoneFormat', Object.hasOwn(FORMATS, phoneFormat), "must be 'e164' or '09xxxxxxxxx'");
  check('settings.message', message === undefined || String(message).includes('{code}'), 'must be a text with {code}');
  check('settings.trustedProxies', ['undefined', 'string'].includes(typeof trustedProxies), 'must be a text');
  const numbers = { allowedCountries, ...(isIranian && { defaultCountry: 'IR' }) };
  const config = {
    secret,
    appName,
    ...numbers,
    binding: 'phone',
    revealAccounts: true,
    code: { length: codeLength, ttlSeconds: codeTtlSeconds, maxAttempts },
    // Twice the usual: a wrong code may count as a wrong password too, and the ten codes of an hour must not use up the password.
    limits: { smsPerDay, passwordsPerNumber: TRIES, knownDevice: { passwordsPerNumber: TRIES } },
    // What the usual limits come to with four digits.
    ...(codeLength === 4 && { maxGuessProbabilityPerDay: 0.0031 }),
    locale: 'fa',
    messages: { ...(message !== undefined && { fa: { default: textOf(message) } }), ...messages },
    passwords: chainedPasswords({ hashers: [nodePasswords(), djangoPasswords()], queue: 100 }),
    ...(forceCode !== undefined && { testNumbers: { numbers: 'all', code: forceCode, until: LAST_MOMENT } }),
    ...tokensOf(jwt, secret),
  } satisfies Partial<Config>;
  const ways: Ways = {
    codeLength,
    phoneNumberIn(text) {
      const parsed = FORMATS[phoneFormat].test(text) ? parsePhoneNumber(text, numbers) : null;
      return parsed?.is === 'parsed' ? parsed.phoneNumber : null;
    },
    localeIn: (header) => preferredLocale(header, Object.keys(messages)),
    rotates: jwt.rotate === true,
  };
  return { config, ways };
}

function textOf(message: string): ({ code, appName }: { readonly code: string; readonly appName: string }) => string {
  return ({ code, appName }) => message.replace(/\{(code|app)\}/g, (name) => (name === '{code}' ? code : appName));
}

function tokensOf(jwt: JwtSettings, secret: string): Pick<Config, 'tokens' | 'session' | 'claims'> {
  const { claims = 'simple-jwt', accessSeconds = 300, refreshSeconds = 86_400, ...others } = jwt;
  const { rotate = false, reuse, blacklistAfterRotation = reuse !== undefined, ...unknown } = others;
  refuseUnknown('settings.jwt', unknown);
  check('settings.jwt.claims', claims === 'simple-jwt' || typeof claims === 'function', "must be 'simple-jwt' or a function");
  check('settings.jwt.rotate', typeof rotate === 'boolean', 'must be true or false');
  check('settings.jwt.blacklistAfterRotation', typeof blacklistAfterRotation === 'boolean', 'must be true or false');
  check('settings.jwt.reuse', ['reject', 'revokeFamily', undefined].includes(reuse), "must be 'reject' or 'revokeFamily'");
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

function refuseUnknown(path: string, unknown: object): void {
  for (const name of Object.keys(unknown)) check(`${path}.${name}`, false, 'is not a setting');
}

function check(path: string, isMeant: boolean, problem: string): void {
  if (!isMeant) throw new TypeError(`${path} ${problem}`);
}
