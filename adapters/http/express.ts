import { addressOf } from '../../src/address.ts';
import type { Client } from '../../src/context.ts';
import type { PhoneAuth } from '../../src/create-phone-auth.ts';
import { isPhoneAuthError } from '../../src/errors.ts';
import { type CookieOptions, cookieTransportOf } from '../../src/http/cookies.ts';
import { clientOfRequest, type GuardOptions, guardOf, rememberAuth } from '../../src/http/guard.ts';
import type { HttpBody } from '../../src/http/message.ts';
import type { RoutesOptions } from '../../src/http/options.ts';
import { type Match, matcherOf, searchOf } from '../../src/http/paths.ts';
import { problemResponse } from '../../src/http/problem.ts';
import { routesOf } from '../../src/http/routes.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import {
  headerIn,
  NOBODY,
  type NodeHeaders,
  type NodeResponse,
  type NodeStream,
  readBytes,
  warnOfOpenTrust,
  writeResponse,
} from './node.ts';

export { getAuth } from '../../src/http/guard.ts';
export type { NodeHeaders, NodeResponse, NodeStream } from './node.ts';

/** What is used of Express's request. */
export interface ExpressRequest extends NodeStream {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: NodeHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly readableDidRead?: boolean | undefined;
  readonly readableEnded?: boolean | undefined;
  readonly body?: unknown;
  readonly ip?: string | undefined;
  readonly app?: { get(setting: string): unknown } | undefined;
}

/** What is used of Express's response. */
export type ExpressResponse = NodeResponse;

/** Express's `next`. */
export type ExpressNext = (error?: unknown) => void;

/** An Express middleware. */
export type ExpressHandler = (request: ExpressRequest, response: ExpressResponse, next: ExpressNext) => void;

/**
 * The routes as a middleware for Express 4.18 and later, and 5. Other paths go to `next()`, errors that are not ours to `next(error)`. Reads its
 * own bodies; an `express.json()` before it does no harm.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import type { PhoneAuth } from 'ringlatch';
 * import { phoneAuthRouter } from 'ringlatch/express';
 *
 * export const serve = (auth: PhoneAuth) => express().use('/auth', phoneAuthRouter(auth)).listen(3000);
 * ```
 * @throws a `TypeError` that names the option that cannot be meant
 */
export function phoneAuthRouter<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  options: RoutesOptions<User> = {},
): ExpressHandler {
  const find = matcherOf(routesOf(auth, options));
  return (request, response, next) => {
    const { method = 'GET', url = '/' } = request;
    const match = find(method, url.split('?', 1)[0] as string);
    if (match === null) return next();
    answer(match, request, response).catch(next);
  };
}

async function answer({ params, readsBody, handle }: Match, request: ExpressRequest, response: ExpressResponse): Promise<void> {
  const body = readsBody ? await bodyOf(request) : null;
  if (body === 'gone') return;
  const { method = 'GET', url = '/', headers } = request;
  writeResponse(
    response,
    await handle({ method, params, search: searchOf(url), header: headerIn(headers), body, ip: ipOf(request), raw: request }),
  );
}

/** Bytes that nobody has read yet, else what a parser made of them; `gone` when the client left. */
async function bodyOf(request: ExpressRequest): Promise<HttpBody | 'gone'> {
  const { body, readableDidRead, readableEnded } = request;
  if (readableDidRead !== true && readableEnded !== true) {
    const bytes = await new Promise<Uint8Array | null>((resolve) => readBytes(request, resolve));
    return bytes === null ? 'gone' : { bytes };
  }
  if (typeof body === 'string') return { bytes: new TextEncoder().encode(body) };
  return body instanceof Uint8Array ? { bytes: body } : { parsed: body };
}

/**
 * Lets a request with a live access token pass, and answers any other one as the routes would.
 *
 * @example
 * ```ts
 * import type { Express } from 'express';
 * import type { PhoneAuth } from 'ringlatch';
 * import { getAuth, requireAuth } from 'ringlatch/express';
 *
 * export const mount = (app: Express, auth: PhoneAuth) =>
 *   app.delete('/me', requireAuth(auth, { maxAgeSeconds: 300 }), (request, response) => {
 *     response.json({ deleted: getAuth(request).userId });
 *   });
 * ```
 * @throws a `TypeError` that names the option that cannot be meant
 */
export function requireAuth<User extends UserRecord, Profile>(auth: PhoneAuth<User, Profile>, options: GuardOptions = {}): ExpressHandler {
  const guard = guardOf(auth, options);
  return (request, response, next) => {
    guard({ method: request.method ?? 'GET', header: headerIn(request.headers) }).then(
      (claims) => {
        rememberAuth(request, claims);
        next();
      },
      (error: unknown) => (isPhoneAuthError(error) ? writeResponse(response, problemResponse(error)) : next(error)),
    );
  };
}

/** Who asks, for calls of your own; with the same `cookies` as on the routes it knows the device too. */
export function clientOf(request: ExpressRequest, { cookies }: { readonly cookies?: CookieOptions | undefined } = {}): Client {
  const transport = cookies === undefined ? null : cookieTransportOf(cookies);
  return clientOfRequest({ method: request.method ?? 'GET', header: headerIn(request.headers), ip: ipOf(request) }, transport);
}

/** The socket's address, or the rightmost one that `trust proxy` does not trust. */
function ipOf({ app, socket, ip }: ExpressRequest): string | null {
  if (app === undefined) return addressOf(socket.remoteAddress);
  const trusts: unknown = app.get('trust proxy fn');
  const trustsEverybody = typeof trusts === 'function' && trusts(NOBODY, Number.MAX_SAFE_INTEGER) === true;
  if (trustsEverybody) warnOfOpenTrust("Express's trust proxy");
  return addressOf(trustsEverybody ? socket.remoteAddress : ip);
}
