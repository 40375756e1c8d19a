import type { AuthContext } from '../context.ts';
import { optional, text } from '../core/input.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { checkInput } from './steps/check-input.ts';
import { writePhoneNumber } from './steps/write-phone-number.ts';

/** What `removePhoneNumber` takes. */
export interface RemovePhoneNumber {
  readonly userId: string;
  /** The session that stays. Absent: none does. */
  readonly sessionId?: string | undefined;
}

/**
 * Takes the number off an account; the number is told.
 *
 * @throws {PhoneAuthError} `invalid_input`, `account_not_found`, `unavailable`
 */
export async function removePhoneNumber<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  input: RemovePhoneNumber,
): Promise<{ readonly user: User }> {
  checkInput('removePhoneNumber', input, { userId: text(255), sessionId: optional(text(64)) });
  return { user: await writePhoneNumber(ctx, { userId: input.userId, phoneNumber: null, exceptSessionId: input.sessionId ?? null }) };
}
