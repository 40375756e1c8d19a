import type { MessageTemplate, MessageTemplates, PhoneAuthConfig, UserRecord } from 'ringlatch';
import { type JoseTokensOptions, joseTokens } from 'ringlatch/jose';

/** What a sign-up says of a person. A type and no interface, so that stores of any profile take it. */
export type Names = { readonly first_name: string; readonly last_name: string };

/** A person, as every storage of the package gives one. */
export interface Person extends UserRecord {
  readonly profile: Readonly<Record<string, unknown>>;
}

/** Seconds are whole seconds. */
export interface Settings {
  /** Digits, 4 to 8. @default 6, or as many as `forceCode` has */
  readonly codeLength?: number | undefined;
  /** Life of a code, and of the sign-up that waits for it, 30 to 3600. @default 300 */
  readonly codeTtlSeconds?: number | undefined;
  /** Tries of one code, 1 to 10. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** A code signs in once; nothing else is possible. @default true */
  readonly singleUse?: true | undefined;
  /** The SMS, with `{code}` and perhaps `{app}`. @default the texts of the package */
  readonly message?: string | undefined;
  /** The SMS by language, which `Accept-Language` chooses. @default `message` for everybody */
  readonly messages?: MessageTemplates | undefined;
  /** Stands in the SMS, and is issuer and audience of the tokens. @default 'Signup' */
  readonly appName?: string | undefined;
  /** How clients write numbers, and how they get them back. @default '09xxxxxxxxx' */
  readonly phoneFormat?: 'e164' | '09xxxxxxxxx' | undefined;
  /** Whose numbers are taken. @default ['IR'], or 'all' for `e164` */
  readonly allowedCountries?: readonly string[] | 'all' | undefined;
  /** Everybody's code, and no SMS; refused beside a sender that delivers. @default every code is drawn */
  readonly forceCode?: string | undefined;
  /** SMS in any 24 hours. @default 2000 */
  readonly smsPerDay?: number | undefined;
  /** The header in which the proxy in front writes the address of the requester. @default none: the socket knows it */
  readonly clientIpHeader?: string | undefined;
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

type Config = PhoneAuthConfig<Person, Names>;

const SETTINGS = ['codeLength', 'codeTtlSeconds', 'maxAttempts', 'singleUse', 'message', 'messages', 'appName', 'phoneFormat'];
const MORE_SETTINGS = ['allowedCountries', 'forceCode', 'smsPerDay', 'clientIpHeader', 'jwt'];
const JWT_SETTINGS = ['claims', 'accessSeconds', 'refreshSeconds', 'rotate', 'blacklistAfterRotation', 'reuse'];
const FOREVER = 8_640_000_000_000_000;
const HALF_A_YEAR_SECONDS = 180 * 86_400;

/** What the settings mean to the library. Throws a `TypeError` for one that cannot be meant. */
export function configOf(settings: Settings, secret: string): Omit<Config, 'storage' | 'sms'> {
  const { forceCode, codeLength = forceCode?.length, codeTtlSeconds, maxAttempts, singleUse = true } = settings;
  const { appName = 'Signup', phoneFormat = '09xxxxxxxxx', smsPerDay = 2000 } = settings;
  refuseUnknown('settings', settings, [...SETTINGS, ...MORE_SETTINGS]);
  check('settings.singleUse', singleUse === true, 'must be true: a code opens one session');
  check('settings.phoneFormat', ['e164', '09xxxxxxxxx'].includes(phoneFormat), "must be 'e164' or '09xxxxxxxxx'");
  check('settings.clientIpHeader', ['undefined', 'string'].includes(typeof settings.clientIpHeader), 'must be the name of a header');
  const isIranian = phoneFormat === '09xxxxxxxxx';
  return {
    secret,
    appName,
    ...(isIranian && { defaultCountry: 'IR' }),
    allowedCountries: settings.allowedCountries ?? (isIranian ? ['IR'] : 'all'),
    binding: 'phone',
    revealAccounts: true,
    code: { length: codeLength, ttlSeconds: codeTtlSeconds, maxAttempts },
    limits: { smsPerDay },
    // What the usual limits come to with four digits.
    ...(codeLength === 4 && { maxGuessProbabilityPerDay: 0.0031 }),
    ...(forceCode !== undefined && { testNumbers: { numbers: 'all', code: forceCode, until: FOREVER } }),
    ...messagesOf(settings),
    ...tokensOf(settings.jwt ?? {}, secret),
  };
}

function messagesOf({ message, messages = {} }: Settings): Pick<Config, 'messages'> {
  if (message === undefined) return { messages };
  check('settings.message', typeof message === 'string' && message.includes('{code}'), 'must be a text with {code}');
  const write: MessageTemplate = ({ code, appName }) => message.replace(/\{(code|app)\}/g, (name) => (name === '{code}' ? code : appName));
  return { messages: { en: { default: write }, ...messages } };
}

/** Whether a refresh gives a new refresh token, and whether the one before it dies. */
export function rotationOf({ jwt = {} }: Settings): { readonly rotates: boolean; readonly blacklists: boolean } {
  const { rotate = false, reuse, blacklistAfterRotation = reuse !== undefined } = jwt;
  return { rotates: rotate, blacklists: rotate && blacklistAfterRotation };
}

function tokensOf(jwt: JwtSettings, secret: string): Pick<Config, 'tokens' | 'session' | 'claims'> {
  const { claims = 'simple-jwt', accessSeconds = 300, refreshSeconds = 86_400, reuse = 'reject' } = jwt;
  refuseUnknown('settings.jwt', jwt, JWT_SETTINGS);
  check('settings.jwt.claims', claims === 'simple-jwt' || typeof claims === 'function', "must be 'simple-jwt' or a function");
  check('settings.jwt.reuse', ['reject', 'revokeFamily'].includes(reuse), "must be 'reject' or 'revokeFamily'");
  for (const name of ['rotate', 'blacklistAfterRotation'] as const)
    check(`settings.jwt.${name}`, ['undefined', 'boolean'].includes(typeof jwt[name]), 'must be true or false');
  const simpleJwt: Pick<JoseTokensOptions, 'claimMapping' | 'refreshClaimMapping'> = {
    claimMapping: ({ sub }) => ({ token_type: 'access', user_id: sub }),
    refreshClaimMapping: ({ sub }) => ({ token_type: 'refresh', user_id: sub }),
  };
  return {
    tokens: joseTokens({ secret, refreshTokens: 'jwt', ...simpleJwt }),
    ...(typeof claims === 'function' && { claims }),
    session: {
      accessTokenSeconds: accessSeconds,
      // The token itself says when it expires; the session only has to live as long.
      idleSeconds: refreshSeconds,
      absoluteSeconds: Math.max(refreshSeconds, HALF_A_YEAR_SECONDS),
      rotateRefreshToken: rotationOf({ jwt }).blacklists,
      graceSeconds: 0,
      onReuse: reuse === 'revokeFamily' ? 'revoke' : 'reject',
    },
  };
}

function refuseUnknown(path: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) check(`${path}.${name}`, known.includes(name), 'is not a setting');
}

function check(path: string, isMeant: boolean, problem: string): void {
  if (!isMeant) throw new TypeError(`${path} ${problem}`);
}
