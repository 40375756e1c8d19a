import type { IncomingMessage, ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import express, { type Request, type RequestHandler } from 'express';
import { type Client, createPhoneAuth, type PhoneAuth, type SmsSender } from 'ringlatch';
import { clientOf } from 'ringlatch/express';
import { consoleSms } from 'ringlatch/sms/console';
import { sqliteStorage } from 'ringlatch/sqlite';
import { answerErrors } from './answers.ts';
import { fieldsOf, readBody, textsOf } from './fields.ts';
import { secretFor } from './secret.ts';
import { type Config, configOf, type Profile, type Settings, type User } from './settings.ts';

export type { Profile, Settings, User } from './settings.ts';

export type Storage = Config['storage'];

export interface App {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly auth: PhoneAuth<User, Profile>;
  readonly storage: Storage;
}

interface AppOptions {
  readonly settings?: Settings;
  /** @default a file, `DATABASE_FILE` or `data.sqlite` */
  readonly storage?: Storage;
  /** @default prints messages */
  readonly sms?: SmsSender;
  /** Epoch ms. @default Date.now */
  readonly now?: () => number;
}

const NAMES = ['first_name', 'last_name'] as const;

export async function createApp(options: AppOptions = {}): Promise<App> {
  const file = process.env.DATABASE_FILE ?? 'data.sqlite';
  const secret = secretFor(options.storage === undefined ? file : null);
  const { settings = {}, sms = consoleSms(), now = Date.now, storage = sqliteStorage(new DatabaseSync(file)) } = options;
  const config = configOf(settings, { secret, sms, now });
  const auth = createPhoneAuth<User, Profile>({ ...config, storage });
  const { authOnly = false, returnUsage = true } = settings;
  const purpose = authOnly ? 'login' : 'sign-in';
  const locales = Object.keys(config.messages ?? {});

  const requestCode: RequestHandler = async (request, response) => {
    const { phone_number: phoneNumber } = textsOf(request, ['phone_number']);
    const isKnown = authOnly || (returnUsage && (await auth.getUserStatus({ phoneNumber })).exists);
    const locale = request.acceptsLanguages(locales) || undefined;
    const sent = await auth.requestCode({ phoneNumber, purpose, locale, client: deviceOf(request) });
    const usage = returnUsage ? { usage: isKnown ? 'auth' : 'register' } : {};
    response.status(201).json({ phone_number: sent.phoneNumber, status: 'Verification code sent to phone number.', ...usage });
  };

  const verifyCode: RequestHandler = async (request, response) => {
    const { phone_number: phoneNumber, verification_code: code } = textsOf(request, ['phone_number', 'verification_code']);
    const answer = { phoneNumber, code, client: deviceOf(request) };
    const signedIn = authOnly
      ? { ...(await auth.loginWithCode({ ...answer, purpose })), isNewUser: false }
      : await auth.signInWithCode(answer);
    const { refreshToken: refresh, accessToken: access, isNewUser: created, user, deviceToken } = signedIn;
    const role = user.profile?.role;
    response.status(201).set('x-device-token', deviceToken);
    response.json({ refresh, access, created, ...(typeof role === 'string' && { role }) });
  };

  const requestOrVerify: RequestHandler = (request, response, next) =>
    (Object.hasOwn(fieldsOf(request), 'verification_code') ? verifyCode : requestCode)(request, response, next);

  // The registration of the application itself: what is its own is checked first, then the code is used up.
  const registerUser: RequestHandler = async (request, response) => {
    const texts = textsOf(request, ['phone_number', 'verification_code'], NAMES);
    const { phone_number: phoneNumber, verification_code: code, ...profile } = texts;
    const client = deviceOf(request);
    const { proof } = await auth.validateVerificationCode({ phoneNumber, code, purpose: 'sign-in', client });
    const { user } = await auth.registerWithCode({ proof, profile, session: false, client });
    response.status(201).json({ phone_number: user.phoneNumber, ...profile });
  };

  const refreshTokens: RequestHandler = async (request, response) => {
    const { refresh: refreshToken } = textsOf(request, ['refresh']);
    const { accessToken: access, refreshToken: refresh } = await auth.refreshSession({ refreshToken, client: deviceOf(request) });
    response.json(settings.jwt?.rotate === true ? { access, refresh } : { access });
  };

  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('trust proxy', settings.trustedProxies ?? false);
  app.use((_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  app.post('/otp', readBody, requestOrVerify);
  app.post('/users', readBody, registerUser, answerErrors('Invalid verification code'));
  app.post('/token/refresh', readBody, refreshTokens);
  app.all(['/otp', '/users', '/token/refresh'], ({ method }, response) => {
    response
      .status(405)
      .set('allow', 'POST')
      .json({ detail: `Method "${method}" not allowed.` });
  });
  app.use((_request, response) => {
    response.status(404).json({ detail: 'Not found.' });
  });
  app.use(answerErrors('Invalid verification code or phone_number.'));
  return { handler: app, auth, storage };
}

/** Who asks. A client that sends back the header it got with its tokens has limits that nobody else can use up. */
function deviceOf(request: Request): Client {
  return { ...clientOf(request), deviceToken: request.get('x-device-token') };
}
