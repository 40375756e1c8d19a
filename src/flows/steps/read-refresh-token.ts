import type { AuthContext } from '../../context.ts';
import type { Keys } from '../../core/keys.ts';
import { type RefreshToken, readRefreshToken } from '../../core/session.ts';
import { PhoneAuthError } from '../../errors.ts';

/** A refresh token of ours and the keys that signed it. Anything else dies here, before any store is asked. */
export async function openRefreshToken(
  ctx: Pick<AuthContext, 'tokens' | 'secrets' | 'settings' | 'now'>,
  text: string,
): Promise<{ readonly token: RefreshToken; readonly keys: Keys }> {
  const opaque = ctx.tokens.unwrapRefreshToken
    ? await ctx.tokens.unwrapRefreshToken({ refreshToken: text, appName: ctx.settings.appName, now: ctx.now() })
    : text;
  const read = opaque === null ? null : readRefreshToken(ctx.secrets, opaque);
  if (read === null) throw new PhoneAuthError('invalid_session', { reason: 'malformed' });
  return read;
}
