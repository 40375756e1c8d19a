import type { AuthContext } from '../../context.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { PhoneAuthError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { endingSessions } from './end-sessions.ts';
import { tellOldNumber } from './tell-old-number.ts';

/** Gives a user another number, or none. Every session but one ends; the old number is told. */
export async function writePhoneNumber<User extends UserRecord, Profile>(
  ctx: AuthContext<User, Profile>,
  change: {
    readonly userId: string;
    readonly phoneNumber: PhoneNumber | null;
    readonly exceptSessionId: string | null;
    readonly proof?: string;
  },
): Promise<User> {
  const { userId, phoneNumber, exceptSessionId } = change;
  const { setPhoneNumber } = ctx.users;
  if (setPhoneNumber === undefined) throw new TypeError('storage.users needs setPhoneNumber for changePhoneNumber and removePhoneNumber');
  const outcome = await endingSessions(ctx, { userId, exceptSessionId }, () => setPhoneNumber({ userId, phoneNumber, now: ctx.now() }));
  switch (outcome.is) {
    case 'set': {
      const { user, previous } = outcome;
      ctx.emit('phone_number.changed', { userId, phoneNumber: masked(phoneNumber), previous: masked(previous) });
      if (previous !== null && previous !== phoneNumber) ctx.background(tellOldNumber(ctx, userId, previous as PhoneNumber));
      return user;
    }
    case 'taken':
      throw new PhoneAuthError('phone_number_taken', { proof: change.proof });
    case 'unknown':
      throw new PhoneAuthError('account_not_found', { proof: change.proof });
  }
}

function masked(phoneNumber: string | null): string | null {
  return phoneNumber === null ? null : maskPhoneNumber(phoneNumber);
}
