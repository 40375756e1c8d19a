import type { IncomingMessage, ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { createPhoneAuth, type PhoneAuth, type PhoneAuthConfig, PhoneAuthError, preferredLocale, type SmsSender } from 'ringlatch';
import { phoneAuthPlugin } from 'ringlatch/fastify';
import { consoleSms } from 'ringlatch/sms/console';
import { sqliteStorage } from 'ringlatch/sqlite';
import { answerErrors, isWrongCode, LOGIN, LOGIN_VERIFY, type OwnAnswers, REGISTER, refusal, VERIFY } from './answers.ts';
import { codeIn, type Params, paramsOf, type Rules, textIn } from './params.ts';
import { registrationTokens } from './registration-token.ts';
import { deviceOf } from './requester.ts';
import { secretFor } from './secret.ts';
import { configurationOf, type Settings } from './settings.ts';

export type { Settings } from './settings.ts';

export type Storage = PhoneAuthConfig['storage'];

export interface App {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly auth: PhoneAuth;
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

export async function createApp(options: AppOptions = {}): Promise<App> {
  const file = process.env.DATABASE_FILE ?? 'data.sqlite';
  const secret = secretFor(options.storage === undefined ? file : null);
  const { settings = {}, sms = consoleSms(), now = Date.now, storage = sqliteStorage(new DatabaseSync(file)) } = options;
  const { config, readNumber, codeLength, codeTtlSeconds } = configurationOf(settings, { secret, sms, now });
  const auth: PhoneAuth = createPhoneAuth({ ...config, storage });
  const tokens = registrationTokens({ secret, ttlSeconds: codeTtlSeconds, now });
  const locales = Object.keys(settings.messages ?? {});
  const askedBy = (request: FastifyRequest) => ({
    locale: preferredLocale(request.headers['accept-language'], locales),
    client: deviceOf(request),
  });

  const app = Fastify({
    bodyLimit: 4096,
    trustProxy: settings.trustedProxies ?? false,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: answerErrors(),
  });
  app.setErrorHandler(answerErrors());
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const paths = new Set<string>();
  function route<Name extends string>(
    path: string,
    rules: Rules<Name>,
    own: OwnAnswers,
    answer: (params: Params<Name>, request: FastifyRequest, reply: FastifyReply) => Promise<object>,
  ): void {
    paths.add(path);
    app.post(path, { errorHandler: answerErrors(own) }, async (request, reply) => answer(paramsOf(request, rules), request, reply));
  }

  for (const path of ['/auth/api/Register/', '/auth/api/register/']) {
    route(path, { phonenumber: 'Phone number is required' }, REGISTER, async ({ phonenumber: phone }, request) => {
      const phoneNumber = readNumber(phone);
      const token = tokens.make(phoneNumber);
      await auth.requestCode({ phoneNumber, purpose: 'register', reference: token, ...askedBy(request) });
      return { message: 'User Created Successfully', phone, token };
    });
  }

  const verifyRules = { token: 'token is required', phone: 'phone is required', code: 'code is required' };
  route('/auth/api/verify/', verifyRules, VERIFY, async ({ token, phone, code }, request) => {
    const phoneNumber = readNumber(phone);
    const client = deviceOf(request);
    const answer = { phoneNumber, code: codeIn(code, codeLength), purpose: 'register', reference: textIn(token) } as const;
    try {
      await auth.registerWithCode({ ...answer, session: false, client });
    } catch (error) {
      if (!isWrongCode(error)) throw error;
      if ((await auth.getUserStatus({ phoneNumber, client })).exists) throw new PhoneAuthError('phone_number_taken', {});
      throw tokens.isOf(phoneNumber, token) ? error : refusal(400, { error: 'Token is invalid' });
    }
    return { message: 'User verify Successfully!' };
  });

  route('/auth/api/login/', { phone: 'PhoneNumber is required' }, LOGIN, async ({ phone }, request) => {
    const phoneNumber = readNumber(phone);
    // Before a code leaves, so that a store that fails costs none; whether there is a user is told by the library, which limits the telling.
    const user = await lookedUp(storage.users.findByPhoneNumber({ phoneNumber }));
    const { expiresInSeconds } = await auth.requestCode({ phoneNumber, purpose: 'login', ...askedBy(request) });
    if (user === null) throw new PhoneAuthError('account_not_found', {});
    return { message: 'Code Send to user', expire_time: String(expiresInSeconds), user_id: user.id };
  });

  const loginRules = { code: 'code is required', user_id: 'user_id is required' };
  route('/auth/api/login/verify/', loginRules, LOGIN_VERIFY, async ({ code, user_id: userId }, request, reply) => {
    const user = await lookedUp(storage.users.findById({ userId: textIn(userId) }));
    if (typeof user?.phoneNumber !== 'string') throw new PhoneAuthError('invalid_code', { reason: 'unknown' });
    const answer = { phoneNumber: user.phoneNumber, code: codeIn(code, codeLength), purpose: 'login' } as const;
    const { accessToken, refreshToken, deviceToken } = await auth.loginWithCode({ ...answer, client: deviceOf(request) });
    reply.header('x-device-token', deviceToken).header('cache-control', 'no-store');
    return { access_token: accessToken, refresh_token: refreshToken };
  });

  // The original hands out a refresh token and has no place for it.
  await app.register(phoneAuthPlugin, { auth, prefix: '/auth', routes: ['refreshSession', 'endSession'] });
  app.setNotFoundHandler(({ url }, reply) => {
    const isThere = paths.has(url.replace(/\?.*/s, '').replace(/\/?$/, '/'));
    if (isThere) reply.code(405).header('allow', 'POST').send({ error: 'Method Not Allowed' });
    else reply.code(404).send({ error: 'Not Found' });
  });
  await app.ready();
  return { handler: (request, response) => app.routing(request, response), auth, storage };
}

/** A question to the store that the library has no function for. */
async function lookedUp<User>(question: Promise<User | null>): Promise<User | null> {
  try {
    return await question;
  } catch (cause) {
    throw new PhoneAuthError('unavailable', { retryAfterSeconds: 1 }, { cause });
  }
}
