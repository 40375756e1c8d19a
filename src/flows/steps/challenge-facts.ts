import type { Context } from '../../context.ts';
import type { Challenge } from '../../core/challenge.ts';
import { type ChallengeFacts, maskPhoneNumber } from '../../events.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** What events say of a challenge. */
export function challengeFacts(ctx: Context, challenge: Challenge): ChallengeFacts {
  return {
    challengeId: challenge.id,
    phoneNumber: maskPhoneNumber(challenge.phoneNumber),
    purpose: challenge.purpose,
    ...(fixedCodeOf(ctx, challenge.phoneKey, challenge.purpose) === null ? {} : { test: true }),
  };
}
