import type { AuthContext, Client } from '../context.ts';
import { listOf, optional, text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { CLIENT, checkInput } from './steps/check-input.ts';
import { type Authenticated, openSession } from './steps/open-session.ts';

/** What `startSession` takes. */
export interface StartSession {
  readonly userId: string;
  /** How you authenticated the user (RFC 8176). @default [] */
  readonly amr?: readonly string[] | undefined;
  readonly client: Client;
}

const method = (value: unknown): string | null =>
  typeof value === 'string' && /^[\x21-\x7e]{1,32}$/.test(value) ? null : 'must be words of 1 to 32 characters';

/**
 * Opens a session for a user whom you authenticated otherwise, e.g. by a passkey.
 *
 * @throws {PhoneAuthError} `invalid_input`, `account_not_found`, `account_disabled`, `unavailable`
 */
export async function startSession<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: StartSession,
): Promise<Authenticated<User>> {
  checkInput('startSession', input, { userId: text(255), amr: optional(listOf(method, 8)), ...CLIENT });
  const user = await ctx.users.findById({ userId: input.userId });
  if (user === null) throw new PhoneAuthError('account_not_found', {});
  return openSession(ctx, user, { client: input.client, amr: input.amr ?? [] });
}
