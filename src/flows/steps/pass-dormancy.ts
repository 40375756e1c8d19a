import type { DormantLogin } from '../../config.ts';
import type { AuthContext, Client, Context } from '../../context.ts';
import { phoneKeyOf } from '../../core/challenge.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { PhoneAuthError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { checkPassword } from './check-password.ts';
import { forgivePassword, payPassword } from './pay-password.ts';
import { isDeviceOf, payerOf } from './payer.ts';
import { type Ruling, rulingOf } from './ruling.ts';
import { fixedCodeOf } from './test-numbers.ts';
import { upgradePassword } from './upgrade-password.ts';

/** A right code, and what came with it. */
export interface ProvedLogin {
  readonly flow: DormantLogin<unknown>['flow'];
  readonly client: Client;
  readonly proof: string;
  /** Of the account, for when it is asked for. */
  readonly password?: string | undefined;
  /** Wrong codes and passwords in a row before it. */
  readonly failures: number;
}

/** How the user was authenticated in the end, and what was wrong in a row before it. */
export interface Passed {
  readonly amr: readonly string[];
  readonly failures: number;
}

const PASSWORD = 'password';

/**
 * Lets a right code pass unless its number may have changed hands: nobody proved it for long, and the device is not one of the account.
 */
export async function passDormancy<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  login: ProvedLogin,
): Promise<Passed> {
  const { phoneNumberVerifiedAt } = user;
  const { failures } = login;
  const dormantFrom = (phoneNumberVerifiedAt ?? Number.POSITIVE_INFINITY) + ctx.settings.dormantAfterSeconds * 1000;
  if (typeof phoneNumberVerifiedAt !== 'number' || ctx.now() < dormantFrom || isExempt(ctx, user, login.client)) {
    return { amr: ['sms'], failures };
  }
  const hasPassword = ctx.passwords !== null && typeof (await ctx.users.passwordHashOf?.({ userId: user.id })) === 'string';
  const ruling = await rulingOn(ctx, { user, phoneNumberVerifiedAt, hasPassword, flow: login.flow });
  const isAnswered = ruling.is === 'refused' && ruling.challenge === PASSWORD && login.password !== undefined && hasPassword;
  const wrongPasswords = isAnswered ? await requirePassword(ctx, user, login, login.password) : 0;
  const allowed = ruling.is === 'allowed' || isAnswered;
  const challenge = ruling.is === 'refused' ? ruling.challenge : null;
  ctx.emit('user.dormant', { userId: user.id, phoneNumberVerifiedAt, allowed, challenge });
  if (allowed) return { amr: isAnswered ? ['sms', 'pwd'] : ['sms'], failures: failures + wrongPasswords };
  throw new PhoneAuthError('refused_by_policy', { ...(challenge === null ? {} : { challenge }), proof: login.proof });
}

function isExempt(ctx: Context, user: UserRecord, client: Client): boolean {
  return isDeviceOf(ctx, user, client) || fixedCodeOf(ctx, phoneKeyOf(ctx.namingKeys, user.phoneNumber ?? ''), 'login') !== null;
}

async function rulingOn<User extends UserRecord, Profile>(ctx: AuthContext<User, Profile>, login: DormantLogin<User>): Promise<Ruling> {
  const { onDormantLogin } = ctx.hooks;
  if (onDormantLogin !== undefined) {
    return ctx.within('hooks', 'onDormantLogin', ctx.settings.deadlineSeconds.port, async () =>
      rulingOf('onDormantLogin', await onDormantLogin(login)),
    );
  }
  if (!login.hasPassword) return { is: 'allowed' };
  // whoever holds the number now could otherwise give the account a password of their own
  return { is: 'refused', challenge: login.flow === 'resetPassword' ? null : PASSWORD };
}

/** Gives the wrong passwords in a row before the right one. */
async function requirePassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  user: User,
  { client, proof }: ProvedLogin,
  password: string,
): Promise<number> {
  const payer = payerOf(ctx, phoneKeyOf(ctx.namingKeys, user.phoneNumber ?? ''), 'login', client);
  const { failures } = await payPassword(ctx, payer, user.phoneNumber as PhoneNumber | null);
  const checked = await checkPassword(ctx, user, password);
  if (checked === null) {
    ctx.emit('password.refused', { userId: user.id, phoneNumber: maskPhoneNumber(user.phoneNumber ?? '') });
    throw new PhoneAuthError('invalid_credentials', { proof });
  }
  await forgivePassword(ctx, payer);
  await upgradePassword(ctx, user, password, checked);
  return failures;
}
