import * as z from 'zod/mini';
import { secretBytes } from './core/keys.ts';
import { isSafeLine } from './core/message.ts';
import { isCountryCode } from './core/phone-number.ts';
import { isPlan } from './delivery-routes.ts';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

// far below where milliseconds leave the safe integers
const TEN_YEARS_SECONDS = 3650 * DAY_SECONDS;

function integer(min: number, max: number) {
  const error = `must be an integer from ${min} to ${max}`;
  return z.int({ error }).check(z.gte(min, { error }), z.lte(max, { error }));
}

function callable() {
  return z.custom((value) => typeof value === 'function', { error: 'must be a function' });
}

function port(...verbs: readonly string[]) {
  return z.custom(
    (value) =>
      typeof value === 'object' && value !== null && verbs.every((verb) => typeof (value as Record<string, unknown>)[verb] === 'function'),
    { error: `must be an object with ${verbs.join(', ')}` },
  );
}

const country = z.custom<string>((value) => typeof value === 'string' && isCountryCode(value), {
  error: 'must be an ISO 3166-1 alpha-2 country code in upper case',
});
const countryOrDefault = z.custom<string>((value) => value === 'default' || (typeof value === 'string' && isCountryCode(value)), {
  error: "must be an ISO 3166-1 alpha-2 country code in upper case, or 'default'",
});
const locale = z
  .string({ error: 'must be a BCP 47 language tag' })
  .check(z.regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, { error: 'must be a BCP 47 language tag' }));
const windows = z.array(z.strictObject({ max: integer(1, 1_000_000), windowSeconds: integer(1, 366 * DAY_SECONDS) })).check(
  z.minLength(1, { error: 'must name at least one window' }),
  z.refine((list) => new Set(list.map((w) => w.windowSeconds)).size === list.length, { error: 'must not name a window twice' }),
);
const secret = z.custom((value) => typeof value === 'string' && secretBytes(value) !== null, {
  error: 'must be at least 32 random bytes as base64, base64url or hex (for example the output of `openssl rand -base64 32`)',
});
const channel = z.enum(['sms', 'whatsapp', 'voice']);
const sender = z.union(
  [
    callable(),
    port('send'),
    z.strictObject({
      sender: z.union([callable(), port('send')]),
      countries: z.optional(z.array(country).check(z.minLength(1))),
      channels: z.optional(z.array(channel).check(z.minLength(1))),
      fallsBackOnRefusal: z.optional(z.boolean()),
    }),
  ],
  { error: 'must be a sender, a function, { sender, countries?, channels?, fallsBackOnRefusal? }, or an array of them' },
);

const senders = z.union([sender, z.array(sender).check(z.minLength(1))], {
  error: 'must be a sender, a function, or a non-empty array of them',
});
const plan = z.strictObject({
  steps: z
    .array(z.strictObject({ channel, sender: senders, waitSeconds: z.optional(integer(5, 300)) }))
    .check(z.minLength(1, { error: 'must have at least one step' })),
});

