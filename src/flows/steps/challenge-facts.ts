import type { Context } from '../../context.ts';
import type { Challenge } from '../../core/challenge.ts';
import type { PhoneNumber } from '../../core/phone-number.ts';
import { type ChallengeFacts, maskPhoneNumber } from '../../events.ts';
import { destinationOf } from './destination.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** What events say of a challenge. */
export function challengeFacts(ctx: Context, challenge: Challenge): ChallengeFacts {
  return {
    challengeId: challenge.id,
    phoneNumber: maskPhoneNumber(challenge.phoneNumber),
    purpose: challenge.purpose,
    // a number is parsed for it, and without a listener nobody would hear of it
    country: ctx.onEvent === undefined ? '' : destinationOf(challenge.phoneNumber as PhoneNumber).country,
    ...(fixedCodeOf(ctx, challenge.phoneKey, challenge.purpose) === null ? {} : { test: true }),
  };
}
