import type { IncomingMessage, ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Client, createPhoneAuth, isPhoneAuthError, type PhoneAuth, type SmsSender, type UserRecord } from 'ringlatch';
import { clientOf } from 'ringlatch/fastify';
import { consoleSms } from 'ringlatch/sms/console';
import { sqliteStorage } from 'ringlatch/sqlite';
import { answerError, badToken, noAccount, notFound, refusal } from './answers.ts';
import { fieldsOf, readBodies } from './fields.ts';
import { secretFor } from './secret.ts';
import { type Config, type Profile, read, type Settings } from './settings.ts';
import { signIn, tellWrongType } from './sign-in.ts';

export type { Settings } from './settings.ts';

/** Any storage of the package, or a mix of several. */
export type Storage = Config['storage'];

export interface App {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly auth: PhoneAuth<UserRecord, Profile>;
  readonly storage: Storage;
}

export interface AppOptions {
  readonly settings?: Settings;
  /** @default a file, `DATABASE_FILE` or `data.sqlite` */
  readonly storage?: Storage;
  /** @default prints messages */
  readonly sms?: SmsSender;
  /** Epoch ms. @default Date.now */
  readonly now?: () => number;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<object>;

// A token has at most as many bytes.
const MAX_BODY_BYTES = 8192;
const MAX_NUMBER_CHARACTERS = 15;

/** Status of a number, codes by SMS, and the token pair of simple-jwt for a code or a password under one key. */
export async function createApp(options: AppOptions = {}): Promise<App> {
  const { settings = {}, sms = consoleSms(), now } = options;
  const file = process.env.DATABASE_FILE || 'data.sqlite';
  const { config, ways } = read(settings, secretFor(options.storage === undefined ? file : null));
  const storage: Storage = options.storage ?? sqliteStorage<Profile>(new DatabaseSync(file));
  const auth = createPhoneAuth<UserRecord, Profile>({ ...config, storage, sms, now });
  const { phoneNumberIn, localeIn, rotates } = ways;
  const notAccess = (token: string) => tellWrongType(auth, token, badToken('Token has wrong type'));

  const tellStatus: Handler = async (request) => {
    const phoneNumber = phoneNumberIn(numberIn(request));
    const status = phoneNumber === null ? null : await auth.getUserStatus({ phoneNumber, client: deviceOf(request) });
    if (status?.exists !== true) throw notFound();
    return { password: status.hasPassword };
  };

  const sendCode: Handler = async (request) => {
    const phoneNumber = phoneNumberIn(numberIn(request));
    if (phoneNumber === null) throw refusal(400, { details: [['phone_number', problemsWith(numberIn(request))]] });
    await auth.requestCode({ phoneNumber, locale: localeIn(request.headers['accept-language']), client: deviceOf(request) });
    return { details: 'otp sent' };
  };

  const obtainTokens: Handler = async (request, reply) => {
    const { phone_number, password } = fieldsOf(request.body, ['phone_number', 'password']);
    const phoneNumber = phoneNumberIn(phone_number);
    if (phoneNumber === null) throw noAccount();
    const signedIn = await signIn(auth, ways, { phoneNumber, password, client: deviceOf(request) });
    reply.header('x-device-token', signedIn.deviceToken);
    return { refresh: signedIn.refreshToken, access: signedIn.accessToken };
  };

  const refreshTokens: Handler = async (request) => {
    const { refresh } = fieldsOf(request.body, ['refresh']);
    const tokens = await auth.refreshSession({ refreshToken: refresh, client: deviceOf(request) }).catch(notAccess(refresh));
    return { access: tokens.accessToken, ...(rotates && { refresh: tokens.refreshToken }) };
  };

  const verifyToken: Handler = async (request) => {
    const { token } = fieldsOf(request.body, ['token']);
    try {
      await auth.verifyAccessToken({ accessToken: token });
    } catch (error) {
      if (!isPhoneAuthError(error, 'invalid_token')) throw error;
      await auth.inspectRefreshToken({ refreshToken: token }).catch(refuseEnded);
    }
    return {};
  };

  const blacklistToken: Handler = async (request) => {
    const { refresh } = fieldsOf(request.body, ['refresh']);
    const { ended } = await auth.endSession({ refreshToken: refresh }).catch(notAccess(refresh));
    if (!ended) throw badToken('Token is blacklisted');
    return {};
  };

  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: settings.trustedProxies ?? false,
    exposeHeadRoutes: false,
    frameworkErrors: answerError,
  });
  const route = (method: string, path: string, handler: Handler): void => {
    const others = app.supportedMethods.filter((other) => other !== method);
    for (const url of [path, path.slice(0, -1)]) {
      app.route({ method, url, handler });
      app.route({ method: others, url, onRequest: async (request) => refuseMethod(request, method), handler });
    }
  };
  readBodies(app);
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(async () => {
    throw notFound();
  });
  route('GET', '/accounts/api/status/:phone_number/', tellStatus);
  route('GET', '/accounts/api/otp/:phone_number/', sendCode);
  route('POST', '/accounts/api/token/', obtainTokens);
  route('POST', '/accounts/api/token/refresh/', refreshTokens);
  route('POST', '/accounts/api/token/verify/', verifyToken);
  route('POST', '/accounts/api/token/blacklist/', blacklistToken);
  await app.ready();
  return { handler: (request, response) => app.routing(request, response), auth, storage };
}

function numberIn({ params }: FastifyRequest): string {
  return (params as { readonly phone_number: string }).phone_number;
}

/** What the model of the original says of a number that it does not take. */
function problemsWith(number: string): readonly string[] {
  const length = [...number].length;
  const tooLong = `Ensure this value has at most ${MAX_NUMBER_CHARACTERS} characters (it has ${length}).`;
  return ['phone number must be entered in the (09---------) format ', ...(length > MAX_NUMBER_CHARACTERS ? [tooLong] : [])];
}

/** Who asks. A client that sends back the header it got with its tokens has limits that nobody else can use up. */
function deviceOf(request: FastifyRequest): Client {
  return { ...clientOf(request), deviceToken: request.headers['x-device-token']?.toString() };
}

function refuseEnded(error: unknown): never {
  const isEnded = isPhoneAuthError(error, 'invalid_session') && error.details.reason !== 'malformed';
  throw isEnded ? refusal(400, { non_field_errors: ['Token is blacklisted'] }) : error;
}

function refuseMethod({ method }: FastifyRequest, allow: string): never {
  throw refusal(405, { detail: `Method "${method}" not allowed.` }, { allow });
}
