import type { Client } from '../context.ts';
import type { Answer, CodeAnswer, PhoneAuth, Purpose } from '../create-phone-auth.ts';
import { isPhoneAuthError, PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { type Reply, responseTo, withDurations } from './answer.ts';
import { rawTextOf, refusalOfBody, refusalOfForeignBody } from './body.ts';
import { type Call, callsOf } from './call.ts';
import { clearedCookies, requireOwnOrigin } from './cookies.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { type RouteName, type RoutesOptions, type RoutesSettings, routesSettings } from './options.ts';
import { problemResponse } from './problem.ts';
import { type AnswerBody, answerIn, invalid, read } from './schemas.ts';

/** One row of the table: what a host registers. */
export interface Route {
  readonly name: RouteName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Relative to the mount; a named segment begins with a colon. */
  readonly path: string;
  /** Answers every failure of this library; what it throws is not ours. */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
}

interface Row<User extends UserRecord> extends Omit<Route, 'handle'> {
  /** Signs in or out, so that with cookies the request must come from a page of ours. */
  readonly writesCookies?: boolean;
  /** Its body is not of this API: a provider's, in whatever type it likes. */
  readonly takesForeignBody?: boolean;
  readonly run: (call: Call) => Promise<Reply<User>>;
}

/**
 * The table of routes, the same for every host. Bodies are strict: a key that is not listed is `invalid_input`, and what a client must not
 * choose (`userId`, `context`, `reference`, `binding`, `amr`) is never listed.
 *
 * @throws a `TypeError` that names the option that cannot be meant
 */
export function routesOf<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  options: RoutesOptions<User> = {},
): readonly Route[] {
  const settings = routesSettings(auth, options);
  return rowsOf(auth)
    .filter(({ name }) => settings.mounted.has(name))
    .map((row) => ({ name: row.name, method: row.method, path: row.path, handle: handlerOf(auth, settings, row) }));
}

