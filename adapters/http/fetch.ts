import { addressOf } from '../../src/address.ts';
import type { Client } from '../../src/context.ts';
import type { PhoneAuth } from '../../src/create-phone-auth.ts';
import { isPhoneAuthError } from '../../src/errors.ts';
import { type CookieOptions, cookieTransportOf } from '../../src/http/cookies.ts';
import { clientOfRequest, type GuardOptions, guardOf, rememberAuth } from '../../src/http/guard.ts';
import { misuse } from '../../src/http/misuse.ts';
import type { RoutesOptions } from '../../src/http/options.ts';
import { matcherOf } from '../../src/http/paths.ts';
import { problemResponse, refusal } from '../../src/http/problem.ts';
import { routesOf } from '../../src/http/routes.ts';
import type { AccessClaims } from '../../src/ports/token-issuer.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { bytesOf, headerIn, responseTo, targetOf } from './fetch-message.ts';

export { getAuth } from '../../src/http/guard.ts';

/** Where the requester's address is: a `Request` does not have it. `null` puts everybody into one shared, strict bucket. */
export type ClientIp<Args extends readonly unknown[] = readonly unknown[]> = (request: Request, ...args: Args) => string | null;

/** What {@link phoneAuthHandler} takes beside the options of the routes. */
export interface PhoneAuthHandlerOptions<User extends UserRecord = UserRecord, Args extends readonly unknown[] = readonly []>
  extends RoutesOptions<User> {
  /** Where the routes stand: `/auth`. @default '' */
  readonly basePath?: string | undefined;
  /** From your platform, never from a header that the requester can write. It is given what the host gave beside the request. */
  readonly clientIp: ClientIp<Args>;
}

/**
 * The routes as one function for Hono, Next, Bun, Deno, workers and everything else that speaks fetch. A path that is none of ours is a 404.
 * Errors that are not ours are thrown, so that your host's own error handling sees them.
 *
 * @example
 * ```ts
 * import type { PhoneAuth } from 'ringlatch';
 * import { phoneAuthHandler } from 'ringlatch/fetch';
 *
 * declare const auth: PhoneAuth;
 * // Cloudflare writes this header itself
 * const handle = phoneAuthHandler(auth, { basePath: '/auth', clientIp: (request) => request.headers.get('cf-connecting-ip') });
 * // Next, in app/auth/[...path]/route.ts
 * export { handle as GET, handle as POST, handle as PUT, handle as DELETE };
 * ```
 * @throws a `TypeError` that names the option that cannot be meant
 */
export function phoneAuthHandler<User extends UserRecord, Profile, Args extends readonly unknown[] = readonly []>(
  auth: PhoneAuth<User, Profile>,
  options: PhoneAuthHandlerOptions<User, Args>,
): (request: Request, ...args: Args) => Promise<Response> {
  const { basePath = '', clientIp, ...routes } = options ?? {};
  if (typeof clientIp !== 'function')
    throw misuse('options.clientIp', 'must be a function that gives the address of the requester, or null');
  const base = baseOf(basePath);
  const find = matcherOf(routesOf(auth, routes));
  return async (request, ...args) => {
    const { pathname, search } = targetOf(request);
    const match = pathname.startsWith(`${base}/`) ? find(request.method, pathname.slice(base.length)) : null;
    if (match === null) return responseTo(request, refusal(404, 'There is nothing here.'));
    const body = match.readsBody ? { bytes: await bytesOf(request) } : null;
    const { params, handle } = match;
    const ip = addressOf(clientIp(request, ...args));
    return responseTo(request, await handle({ method: request.method, params, search, header: headerIn(request), body, ip, raw: request }));
  };
}

function baseOf(basePath: unknown): string {
  if (typeof basePath !== 'string' || !/^(?:\/[^/?#]+)*\/?$/.test(basePath)) throw misuse('options.basePath', 'must be a path like /auth');
  return basePath.replace(/\/$/, '');
}

/**
 * The claims of a request's access token; throws `invalid_token`, `reauthentication_required`, `refused_by_policy` or `unavailable`, which
 * `problemOf` turns into an answer. With `optional`, `null` for a request without a token. {@link getAuth} finds them again.
 *
 * @example
 * ```ts
 * import { isPhoneAuthError, type PhoneAuth, problemOf } from 'ringlatch';
 * import { authenticate } from 'ringlatch/fetch';
 *
 * export async function me(auth: PhoneAuth, request: Request): Promise<Response> {
 *   try {
 *     const { userId } = await authenticate(auth, request);
 *     return Response.json({ userId });
 *   } catch (error) {
 *     if (!isPhoneAuthError(error)) throw error;
 *     const { status, headers, body } = problemOf(error);
 *     return new Response(JSON.stringify(body), { status, headers });
 *   }
 * }
 * ```
 */
export async function authenticate<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  request: Request,
  options: GuardOptions & { readonly optional: true },
): Promise<AccessClaims | null>;
export async function authenticate<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  request: Request,
  options?: GuardOptions,
): Promise<AccessClaims>;
export async function authenticate<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  request: Request,
  options: GuardOptions = {},
): Promise<AccessClaims | null> {
  const claims = await guardOf(auth, options)({ method: request.method, header: headerIn(request) });
  rememberAuth(request, claims);
  return claims;
}

/** A context that carries its request, as Hono's does. */
export interface RequestContext {
  readonly req: { readonly raw: Request };
}

/**
 * Middleware for Hono: lets a request with a live access token pass, and answers any other one as the routes would.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import type { PhoneAuth } from 'ringlatch';
 * import { getAuth, requireAuth } from 'ringlatch/fetch';
 *
 * export const serve = (auth: PhoneAuth) =>
 *   new Hono().get('/me', requireAuth(auth), (context) => context.json({ userId: getAuth(context.req.raw).userId }));
 * ```
 * @throws a `TypeError` that names the option that cannot be meant
 */
export function requireAuth<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  options: GuardOptions = {},
): (context: RequestContext, next: () => Promise<void>) => Promise<Response | undefined> {
  const guard = guardOf(auth, options);
  return async ({ req: { raw } }, next) => {
    try {
      rememberAuth(raw, await guard({ method: raw.method, header: headerIn(raw) }));
    } catch (error) {
      if (!isPhoneAuthError(error)) throw error;
      return responseTo(raw, problemResponse(error));
    }
    await next();
    return undefined;
  };
}

/** Who asks, for calls of your own; with the same `cookies` as on the routes it knows the device too. */
export function clientOf(
  request: Request,
  { clientIp, cookies }: { readonly clientIp: ClientIp<readonly []>; readonly cookies?: CookieOptions | undefined },
): Client {
  const transport = cookies === undefined ? null : cookieTransportOf(cookies);
  return clientOfRequest({ method: request.method, header: headerIn(request), ip: addressOf(clientIp(request)) }, transport);
}
