import type { PhoneAuth } from '../create-phone-auth.ts';
import { isPhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { accountRows } from './account-rows.ts';
import { responseTo } from './answer.ts';
import { refusalOfBody, refusalOfForeignBody } from './body.ts';
import { codeRows } from './code-rows.ts';
import { clearedCookies, requireOwnOrigin } from './cookies.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { type RoutesOptions, type RoutesSettings, routesSettings } from './options.ts';
import { problemResponse } from './problem.ts';
import { requestReader } from './request-reader.ts';
import type { Row } from './row.ts';
import { serverRows } from './server-rows.ts';
import { sessionRows } from './session-rows.ts';

/** One row of the table: what a host registers. */
export interface Route extends Pick<Row<UserRecord>, 'name' | 'method' | 'path'> {
  /** Answers every failure of this library; what it throws is not ours. */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
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
  return [...codeRows(auth), ...accountRows(auth), ...sessionRows(auth), ...serverRows(auth)]
    .filter(({ name }) => settings.mounted.has(name))
    .map((row) => ({ name: row.name, method: row.method, path: row.path, handle: handlerOf(auth, settings, row) }));
}

function handlerOf<User extends UserRecord, Profile>(
  auth: PhoneAuth<User, Profile>,
  settings: RoutesSettings<User>,
  { name, writesCookies = false, takesForeignBody = false, run }: Row<User>,
): Route['handle'] {
  const { cookies, exposeReason } = settings;
  const reader = requestReader(auth, settings, name);
  return async (request) => {
    try {
      const refused = takesForeignBody ? refusalOfForeignBody(request) : refusalOfBody(request);
      if (refused !== null) return refused;
      if (cookies !== null && writesCookies) requireOwnOrigin(cookies, request);
      return await responseTo(await run(request, reader), settings, auth.settings.now());
    } catch (error) {
      if (!isPhoneAuthError(error)) throw error;
      const setCookies = cookies !== null && isPhoneAuthError(error, 'invalid_session') ? clearedCookies(cookies) : [];
      return { ...problemResponse(error, { exposeReason }), setCookies };
    }
  };
}