function rowsOf<User extends UserRecord, Profile>(auth: PhoneAuth<User, Profile>): readonly Row<User>[] {
  const { acceptsProfile, hasPasswords, now } = auth.settings;
  const profileIn = (body: { readonly profile?: unknown }): Profile | undefined => {
    if (body.profile !== undefined && !acceptsProfile) throw invalid('profile', 'is not an argument');
    // the configured schema judges it in the core
    return body.profile as Profile | undefined;
  };
  const passwordIn = ({ password }: { readonly password?: string | undefined }): string | undefined => {
    if (password !== undefined && !hasPasswords) throw invalid('password', 'is not an argument');
    return password;
  };
  return [
    {
      name: 'requestCode',
      method: 'POST',
      path: '/codes',
      run: async (call) => {
        const { deviceToken, ...wish } = read('request', call.json());
        // the tokens of some captchas leave no room in a body
        const captchaToken = wish.captchaToken ?? call.request.header('x-captcha-response');
        profileIn(wish);
        const userId = await call.userIdFor(wish.purpose);
        const bound = await call.boundTo(wish.purpose ?? 'sign-in', userId);
        const idempotencyKey = call.request.header('idempotency-key');
        const locale = wish.locale ?? call.locale();
        return {
          status: 202,
          answer: await auth.requestCode({
            ...wish,
            ...bound,
            locale,
            captchaToken,
            userId,
            idempotencyKey,
            client: call.client(deviceToken),
          }),
        };
      },
    },
    {
      name: 'validateVerificationCode',
      method: 'POST',
      path: '/codes/validate',
      run: async (call) => {
        const body = read('code', call.json());
        const userId = await call.userIdFor(body.purpose);
        const bound = await call.boundTo(body.purpose ?? 'verify', userId);
        const client = call.client(body.deviceToken);
        return { status: 200, answer: await auth.validateVerificationCode({ ...answerIn<CodeAnswer>(body), ...bound, userId, client }) };
      },
    },
    {
      name: 'registerWithCode',
      method: 'POST',
      path: '/register/code',
      writesCookies: true,
      run: async (call) => {
        const body = read('register', call.json());
        const given = { profile: profileIn(body), password: passwordIn(body) };
        return { status: 201, answer: await auth.registerWithCode({ ...(await redeemed(call, body, null)), ...given }) };
      },
    },
    {
      name: 'loginWithCode',
      method: 'POST',
      path: '/login/code',
      writesCookies: true,
      run: async (call) => {
        const body = read('login', call.json());
        return { status: 200, answer: await auth.loginWithCode({ password: passwordIn(body), ...(await redeemed(call, body, null)) }) };
      },
    },
    {
      name: 'signInWithCode',
      method: 'POST',
      path: '/sign-in/code',
      writesCookies: true,
      run: async (call) => {
        const body = read('signIn', call.json());
        const given = { profile: profileIn(body), password: passwordIn(body) };
        const signedIn = await auth.signInWithCode({ ...given, ...(await redeemed(call, body, null)) });
        return { status: signedIn.isNewUser ? 201 : 200, answer: signedIn };
      },
    },
    {
      name: 'loginWithPassword',
      method: 'POST',
      path: '/login/password',
      writesCookies: true,
      run: async (call) => {
        const { deviceToken, ...credentials } = read('credentials', call.json());
        return { status: 200, answer: await auth.loginWithPassword({ ...credentials, client: call.client(deviceToken) }) };
      },
    },
    {
      name: 'resetPassword',
      method: 'POST',
      path: '/password/reset',
      writesCookies: true,
      run: async (call) => {
        const body = read('reset', call.json());
        const { newPassword } = body;
        return { status: 200, answer: await auth.resetPassword({ ...(await redeemed(call, body, 'reset-password')), newPassword }) };
      },
    },
    {
      name: 'setPassword',
      method: 'PUT',
      path: '/password',
      run: async (call) => {
        const { userId, sessionId } = await call.recentClaims();
        const { newPassword, currentPassword, proof } = read('password', call.json());
        if ((currentPassword === undefined) === (proof === undefined)) throw invalid('currentPassword', 'or proof is required, not both');
        const permission =
          proof === undefined ? { currentPassword: currentPassword as string } : { proof, ...(await call.boundTo(null, userId)) };
        await auth.setPassword({ userId, sessionId, newPassword, ...permission });
        return { status: 204 };
      },
    },
    {
      name: 'changePhoneNumber',
      method: 'PUT',
      path: '/phone-number',
      run: async (call) => {
        const { userId, sessionId } = await call.recentClaims();
        const proved = await redeemed(call, read('answer', call.json()), 'change-phone-number', userId);
        return { status: 200, answer: await auth.changePhoneNumber({ ...proved, userId, sessionId }) };
      },
    },
    {
      name: 'refreshSession',
      method: 'POST',
      path: '/session/refresh',
      writesCookies: true,
      run: async (call) => {
        const body = read('refresh', call.json());
        const refreshToken = call.refreshToken(body.refreshToken);
        if (refreshToken === null) throw new PhoneAuthError('invalid_session', { reason: 'unknown' });
        return { status: 200, answer: await auth.refreshSession({ refreshToken, client: call.client(body.deviceToken) }) };
      },
    },
    {
      name: 'endSession',
      method: 'POST',
      path: '/session/end',
      writesCookies: true,
      run: async (call) => {
        const refreshToken = call.refreshToken(read('refresh', call.json()).refreshToken);
        if (refreshToken !== null) await auth.endSession({ refreshToken });
        return { status: 204, signedOut: true };
      },
    },
    {
      name: 'listSessions',
      method: 'GET',
      path: '/sessions',
      run: async (call) => {
        const { userId } = await call.claims();
        const { sessions } = await auth.listSessions({ userId });
        return { status: 200, answer: { sessions: sessions.map((session) => withDurations(session, now())) } };
      },
    },
    {
      name: 'revokeSession',
      method: 'DELETE',
      path: '/sessions/:id',
      run: async (call) => {
        const { userId, sessionId } = await call.claims();
        const { id = '' } = call.request.params;
        await auth.revokeSession({ userId, sessionId: id });
        // a bearer's cookies are not its own
        return { status: 204, signedOut: id === sessionId && call.request.header('authorization') === undefined };
      },
    },
    {
      name: 'revokeSessions',
      method: 'DELETE',
      path: '/sessions',
      run: async (call) => {
        const { userId, sessionId } = await call.claims();
        await auth.revokeSessions({ userId, exceptSessionId: sessionId });
        return { status: 204 };
      },
    },
    {
      name: 'verifyAccessToken',
      method: 'GET',
      path: '/session',
      run: async (call) => ({ status: 200, answer: await call.claims() }),
    },
    {
      name: 'getUserStatus',
      method: 'POST',
      path: '/status',
      run: async (call) => {
        const { phoneNumber, deviceToken } = read('status', call.json());
        return { status: 200, answer: await auth.getUserStatus({ phoneNumber, client: call.client(deviceToken) }) };
      },
    },
    {
      name: 'receiveReceipts',
      method: 'POST',
      path: '/delivery/:sender',
      takesForeignBody: true,
      run: async ({ request, deliveryUrl }) => {
        const { sender = '' } = request.params;
        const url = `${deliveryUrl}/${encodeURIComponent(sender)}${request.search}`;
        await auth.receiveReceipts({ sender, request: { method: request.method, url, header: request.header, body: rawTextOf(request) } });
        return { status: 204 };
      },
    },
    {
      name: 'jwks',
      method: 'GET',
      path: '/.well-known/jwks.json',
      run: async () => ({ status: 200, answer: await auth.jwks() }),
    },
  ];
}

function handlerOf<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  settings: RoutesSettings<User>,
  { name, writesCookies = false, takesForeignBody = false, run }: Row<User>,
): Route['handle'] {
  const { cookies, exposeReason } = settings;
  const callOf = callsOf(auth, settings, name);
  return async (request) => {
    try {
      const refused = takesForeignBody ? refusalOfForeignBody(request) : refusalOfBody(request);
      if (refused !== null) return refused;
      if (cookies !== null && writesCookies) requireOwnOrigin(cookies, request);
      return await responseTo(await run(callOf(request)), settings, auth.settings.now());
    } catch (error) {
      if (!isPhoneAuthError(error)) throw error;
      const setCookies = cookies !== null && isPhoneAuthError(error, 'invalid_session') ? clearedCookies(cookies) : [];
      return { ...problemResponse(error, { exposeReason }), setCookies };
    }
  };
}

async function redeemed(
  call: Call,
  body: AnswerBody,
  forPurpose: Purpose | null,
  userId?: string,
): Promise<Answer & { readonly client: Client }> {
  const { reference } = await call.boundTo(body.purpose ?? forPurpose, userId);
  return { ...answerIn<Answer>(body), reference, client: call.client(body.deviceToken) };
}
