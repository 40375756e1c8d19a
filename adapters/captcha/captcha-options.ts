/** What the verifiers need of `fetch`: the global one fits, and so does one that goes through a proxy. */
export type CaptchaFetch = (
  url: string,
  request: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; readonly text: () => Promise<string> }>;

/** What all verifiers take. */
export interface CaptchaOptions {
  /** The secret key of the widget. It belongs on the server alone. */
  readonly secret: string;
  /** Names of the hosts on which the captcha may be solved, without scheme and port: `example.com`. @default those that the provider allows */
  readonly hostname?: string | readonly string[] | undefined;
  /** A device that signed in to this number before needs no token. @default true */
  readonly skipKnownDevices?: boolean | undefined;
  /** Tells the provider the address of the requester, which is personal data. @default true */
  readonly sendIp?: boolean | undefined;
  /**
   * Seconds, 0.1 to 300, until an unanswered call is given up, so that it holds no connection. What a requester waits is `deadlineSeconds.risk`
   * (1 by default), which should be the shorter one. @default 2
   */
  readonly timeoutSeconds?: number | undefined;
  /** Makes the call. @default the global `fetch` */
  readonly fetch?: CaptchaFetch | undefined;
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

/** A number in a range. */
export function numberWithin(min: number, max: number): OptionRule {
  return (value) => (typeof value === 'number' && value >= min && value <= max ? null : `must be a number from ${min} to ${max}`);
}

/** Throws a `TypeError` that names the first option that is wrong, or none of ours. */
export function checkOptions(factory: string, options: CaptchaOptions, own: Readonly<Record<string, OptionRule>>): void {
  const rules = { ...SHARED, ...own };
  const values: unknown = options;
  if (!isRecord(values)) throw misuse(factory, 'options', 'must be an object');
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(rules, name));
  if (stranger !== undefined) throw misuse(factory, stranger, 'is not an option');
  for (const [name, rule] of Object.entries(rules)) {
    const problem = rule(values[name]);
    if (problem !== null) throw misuse(factory, name, problem);
  }
}

const flag: OptionRule = (value) => (typeof value === 'boolean' ? null : 'must be a boolean');

const hosts: OptionRule = (value) => {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isHost = (name: unknown): boolean => typeof name === 'string' && /^[a-z0-9._-]+$/i.test(name);
  return names.length > 0 && names.every(isHost) ? null : 'must be a host name, or an array of them, without scheme and port';
};

const SHARED: Readonly<Record<keyof CaptchaOptions, OptionRule>> = {
  secret: visibleText,
  hostname: optional(hosts),
  skipKnownDevices: optional(flag),
  sendIp: optional(flag),
  timeoutSeconds: optional(numberWithin(0.1, 300)),
  fetch: optional((value) => (typeof value === 'function' ? null : 'must be a function')),
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function misuse(factory: string, path: string, problem: string): TypeError {
  return new TypeError(`${factory}: ${path} ${problem}`);
}
