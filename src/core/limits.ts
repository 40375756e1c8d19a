/** The names of the limits, as they stand in the configuration and in `rate_limited`. */
export type LimitName =
  | 'sendsPerNumber'
  | 'resendAfterSeconds'
  | 'guessesPerNumber'
  | 'guessesInARow'
  | 'sendsPerIp'
  | 'guessesPerIp'
  | 'sendsPerPrefix'
  | 'sendsPerCountry'
  | 'smsPerDay'
  | 'spend'
  | 'lookupsPerIp'
  | 'passwordsPerNumber'
  | 'passwordsPerIp';

/**
 * One charge against one window. A hit counts while `now < at + windowSeconds`; exact for `max <= 32`, else in 24 slices of the window
 * with the running slice counted whole (it may refuse early, never late).
 */
export interface Hit {
  /** `{slot}name`: the slot is the phoneKey for per-number keys, else the IP, prefix, country or `system`. */
  readonly key: string;
  readonly limit: LimitName;
  readonly max: number;
  /** `null`: counts until it is cleared. */
  readonly windowSeconds: number | null;
  /** `wrong`: there must be room, and only a wrong answer is written down. */
  readonly when: 'always' | 'wrong';
}

/** A growing pause between sends: after the n-th send without success in the window, wait `ladderSeconds[min(n, length) - 1]`. */
export interface Cooldown {
  readonly key: string;
  readonly ladderSeconds: readonly number[];
  readonly windowSeconds: number;
}
