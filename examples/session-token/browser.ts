import type { CookieOptions, Request, Response } from 'express';
import { isPhoneAuthError } from 'ringlatch';

/** What a right code leaves in the browser that sent it: worth one login. */
export interface KeptProof {
  readonly proof: string;
  readonly sessionToken: string;
}

const [PROOF, SESSION, DEVICE] = ['phone_proof', 'sessionid', 'phone_device'] as const;

// As long as ringlatch keeps them.
const PROOF_SECONDS = 600;
const DEVICE_SECONDS = 180 * 86_400;

/** Keeps a proof for `/login`; not for a page of somebody else, who could have the visitor log in to an account that is not theirs. */
export function keepProof(request: Request, response: Response, { proof, sessionToken }: KeptProof): void {
  if (!isCrossSite(request)) setCookie(request, response, PROOF, `${proof}.${sessionToken}`, { maxAge: PROOF_SECONDS, sameSite: 'strict' });
}

/** Spends a proof; what was proved stays worth the call while only the rest of it is refused. */
export async function keepingProof<T>(request: Request, response: Response, earned: KeptProof, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isPhoneAuthError(error) && 'proof' in error.details && error.details.proof !== undefined)
      keepProof(request, response, { ...earned, proof: error.details.proof });
    throw error;
  }
}

/** The proof that this browser earned with that session token. */
export function keptProof(request: Request, sessionToken?: string): KeptProof | null {
  const [, proof, token] = /^([\w-]+)\.([\w-]+)$/.exec(cookieOf(request, PROOF) ?? '') ?? [];
  if (proof === undefined || token === undefined || (sessionToken ?? token) !== token) return null;
  return { proof, sessionToken: token };
}

/** Signs the browser in, as Django's `login()` does. */
export function startBrowserSession(
  request: Request,
  response: Response,
  { refreshToken, deviceToken, seconds }: { readonly refreshToken: string; readonly deviceToken: string; readonly seconds: number },
): void {
  setCookie(request, response, PROOF, '', { maxAge: 0, sameSite: 'strict' });
  setCookie(request, response, SESSION, refreshToken, { maxAge: seconds });
  setCookie(request, response, DEVICE, deviceToken, { maxAge: DEVICE_SECONDS });
}

/** Signs it out. The device stays known: that cookie signs nobody in. */
export function endBrowserSession(request: Request, response: Response): void {
  setCookie(request, response, SESSION, '', { maxAge: 0 });
}

/** The session of the browser; without one a text that opens none. */
export function sessionOf(request: Request): string {
  return cookieOf(request, SESSION) ?? 'none';
}

/** What tells ringlatch that the browser signed in before. */
export function deviceOf(request: Request): string | undefined {
  return cookieOf(request, DEVICE) ?? undefined;
}

/** Whether a page of another site sent it. Programs that are no browsers say nothing. */
export function isCrossSite(request: Request): boolean {
  return request.headers['sec-fetch-site'] === 'cross-site';
}

function cookieOf({ headers }: Request, name: string): string | null {
  return new RegExp(`(?:^|; ?)${name}=([\\w.~-]+)`).exec(headers.cookie ?? '')?.[1] ?? null;
}

// Only a development server on plain http may leave `Secure` out.
function setCookie(
  request: Request,
  response: Response,
  name: string,
  value: string,
  { maxAge = 0, sameSite = 'lax' }: CookieOptions,
): void {
  const secure = request.secure || process.env.NODE_ENV === 'production';
  response.cookie(name, value, { httpOnly: true, path: '/', secure, sameSite, maxAge: maxAge * 1000 });
}
