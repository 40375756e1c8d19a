import type { PlannedStep, PlannedSteps, Route } from './delivery-routes.ts';
import type { Settings } from './settings.ts';

/** Who sends, in what order. */
interface Delivery {
  readonly routes: readonly Route[];
  readonly plan: PlannedSteps | null;
}

/** Settings and bounds as text, a line each. Secrets, test numbers and their code are not in it. */
export function describeSettings(s: Settings, { routes, plan }: Delivery): string {
  const { guessesPerNumberPerDay, probabilityPerNumberPerDay, smsPerDay, spendPerDay } = s.guessBound;
  const { limits } = s;
  const { knownDevice, spend } = limits;
  const windows = (list: readonly { readonly max: number; readonly windowSeconds: number }[]): string =>
    list.map((w) => `${w.max} in ${w.windowSeconds} s`).join(', ');
  return [
    `${s.appName}: codes of ${s.code.length} digits, ${s.code.ttlSeconds} s, ${s.code.maxAttempts} attempts, resend ${s.code.resend}, bound to the ${s.binding}`,
    `countries: ${s.allowedCountries === 'all' ? 'all' : s.allowedCountries.join(' ')}; number types: ${s.allowedNumberTypes.join(' ')}`,
    plan === null ? `senders: ${routes.map(routeText).join(', then ')}` : `plan: ${plan.map(stepText).join('')}`,
    `sends to one number: ${windows(limits.sendsPerNumber)}; then wait ${limits.resendAfterSeconds.join(', ')} s`,
    `wrong codes for one number: ${windows(limits.guessesPerNumber)}; ${limits.guessesInARow} in a row`,
    `wrong passwords for one number: ${windows(limits.passwordsPerNumber)}; ${limits.guessesInARow} in a row`,
    `known devices beside that: ${windows(knownDevice.sendsPerNumber)} sends, ${windows(knownDevice.guessesPerNumber)} wrong codes, ${windows(knownDevice.passwordsPerNumber)} wrong passwords`,
    `from one address: ${windows(limits.sendsPerIp)} sends, ${windows(limits.guessesPerIp)} wrong codes, ${windows(limits.passwordsPerIp)} passwords, ${windows(limits.lookupsPerIp)} lookups; an IPv6 /48 has eight times as much`,
    `sends to one prefix (four digits cut): ${windows(limits.sendsPerPrefix)}`,
    ...Object.entries(limits.sendsPerCountry).map(([country, list]) => `sends to ${country}: ${windows(list)}`),
    `sends in all: ${limits.smsPerDay} in 86400 s${spend === null ? '' : `, ${spend.perDay} of money`}; the last fifth for known devices`,
    `accounts are ${s.revealAccounts ? 'revealed' : 'not revealed'} before proof`,
    ...(s.testNumbers === null
      ? []
      : [
          `test numbers: ${s.testNumbers.numbers === 'all' ? 'ALL' : s.testNumbers.numbers.length}, until ${new Date(s.testNumbers.until).toISOString()}`,
        ]),
    `bound: ${guessesPerNumberPerDay} guesses at one number in any 24 h, right with probability ${probabilityPerNumberPerDay.toPrecision(3)}; ${smsPerDay} SMS${spendPerDay === null ? '' : ` and ${spendPerDay} of money`} in any 24 h`,
  ].join('\n');
}

function stepText({ channel, waitSeconds, routes }: PlannedStep, index: number, { length }: readonly PlannedStep[]): string {
  const senders = routes.map((route) => routeText({ ...route, channels: null })).join(', then ');
  const next = waitSeconds === null ? 'if that fails' : `unless delivered in ${waitSeconds} s`;
  return `${channel} by ${senders}${index === length - 1 ? '' : `; ${next}, `}`;
}

function routeText({ sender, countries, channels }: Route): string {
  const served = [...(channels ?? []), ...(countries ?? [])];
  return `${sender.name}${served.length === 0 ? '' : ` for ${served.join(' ')}`}${sender.delivers === false ? ' (delivers nothing)' : ''}`;
}
