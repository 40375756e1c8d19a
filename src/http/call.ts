import type { Client } from '../context.ts';
import type { PhoneAuth, Purpose } from '../create-phone-auth.ts';
import type { AccessClaims } from '../ports/token-issuer.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { preferredLocale } from './accept-language.ts';
import { jsonOf } from './body.ts';
import { cookieOf } from './cookies.ts';
import { clientOfRequest, guardWith } from './guard.ts';
import type { HttpRequest } from './message.ts';
import { refuseUnknownKeys } from './misuse.ts';
import type { BoundTo, RouteName, RoutesSettings } from './options.ts';
import { invalid } from './schemas.ts';

/** What a row may ask of its request. */
export interface Call {
  readonly request: HttpRequest;
  readonly json: () => unknown;
  /** Where providers reach the route of receipts. */
  readonly deliveryUrl: string;
  /** The first language of the request that messages can be written in. */
  readonly locale: () => string | undefined;
  readonly client: (deviceToken: string | undefined) => Client;
  /** The claims of the access token. */
  readonly claims: () => Promise<AccessClaims>;
  /** The same, of an authentication that is not long ago. */
  readonly recentClaims: () => Promise<AccessClaims>;
  /** The user of the access token, for the purposes that need one. */
  readonly userIdFor: (purpose: Purpose | undefined) => Promise<string | undefined>;
  /** What the host binds codes to. */
  readonly boundTo: (purpose: Purpose | null, userId?: string | undefined) => Promise<BoundTo>;
  /** From the body or the cookie; `null` where tokens travel in cookies and none came. */
  readonly refreshToken: (ofBody: string | undefined) => string | null;
}

// A stolen access token, or a device left open, must not suffice to take an account over.
const RECENT_SECONDS = 300;

const BOUND_TO_A_USER: ReadonlySet<Purpose> = new Set(['step-up', 'change-phone-number']);

/** Makes the calls of one route. */
export function callsOf<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  { cookies, contextOf, deliveryUrl, locales }: RoutesSettings<User>,
  route: RouteName,
): (request: HttpRequest) => Call {
  const guard = guardWith(auth, cookies);
  const recentGuard = guardWith(auth, cookies, { maxAgeSeconds: RECENT_SECONDS });
  return (request) => ({
    request,
    json: () => jsonOf(request),
    deliveryUrl,
    locale: () => preferredLocale(request.header('accept-language'), locales),
    client: (deviceToken) => clientOfRequest(request, cookies, deviceToken),
    claims: () => guard(request),
    recentClaims: () => recentGuard(request),
    userIdFor: async (purpose) => (purpose !== undefined && BOUND_TO_A_USER.has(purpose) ? (await guard(request)).userId : undefined),
    boundTo: async (purpose, userId = undefined) => {
      const bound = (await contextOf(request, { route, purpose, userId: userId ?? null })) ?? {};
      refuseUnknownKeys(bound, ['context', 'reference'], 'contextOf()');
      return bound;
    },
    refreshToken: (ofBody) => {
      if (ofBody !== undefined) return ofBody;
      if (cookies === null) throw invalid('refreshToken', 'is required');
      return cookieOf(request, cookies.names.refresh);
    },
  });
}
