import type { Client } from '../context.ts';
import type { PhoneAuth } from '../create-phone-auth.ts';
import { PhoneAuthError } from '../errors.ts';
import type { AccessClaims } from '../ports/token-issuer.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { type CookieOptions, type CookieRequest, type CookieTransport, cookieOf, cookieTransportOf, requireOwnOrigin } from './cookies.ts';
import type { HttpRequest } from './message.ts';
import { misuse, refuseUnknownKeys, requireAuthObject } from './misuse.ts';

/** What a guard asks of a request. */
export interface GuardOptions {
  /** Lets a request without a token pass; one with a bad token is refused all the same. @default false */
  readonly optional?: boolean | undefined;
  /** Looks the session up, so that an ended one stops at once, not when the access token expires. @default false */
  readonly checkSession?: boolean | undefined;
  /** Seconds since the user authenticated; longer ago is `reauthentication_required`. @default any time */
  readonly maxAgeSeconds?: number | undefined;
  /** The same as on the routes, when tokens travel in cookies. @default only the `Authorization` header is read */
  readonly cookies?: CookieOptions | undefined;
}

/** Judges a request; throws `invalid_token`, `reauthentication_required`, `refused_by_policy` or `unavailable`. */
export type Guard = (request: CookieRequest) => Promise<AccessClaims>;

const OPTIONS = ['optional', 'checkSession', 'maxAgeSeconds', 'cookies'];

/** Makes a guard of its options; with `optional` it gives `null` for a request without a token. */
export function guardOf<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  options: GuardOptions = {},
): (request: CookieRequest) => Promise<AccessClaims | null> {
  requireAuthObject(auth);
  refuseUnknownKeys(options, OPTIONS, 'options');
  const { optional = false, checkSession = false, maxAgeSeconds = Number.POSITIVE_INFINITY, cookies } = options;
  if (typeof optional !== 'boolean') throw misuse('options.optional', 'must be true or false');
  if (typeof checkSession !== 'boolean') throw misuse('options.checkSession', 'must be true or false');
  if (typeof maxAgeSeconds !== 'number' || !(maxAgeSeconds > 0))
    throw misuse('options.maxAgeSeconds', 'must be a number of seconds above 0');
  const transport = cookies === undefined ? null : cookieTransportOf(cookies, 'options.cookies');
  const guard = guardWith(auth, transport, { checkSession, maxAgeSeconds });
  return async (request) => (optional && accessTokenOf(transport, request) === null ? null : guard(request));
}

/** Makes a guard of judged parts. */
export function guardWith<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  transport: CookieTransport | null,
  { checkSession = false, maxAgeSeconds = Number.POSITIVE_INFINITY }: Pick<GuardOptions, 'checkSession' | 'maxAgeSeconds'> = {},
): Guard {
  return async (request) => {
    const found = accessTokenOf(transport, request);
    if (found === null) throw new PhoneAuthError('invalid_token', {});
    if (transport !== null && found.from === 'cookie') requireOwnOrigin(transport, request);
    const claims = await auth.verifyAccessToken({ accessToken: found.accessToken, checkSession });
    // a token tells whole seconds
    const age = Math.floor((auth.settings.now() - claims.authTime) / 1000);
    if (age > maxAgeSeconds) throw new PhoneAuthError('reauthentication_required', {});
    return claims;
  };
}

/** The token of a request; a bearer comes before the cookie. @see RFC 6750, 2.1 */
function accessTokenOf(
  transport: CookieTransport | null,
  request: CookieRequest,
): { readonly accessToken: string; readonly from: 'header' | 'cookie' } | null {
  const authorization = request.header('authorization') ?? '';
  if (/^bearer(?: |$)/i.test(authorization)) {
    const accessToken = /^bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
    if (accessToken === undefined) throw new PhoneAuthError('invalid_token', {});
    return { accessToken, from: 'header' };
  }
  const accessToken = transport === null ? null : cookieOf(request, transport.names.access);
  return accessToken === null ? null : { accessToken, from: 'cookie' };
}

// String-keyed, so that the guard of one copy of this package and the getAuth of another understand each other.
const AUTH: unique symbol = Symbol.for('ringlatch.auth');

/** Leaves the claims on the host's request, for {@link getAuth}. */
export function rememberAuth(raw: object, claims: AccessClaims | null): void {
  Object.defineProperty(raw, AUTH, { value: claims, configurable: true });
}

/**
 * What the guard of a request found. Throws `invalid_token` when there is nothing, also when no guard ran; with `optional` it gives `null` instead.
 */
export function getAuth(request: object): AccessClaims;
export function getAuth(request: object, options: { readonly optional: true }): AccessClaims | null;
export function getAuth(request: object, { optional = false }: { readonly optional?: boolean } = {}): AccessClaims | null {
  const claims = (request as { readonly [AUTH]?: AccessClaims | null })[AUTH] ?? null;
  if (claims === null && !optional) throw new PhoneAuthError('invalid_token', {});
  return claims;
}

// Longer ones are machines; what the session list shows is cut anyway.
const MAX_USER_AGENT = 512;

/** Who asks, as the core wants to know it. */
export function clientOfRequest(
  request: Pick<HttpRequest, 'method' | 'header' | 'ip'>,
  transport: CookieTransport | null,
  deviceToken?: string | undefined,
): Client {
  return {
    ip: request.ip,
    userAgent: request.header('user-agent')?.slice(0, MAX_USER_AGENT),
    deviceToken: deviceToken ?? (transport === null ? undefined : (cookieOf(request, transport.names.device) ?? undefined)),
  };
}
