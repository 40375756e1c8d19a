import type { UserRecord } from '../ports/user-store.ts';
import { type CookieTransport, clearedCookies, tokenCookies } from './cookies.ts';
import type { HttpResponse } from './message.ts';
import type { RoutesSettings } from './options.ts';

/** What a row gives: a status and, but for 204, the core's answer. */
export interface Reply<User extends UserRecord> {
  readonly status: number;
  readonly answer?: (object & { readonly user?: User }) | undefined;
  /** The session of the request is over. */
  readonly signedOut?: boolean | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const HEADERS = Object.freeze({ 'cache-control': 'no-store' });
const HEADERS_OF_JSON = Object.freeze({ 'content-type': 'application/json', ...HEADERS });

/** Turns an answer of the core into one over HTTP. */
export async function responseTo<User extends UserRecord>(
  reply: Reply<User>,
  { presentUser, cookies }: RoutesSettings<User>,
  now: number,
): Promise<HttpResponse> {
  const { status, answer, signedOut = false } = reply;
  const cleared = cookies !== null && signedOut ? clearedCookies(cookies) : [];
  if (answer === undefined) return { status, headers: HEADERS, setCookies: cleared, body: null };
  const told = withDurations(answer, now);
  if (answer.user !== undefined) told.user = await presentUser(answer.user);
  if (cookies === null) return { status, headers: HEADERS_OF_JSON, setCookies: cleared, body: JSON.stringify(told) };
  const { setCookies, body } = movedToCookies(cookies, told);
  return { status, headers: HEADERS_OF_JSON, setCookies: [...cleared, ...setCookies], body: JSON.stringify(body) };
}

/** A copy that tells every moment of expiry as a duration too: the clocks of clients are wrong. */
export function withDurations(answer: object, now: number): Record<string, unknown> {
  const told: Record<string, unknown> = { ...answer };
  for (const key of Object.keys(answer)) {
    const value = told[key];
    if (typeof value === 'number' && (key === 'expiresAt' || key.endsWith('ExpiresAt')))
      told[`${key.slice(0, -'At'.length)}InSeconds`] = Math.max(0, Math.round((value - now) / 1000));
  }
  return told;
}

function movedToCookies(cookies: CookieTransport, told: Json): { readonly setCookies: readonly string[]; readonly body: Json } {
  const { accessToken, refreshToken, deviceToken, ...body } = told;
  if (typeof accessToken !== 'string') return { setCookies: [], body: told };
  return { setCookies: tokenCookies(cookies, told as unknown as Parameters<typeof tokenCookies>[1]), body };
}
