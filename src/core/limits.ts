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
  /** `{slot}name`: the slot is the phoneKey for per-number keys, else the network, prefix, country or `system`. */
  readonly key: string;
  readonly limit: LimitName;
  /** What the window may hold: a hit is refused when what the window holds and its amount together exceed it. */
  readonly max: number;
  /** `null`: counts until it is cleared. */
  readonly windowSeconds: number | null;
  /** `wrong`: there must be room, and only a wrong answer is written down. */
  readonly when: 'always' | 'wrong';
  /** What it counts as: a whole number. With 0 nothing is written, and the window is only read. @default 1 */
  readonly amount?: number | undefined;
}

/** A growing pause: after the n-th send (or try) without success in the window, wait `ladderSeconds[min(n, length) - 1]`. */
export interface Cooldown {
  readonly key: string;
  /** What a refusal is called. */
  readonly limit: LimitName;
  readonly ladderSeconds: readonly number[];
  readonly windowSeconds: number;
}

/** At most `max` hits in any `windowSeconds`. */
export interface Window {
  readonly max: number;
  readonly windowSeconds: number;
}

/** A device that signed in to this number before has budgets of its own, which no stranger can use up. */
export type Lane = 'known' | 'unknown';

/** The budgets that each lane has for itself. */
export interface LaneRules {
  readonly sendsPerNumber: readonly Window[];
  readonly guessesPerNumber: readonly Window[];
  readonly passwordsPerNumber: readonly Window[];
}

/** What SMS may cost. */
export interface SpendRules {
  readonly perDay: number;
  /** By country, or `default`; in the unit of `perDay`. */
  readonly pricePerSms: Readonly<Record<string, number>>;
}

/** The limits in force. */
export interface LimitRules extends LaneRules {
  /** The known lane. */
  readonly knownDevice: LaneRules;
  readonly guessesInARow: number;
  readonly resendAfterSeconds: readonly number[];
  readonly sendsPerIp: readonly Window[];
  readonly guessesPerIp: readonly Window[];
  readonly passwordsPerIp: readonly Window[];
  readonly lookupsPerIp: readonly Window[];
  readonly sendsPerPrefix: readonly Window[];
  readonly sendsPerCountry: Readonly<Record<string, readonly Window[]>>;
  readonly smsPerDay: number;
  readonly spend: SpendRules | null;
}
