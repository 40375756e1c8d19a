import type { LimitName } from './core/limits.ts';
import type { CodeRequest } from './flows/request-code.ts';

/** One thing that is wrong with one input; `path` is `profile.name`-like, `''` for the whole. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** The contract: what each error code carries. */
export interface PhoneAuthErrorDetails {
  /** An argument of the wrong type, shape or size. */
  invalid_input: { readonly issues: readonly Issue[] };
  /** The code was right, and the account needs a profile, or another one. Spend the `proof` instead of a new code. */
  profile_required: { readonly proof: string; readonly issues: readonly Issue[] };
  /** Not a number that can be used here. */
  invalid_phone_number: { readonly reason: 'unparseable' | 'country_not_allowed' | 'number_type_not_allowed' };
  /** The code does not open this challenge. Over HTTP the reason is sent only with `exposeReason`. */
  invalid_code: { readonly reason: 'wrong' | 'expired' | 'used' | 'unknown'; readonly attemptsLeft?: number | undefined };
  /** Every attempt of this challenge was paid: request a new code. */
  attempts_exhausted: Readonly<Record<never, never>>;
  /** Unknown, spent, expired, or earned for something else. */
  invalid_proof: Readonly<Record<never, never>>;
  /** A limit refuses. Waiting helps. Where a code was already accepted, its `proof` is here. */
  rate_limited: { readonly retryAfterSeconds: number; readonly limit: LimitName; readonly proof?: string | undefined };
  /** Number and password do not belong together, or the account may not sign in. Where a code was already accepted, its `proof` is here. */
  invalid_credentials: { readonly proof?: string | undefined };
  /** The number belongs to an account. Said only after the number was proved, or with `revealAccounts`. */
  phone_number_taken: { readonly proof?: string | undefined };
  /** The number belongs to no account. Said only after the number was proved, or with `revealAccounts`. */
  account_not_found: { readonly proof?: string | undefined };
  /** The account exists and may not sign in. Said only after the number was proved. */
  account_disabled: Readonly<Record<never, never>>;
  /** The refresh token opens no session. Over HTTP the reason is sent only with `exposeReason`. */
  invalid_session: { readonly reason: 'malformed' | 'unknown' | 'expired' | 'revoked' | 'reused' };
  /** The access token is missing, not ours, or expired (RFC 6750). */
  invalid_token: Readonly<Record<never, never>>;
  /** The access token is good; its authentication is too long ago for this. */
  reauthentication_required: Readonly<Record<never, never>>;
  /** The password breaks a rule (NIST SP 800-63B-4, 3.1.1.2). */
  weak_password: { readonly reason: 'too_short' | 'too_long' | 'too_common' };
  /** The provider did not take the message. The challenge stands: a resend works. */
  delivery_failed: { readonly retryable: boolean } & CodeRequest;
  /** A policy of this server refuses; `challenge` names what would help, e.g. a captcha. Where a code was already accepted, its `proof` is here. */
  refused_by_policy: { readonly challenge?: string | undefined; readonly proof?: string | undefined };
  /** A store or provider is down or late. Where a code was already accepted, its `proof` is here. */
  unavailable: { readonly retryAfterSeconds: number; readonly proof?: string | undefined };
}

/** The stable codes. They are part of the public contract; messages are not. */
export type PhoneAuthErrorCode = keyof PhoneAuthErrorDetails;

interface CodeRow {
  readonly status: number;
  readonly message: string;
}

const CODES: Readonly<Record<PhoneAuthErrorCode, CodeRow>> = {
  invalid_input: { status: 400, message: 'The input is not valid.' },
  profile_required: { status: 422, message: 'The account needs a valid profile.' },
  invalid_phone_number: { status: 422, message: 'This phone number cannot be used.' },
  invalid_code: { status: 400, message: 'The code is not valid.' },
  attempts_exhausted: { status: 400, message: 'Too many wrong codes. Request a new one.' },
  invalid_proof: { status: 400, message: 'The proof is not valid.' },
  rate_limited: { status: 429, message: 'Too many requests. Try again later.' },
  invalid_credentials: { status: 400, message: 'The phone number or the password is not right.' },
  phone_number_taken: { status: 409, message: 'This phone number belongs to an account.' },
  account_not_found: { status: 404, message: 'This phone number belongs to no account.' },
  account_disabled: { status: 403, message: 'This account may not sign in.' },
  invalid_session: { status: 400, message: 'The session is not valid.' },
  invalid_token: { status: 401, message: 'The access token is missing or not valid.' },
  reauthentication_required: { status: 401, message: 'Sign in again to do this.' },
  weak_password: { status: 422, message: 'Choose another password.' },
  delivery_failed: { status: 502, message: 'The message could not be delivered.' },
  refused_by_policy: { status: 403, message: 'The request was refused.' },
  unavailable: { status: 503, message: 'The service is not available. Try again later.' },
};

