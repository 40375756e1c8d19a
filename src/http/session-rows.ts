import type { PhoneAuth } from '../create-phone-auth.ts';
import { PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { withDurations } from './answer.ts';
import { jsonOf } from './body.ts';
import type { Row } from './row.ts';
import { read } from './schemas.ts';

/** Sessions, by their refresh token or by an access token. */
export function sessionRows<User extends UserRecord, Profile>(auth: PhoneAuth<User, Profile>): readonly Row<User>[] {
  const { now } = auth.settings;
  return [
    {
      name: 'refreshSession',
      method: 'POST',
      path: '/session/refresh',
      writesCookies: true,
      run: async (request, reader) => {
        const body = read('refresh', jsonOf(request));
        const refreshToken = reader.refreshToken(request, body.refreshToken);
        if (refreshToken === null) throw new PhoneAuthError('invalid_session', { reason: 'unknown' });
        return { status: 200, answer: await auth.refreshSession({ refreshToken, client: reader.client(request, body.deviceToken) }) };
      },
    },
    {
      name: 'endSession',
      method: 'POST',
      path: '/session/end',
      writesCookies: true,
      run: async (request, reader) => {
        const refreshToken = reader.refreshToken(request, read('refresh', jsonOf(request)).refreshToken);
        if (refreshToken !== null) await auth.endSession({ refreshToken });
        return { status: 204, signedOut: true };
      },
    },
    {
      name: 'listSessions',
      method: 'GET',
      path: '/sessions',
      run: async (request, reader) => {
        const { userId } = await reader.claims(request);
        const { sessions } = await auth.listSessions({ userId });
        return { status: 200, answer: { sessions: sessions.map((session) => withDurations(session, now())) } };
      },
    },
    {
      name: 'revokeSession',
      method: 'DELETE',
      path: '/sessions/:id',
      run: async (request, reader) => {
        const { userId, sessionId } = await reader.claims(request);
        const { id = '' } = request.params;
        await auth.revokeSession({ userId, sessionId: id });
        // a bearer's cookies are not its own
        return { status: 204, signedOut: id === sessionId && request.header('authorization') === undefined };
      },
    },
    {
      name: 'revokeSessions',
      method: 'DELETE',
      path: '/sessions',
      run: async (request, reader) => {
        const { userId, sessionId } = await reader.claims(request);
        await auth.revokeSessions({ userId, exceptSessionId: sessionId });
        return { status: 204 };
      },
    },
    {
      name: 'verifyAccessToken',
      method: 'GET',
      path: '/session',
      run: async (request, reader) => ({ status: 200, answer: await reader.claims(request) }),
    },
  ];
}
