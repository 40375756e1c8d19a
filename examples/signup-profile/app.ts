import type { IncomingMessage, ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { getRequestListener } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import {
  type ChallengeStore,
  type Client,
  createPhoneAuth,
  isPhoneAuthError,
  type PhoneAuth,
  preferredLocale,
  type SessionStore,
  type SmsSender,
  type UserStore,
} from 'ringlatch';
import { clientOf } from 'ringlatch/fetch';
import { chainedPasswords, djangoPasswords, nodePasswords } from 'ringlatch/passwords';
import { consoleSms } from 'ringlatch/sms/console';
import { sqliteStorage } from 'ringlatch/sqlite';
import { answerTo } from './answers.ts';
import { fieldsOf, MAX_BODY_BYTES, refusal } from './fields.ts';
import { secretFor } from './secret.ts';
import { configOf, type Names, type Person, rotationOf, type Settings } from './settings.ts';
import { refreshSession, signIn } from './sign-in.ts';

export type { Settings } from './settings.ts';

/** Any storage of the package, or a mix of several. */
export interface Storage {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: UserStore<Person, Names>;
}

export interface App {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly auth: PhoneAuth<Person, Names>;
  readonly storage: Storage;
}

/** Sign-up with names, login by code or by password, and the token pair of simple-jwt. */
export async function createApp(
  options: { settings?: Settings; storage?: Storage; sms?: SmsSender; now?: () => number } = {},
): Promise<App> {
  const { settings = {}, sms = consoleSms(), now } = options;
  const databaseFile = options.storage === undefined ? process.env.DATABASE_FILE || 'data.sqlite' : null;
  const config = configOf(settings, secretFor(databaseFile));
  const storage: Storage = options.storage ?? sqliteStorage<Names>(new DatabaseSync(databaseFile ?? ''));
  const passwords = chainedPasswords({ hashers: [nodePasswords(), djangoPasswords()] });
  const auth = createPhoneAuth<Person, Names>({ ...config, storage, sms, passwords, now });
  const { rotates } = rotationOf(settings);

  const routes: Readonly<Record<string, (request: Request, client: Client) => Promise<Response>>> = {
    async '/otp/'(request, client) {
      const { phone_number } = await fieldsOf(request, { phone_number: {} });
      await auth.requestCode({ phoneNumber: phone_number, purpose: 'login', locale: localeOf(request, settings), client });
      return Response.json({ phone_number }, { status: 201 });
    },
    async '/signup/'(request, client) {
      const fields = { first_name: { max: 150 }, last_name: { max: 150 }, phone_number: { max: 16 } };
      const { phone_number, ...profile } = await fieldsOf(request, fields);
      await auth.requestCode({ phoneNumber: phone_number, purpose: 'register', profile, locale: localeOf(request, settings), client });
      return Response.json({ ...profile, phone_number }, { status: 201 });
    },
    async '/login/'(request, client) {
      const { phone_number, otp, password } = await fieldsOf(request, {
        phone_number: {},
        otp: { orNumber: true },
        password: { optional: true },
      });
      const { user, accessToken, refreshToken } = await signIn(auth, { phoneNumber: phone_number, code: otp, password, client });
      return Response.json({ access: accessToken, refresh: refreshToken, user: shownOf(user, settings) }, { status: 201 });
    },
    async '/token/'(request, client) {
      const { phone_number, password } = await fieldsOf(request, { phone_number: {}, password: {} });
      const { accessToken, refreshToken } = await auth.loginWithPassword({ phoneNumber: phone_number, password, client });
      return Response.json({ refresh: refreshToken, access: accessToken });
    },
    async '/token/refresh/'(request, client) {
      const { refresh } = await fieldsOf(request, { refresh: {} });
      const { accessToken, refreshToken } = await refreshSession(auth, { refreshToken: refresh, client });
      return Response.json({ access: accessToken, ...(rotates && { refresh: refreshToken }) });
    },
  };

  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => refusal(413, { detail: 'The body is too large.' }).getResponse() }));
  for (const [path, answer] of Object.entries(routes)) {
    app.post(path, (context) => answer(context.req.raw, clientOf(context.req.raw, { clientIp: () => addressOf(context, settings) })));
    app.all(path, ({ req }) =>
      Response.json({ detail: `Method "${req.method}" not allowed.` }, { status: 405, headers: { allow: 'POST' } }),
    );
  }
  app.notFound(() => Response.json({ detail: 'Not found.' }, { status: 404 }));
  app.onError((error, { req }) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (!isPhoneAuthError(error)) {
      console.error(error);
      return Response.json({ detail: 'A server error occurred.' }, { status: 500 });
    }
    // The details of an outage may hold what can still be spent; a log needs its cause alone.
    if (error.status >= 500) console.error(error.cause ?? error.message);
    return answerTo(req.path, error);
  });
  return { handler: getRequestListener(app.fetch), auth, storage };
}

/** The language of the client that the settings have a text in. */
function localeOf(request: Request, { messages = {} }: Settings): string | undefined {
  return preferredLocale(request.headers.get('accept-language') ?? undefined, Object.keys(messages));
}

function addressOf(context: Context, { clientIpHeader }: Settings): string | null {
  if (clientIpHeader !== undefined) return context.req.header(clientIpHeader) ?? null;
  return getConnInfo(context).remote.address ?? null;
}

function shownOf({ phoneNumber, profile }: Person, { phoneFormat }: Settings): object {
  const isShort = phoneFormat !== 'e164' && phoneNumber?.startsWith('+98');
  const { first_name = '', last_name = '' } = profile;
  return { phone_number: isShort ? phoneNumber?.replace('+98', '0') : phoneNumber, first_name, last_name };
}
