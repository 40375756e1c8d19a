import type { Client } from '../context.ts';
import type { PhoneAuth, Purpose } from '../create-phone-auth.ts';
import type { AccessClaims } from '../ports/token-issuer.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { preferredLocale } from './accept-language.ts';
import { cookieOf } from './cookies.ts';
import { clientOfRequest, guardWith } from './guard.ts';
import type { HttpRequest } from './message.ts';
import { refuseUnknownKeys } from './misuse.ts';
import type { BoundTo, ContextQuestion, RouteName, RoutesOptions, RoutesSettings } from './options.ts';
import { invalid } from './schemas.ts';

/** What a row reads of its request beside the body. */
export interface RequestReader {
  /** Where providers reach the route of receipts. */
  readonly deliveryUrl: string;
  /** The first language of the request that messages can be written in. */
  readonly locale: (request: HttpRequest) => string | undefined;
  readonly client: (request: HttpRequest, deviceToken: string | undefined) => Client;
  /** The claims of the access token. */
  readonly claims: (request: HttpRequest) => Promise<AccessClaims>;
  /** The same, of an authentication that is not long ago. */
  readonly recentClaims: (request: HttpRequest) => Promise<AccessClaims>;
  /** The user of the access token, for the purposes that need one. */
  readonly userIdFor: (request: HttpRequest, purpose: Purpose | undefined) => Promise<string> | undefined;
  /** What the host binds codes to. */
  readonly boundTo: (request: HttpRequest, purpose: Purpose | null, userId?: string | undefined) => Promise<BoundTo> | BoundTo;
  /** From the body or the cookie; `null` where tokens travel in cookies and none came. */
  readonly refreshToken: (request: HttpRequest, ofBody: string | undefined) => string | null;
}

// A stolen access token, or a device left open, must not suffice to take an account over.
const RECENT_SECONDS = 300;

const BOUND_TO_A_USER: ReadonlySet<Purpose> = new Set(['step-up', 'change-phone-number']);

const NOTHING: BoundTo = {};

/** Makes the reader of one route. */
export function requestReader<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  { cookies, contextOf, deliveryUrl, locales }: RoutesSettings<User>,
  route: RouteName,
): RequestReader {
  const claims = guardWith(auth, cookies);
  const userIdOf = async (request: HttpRequest): Promise<string> => (await claims(request)).userId;
  return {
    deliveryUrl,
    locale: (request) => preferredLocale(request.header('accept-language'), locales),
    client: (request, deviceToken) => clientOfRequest(request, cookies, deviceToken),
    claims,
    recentClaims: guardWith(auth, cookies, { maxAgeSeconds: RECENT_SECONDS }),
    userIdFor: (request, purpose) => (purpose !== undefined && BOUND_TO_A_USER.has(purpose) ? userIdOf(request) : undefined),
    boundTo: (request, purpose, userId = undefined) =>
      contextOf === undefined ? NOTHING : boundBy(contextOf, request, { route, purpose, userId: userId ?? null }),
    refreshToken: (request, ofBody) => {
      if (ofBody !== undefined) return ofBody;
      if (cookies === null) throw invalid('refreshToken', 'is required');
      return cookieOf(request, cookies.names.refresh);
    },
  };
}

async function boundBy(
  contextOf: NonNullable<RoutesOptions['contextOf']>,
  request: HttpRequest,
  question: ContextQuestion,
): Promise<BoundTo> {
  const bound = (await contextOf(request, question)) ?? NOTHING;
  refuseUnknownKeys(bound, ['context', 'reference'], 'contextOf()');
  return bound;
}
