import type { Client } from '../../src/context.ts';
import type { PhoneAuth } from '../../src/create-phone-auth.ts';
import { isPhoneAuthError } from '../../src/errors.ts';
import { type CookieOptions, cookieTransportOf } from '../../src/http/cookies.ts';
import { clientOfRequest, type GuardOptions, guardOf, rememberAuth } from '../../src/http/guard.ts';
import type { HttpRequest, HttpResponse } from '../../src/http/message.ts';
import type { RoutesOptions } from '../../src/http/options.ts';
import { pathsOf, searchOf } from '../../src/http/paths.ts';
import { problemResponse, refusal } from '../../src/http/problem.ts';
import { routesOf } from '../../src/http/routes.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import { ipOf } from './fastify-address.ts';
import type { FastifyBodyParser, FastifyReplyLike, FastifyRequestLike, FastifyScope } from './fastify-subset.ts';
import { headerIn, readBytes } from './node.ts';

export { getAuth } from '../../src/http/guard.ts';
export type { FastifyBodyParser, FastifyReplyLike, FastifyRequestLike, FastifyScope } from './fastify-subset.ts';
export type { NodeHeaders, NodeResponse, NodeStream } from './node.ts';

/** What {@link phoneAuthPlugin} takes: the options of the routes, and Fastify's own. */
export interface PhoneAuthPluginOptions<User extends UserRecord = UserRecord> extends RoutesOptions<User> {
  /** What `createPhoneAuth` returned. */
  readonly auth: PhoneAuth<User, never>;
  /** Where the routes stand: `/auth`. Fastify's own option. @default '' */
  readonly prefix?: string | undefined;
  /** Of these routes. Fastify's own option. @default the application's */
  readonly logLevel?: unknown;
  /** Of these routes. Fastify's own option. @default the application's */
  readonly logSerializers?: unknown;
}

/**
 * The routes as a plugin for Fastify 5, in a scope of its own: each row is a route of Fastify's, the parsers and errors of your application stay
 * as they are. Errors that are not ours are thrown to your error handler.
 *
 * @example
 * ```ts
 * import type { FastifyInstance } from 'fastify';
 * import type { PhoneAuth } from 'ringlatch';
 * import { phoneAuthPlugin } from 'ringlatch/fastify';
 *
 * export const mount = (app: FastifyInstance, auth: PhoneAuth) => app.register(phoneAuthPlugin, { auth, prefix: '/auth' });
 * ```
 * @throws a `TypeError` that names the option that cannot be meant
 */
export async function phoneAuthPlugin<User extends UserRecord>(scope: FastifyScope, options: PhoneAuthPluginOptions<User>): Promise<void> {
  const { auth, prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...routes } = options;
  scope.removeAllContentTypeParsers();
  // Fastify remembers the parser of a type that has a name, and searches for that of any other one at each request
  for (const contentType of ['application/json', '*']) scope.addContentTypeParser(contentType, {}, parseNothing);
  scope.setErrorHandler((error, _request, reply) => {
    if (!isUnreadableType(error)) throw error;
    return send(reply, refusal(415, 'The body must be application/json in UTF-8.'));
  });
  for (const { path, routes: rows, others, refuse } of pathsOf(routesOf(auth, routes))) {
    for (const { method, handle } of rows) {
      scope.route({
        method,
        url: path,
        exposeHeadRoute: true,
        handler: async (request, reply) => written(reply, await handle(requestOf(request))),
      });
    }
    for (const method of others) {
      scope.route({ method, url: path, exposeHeadRoute: false, handler: async (request, reply) => written(reply, refuse(request)) });
    }
  }
}

/** Hands the bytes over as they came. */
const parseNothing: FastifyBodyParser = (_request, payload, done) =>
  readBytes(payload, (bytes) => {
    const error = bytes === null ? Object.assign(new Error('The client left before its request ended.'), { statusCode: 400 }) : null;
    done(error, bytes);
  });

/** Fastify judges the syntax of the content type before any parser does. */
function isUnreadableType(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
}

function requestOf(request: FastifyRequestLike): HttpRequest {
  const { method, url = '', headers, params, body } = request;
  return {
    method,
    params: params as Readonly<Record<string, string>>,
    search: searchOf(url),
    header: headerIn(headers),
    body: body instanceof Uint8Array ? { bytes: body } : null,
    ip: ipOf(request),
    raw: request,
  };
}

/** Writes all but the body, which it gives for Fastify to send. */
function written(reply: FastifyReplyLike, { status, headers, setCookies, body }: HttpResponse): string | undefined {
  reply.code(status);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  for (const cookie of setCookies) reply.header('set-cookie', cookie);
  if (body === null) return undefined;
  // with a serializer of its own a string keeps its type, to which Fastify would else add a charset
  reply.serializer(asItIs);
  return body;
}

function send(reply: FastifyReplyLike, response: HttpResponse): unknown {
  return reply.send(written(reply, response));
}

function asItIs(body: string): string {
  return body;
}

/**
 * Lets a request with a live access token pass, and answers any other one as the routes would. An `onRequest`, `preValidation` or `preHandler` hook.
 *
 * @example
 * ```ts
 * import type { FastifyInstance } from 'fastify';
 * import type { PhoneAuth } from 'ringlatch';
 * import { getAuth, requireAuth } from 'ringlatch/fastify';
 *
 * export const mount = (app: FastifyInstance, auth: PhoneAuth) =>
 *   app.get('/me', { onRequest: requireAuth(auth) }, async (request) => ({ userId: getAuth(request).userId }));
 * ```
 * @throws a `TypeError` that names the option that cannot be meant
 */
export function requireAuth<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  options: GuardOptions = {},
): (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown> {
  const guard = guardOf(auth, options);
  return async (request, reply) => {
    try {
      rememberAuth(request, await guard({ method: request.method, header: headerIn(request.headers) }));
      return undefined;
    } catch (error) {
      if (!isPhoneAuthError(error)) throw error;
      return send(reply, problemResponse(error));
    }
  };
}

/** Who asks, for calls of your own; with the same `cookies` as on the routes it knows the device too. */
export function clientOf(request: FastifyRequestLike, { cookies }: { readonly cookies?: CookieOptions | undefined } = {}): Client {
  const transport = cookies === undefined ? null : cookieTransportOf(cookies);
  return clientOfRequest({ method: request.method, header: headerIn(request.headers), ip: ipOf(request) }, transport);
}
