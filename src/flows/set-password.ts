import type { AuthContext } from '../context.ts';
import { type Purpose, phoneKeyIn, phoneKeyOf } from '../core/challenge.ts';
import { optional, text } from '../core/input.ts';
import type { PhoneNumber } from '../core/phone-number.ts';
import { userKeyOf } from '../core/session.ts';
import { PhoneAuthError } from '../errors.ts';
import { maskPhoneNumber } from '../events.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { CONTEXT, checkInput, inputError } from './steps/check-input.ts';
import { checkNewPassword } from './steps/check-new-password.ts';
import { checkPassword } from './steps/check-password.ts';
import { keepingProof } from './steps/keep-proof.ts';
import { forgivePassword, payPassword } from './steps/pay-password.ts';
import { ownerOf } from './steps/payer.ts';
import { spendProof } from './steps/spend-proof.ts';
import { writePassword } from './steps/write-password.ts';

/** What `setPassword` takes: the current password, or a proof of `step-up`, `reset-password` or `verify` of this user's number. */
export type SetPassword = {
  readonly userId: string;
  readonly newPassword: string;
  /** The session that stays. Absent: none does. */
  readonly sessionId?: string | undefined;
} & (
  | { readonly currentPassword: string }
  | {
      readonly proof: string;
      /** The context of the proof: a `step-up` has one. */
      readonly context?: string | undefined;
      readonly reference?: string | undefined;
    }
);

/**
 * Sets or changes the password of a signed-in user.
 *
 * @throws {PhoneAuthError} `invalid_input`, `weak_password`, `invalid_credentials`, `invalid_proof`, `account_not_found`, `rate_limited`, `unavailable`
 */
export async function setPassword<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: SetPassword,
): Promise<Record<never, never>> {
  checkInput('setPassword', input, {
    userId: text(255),
    newPassword: text(Number.MAX_SAFE_INTEGER),
    sessionId: optional(text(64)),
    currentPassword: optional(text(1024)),
    proof: optional(text(256)),
    context: optional(CONTEXT),
    reference: optional(text(128)),
  });
  const { userId, newPassword, sessionId = null } = input;
  const { currentPassword, proof, context = null, reference = null } = input as Readonly<Record<string, string | undefined>>;
  if ((currentPassword === undefined) === (proof === undefined)) {
    throw inputError('currentPassword', 'is needed, or a proof, and not both');
  }
  await checkNewPassword(ctx, 'newPassword', newPassword);
  const user = await ctx.users.findById({ userId });
  if (user === null) throw new PhoneAuthError('account_not_found', {});

  if (proof !== undefined) {
    // judged before it is spent: the proof of another number stays good for what it was earned for
    if (user.phoneNumber === null || phoneKeyIn(proof) !== phoneKeyOf(ctx.namingKeys, user.phoneNumber))
      throw new PhoneAuthError('invalid_proof', {});
    const purposes: readonly Purpose[] = context === null ? ['reset-password', 'verify'] : ['step-up'];
    const spent = await spendProof(ctx, { proof, purposes, userId: null, context, reference });
    if (spent.userId !== null && spent.userId !== userId) throw new PhoneAuthError('invalid_proof', {});
    await keepingProof(spent.proof, () => writePassword(ctx, { userId, newPassword, exceptSessionId: sessionId }));
    return {};
  }
  // a session is at hand, so that no stranger pays or is refused here
  const payer = ownerOf(user.phoneNumber === null ? userKeyOf(userId) : phoneKeyOf(ctx.namingKeys, user.phoneNumber));
  await payPassword(ctx, payer, user.phoneNumber as PhoneNumber | null);
  const checked = await checkPassword(ctx, user, currentPassword ?? '');
  if (checked === null) {
    ctx.emit('password.refused', { userId, phoneNumber: maskPhoneNumber(user.phoneNumber ?? '') });
    throw new PhoneAuthError('invalid_credentials', {});
  }
  await writePassword(ctx, { userId, newPassword, exceptSessionId: sessionId, replaces: checked.hash });
  await forgivePassword(ctx, payer);
  return {};
}
