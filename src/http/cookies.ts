import { PhoneAuthError } from '../errors.ts';
import type { HttpRequest } from './message.ts';
import { misuse, refuseUnknownKeys } from './misuse.ts';

/** Tokens in cookies instead of bodies, for browser applications of one origin. */
export interface CookieOptions {
  /** Your site as the browser names it: `https://example.com`. Never read from a request. */
  readonly publicOrigin: string;
  /** Other origins that may call with cookies. @default [] */
  readonly trustedOrigins?: readonly string[] | undefined;
  /** Plain http on localhost: names without `__Host-`, no `Secure`. Refused for any other `publicOrigin`. @default false */
  readonly development?: boolean | undefined;
}

/** {@link CookieOptions}, judged. */
export interface CookieTransport {
  readonly origins: ReadonlySet<string>;
  readonly names: { readonly access: string; readonly refresh: string; readonly device: string };
  readonly attributes: string;
}

/** The parts of a request that cookies travel in. */
export type CookieRequest = Pick<HttpRequest, 'method' | 'header'>;

/** As long as the core keeps device tokens alive. */
const DEVICE_TOKEN_SECONDS = 180 * 86_400;

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Judges the options; a `TypeError` names what is wrong. */
export function cookieTransportOf(options: CookieOptions, path = 'cookies'): CookieTransport {
  refuseUnknownKeys(options, ['publicOrigin', 'trustedOrigins', 'development'], path);
  const { publicOrigin, trustedOrigins = [], development = false } = options;
  if (typeof development !== 'boolean') throw misuse(`${path}.development`, 'must be true or false');
  if (!Array.isArray(trustedOrigins)) throw misuse(`${path}.trustedOrigins`, 'must be an array of origins');
  const site = originOf(publicOrigin, `${path}.publicOrigin`);
  if (development && !isPlainLocalhost(site)) throw misuse(`${path}.development`, 'is only for a publicOrigin of http://localhost');
  if (!development && site.protocol !== 'https:') {
    throw misuse(`${path}.publicOrigin`, isPlainLocalhost(site) ? 'must be https (on localhost say development: true)' : 'must be https');
  }
  const trusted = trustedOrigins.map((origin: unknown, index) => {
    const url = originOf(origin, `${path}.trustedOrigins[${index}]`);
    // anybody on the way can put a page under plain http
    if (url.protocol !== 'https:' && !(development && isPlainLocalhost(url)))
      throw misuse(`${path}.trustedOrigins[${index}]`, 'must be https');
    return url;
  });
  const prefix = development ? 'ringlatch-' : '__Host-ringlatch-';
  return {
    origins: new Set([site, ...trusted].map((url) => url.origin)),
    names: { access: `${prefix}access`, refresh: `${prefix}refresh`, device: `${prefix}device` },
    attributes: `Path=/; HttpOnly; SameSite=Lax${development ? '' : '; Secure'}`,
  };
}

function originOf(value: unknown, path: string): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  if (url === null || url.origin !== value || !/^https?:$/.test(url.protocol))
    throw misuse(path, 'must be an origin like https://example.com, without a path');
  return url;
}

function isPlainLocalhost(url: URL): boolean {
  return url.protocol === 'http:' && /^(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
}

/** The value of one cookie; `null` when it is absent, not a token, or there more than once (then somebody else has set one of them). */
export function cookieOf(request: CookieRequest, name: string): string | null {
  const values = (request.header('cookie') ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
  const [value] = values;
  return values.length === 1 && value !== undefined && /^[\w.~+/=-]+$/.test(value) ? value : null;
}

/** What signing in or refreshing sets. */
export function tokenCookies(
  { names, attributes }: CookieTransport,
  tokens: {
    readonly accessToken: string;
    readonly accessTokenExpiresInSeconds: number;
    readonly refreshToken: string;
    readonly refreshTokenExpiresInSeconds: number;
    readonly deviceToken?: string | undefined;
  },
): readonly string[] {
  const { deviceToken } = tokens;
  return [
    `${names.access}=${tokens.accessToken}; Max-Age=${tokens.accessTokenExpiresInSeconds}; ${attributes}`,
    `${names.refresh}=${tokens.refreshToken}; Max-Age=${tokens.refreshTokenExpiresInSeconds}; ${attributes}`,
    ...(deviceToken === undefined ? [] : [`${names.device}=${deviceToken}; Max-Age=${DEVICE_TOKEN_SECONDS}; ${attributes}`]),
  ];
}

/** What signing out sets. The device stays known: its cookie signs nobody in. */
export function clearedCookies({ names, attributes }: CookieTransport): readonly string[] {
  return [names.access, names.refresh].map((name) => `${name}=; Max-Age=0; ${attributes}`);
}

/**
 * Refuses an unsafe request that no page of ours sent. `Origin` decides; without it `Sec-Fetch-Site` does; a request with neither is refused.
 * Nothing is compared with `Host`, which proxies rewrite.
 */
export function requireOwnOrigin({ origins }: CookieTransport, request: CookieRequest): void {
  if (SAFE_METHODS.has(request.method)) return;
  const origin = request.header('origin');
  const isOurs = origin === undefined ? request.header('sec-fetch-site') === 'same-origin' : origins.has(origin);
  if (!isOurs) throw new PhoneAuthError('refused_by_policy', {});
}