const verificationShape = {
  secret: z.union([secret, z.array(secret).check(z.minLength(1))], {
    error:
      'must be at least 32 random bytes as base64, base64url or hex, or an array of such (for example the output of `openssl rand -base64 32`)',
  }),
  storage: z.looseObject({ challenges: port('issue', 'redeem', 'spend', 'take', 'clear', 'nextSend', 'recordDelivery', 'sweep') }),
  sms: senders,
  appName: z.custom((value) => typeof value === 'string' && isSafeLine(value, 30), {
    error: 'must be one line of 1 to 30 characters without a URL',
  }),
  origin: z.optional(
    z.custom((value) => typeof value === 'string' && /^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(value), {
      error: 'must be a host in lower case, like example.com, without scheme, port or path',
    }),
  ),
  androidAppHash: z.optional(
    z.string().check(z.regex(/^[A-Za-z0-9+/]{11}$/, { error: 'must be the 11 characters of the SMS Retriever hash' })),
  ),
  defaultCountry: z.optional(country),
  allowedCountries: z.union([z.literal('all'), z.array(country).check(z.minLength(1))], {
    error: "must be a non-empty array of ISO 3166-1 alpha-2 country codes, or 'all'",
  }),
  allowedNumberTypes: z._default(
    z
      .array(
        z.enum([
          'MOBILE',
          'FIXED_LINE',
          'FIXED_LINE_OR_MOBILE',
          'PREMIUM_RATE',
          'TOLL_FREE',
          'SHARED_COST',
          'VOIP',
          'PERSONAL_NUMBER',
          'PAGER',
          'UAN',
          'VOICEMAIL',
        ]),
      )
      .check(z.minLength(1)),
    ['MOBILE', 'FIXED_LINE_OR_MOBILE'],
  ),
  channels: z._default(z.array(channel).check(z.minLength(1)), ['sms']),
  binding: z._default(z.enum(['challenge', 'phone']), 'challenge'),
  code: z.prefault(
    z.strictObject({
      length: z._default(integer(4, 8), 6),
      ttlSeconds: z._default(integer(30, 3600), 300),
      maxAttempts: z._default(integer(1, 10), 5),
      singleUse: z._default(z.boolean(), true),
      resend: z._default(z.enum(['same', 'rotate']), 'same'),
      resendAfterSeconds: z._default(z.array(integer(0, DAY_SECONDS)).check(z.minLength(1), z.maxLength(16)), [30, 60, 120, 300]),
    }),
    {},
  ),
  limits: z.strictObject({
    smsPerDay: integer(1, 1_000_000_000),
    sendsPerNumber: z._default(windows, [
      { max: 3, windowSeconds: 600 },
      { max: 5, windowSeconds: HOUR_SECONDS },
      { max: 10, windowSeconds: DAY_SECONDS },
    ]),
    guessesPerNumber: z._default(windows, [
      { max: 10, windowSeconds: HOUR_SECONDS },
      { max: 20, windowSeconds: DAY_SECONDS },
    ]),
    guessesInARow: z._default(integer(1, 100), 100),
    passwordsPerNumber: z._default(windows, [{ max: 10, windowSeconds: HOUR_SECONDS }]),
    knownDevice: z.prefault(
      z.strictObject({
        sendsPerNumber: z._default(windows, [{ max: 5, windowSeconds: DAY_SECONDS }]),
        guessesPerNumber: z._default(windows, [{ max: 10, windowSeconds: DAY_SECONDS }]),
        passwordsPerNumber: z._default(windows, [{ max: 10, windowSeconds: HOUR_SECONDS }]),
      }),
      {},
    ),
    sendsPerIp: z._default(windows, [
      { max: 60, windowSeconds: HOUR_SECONDS },
      { max: 400, windowSeconds: DAY_SECONDS },
    ]),
    guessesPerIp: z._default(windows, [{ max: 60, windowSeconds: HOUR_SECONDS }]),
    passwordsPerIp: z._default(windows, [{ max: 100, windowSeconds: HOUR_SECONDS }]),
    lookupsPerIp: z._default(windows, [{ max: 100, windowSeconds: HOUR_SECONDS }]),
    sendsPerPrefix: z._default(windows, [{ max: 30, windowSeconds: HOUR_SECONDS }]),
    sendsPerCountry: z._default(z.record(country, windows), {}),
    spend: z.optional(z.strictObject({ perDay: money(), pricePerSms: z.record(countryOrDefault, money()) })),
  }),
  maxGuessProbabilityPerDay: z._default(
    z
      .number({ error: 'must be a number above 0 and below 1' })
      .check(z.gt(0, { error: 'must be above 0' }), z.lt(1, { error: 'must be below 1' })),
    0.0005,
  ),
  testNumbers: z.optional(
    z.strictObject({
      numbers: z.union([z.literal('all'), z.array(z.string().check(z.regex(/^\+[1-9][0-9]{6,14}$/)))], {
        error: "must be an array of numbers in E.164, or 'all'",
      }),
      code: z.string().check(z.regex(/^[0-9]{4,8}$/, { error: 'must be 4 to 8 digits' })),
      until: integer(0, 8_640_000_000_000_000),
      send: z.optional(z.boolean()),
      paced: z.optional(z.boolean()),
    }),
  ),
  assessRisk: z.optional(callable()),
  messages: z.optional(
    z.record(
      locale,
      z.union(
        [
          callable(),
          z.partialRecord(
            z.enum(['default', 'sign-in', 'login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up']),
            callable(),
          ),
        ],
        { error: 'must be a function, or functions by purpose and `default`' },
      ),
    ),
  ),
  locale: z._default(locale, 'en'),
  onEvent: z.optional(callable()),
  background: z.optional(callable()),
  deadlineSeconds: z.prefault(
    z.strictObject({
      port: z._default(seconds(), 5),
      sms: z._default(seconds(), 8),
      request: z._default(seconds(), 10),
      risk: z._default(seconds(), 1),
    }),
    {},
  ),
  now: z.optional(callable()),
  random: z.optional(callable()),
};

