import type { LimitRules, SpendRules } from '../src/core/limits.ts';
import type { LimitName, Window } from '../src/index.ts';

/** Limits of which none is left out. */
export type Limits = Omit<LimitRules, 'resendAfterSeconds' | 'spend'> & { readonly spend: SpendRules };

/** Who asks for whose number. */
export interface Asker {
  readonly number: string;
  readonly prefix: string;
  readonly country: string;
  readonly isKnown: boolean;
  /** The networks of the address, with how many times the budget of one address each has. */
  readonly networks: readonly (readonly [name: string, factor: number])[];
}

/** One window that something needs room in. */
interface Demand {
  readonly limit: LimitName;
  readonly key: string;
  readonly max: number;
  /** Infinite: until it is forgiven. */
  readonly windowSeconds: number;
  readonly amount: number;
}

/** What the documented limits let through, kept beside the library: a second opinion on every answer. */
export interface LimitLedger {
  send(asker: Asker): readonly Demand[];
  guess(asker: Asker): readonly Demand[];
  password(asker: Asker): readonly Demand[];
  lookup(asker: Asker): readonly Demand[];
  /** The demands for which there is no room now. */
  unmet(demands: readonly Demand[], now: number): readonly Demand[];
  /** The same, and those that may be refused although there is room. */
  refusable(demands: readonly Demand[], now: number): readonly Demand[];
  /** Writes down what was let through. */
  note(demands: readonly Demand[], now: number): void;
  /** A right code forgives. */
  forgive(asker: Asker, tooTries: boolean): void;
}

const DAY = 86_400;
// as many are kept one by one; beyond, a window may refuse by one of its 24 slices too early
const EXACT = 32;

export function limitLedger(limits: Limits): LimitLedger {
  const entries = new Map<string, { readonly at: number; readonly amount: number }[]>();
  const laneOf = ({ isKnown }: Asker): string => (isKnown ? 'known' : 'unknown');
  const shared = ({ isKnown }: Asker, max: number): number => (isKnown ? max : Math.ceil((max * 4) / 5));
  const demand = (limit: LimitName, key: string, windows: readonly Window[]): readonly Demand[] =>
    windows.map((window) => ({ limit, key: `${limit} ${key}`, ...window, amount: 1 }));
  const perNetwork = (asker: Asker, limit: 'sendsPerIp' | 'guessesPerIp' | 'passwordsPerIp' | 'lookupsPerIp'): readonly Demand[] =>
    asker.networks.flatMap(([name, factor]) =>
      demand(
        limit,
        name,
        limits[limit].map((w) => ({ ...w, max: w.max * factor })),
      ),
    );
  const perNumber = (asker: Asker, limit: 'sendsPerNumber' | 'guessesPerNumber' | 'passwordsPerNumber'): readonly Demand[] =>
    demand(limit, `${asker.number} ${laneOf(asker)}`, asker.isKnown ? limits.knownDevice[limit] : limits[limit]);
  const row = (asker: Asker, limit: LimitName, of: string): Demand => ({
    limit,
    key: `${of} in a row ${asker.number} ${laneOf(asker)}`,
    max: limits.guessesInARow,
    windowSeconds: Number.POSITIVE_INFINITY,
    amount: 1,
  });
  const strangersAlone = (asker: Asker, demands: readonly Demand[]): readonly Demand[] => (asker.isKnown ? [] : demands);
  const held = ({ key, windowSeconds }: Demand, now: number): number =>
    (entries.get(key) ?? []).filter(({ at }) => now < at + windowSeconds * 1000).reduce((sum, { amount }) => sum + amount, 0);

  return {
    send: (asker) => {
      const { country } = asker;
      const { perDay, pricePerSms } = limits.spend;
      const day = (limit: LimitName, max: number, amount: number): Demand => ({
        ...{ limit, key: limit, max: shared(asker, max), windowSeconds: DAY, amount },
      });
      return [
        ...strangersAlone(asker, perNetwork(asker, 'sendsPerIp')),
        ...perNumber(asker, 'sendsPerNumber'),
        ...demand('sendsPerPrefix', `${asker.prefix} ${laneOf(asker)}`, limits.sendsPerPrefix),
        ...demand(
          'sendsPerCountry',
          country,
          (limits.sendsPerCountry[country] ?? []).map((w) => ({ ...w, max: shared(asker, w.max) })),
        ),
        day('smsPerDay', limits.smsPerDay, 1),
        day('spend', Math.round(perDay * 1e6), Math.round((pricePerSms[country] ?? pricePerSms.default ?? 0) * 1e6)),
      ];
    },
    guess: (asker) => [
      ...strangersAlone(asker, perNetwork(asker, 'guessesPerIp')),
      ...perNumber(asker, 'guessesPerNumber'),
      row(asker, 'guessesInARow', 'guesses'),
    ],
    password: (asker) => [
      ...strangersAlone(asker, perNetwork(asker, 'passwordsPerIp')),
      ...perNumber(asker, 'passwordsPerNumber'),
      row(asker, 'passwordsPerNumber', 'passwords'),
    ],
    lookup: (asker) => (asker.isKnown ? [] : perNetwork(asker, 'lookupsPerIp')),
    unmet: (demands, now) => demands.filter((one) => held(one, now) + one.amount > one.max),
    refusable: (demands, now) =>
      demands.filter((one) => {
        const slack = one.max > EXACT ? 25 / 24 : 1;
        return held({ ...one, windowSeconds: one.windowSeconds * slack }, now) + one.amount > one.max;
      }),
    note: (demands, now) => {
      for (const [key, amount] of new Map(demands.map((one) => [one.key, one.amount])))
        entries.set(key, [...(entries.get(key) ?? []), { at: now, amount }]);
      for (const one of demands) {
        if (held(one, now) > one.max) throw new Error(`${one.key} holds ${held(one, now)} of ${one.max} in ${one.windowSeconds} s`);
      }
    },
    forgive: (asker, tooTries) => {
      for (const isKnown of asker.isKnown ? [true, false] : [false]) {
        for (const of of ['guesses', 'passwords']) entries.delete(row({ ...asker, isKnown }, 'guessesInARow', of).key);
      }
      if (tooTries) for (const { key } of perNumber(asker, 'passwordsPerNumber')) entries.delete(key);
    },
  };
}
