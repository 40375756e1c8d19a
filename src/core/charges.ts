import type { Cooldown, Hit, Lane, LaneRules, LimitName, LimitRules, Window } from './limits.ts';
import type { Network } from './networks.ts';
import { priceOf, unitsIn } from './spend.ts';

/** Whose budget pays: test numbers have counters of their own. */
export interface Payer {
  readonly phoneKey: string;
  readonly isTest: boolean;
  /** Whether its messages leave: what leaves costs what every SMS costs. */
  readonly isSent: boolean;
  /** Whether the ladder of pauses holds between its requests. */
  readonly isPaced: boolean;
  readonly lane: Lane;
  /** What the requester's address belongs to; empty for known devices, whose one number bounds them, and for what nobody asked for. */
  readonly networks: readonly Network[];
}

/** Where a message goes. */
export interface Destination {
  /** The number without its last four digits. */
  readonly prefix: string;
  /** ISO 3166-1 alpha-2, or `001` for a number of no country. */
  readonly country: string;
}

/** What is charged in one step. */
export interface Charges {
  readonly hits: readonly Hit[];
  readonly cooldown: Cooldown | null;
}

const DAY_SECONDS = 86_400;

// Enough for a day of end-to-end tests against one number; nothing is sent, so neither a bill nor an owner is harmed.
const TEST_SENDS: readonly Window[] = [{ max: 1000, windowSeconds: DAY_SECONDS }];

// Ten tries are typing errors or a guesser; from there on 30 seconds up to an hour (NIST SP 800-63B-4, 3.2.2).
const PASSWORD_LADDER_SECONDS: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 60, 120, 300, 900, 3600];

/** What strangers may use of a budget that all share; the rest is for known devices. */
export const UNKNOWN_SHARE = 0.8;

// Wrong ones without a success between, and for how long they count. A wrong code was preceded by an SMS, which bounds how many numbers have a row; a
// password can be tried at any number, and what never ended would fill every store.
const ROWS = { 'guesses-in-a-row': null, 'passwords-in-a-row': 90 * DAY_SECONDS } as const;
type Row = keyof typeof ROWS;
const ROW_NAMES = Object.keys(ROWS) as readonly Row[];
const ROW_ENDING = '-in-a-row';

/** What one send costs, in the order of charging: what the requester owns, then the number, then what all share. */
export function sendCharges(rules: LimitRules, payer: Payer, to: Destination): Charges {
  if (!payer.isSent) return { hits: perNumber(payer, 'sends', 'sendsPerNumber', TEST_SENDS, 'always'), cooldown: ladderOf(rules, payer) };
  const lane = payer.lane === 'known' ? 'known/' : '';
  return {
    hits: [
      ...perNetwork(payer, 'sends', 'sendsPerIp', rules.sendsPerIp, 'always'),
      ...perNumber(payer, 'sends', 'sendsPerNumber', laneRules(rules, payer).sendsPerNumber, 'always'),
      ...hitsOf(`{${to.prefix}}${lane}sends`, 'sendsPerPrefix', rules.sendsPerPrefix, 'always'),
      ...countryHits(rules, payer, to),
      { key: '{system}sms', limit: 'smsPerDay', ...shareOf(payer, { max: rules.smsPerDay, windowSeconds: DAY_SECONDS }), when: 'always' },
      ...spendHits(rules, payer, to),
    ],
    cooldown: ladderOf(rules, payer),
  };
}

function ladderOf({ resendAfterSeconds }: LimitRules, payer: Payer): Cooldown | null {
  if (!payer.isPaced) return null;
  return { key: keyOf(payer, 'ladder'), limit: 'resendAfterSeconds', ladderSeconds: resendAfterSeconds, windowSeconds: DAY_SECONDS };
}

/** What a send costs that nobody asked for: the requester's address has paid for the first one, and nobody waits on the ladder. */
export function furtherCharges(rules: LimitRules, payer: Payer, to: Destination): readonly Hit[] {
  return sendCharges(rules, { ...payer, networks: [] }, to).hits;
}

/** What one wrong guess costs, and what a right one forgives. */
export function guessCharges(rules: LimitRules, payer: Payer): { readonly hits: readonly Hit[]; readonly clears: readonly string[] } {
  const rows = rowsOf(payer);
  return {
    hits: [
      ...perNetwork(payer, 'guesses', 'guessesPerIp', rules.guessesPerIp, 'wrong'),
      ...perNumber(payer, 'guesses', 'guessesPerNumber', laneRules(rules, payer).guessesPerNumber, 'wrong'),
      rowHit(rules, payer, 'guesses-in-a-row', 'guessesInARow', 'wrong'),
      ...otherRows(payer, rows, 'guesses-in-a-row', 'wrong'),
    ],
    clears: forgivenBy(payer, rows),
  };
}

/** What one try of a password costs, taken before anything is hashed. */
export function passwordCharges(rules: LimitRules, payer: Payer): Charges {
  return {
    hits: [
      ...perNetwork(payer, 'passwords', 'passwordsPerIp', rules.passwordsPerIp, 'always'),
      ...perNumber(payer, 'passwords', 'passwordsPerNumber', laneRules(rules, payer).passwordsPerNumber, 'always'),
      rowHit(rules, payer, 'passwords-in-a-row', 'passwordsPerNumber', 'always'),
      ...otherRows(payer, rowsOf(payer), 'passwords-in-a-row', 'always'),
    ],
    cooldown: {
      key: keyOf(payer, 'passwords-ladder'),
      limit: 'passwordsPerNumber',
      ladderSeconds: PASSWORD_LADDER_SECONDS,
      windowSeconds: DAY_SECONDS,
    },
  };
}

