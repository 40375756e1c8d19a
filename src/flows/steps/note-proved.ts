import type { AuthContext } from '../../context.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { afterTheAnswer } from './after-the-answer.ts';

/** How often it is noted that a number was proved, in ms: dormancy is a matter of weeks. */
export const DAY_MS = 86_400_000;

/** When the user's number was last proved, as the store says. */
export function verifiedAtOf(user: UserRecord): number | null {
  return user.phoneNumberVerifiedAt ?? null;
}

/** Notes behind the answer, once a day, that a user's number was proved; gives the time that holds from now on. */
export function noteProved<User extends UserRecord, Profile>(ctx: AuthContext<User, Profile>, user: User): number | null {
  const stored = verifiedAtOf(user);
  const now = ctx.now();
  const { setPhoneNumberVerifiedAt } = ctx.users;
  const { id: userId, phoneNumber } = user;
  if (setPhoneNumberVerifiedAt === undefined || phoneNumber === null || (stored !== null && now < stored + DAY_MS)) return stored;
  // a failure is told as `port.failed`, and the next sign-in tries again
  ctx.background(afterTheAnswer().then(() => setPhoneNumberVerifiedAt({ userId, phoneNumber: phoneNumber as PhoneNumber, now })));
  return now;
}
