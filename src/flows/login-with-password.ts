import type { AuthContext, Client } from '../context.ts';
import { phoneKeyOf } from '../core/challenge.ts';
import { text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import { maskPhoneNumber } from '../events.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { CLIENT, checkInput } from './steps/check-input.ts';
import { passPassword, tryPassword } from './steps/join-password.ts';
import { type Authenticated, authenticated, createSession, maySignIn } from './steps/open-session.ts';
import { forgivePassword } from './steps/pay-password.ts';
import { payerOf } from './steps/payer.ts';
import { readPhoneNumber } from './steps/read-phone-number.ts';
import { upgradePassword } from './steps/upgrade-password.ts';

/** What `loginWithPassword` takes. */
export interface LoginWithPassword {
  readonly phoneNumber: string;
  readonly password: string;
  readonly client: Client;
}

const AMR = ['pwd'];

/**
 * Signs in with number and password. Unknown number, wrong password, no password and disabled account are one answer, in equal time.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `rate_limited`, `invalid_credentials`, `unavailable`
 */
export async function loginWithPassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: LoginWithPassword,
): Promise<Authenticated<User>> {
  checkInput('loginWithPassword', input, { phoneNumber: text(Number.MAX_SAFE_INTEGER), password: text(1024), ...CLIENT });
  const phoneNumber = readPhoneNumber(ctx, input.phoneNumber);
  const payer = payerOf(ctx, phoneKeyOf(ctx.namingKeys, phoneNumber), 'login', input.client);
  const { user, checked, failures } = await tryPassword(ctx, { payer, phoneNumber, password: input.password });
  if (user === null || checked === null || !(await maySignIn(ctx, user, AMR))) {
    ctx.emit('password.refused', { userId: user?.id ?? null, phoneNumber: maskPhoneNumber(phoneNumber) });
    throw new PhoneAuthError('invalid_credentials', {});
  }
  const hash = await upgradePassword(ctx, user, input.password, checked);
  const signIn = { client: input.client, amr: AMR, failures };
  const opened = await passPassword(ctx, user, { hash, payer, signIn });
  if (opened !== null) return authenticated(ctx, user, opened, signIn);
  const outcome = await createSession(ctx, user, signIn);
  await endIfOutdated(ctx, outcome, input.password, checked.hash);
  await forgivePassword(ctx, payer);
  return outcome;
}

/** A change of password ends sessions before and after its write. One that begins in between, by the old password, ends here. */
async function endIfOutdated<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  { userId, sessionId }: Authenticated<User>,
  password: string,
  hash: string,
): Promise<void> {
  const current = await ctx.users.passwordHashOf?.({ userId });
  if (current === hash) return;
  // not the same hash may be the same password: an upgrade, here or in a login beside this one
  if (typeof current === 'string' && (await ctx.passwords?.verify({ password, hash: current }))?.ok === true) return;
  await ctx.sessions.revoke({ sessionId, now: ctx.now() });
  ctx.emit('session.ended', { userId, sessionId, reason: 'revoked' });
  throw new PhoneAuthError('invalid_credentials', {});
}
