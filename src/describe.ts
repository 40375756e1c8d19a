import type { SmsSender } from './ports/sms-sender.ts';
import type { Settings } from './settings.ts';

/** Settings and bounds as text, a line each. Secrets, test numbers and their code are not in it. */
export function describeSettings(s: Settings, senders: readonly SmsSender[]): string {
  const { guessesPerNumberPerDay, probabilityPerNumberPerDay, smsPerDay } = s.guessBound;
  const windows = (list: readonly { readonly max: number; readonly windowSeconds: number }[]): string =>
    list.map((w) => `${w.max} in ${w.windowSeconds} s`).join(', ');
  return [
    `${s.appName}: codes of ${s.code.length} digits, ${s.code.ttlSeconds} s, ${s.code.maxAttempts} attempts, resend ${s.code.resend}, bound to the ${s.binding}`,
    `countries: ${s.allowedCountries === 'all' ? 'all' : s.allowedCountries.join(' ')}; number types: ${s.allowedNumberTypes.join(' ')}`,
    `senders: ${senders.map((sender) => `${sender.name}${sender.delivers === false ? ' (delivers nothing)' : ''}`).join(', then ')}`,
    `sends to one number: ${windows(s.limits.sendsPerNumber)}; then wait ${s.limits.resendAfterSeconds.join(', ')} s`,
    `wrong codes for one number: ${windows(s.limits.guessesPerNumber)}; ${s.limits.guessesInARow} in a row`,
    `accounts are ${s.revealAccounts ? 'revealed' : 'not revealed'} before proof`,
    ...(s.testNumbers === null
      ? []
      : [
          `test numbers: ${s.testNumbers.numbers === 'all' ? 'ALL' : s.testNumbers.numbers.length}, until ${new Date(s.testNumbers.until).toISOString()}`,
        ]),
    `bound: ${guessesPerNumberPerDay} guesses at one number in any 24 h, right with probability ${probabilityPerNumberPerDay.toPrecision(3)}; ${smsPerDay} SMS in any 24 h`,
  ].join('\n');
}