/** What a right password forgives: its own tries of this lane, and all that was wrong in a row. */
export function forgivenByPassword(rules: LimitRules, payer: Payer): readonly string[] {
  const tries = perNumber(payer, 'passwords', 'passwordsPerNumber', laneRules(rules, payer).passwordsPerNumber, 'always');
  return [...tries.map((hit) => hit.key), ...forgivenBy(payer, rowsOf(payer))];
}

/** What one question costs whose answer tells who has an account. */
export function lookupCharges(rules: LimitRules, networks: readonly Network[]): readonly Hit[] {
  return networkHits(networks, 'lookups', 'lookupsPerIp', rules.lookupsPerIp, 'always');
}

/** Every counter of a number, in both lanes, for support to clear. */
export function countersOf(rules: LimitRules, payer: Omit<Payer, 'lane'>): readonly string[] {
  const lanes: readonly Lane[] = ['unknown', 'known'];
  const keys = lanes.flatMap((lane) => {
    const one = { ...payer, lane };
    const sends = sendCharges(rules, one, { prefix: '', country: '' });
    const passwords = passwordCharges(rules, one);
    return [
      ...[...sends.hits, ...guessCharges(rules, one).hits, ...passwords.hits].map((hit) => hit.key),
      ...[keyOf(one, 'ladder'), keyOf(one, 'passwords-ladder')],
    ];
  });
  return [...new Set(keys)].filter((key) => key.startsWith(`{${payer.phoneKey}}`));
}

/** Wrong codes and wrong passwords in a row that a success ends, read off the counts of its own hits. */
export function failuresIn(hits: readonly Hit[], counts: readonly number[]): number {
  return hits.reduce((sum, hit, index) => sum + (hit.key.endsWith(ROW_ENDING) ? (counts[index] ?? 0) : 0), 0);
}

function laneRules(rules: LimitRules, payer: Payer): LaneRules {
  return payer.lane === 'known' ? rules.knownDevice : rules;
}

function shareOf(payer: Payer, { max, windowSeconds }: Window): Window {
  // of very few none is kept, or strangers would get none
  return { max: payer.lane === 'known' ? max : Math.ceil(max * UNKNOWN_SHARE), windowSeconds };
}

function countryHits({ sendsPerCountry }: LimitRules, payer: Payer, to: Destination): readonly Hit[] {
  if (Object.keys(sendsPerCountry).length === 0) return [];
  const windows = (sendsPerCountry[to.country] ?? []).map((window) => shareOf(payer, window));
  return hitsOf(`{${to.country}}sends`, 'sendsPerCountry', windows, 'always');
}

function spendHits({ spend }: LimitRules, payer: Payer, to: Destination): readonly Hit[] {
  if (spend === null) return [];
  const share = shareOf(payer, { max: unitsIn(spend.perDay), windowSeconds: DAY_SECONDS });
  return [{ key: '{system}spend', limit: 'spend', ...share, when: 'always', amount: priceOf(spend, to.country) }];
}

function rowHit(rules: LimitRules, payer: Payer, row: Row, limit: LimitName, when: Hit['when']): Hit {
  return { key: keyOf(payer, row), limit, max: rules.guessesInARow, windowSeconds: ROWS[row], when };
}

// What was wrong elsewhere is read, never charged, so that a success can say how much went before it.
function otherRows(payer: Payer, rows: readonly string[], own: Row, when: Hit['when']): readonly Hit[] {
  const ownKey = keyOf(payer, own);
  return rows
    .filter((key) => key !== ownKey)
    .map((key) => ({ key, limit: 'guessesInARow', max: Number.MAX_SAFE_INTEGER, windowSeconds: null, when, amount: 0 }));
}

// A success is the owner's: what strangers got wrong before it is over. Their ladder stays, it paces what the owner's phone gets.
function forgivenBy(payer: Payer, rows: readonly string[]): readonly string[] {
  return [...rows, keyOf(payer, 'ladder'), keyOf(payer, 'passwords-ladder')];
}

function rowsOf(payer: Payer): readonly string[] {
  const own = ROW_NAMES.map((row) => keyOf(payer, row));
  if (payer.lane !== 'known' || payer.isTest) return own;
  const stranger: Payer = { ...payer, lane: 'unknown' };
  return [...own, ...ROW_NAMES.map((row) => keyOf(stranger, row))];
}

function perNumber(payer: Payer, name: string, limit: LimitName, windows: readonly Window[], when: Hit['when']): readonly Hit[] {
  return hitsOf(keyOf(payer, name), limit, windows, when);
}

function perNetwork(payer: Payer, name: string, limit: LimitName, windows: readonly Window[], when: Hit['when']): readonly Hit[] {
  return payer.isTest ? [] : networkHits(payer.networks, name, limit, windows, when);
}

function networkHits(
  networks: readonly Network[],
  name: string,
  limit: LimitName,
  windows: readonly Window[],
  when: Hit['when'],
): readonly Hit[] {
  const hits: Hit[] = [];
  for (const network of networks)
    for (const { max, windowSeconds } of windows)
      hits.push({ key: `{${network.name}}${name}/${windowSeconds}`, limit, max: max * network.factor, windowSeconds, when });
  return hits;
}

function hitsOf(key: string, limit: LimitName, windows: readonly Window[], when: Hit['when']): readonly Hit[] {
  return windows.map(({ max, windowSeconds }) => ({ key: `${key}/${windowSeconds}`, limit, max, windowSeconds, when }));
}

function keyOf(payer: Payer, name: string): string {
  return `{${payer.phoneKey}}${payer.isTest ? 'test/' : payer.lane === 'known' ? 'known/' : ''}${name}`;
}
