import type { SmsFetch } from './provider-call.ts';

/** What all senders of a provider take. */
export interface ProviderSmsOptions {
  /** The name in events, and in the paths of receipts: letters, digits, `-` and `_`. @default the provider's */
  readonly name?: string | undefined;
  /** Makes the call; it must obey the signal and try nothing twice. @default the global `fetch` */
  readonly fetch?: SmsFetch | undefined;
}

/** Says what is wrong with the value of an option, or `null`. */
export type OptionRule = (value: unknown) => string | null;

/** Absent, or as the rule says. */
export function optional(rule: OptionRule): OptionRule {
  return (value) => (value === undefined ? null : rule(value));
}

/** A key or a name as providers give them out. A line break at its end, as a file has one, is refused here and not by every answer. */
export const visibleText: OptionRule = (value) =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? null : 'must be a string of visible ASCII characters';

/** One line, not empty. */
export const lineOfText: OptionRule = (value) =>
  typeof value === 'string' && /^[^\p{Cc}]+$/u.test(value) ? null : 'must be a string of one line';

/** True or false. */
export const flag: OptionRule = (value) => (typeof value === 'boolean' ? null : 'must be a boolean');

/** One of some words. */
export function oneOf(...words: readonly string[]): OptionRule {
  return (value) => (words.some((word) => word === value) ? null : `must be one of ${words.join(', ')}`);
}

/** An address to call. Credentials travel there: plain http is for this machine alone. */
export const callableUrl: OptionRule = (value) =>
  typeof value === 'string' &&
  (/^https:\/\/[^\s/?#@]+([/?]\S*)?$/.test(value) || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?([/?]\S*)?$/.test(value)) &&
  !value.includes('#') &&
  URL.canParse(value)
    ? null
    : 'must be an https URL';

/** Throws a `TypeError` that names the first option that is wrong, or none of ours. `name` and `fetch` have their rules here. */
export function checkSenderOptions(factory: string, options: unknown, own: Readonly<Record<string, OptionRule>>): void {
  const rules = { ...SHARED, ...own };
  if (!isRecord(options)) throw misuse(factory, 'options', 'must be an object');
  const stranger = Object.keys(options).find((name) => !Object.hasOwn(rules, name));
  if (stranger !== undefined) throw misuse(factory, stranger, 'is not an option');
  for (const [name, rule] of Object.entries(rules)) {
    const problem = rule(options[name]);
    if (problem !== null) throw misuse(factory, name, problem);
  }
}

/** Whether it is an object with members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error for a wrong option. */
export function misuse(factory: string, path: string, problem: string): TypeError {
  return new TypeError(`${factory}: ${path} ${problem}`);
}

const SHARED: Readonly<Record<string, OptionRule>> = {
  name: optional((value) =>
    typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? null : 'must be 1 to 64 letters, digits, hyphens and underscores',
  ),
  fetch: optional((value) => (typeof value === 'function' ? null : 'must be a function')),
};
