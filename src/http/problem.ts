import { type AnyPhoneAuthError, PhoneAuthError, type PhoneAuthErrorCode } from '../errors.ts';
import type { HttpResponse } from './message.ts';

/** How much a problem tells. */
export interface ProblemOptions {
  /** Sends the `reason` of `invalid_code` and `invalid_session`: friendlier, and it tells a guesser which challenges exist. @default false */
  readonly exposeReason?: boolean | undefined;
}

/** The members that every problem has; the details of its code stand beside them. */
export interface ProblemBody {
  /** `urn:ringlatch:error:` and the code. */
  readonly type: string;
  /** For humans, in English; not part of the contract. */
  readonly title: string;
  readonly status: number;
  readonly code: PhoneAuthErrorCode;
  readonly [detail: string]: unknown;
}

/** An error as an HTTP answer. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemBody;
}

/**
 * The HTTP answer to an error of this library, as the routes give it, for your own handlers.
 *
 * @example
 * ```ts
 * import { isPhoneAuthError, problemOf } from 'ringlatch';
 *
 * function answerTo(error: unknown): Response {
 *   if (!isPhoneAuthError(error)) throw error;
 *   const { status, headers, body } = problemOf(error);
 *   return new Response(JSON.stringify(body), { status, headers });
 * }
 * ```
 * @see RFC 9457
 */
export function problemOf(error: AnyPhoneAuthError | PhoneAuthError, options: ProblemOptions = {}): Problem {
  return problemWith(error, error.status, error.headers, options);
}

/** The same as a whole answer. */
export function problemResponse(error: AnyPhoneAuthError | PhoneAuthError, options: ProblemOptions = {}): HttpResponse {
  return responseOf(problemOf(error, options));
}

/** A request that HTTP itself already refuses (404, 405, 413, 415): an `invalid_input` with that status. */
export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return responseOf(problemWith(new PhoneAuthError('invalid_input', { issues: [{ path: '', message }] }), status, headers, {}));
}

function problemWith(
  error: AnyPhoneAuthError | PhoneAuthError,
  status: number,
  headers: Readonly<Record<string, string>>,
  { exposeReason = false }: ProblemOptions,
): Problem {
  const { code, message, details } = error;
  const hidesReason = !exposeReason && (code === 'invalid_code' || code === 'invalid_session');
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: { type: `urn:ringlatch:error:${code}`, title: message, status, code, ...details, ...(hidesReason && { reason: undefined }) },
  };
}

function responseOf({ status, headers, body }: Problem): HttpResponse {
  return { status, headers, setCookies: [], body: JSON.stringify(body) };
}
