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

/** At most `max` hits in any `windowSeconds`. */
export interface Window {
  readonly max: number;
  readonly windowSeconds: number;
}

/** The limits in force. */
export interface LimitRules {
  readonly sendsPerNumber: readonly Window[];
  readonly guessesPerNumber: readonly Window[];
  readonly guessesInARow: number;
  readonly smsPerDay: number;
  readonly resendAfterSeconds: readonly number[];
}

/** Whose budget pays: test numbers have counters of their own. */
export interface Payer {
  readonly phoneKey: string;
  readonly isTest: boolean;
  /** Whether its messages leave: what leaves costs what every SMS costs. */
  readonly isSent: boolean;
}

const DAY_SECONDS = 86_400;

// Enough for a day of end-to-end tests against one number; nothing is sent, so neither a bill nor an owner is harmed.
const TEST_SENDS: readonly Window[] = [{ max: 1000, windowSeconds: DAY_SECONDS }];

/** What one send costs, in the order of charging: first what belongs to the number, then the system. */
export function sendCharges(rules: LimitRules, payer: Payer): { readonly hits: readonly Hit[]; readonly cooldown: Cooldown | null } {
  const perNumber = (windows: readonly Window[]): Hit[] =>
    windows.map((w) => ({ key: keyOf(payer, `sends/${w.windowSeconds}`), limit: 'sendsPerNumber', ...w, when: 'always' }));
  if (!payer.isSent) return { hits: perNumber(TEST_SENDS), cooldown: null };
  return {
    hits: [
      ...perNumber(rules.sendsPerNumber),
      { key: '{system}sms', limit: 'smsPerDay', max: rules.smsPerDay, windowSeconds: DAY_SECONDS, when: 'always' },
    ],
    cooldown: { key: keyOf(payer, 'ladder'), ladderSeconds: rules.resendAfterSeconds, windowSeconds: DAY_SECONDS },
  };
}

/** What one wrong guess costs, and what a right one forgives. */
export function guessCharges(rules: LimitRules, payer: Payer): { readonly hits: readonly Hit[]; readonly clears: readonly string[] } {
  const inARow = keyOf(payer, 'guesses-in-a-row');
  return {
    hits: [
      ...rules.guessesPerNumber.map(
        (w): Hit => ({ key: keyOf(payer, `guesses/${w.windowSeconds}`), limit: 'guessesPerNumber', ...w, when: 'wrong' }),
      ),
      { key: inARow, limit: 'guessesInARow', max: rules.guessesInARow, windowSeconds: null, when: 'wrong' },
    ],
    clears: [inARow, keyOf(payer, 'ladder')],
  };
}

/** Every counter of a number, for support to clear. */
export function countersOf(rules: LimitRules, payer: Payer): readonly string[] {
  const charges = [...sendCharges(rules, payer).hits, ...guessCharges(rules, payer).hits];
  return [...charges.map((hit) => hit.key).filter((key) => key.startsWith(`{${payer.phoneKey}}`)), keyOf(payer, 'ladder')];
}

function keyOf(payer: Payer, name: string): string {
  return `{${payer.phoneKey}}${payer.isTest ? 'test/' : ''}${name}`;
}
