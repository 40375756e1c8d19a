import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { type Client, isPhoneAuthError, type PhoneAuth, PhoneAuthError, type PhoneNumber, type SmsSender } from 'ringlatch';
import { clientOf } from 'ringlatch/express';
import { consoleSms } from 'ringlatch/sms/console';
import { sqliteStorage } from 'ringlatch/sqlite';
import { answerTo, codeRefusal, NOT_AUTHENTICATED, NOT_FOUND, refusal } from './answers.ts';
import { createAuth, isCommonPassword, SESSION_SECONDS, type Storage } from './auth.ts';
import { readBody, refuseOtherMethods } from './bodies.ts';
import {
  deviceOf,
  endBrowserSession,
  isCrossSite,
  type KeptProof,
  keepingProof,
  keepProof,
  keptProof,
  sessionOf,
  startBrowserSession,
} from './browser.ts';
import { email, newPassword, optional, phoneNumber, readFields, text, username } from './fields.ts';
import { sessionTokens } from './session-token.ts';
import { readSettings, type Settings, secretOr } from './settings.ts';

export type { Storage } from './auth.ts';
export type { Settings } from './settings.ts';

/** What {@link createApp} takes. */
export interface AppOptions {
  readonly settings?: Settings | undefined;
  /** Any; let no two profiles have the same `username`. @default an SQLite file, data.sqlite */
  readonly storage?: Storage | undefined;
  /** @default the console */
  readonly sms?: SmsSender | undefined;
  /** Epoch ms. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** The API of django-phone-verify, cases 1 to 3 of its documentation. */
export async function createApp({ settings = {}, storage: given, sms = consoleSms(), now = Date.now }: AppOptions = {}): Promise<{
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly auth: PhoneAuth;
  readonly storage: Storage;
}> {
  const read = readSettings(settings);
  const databaseFile = process.env.DATABASE_FILE || 'data.sqlite';
  const secret = secretOr(given === undefined ? `${databaseFile}-secret` : null);
  const storage = given ?? sqliteStorage(new DatabaseSync(databaseFile), { unique: ['username'] });
  const auth = createAuth(read, { secret, storage, sms, now });
  const tokens = sessionTokens(secret);

  const phone = { phone_number: phoneNumber(read.allowedCountries) };
  const verification = { ...phone, session_token: text(), security_code: text({ orNumber: true }) };
  const account = { username, email, password: newPassword(isCommonPassword), first_name: optional(text({ max: 150 }), 'First') };
  const login = { ...phone, password: optional(text({ trim: false }), undefined) };

  const clientFrom = (request: Request): Client => ({ ...clientOf(request), deviceToken: deviceOf(request) });

  async function verify(
    request: Request,
    body: { phone_number: PhoneNumber; session_token: string; security_code: string },
  ): Promise<KeptProof> {
    const { phone_number, session_token: sessionToken, security_code: code } = body;
    if (!tokens.isFor(sessionToken, phone_number)) throw codeRefusal('unknown');
    const answer = { phoneNumber: phone_number, code, reference: sessionToken };
    const { proof } = await auth.validateVerificationCode({ ...answer, client: clientFrom(request) });
    return { proof, sessionToken };
  }

  const app = express();
  app
    .disable('x-powered-by')
    .disable('etag')
    .set('trust proxy', read.trustedProxies ?? false);
  app.use((_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  const post = (path: string | string[], handler: RequestHandler): void => {
    app.route(path).post(readBody, handler).all(refuseOtherMethods('POST'));
  };

  post('/api/phone/register', async (request, response) => {
    const { phone_number } = readFields(request.body, phone);
    const reference = tokens.issueFor(phone_number);
    await auth.requestCode({ phoneNumber: phone_number, purpose: 'verify', reference, client: clientFrom(request) });
    response.json({ session_token: reference });
  });

  post('/api/phone/verify', async (request, response) => {
    keepProof(request, response, await verify(request, readFields(request.body, verification)));
    response.json({ message: 'Security code is valid.' });
  });

  // Case 2. Whatever is wrong with the user is said before the code is judged; what only the store knows leaves the proof in the browser.
  post('/api/phone/verify_and_register', async (request, response) => {
    const body = readFields(request.body, verification);
    const { password, ...profile } = readFields(request.body, account);
    const earned = await verify(request, body).catch((error: unknown) => {
      const earlier = isUsed(error) ? keptProof(request, body.session_token) : null;
      if (earlier === null) throw error;
      return earlier;
    });
    const answer = { proof: earned.proof, reference: earned.sessionToken, client: clientFrom(request) };
    await keepingProof(request, response, earned, async () => {
      await auth.registerWithCode({ ...answer, profile, password, session: false }).catch((error: unknown) => {
        throw isPhoneAuthError(error, 'invalid_proof') ? codeRefusal('used') : error;
      });
    });
    response.json(profile);
  });

  // Case 3. Only the browser in which the number was proved a moment ago. The document does not say where it is mounted.
  post(['/login', '/api/phone/login'], async (request, response) => {
    if (isCrossSite(request)) throw refusal(403, { detail: 'CSRF Failed: Origin checking failed.' });
    const { phone_number, password } = readFields(request.body, login);
    const kept = keptProof(request);
    if (kept === null || !tokens.isFor(kept.sessionToken, phone_number)) throw refusal(403, { detail: NOT_AUTHENTICATED });
    const answer = {
      proof: kept.proof,
      proofPurpose: 'verify',
      reference: kept.sessionToken,
      password,
      client: clientFrom(request),
    } as const;
    const signedIn = await keepingProof(request, response, kept, async () =>
      read.createUserOnVerify ? auth.signInWithCode({ ...answer, profile: { username: newUsername() } }) : auth.loginWithCode(answer),
    );
    startBrowserSession(request, response, { ...signedIn, seconds: SESSION_SECONDS });
    response.json({ status: '200' });
  });

  // What an application does with the session.
  app
    .route('/me')
    .get(async (request, response) => {
      const { userId } = await auth.inspectRefreshToken({ refreshToken: sessionOf(request) });
      const user = await storage.users.findById({ userId });
      if (user === null || user.disabled === true) throw new PhoneAuthError('account_disabled', {});
      response.json({ id: user.id, phone_number: user.phoneNumber });
    })
    .all(refuseOtherMethods('GET'));

  post('/logout', async (request, response) => {
    if (isCrossSite(request)) throw refusal(403, { detail: 'CSRF Failed: Origin checking failed.' });
    await auth.endSession({ refreshToken: sessionOf(request) });
    endBrowserSession(request, response);
    response.json({ status: '200' });
  });

  app.use(() => {
    throw refusal(404, { detail: NOT_FOUND });
  });
  app.use(((error, _request, response, _next) => {
    const { status, body, headers } = answerTo(error);
    response.status(status).set(headers).json(body);
  }) satisfies ErrorRequestHandler);

  return { handler: app, auth, storage };
}

function newUsername(): string {
  return `user_${randomBytes(8).toString('hex')}`;
}

function isUsed(error: unknown): boolean {
  return isPhoneAuthError(error, 'invalid_code') && error.details.reason === 'used';
}
