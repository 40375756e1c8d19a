import type { ConformanceCase } from './case.ts';
import { HTTP_CODE_CASES } from './http-code-cases.ts';
import { HTTP_COOKIE_CASES } from './http-cookie-cases.ts';
import { HTTP_RAW_BODY_CASES, HTTP_ROUTE_CASES } from './http-route-cases.ts';
import { HTTP_SESSION_CASES } from './http-session-cases.ts';
import { type OpenHttpHost, overHost } from './http-world.ts';

/** How a host is tried. */
export interface HttpHostOptions {
  /** A parser of the host's own reads JSON bodies before the routes do, so that what it refuses or repairs is its business. @default false */
  readonly hasOwnParser?: boolean | undefined;
}

/**
 * What every host of the routes must do: the same answers, whatever the framework. The routes stand under `/auth`; `/guarded` stands behind
 * the guard and answers with the claims that it found. Every case opens a host of its own, around an auth object with a clock and an inbox.
 *
 * @example
 * ```ts
 * import { httpHostCases } from 'ringlatch/conformance';
 * import { getAuth, phoneAuthHandler, requireAuth } from 'ringlatch/fetch';
 *
 * const cases = httpHostCases(({ auth, options, guard }) => {
 *   const routes = phoneAuthHandler(auth, { basePath: '/auth', clientIp: () => '203.0.113.7', ...options });
 *   const judge = requireAuth(auth, guard);
 *   return {
 *     async fetch(request) {
 *       if (!request.url.endsWith('/guarded')) return routes(request);
 *       const refusal = await judge({ req: { raw: request } }, async () => {});
 *       return refusal ?? Response.json(getAuth(request, { optional: true }));
 *     },
 *   };
 * });
 * for (const { run } of cases) await run();
 * ```
 */
export function httpHostCases(open: OpenHttpHost, { hasOwnParser = false }: HttpHostOptions = {}): readonly ConformanceCase[] {
  const raw = hasOwnParser ? [] : HTTP_RAW_BODY_CASES;
  return [...HTTP_CODE_CASES, ...HTTP_SESSION_CASES, ...HTTP_COOKIE_CASES, ...HTTP_ROUTE_CASES, ...raw].map((one) => overHost(open, one));
}