/** Every error code with its HTTP status. */
export const PHONE_AUTH_ERROR_STATUS: Readonly<Record<PhoneAuthErrorCode, number>> = Object.fromEntries(
  Object.entries(CODES).map(([code, row]) => [code, row.status]),
) as Record<PhoneAuthErrorCode, number>;

// A string-keyed symbol, so that copies of this package (ESM beside CJS, two versions in one tree) know each other's errors.
const BRAND: symbol = Symbol.for('ringlatch.PhoneAuthError');

/** A failure at use. Misuse of the configuration is a `TypeError` instead. */
export class PhoneAuthError<Code extends PhoneAuthErrorCode = PhoneAuthErrorCode> extends Error {
  override readonly name = 'PhoneAuthError';
  readonly code: Code;
  readonly details: PhoneAuthErrorDetails[Code];
  /** HTTP status, for hosts that read it from errors (Express, Koa). */
  readonly status: number;
  /** The same, for hosts that call it so (Fastify). */
  readonly statusCode: number;
  /** Headers that belong to the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The message may be shown to whoever sent the request. */
  readonly expose = true;

  constructor(code: Code, details: PhoneAuthErrorDetails[Code], options?: { readonly cause?: unknown }) {
    super(CODES[code].message, options);
    this.code = code;
    this.details = details;
    this.status = CODES[code].status;
    this.statusCode = this.status;
    this.headers = headersOf(code, details);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

function headersOf(code: PhoneAuthErrorCode, details: object): Readonly<Record<string, string>> {
  if ('retryAfterSeconds' in details) return { 'retry-after': String(details.retryAfterSeconds) };
  if (code === 'invalid_token') return { 'www-authenticate': 'Bearer error="invalid_token"' };
  if (code === 'reauthentication_required') return { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' };
  return {};
}

/** The union over all codes, so that `error.code` narrows `error.details`. */
export type AnyPhoneAuthError = { [Code in PhoneAuthErrorCode]: PhoneAuthError<Code> }[PhoneAuthErrorCode];

/**
 * Whether something thrown is ours and, when codes are given, one of those. Works across copies and module formats of this package, where
 * `instanceof` does not.
 *
 * @example
 * ```ts
 * import { isPhoneAuthError } from 'ringlatch';
 *
 * function secondsToWait(error: unknown): number | null {
 *   return isPhoneAuthError(error, 'rate_limited', 'unavailable') ? error.details.retryAfterSeconds : null;
 * }
 * ```
 */
export function isPhoneAuthError(error: unknown): error is AnyPhoneAuthError;
export function isPhoneAuthError<Code extends PhoneAuthErrorCode>(
  error: unknown,
  ...codes: readonly [Code, ...Code[]]
): error is Extract<AnyPhoneAuthError, { code: Code }>;
export function isPhoneAuthError(error: unknown, ...codes: readonly PhoneAuthErrorCode[]): boolean {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || codes.includes((error as PhoneAuthError).code);
}

/** What a sender throws, so that the core knows whether the message may still arrive. */
export interface SmsError extends Error {
  /** `permanent`: never with this number; `retryable`: nothing left the machine; `ambiguous`: it may have left. */
  readonly kind: 'permanent' | 'retryable' | 'ambiguous';
  /** The provider's own name of the failure. */
  readonly code?: string | undefined;
  /** When the provider asked to be tried again. */
  readonly retryAfterSeconds?: number | undefined;
}

/** Makes an {@link SmsError}. */
export function smsError(e: {
  readonly kind: SmsError['kind'];
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}): SmsError {
  const { kind, code, retryAfterSeconds } = e;
  return Object.assign(new Error(e.message ?? `The message was not delivered (${kind}).`, { cause: e.cause }), {
    kind,
    ...(code === undefined ? {} : { code }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
