import type { AuthContext } from '../../context.ts';
import { type NewSession, type RefreshToken, refreshTokenText } from '../../core/session.ts';
import type { UserRecord } from '../../ports/user-store.ts';

/** A pair of tokens. Times are epoch ms. */
export interface Tokens {
  readonly userId: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: number;
}

/** The access token of a session, and its refresh token as text. Without the user (not looked up) no claims can be made. */
export async function issueTokens<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User | null,
  session: NewSession,
  token: RefreshToken,
  phoneNumberVerifiedAt: number | null,
): Promise<Tokens> {
  const { appName } = ctx.settings;
  const now = ctx.now();
  const { userId, id: sessionId } = session;
  const refreshTokenExpiresAt = Math.min(session.idleExpiresAt, session.absoluteExpiresAt);
  const accessTokenExpiresAt = Math.min(now + ctx.settings.session.accessTokenSeconds * 1000, session.absoluteExpiresAt);
  const accessToken = await ctx.tokens.issueAccessToken({
    userId,
    sessionId,
    authTime: session.authTime,
    amr: session.amr === '' ? [] : session.amr.split(' '),
    issuedAt: now,
    expiresAt: accessTokenExpiresAt,
    claims: await claimsOf(ctx, user, { sessionId, phoneNumberVerifiedAt }),
    appName,
    now,
  });
  const opaque = refreshTokenText(ctx.signingKeys, token);
  const wrapped = ctx.tokens.wrapRefreshToken?.({
    refreshToken: opaque,
    userId,
    sessionId,
    issuedAt: now,
    expiresAt: refreshTokenExpiresAt,
    appName,
  });
  return { userId, sessionId, accessToken, accessTokenExpiresAt, refreshToken: (await wrapped) ?? opaque, refreshTokenExpiresAt };
}

async function claimsOf<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User | null,
  session: { readonly sessionId: string; readonly phoneNumberVerifiedAt: number | null },
): Promise<Readonly<Record<string, unknown>>> {
  const { claims } = ctx.hooks;
  if (claims === undefined || user === null) return {};
  return ctx.within('hooks', 'claims', ctx.settings.deadlineSeconds.port, () => claims({ user, ...session }));
}
