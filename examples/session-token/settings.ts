import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** What `PHONE_VERIFICATION` sets; what is left out is as the document has it. */
export interface Settings {
  /** Digits of a code (`TOKEN_LENGTH`), 5 to 8. @default 6, or those of `sandboxCode` */
  readonly codeLength?: number | undefined;
  /** Seconds that a code lives (`SECURITY_CODE_EXPIRATION_TIME`), 30 to 3600. @default 3600 */
  readonly codeTtlSeconds?: number | undefined;
  /** A code verifies once (`VERIFY_SECURITY_CODE_ONLY_ONCE`). @default false */
  readonly singleUse?: boolean | undefined;
  /** Uses of a code, right and wrong ones (`MAX_FAILED_ATTEMPTS`), 1 to 10. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** The code of every number (`SANDBOX_TOKEN`); refused beside a sender that delivers. @default none */
  readonly sandboxCode?: string | undefined;
  /** The SMS (`MESSAGE`), with `{security_code}` and, where wanted, `{app}`. */
  readonly message?: string | undefined;
  /** At most 30 characters (`APP_NAME`). @default 'Phone Verify' */
  readonly appName?: string | undefined;
  /** Case 3: `/login` makes the user when the number is new. @default false */
  readonly createUserOnVerify?: boolean | undefined;
  /** SMS in any 24 hours. @default 2000 */
  readonly smsPerDay?: number | undefined;
  /** Whose numbers may ask, like `['US', 'IN']`. @default 'all', as the original has it; name yours */
  readonly allowedCountries?: readonly string[] | 'all' | undefined;
  /** Proxies whose `X-Forwarded-For` is believed, as Express names them. @default none */
  readonly trustedProxies?: string | undefined;
}

const DEFAULTS = {
  codeLength: 6,
  codeTtlSeconds: 3600,
  singleUse: false,
  maxAttempts: 5,
  sandboxCode: undefined as string | undefined,
  message: 'Welcome to {app}! Please use security code {security_code} to proceed.',
  appName: 'Phone Verify',
  createUserOnVerify: false,
  smsPerDay: 2000,
  allowedCountries: 'all' as readonly string[] | 'all',
  trustedProxies: undefined as string | undefined,
};

/** The settings with every default in its place; a `TypeError` for one that is not there, and for what ringlatch does not judge. */
export function readSettings(settings: Settings): typeof DEFAULTS {
  const stranger = Object.keys(settings).find((name) => !Object.hasOwn(DEFAULTS, name));
  if (stranger !== undefined) throw new TypeError(`settings.${stranger} is not a setting`);
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const codeLength = settings.sandboxCode?.length ?? DEFAULTS.codeLength;
  const all: typeof DEFAULTS = { ...DEFAULTS, codeLength, ...Object.fromEntries(given) };
  if (typeof all.message !== 'string' || !all.message.includes('{security_code}'))
    throw new TypeError('settings.message must be a text with {security_code}');
  if (typeof all.createUserOnVerify !== 'boolean') throw new TypeError('settings.createUserOnVerify must be true or false');
  return all;
}

/** The secret of the environment. In development one that is kept in that file, or without a file one that dies with the process. */
export function secretOr(file: string | null): string {
  const { RINGLATCH_SECRET, NODE_ENV } = process.env;
  if (RINGLATCH_SECRET) return RINGLATCH_SECRET;
  if (NODE_ENV === 'production') throw new Error('Set RINGLATCH_SECRET, for example to the output of `openssl rand -base64 32`.');
  const drawn = randomBytes(32).toString('base64');
  if (file === null) return drawn;
  try {
    writeFileSync(file, drawn, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8');
}
