import type { PhoneAuth, PhoneAuthSettings, Purpose } from '../create-phone-auth.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { preferredLocale } from './accept-language.ts';
import { type CookieOptions, type CookieTransport, cookieTransportOf } from './cookies.ts';
import type { HttpRequest } from './message.ts';
import { misuse, refuseUnknownKeys, requireAuthObject } from './misuse.ts';

/** The routes, each named for the function that it serves. */
export const ROUTE_NAMES = [
  'requestCode',
  'validateVerificationCode',
  'registerWithCode',
  'loginWithCode',
  'signInWithCode',
  'loginWithPassword',
  'resetPassword',
  'setPassword',
  'changePhoneNumber',
  'refreshSession',
  'endSession',
  'listSessions',
  'revokeSession',
  'revokeSessions',
  'verifyAccessToken',
  'getUserStatus',
  'receiveReceipts',
  'jwks',
] as const;

/** One of {@link ROUTE_NAMES}. */
export type RouteName = (typeof ROUTE_NAMES)[number];

/** What {@link RoutesOptions.contextOf} is asked about. */
export interface ContextQuestion {
  readonly route: RouteName;
  /** `null` where the request does not say it. */
  readonly purpose: Purpose | null;
  /** The user of the access token, where the route needs one. */
  readonly userId: string | null;
}

/** What a code is bound to beside number and purpose. */
export interface BoundTo {
  readonly context?: string | undefined;
  readonly reference?: string | undefined;
}

/** What may be chosen about the routes. An option that is not here is a `TypeError` that names it. */
export interface RoutesOptions<User extends UserRecord = UserRecord> {
  /** Which routes are mounted. @default all that the configuration of `auth` allows */
  readonly routes?: readonly RouteName[] | undefined;
  /** What of a user goes out. @default ({ id, phoneNumber }) => ({ id, phoneNumber }) */
  readonly presentUser?: ((user: User) => unknown) | undefined;
  /** Sends the `reason` of `invalid_code` and `invalid_session`: friendlier, and it tells a guesser which challenges exist. @default false */
  readonly exposeReason?: boolean | undefined;
  /**
   * The `context` and `reference` of a request, from what your server knows; they are never read from a body. Asked when a code is requested
   * and again when it is redeemed.
   */
  readonly contextOf?:
    | ((request: HttpRequest, question: ContextQuestion) => BoundTo | undefined | Promise<BoundTo | undefined>)
    | undefined;
  /**
   * The languages of messages that `Accept-Language` may choose from where a body names no `locale`; `[]`: none.
   * @default all that there are texts for
   */
  readonly locales?: readonly string[] | undefined;
  /**
   * Where providers reach `POST /delivery/:sender`, without the sender: `https://example.com/auth/delivery`. Their signatures cover it. Mount the
   * routes in front of body parsers: a signature is of the bytes as they came. @default the route is not mounted
   */
  readonly deliveryUrl?: string | undefined;
  /** Carries the tokens in cookies; then they are in no body. @default tokens travel in bodies */
  readonly cookies?: CookieOptions | undefined;
}

/** {@link RoutesOptions}, judged, with every default in its place. */
export interface RoutesSettings<User extends UserRecord> {
  readonly mounted: ReadonlySet<RouteName>;
  readonly presentUser: (user: User) => unknown;
  readonly exposeReason: boolean;
  /** `undefined`: codes are bound to nothing. */
  readonly contextOf: RoutesOptions['contextOf'];
  readonly deliveryUrl: string;
  readonly locales: readonly string[];
  readonly cookies: CookieTransport | null;
}

const OPTIONS = ['routes', 'presentUser', 'exposeReason', 'contextOf', 'locales', 'deliveryUrl', 'cookies'];

/** Judges the options; a `TypeError` names what is wrong. */
export function routesSettings<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  options: RoutesOptions<User>,
): RoutesSettings<User> {
  requireAuthObject(auth);
  refuseUnknownKeys(options, OPTIONS, 'options');
  const {
    presentUser = ({ id, phoneNumber }) => ({ id, phoneNumber }),
    exposeReason = false,
    contextOf,
    locales = auth.settings.locales,
    deliveryUrl,
    cookies,
  } = options;
  if (typeof presentUser !== 'function') throw misuse('options.presentUser', 'must be a function');
  if (contextOf !== undefined && typeof contextOf !== 'function') throw misuse('options.contextOf', 'must be a function');
  if (typeof exposeReason !== 'boolean') throw misuse('options.exposeReason', 'must be true or false');
  if (!Array.isArray(locales) || !locales.every((locale) => isWritten(locale, auth.settings)))
    throw misuse('options.locales', `must be an array of language tags that there are texts for (${auth.settings.locales.join(', ')})`);
  if (deliveryUrl !== undefined && !isBaseUrl(deliveryUrl))
    throw misuse('options.deliveryUrl', 'must be an http or https URL without query and without a slash at its end');
  return {
    mounted: mountedOf(auth.settings, options),
    presentUser,
    exposeReason,
    contextOf,
    deliveryUrl: deliveryUrl ?? '',
    locales,
    cookies: cookies === undefined ? null : cookieTransportOf(cookies, 'options.cookies'),
  };
}

function isWritten(locale: unknown, settings: PhoneAuthSettings): boolean {
  return typeof locale === 'string' && /^[\w-]+$/.test(locale) && preferredLocale(locale, settings.locales) !== undefined;
}

function isBaseUrl(text: unknown): boolean {
  return typeof text === 'string' && URL.canParse(text) && /^https?:\/\/[^?#]*[^/?#]$/.test(text);
}

function mountedOf(
  settings: PhoneAuthSettings,
  { routes: chosen, deliveryUrl }: Pick<RoutesOptions, 'routes' | 'deliveryUrl'>,
): ReadonlySet<RouteName> {
  const missing = new Map<RouteName, string>([
    ...(settings.revealAccounts ? [] : [['getUserStatus', 'needs revealAccounts'] as const]),
    ...(deliveryUrl === undefined ? [['receiveReceipts', 'needs deliveryUrl'] as const] : []),
    ...(settings.hasPasswords
      ? []
      : (['loginWithPassword', 'resetPassword', 'setPassword'] as const).map((name) => [name, 'needs passwords'] as const)),
  ]);
  if (chosen === undefined) return new Set(ROUTE_NAMES.filter((name) => !missing.has(name)));
  if (!Array.isArray(chosen)) throw misuse('options.routes', 'must be an array of names of routes');
  for (const [index, name] of chosen.entries()) {
    if (!ROUTE_NAMES.includes(name)) throw misuse(`options.routes[${index}]`, `must be one of ${ROUTE_NAMES.join(', ')}`);
    const need = missing.get(name);
    if (need !== undefined) throw misuse(`options.routes[${index}]`, `${name} ${need}`);
  }
  return new Set(chosen);
}
