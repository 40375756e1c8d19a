import type { Problem } from './config-schema.ts';
import { UNKNOWN_SHARE } from './core/charges.ts';
import type { LimitRules, Window } from './core/limits.ts';
import { PRICE_UNITS, priceOf } from './core/spend.ts';

const WINDOWED = [
  'sendsPerNumber',
  'guessesPerNumber',
  'passwordsPerNumber',
  'sendsPerIp',
  'guessesPerIp',
  'passwordsPerIp',
  'lookupsPerIp',
  'sendsPerPrefix',
] as const;
const OF_KNOWN_DEVICES = ['sendsPerNumber', 'guessesPerNumber', 'passwordsPerNumber'] as const;

/** Limits of which each is possible and which together cannot be meant. */
export function contradictionsOfLimits(limits: LimitRules, allowedCountries: readonly string[] | 'all'): readonly Problem[] {
  return [
    ...WINDOWED.flatMap((name) => unreachableIn(`limits.${name}`, limits[name])),
    ...OF_KNOWN_DEVICES.flatMap((name) => unreachableIn(`limits.knownDevice.${name}`, limits.knownDevice[name])),
    ...Object.entries(limits.sendsPerCountry).flatMap(([country, windows]) => [
      ...(isAllowed(country, allowedCountries)
        ? []
        : [{ path: `limits.sendsPerCountry.${country}`, message: 'is not in allowedCountries' }]),
      ...unreachableIn(`limits.sendsPerCountry.${country}`, windows),
    ]),
    ...contradictionsOfSpend(limits.spend, allowedCountries),
  ];
}

/** A window that a longer one with a smaller maximum always refuses first: one of the two is a mistake. */
function unreachableIn(path: string, windows: readonly Window[]): readonly Problem[] {
  return windows.flatMap((short, index) => {
    const long = windows.find((other) => other.windowSeconds > short.windowSeconds && other.max < short.max);
    if (long === undefined) return [];
    const message = `allows ${short.max} in ${short.windowSeconds} s, which ${long.max} in ${long.windowSeconds} s never lets happen`;
    return [{ path: `${path}.${index}.max`, message }];
  });
}

function contradictionsOfSpend(spend: LimitRules['spend'], allowedCountries: readonly string[] | 'all'): readonly Problem[] {
  if (spend === null) return [];
  const { perDay, pricePerSms } = spend;
  const path = 'limits.spend.pricePerSms';
  const needed = allowedCountries === 'all' ? ['default'] : allowedCountries;
  const unpriced = pricePerSms.default === undefined ? needed.filter((country) => pricePerSms[country] === undefined) : [];
  if (unpriced.length > 0)
    return unpriced.map((country) => ({ path: `${path}.${country}`, message: 'is required: what it costs is not known' }));
  return Object.keys(pricePerSms).flatMap((country) => [
    ...(country === 'default' || isAllowed(country, allowedCountries)
      ? []
      : [{ path: `${path}.${country}`, message: 'is not in allowedCountries' }]),
    ...(priceOf(spend, country) > perDay * PRICE_UNITS * UNKNOWN_SHARE
      ? [{ path: `${path}.${country}`, message: 'is more than the four fifths of limits.spend.perDay that unknown devices may spend' }]
      : []),
  ]);
}

function isAllowed(country: string, allowedCountries: readonly string[] | 'all'): boolean {
  return allowedCountries === 'all' || allowedCountries.includes(country);
}
