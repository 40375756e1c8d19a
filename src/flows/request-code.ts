import type { Client } from '../context.ts';
import type { Purpose } from '../core/challenge.ts';
import type { Channel } from '../ports/sms-sender.ts';

/** What `requestCode` takes. */
export interface RequestCode {
  /** Any usual spelling. Refused for `step-up`, which reads the number from the user. */
  readonly phoneNumber?: string | undefined;
  /** @default 'sign-in' */
  readonly purpose?: Purpose | undefined;
  /** The challenge to send again. A dead, foreign or invented id gives a fresh challenge. */
  readonly resendOf?: string | undefined;
  /** Needed by `step-up` and `change-phone-number`; must be presented again at redemption. */
  readonly userId?: string | undefined;
  /** One line, at most 64 characters, no URL: shown in the message and bound into the code. Needed by `step-up`. */
  readonly context?: string | undefined;
  /** At most 128 characters: bound and not shown; must be presented at redemption. */
  readonly reference?: string | undefined;
  /** Kept with the challenge for a later registration; at most 2 KB as JSON. One given at redemption wins. */
  readonly profile?: unknown;
  readonly binding?: 'challenge' | 'phone' | undefined;
  /** BCP 47, for the message. */
  readonly locale?: string | undefined;
  readonly channel?: Channel | undefined;
  /** Unguessable, at most 255 characters: the same key gives the same challenge and no second SMS. */
  readonly idempotencyKey?: string | undefined;
  readonly client: Client;
}

/** What `requestCode` gives. */
export interface CodeRequest {
  readonly challengeId: string;
  readonly phoneNumber: string;
  readonly codeLength: number;
  readonly channel: Channel;
  /** Epoch ms. */
  readonly expiresAt: number;
  readonly expiresInSeconds: number;
  /** Epoch ms from which a resend passes the ladder. */
  readonly resendAt: number;
  readonly resendInSeconds: number;
}