function seconds() {
  return z.number({ error: 'must be a number of seconds from 0.01 to 300' }).check(z.gte(0.01), z.lte(300));
}

// A millionth is the least that a counter knows, and what a billion has fits into a safe integer of millionths.
function money() {
  const error = 'must be an amount of money from 0.000001 to 1000000000';
  return z.number({ error }).check(z.gte(0.000001, { error }), z.lte(1_000_000_000, { error }));
}

const verificationSchema = z.strictObject(verificationShape);

const authSchema = z.strictObject({
  ...verificationShape,
  storage: z.looseObject({
    challenges: verificationShape.storage.shape.challenges,
    sessions: port('create', 'find', 'rotate', 'revoke', 'revokeAllOf', 'listOf', 'sweep'),
    users: port('findById', 'findByPhoneNumber', 'create'),
    joined: z.optional(port('issue', 'signIn', 'refresh')),
  }),
  tokens: port('issueAccessToken', 'verifyAccessToken'),
  passwords: z.optional(port('hash', 'verify')),
  revealAccounts: z._default(z.boolean(), false),
  profile: z.optional(
    z.custom(
      (value) =>
        (typeof value === 'object' || typeof value === 'function') &&
        value !== null &&
        typeof (value as { '~standard'?: { validate?: unknown } })['~standard']?.validate === 'function',
      { error: 'must be a Standard Schema (zod, valibot, arktype …)' },
    ),
  ),
  claims: z.optional(callable()),
  canSignIn: z.optional(callable()),
  dormantAfterSeconds: z._default(integer(DAY_SECONDS, TEN_YEARS_SECONDS), 45 * DAY_SECONDS),
  onDormantLogin: z.optional(callable()),
  session: z.prefault(
    z.strictObject({
      accessTokenSeconds: z._default(integer(60, 30 * DAY_SECONDS), 600),
      idleSeconds: z._default(integer(60, TEN_YEARS_SECONDS), 30 * DAY_SECONDS),
      absoluteSeconds: z._default(integer(60, TEN_YEARS_SECONDS), 180 * DAY_SECONDS),
      rotateRefreshToken: z._default(z.boolean(), true),
      graceSeconds: z._default(integer(0, 60), 30),
      onReuse: z._default(z.enum(['revoke', 'reject']), 'revoke'),
      checkUserOnRefresh: z._default(z.boolean(), true),
      maxPerUser: z._default(integer(1, 1000), 20),
    }),
    {},
  ),
});

/** One thing that is wrong with a configuration. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A configuration with every default in its place, or all that is wrong with it. */
export type Checked = { readonly is: 'valid'; readonly options: unknown } | { readonly is: 'wrong'; readonly problems: readonly Problem[] };

/** Checks a configuration against the shape that `PhoneVerificationConfig` or `PhoneAuthConfig` describes. */
export function checkConfig(kind: 'verification' | 'auth', config: unknown): Checked {
  const schema = kind === 'auth' ? authSchema : verificationSchema;
  const { sms } = (typeof config === 'object' && config !== null ? config : {}) as { sms?: unknown };
  const result = (isPlan(sms) ? z.extend(schema, { sms: plan }) : schema).safeParse(config, { error: explain });
  return result.success ? { is: 'valid', options: result.data } : { is: 'wrong', problems: result.error.issues.flatMap(problemsOf) };
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not an option' }));
  return [{ path: path.join('.'), message: issue.message }];
}

const explain: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'is required';
  if (issue.code === 'invalid_type') return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return 'is not valid';
};
