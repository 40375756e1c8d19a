import type { Context } from '../../context.ts';
import { PhoneAuthError } from '../../errors.ts';
import { maskPhoneNumber } from '../../events.ts';
import type { Limited } from '../../ports/challenge-store.ts';

// "Come back tomorrow": also what a window that only a success or support can clear answers.
const LONGEST_RETRY_SECONDS = 86_400;

/** The error for a limit that refused, told as an event too. What is left of the money is nobody's business: that refusal is one of policy. */
export function limitError(ctx: Context, limited: Limited, phoneNumber: string | null): PhoneAuthError {
  const retryAfterSeconds = tellLimited(ctx, limited, phoneNumber);
  if (limited.limit === 'spend') return new PhoneAuthError('refused_by_policy', {});
  return new PhoneAuthError('rate_limited', { retryAfterSeconds, limit: limited.limit });
}

/** Tells that a limit refused; gives the seconds to wait. */
export function tellLimited(ctx: Context, limited: Limited, phoneNumber: string | null): number {
  const seconds = Math.ceil((limited.retryAt - ctx.now()) / 1000);
  const retryAfterSeconds = Math.min(LONGEST_RETRY_SECONDS, Math.max(1, seconds));
  ctx.emit('limit.reached', {
    limit: limited.limit,
    phoneNumber: phoneNumber === null ? null : maskPhoneNumber(phoneNumber),
    retryAfterSeconds,
  });
  return retryAfterSeconds;
}
