import type { AuthContext } from '../context.ts';
import { oneOf, optional, type Shape, text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import type { AccessClaims } from '../ports/token-issuer.ts';
import { checkInput } from './steps/check-input.ts';

/** What `verifyAccessToken` takes. */
export interface VerifyAccessToken {
  readonly accessToken: string;
  /** Also ask the store whether the session still lives: one round trip, and a sign-out counts at once. @default false */
  readonly checkSession?: boolean | undefined;
}

const SHAPE: Shape = { accessToken: text(Number.MAX_SAFE_INTEGER), checkSession: optional(oneOf([true, false])) };

/**
 * What a live access token says. Without `checkSession` no store is asked, and a revoked session's token lives until it expires.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_token`, `unavailable`
 */
export async function verifyAccessToken(ctx: AuthContext, input: VerifyAccessToken): Promise<AccessClaims> {
  checkInput('verifyAccessToken', input, SHAPE);
  const now = ctx.now();
  const claims = await ctx.tokens.verifyAccessToken({ accessToken: input.accessToken, appName: ctx.settings.appName, now });
  if (claims === null) throw new PhoneAuthError('invalid_token', {});
  if (input.checkSession === true && (await ctx.sessions.find({ sessionId: claims.sessionId, now })) === null)
    throw new PhoneAuthError('invalid_token', {});
  return claims;
}
