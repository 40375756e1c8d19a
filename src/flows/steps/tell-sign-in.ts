import type { Context } from '../../context.ts';
import type { NewSession } from '../../core/session.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import type { SignIn } from './open-session.ts';
import { isDeviceOf } from './payer.ts';

// One or two are typing errors.
const NOTABLE_FAILURES = 3;

/** Tells of a sign-in, and of what its owner should hear. */
export function tellSignIn(ctx: Context, user: UserRecord, session: NewSession, signIn: SignIn): void {
  const { client, amr, failures = 0, isNewUser = false } = signIn;
  const facts = { userId: user.id, sessionId: session.id, ip: session.ip, userAgent: session.userAgent };
  ctx.emit('user.signed_in', { ...facts, amr });
  // before it there was no owner to tell
  if (isNewUser) return;
  if (!isDeviceOf(ctx, user, client)) ctx.emit('user.new_device', { ...facts, amr });
  if (failures >= NOTABLE_FAILURES) ctx.emit('user.signed_in_after_failures', { ...facts, failures });
}
