// Compiled by `npm run typecheck`, never run: what the public types promise to those who write against them.
import {
  type AnyPhoneAuthError,
  type Authenticated,
  type ChallengeStore,
  createPhoneAuth,
  createPhoneVerification,
  type DeliveryPlan,
  deliveryPlan,
  isPhoneAuthError,
  type JoinedStore,
  type PhoneAuth,
  type PhoneAuthConfig,
  type PhoneAuthErrorCode,
  type PhoneAuthEvent,
  type PhoneNumber,
  type SessionStore,
  type SmsSender,
  type StandardSchemaV1,
  type TokenIssuer,
  type UserOf,
  type UserRecord,
  type UserStore,
} from 'ringlatch';
import { memoryStorage } from 'ringlatch/memory';

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<_Claim extends true>(): void;

interface Member extends UserRecord {
  readonly nickname: string;
}
interface NewMember {
  readonly nickname: string;
}

declare const challenges: ChallengeStore;
declare const sessions: SessionStore;
declare const users: UserStore<Member, NewMember>;
declare const sms: SmsSender;
declare const tokens: TokenIssuer;
declare const memberSchema: StandardSchemaV1<unknown, NewMember>;
declare const textSchema: StandardSchemaV1<unknown, string>;

const client = { ip: null };
const answer = { challengeId: 'c', code: '123456' };
const verification = { secret: 's', sms, appName: 'Acme', allowedCountries: ['IR'], limits: { smsPerDay: 100 } };
const auth = createPhoneAuth({ ...verification, storage: { challenges, sessions, users }, tokens, profile: memberSchema });

// The user and the profile come from storage.users.
holds<Equals<typeof auth, PhoneAuth<Member, NewMember>>>();
holds<Equals<UserOf<typeof auth>, Member>>();
const signedIn = await auth.signInWithCode({ ...answer, profile: { nickname: 'A' }, client });
holds<Equals<(typeof signedIn)['user'], Member>>();
holds<Equals<(typeof signedIn)['isNewUser'], boolean>>();
// @ts-expect-error -- another profile
await auth.signInWithCode({ ...answer, profile: { nick: 'A' }, client });
// @ts-expect-error -- a field of the wrong type
await auth.registerWithCode({ ...answer, profile: { nickname: 1 }, client });
createPhoneAuth({
  ...verification,
  storage: { challenges, sessions, users },
  tokens,
  // @ts-expect-error -- the store takes other profiles than this schema makes
  profile: textSchema,
});

// A fast path belongs to the users of its adapter.
declare const joined: JoinedStore<Member, NewMember>;
createPhoneAuth({ ...verification, storage: { ...joined, joined }, tokens, profile: memberSchema });
createPhoneAuth({ ...verification, storage: memoryStorage<NewMember>(), tokens, profile: memberSchema });
// @ts-expect-error -- it passes these users by
createPhoneAuth({ ...verification, storage: { ...memoryStorage<NewMember>(), users }, tokens, profile: memberSchema });

// Without a session there is a user and nothing else.
holds<Equals<Awaited<ReturnType<typeof registerOnly>>, { readonly user: Member }>>();
holds<Equals<Awaited<ReturnType<typeof register>>, Authenticated<Member>>>();
function registerOnly() {
  return auth.registerWithCode({ ...answer, profile: { nickname: 'A' }, session: false, client });
}
function register() {
  return auth.registerWithCode({ ...answer, profile: { nickname: 'A' }, client });
}
// @ts-expect-error -- no tokens without a session
(await registerOnly()).accessToken;

// Who asks is never forgotten.
// @ts-expect-error -- no client
await auth.requestCode({ phoneNumber: '+989121234567' });
// @ts-expect-error -- no client
await auth.loginWithCode(answer);
// @ts-expect-error -- no client
await auth.refreshSession({ refreshToken: 'r' });
// @ts-expect-error -- an address, or null said aloud
await auth.requestCode({ phoneNumber: '+989121234567', client: {} });

// Optional inputs may be undefined, as they come from destructuring.
await auth.requestCode({ phoneNumber: '+989121234567', purpose: undefined, locale: undefined, client });

// An answer is a code with its challenge, a code with its number, or a proof.
await auth.loginWithCode({ proof: 'p', client });
await auth.loginWithCode({ phoneNumber: '+989121234567', code: '123456', client });
// @ts-expect-error -- neither challenge nor number
await auth.loginWithCode({ code: '123456', client });
// @ts-expect-error -- a closed set
await auth.requestCode({ phoneNumber: '+989121234567', purpose: 'signup', client });
// @ts-expect-error -- a new password needs the current one or a proof
await auth.setPassword({ userId: 'u', newPassword: 'correct horse battery' });

// Functions may be destructured.
const { requestCode } = auth;
const { challengeId, resendInSeconds } = await requestCode({ phoneNumber: '+989121234567', client });
holds<Equals<typeof challengeId, string>>();
holds<Equals<typeof resendInSeconds, number>>();

// Verification alone needs no users, and knows none.
const alone = createPhoneVerification({ ...verification, storage: { challenges } });
// @ts-expect-error -- no sessions here
alone.loginWithCode;
// @ts-expect-error -- the budget of the whole system has no default
createPhoneVerification({ ...verification, storage: { challenges }, limits: {} });
// @ts-expect-error -- neither have the countries
createPhoneVerification({ secret: 's', sms, appName: 'Acme', limits: { smsPerDay: 1 }, storage: { challenges } });
// @ts-expect-error -- a misspelt option
createPhoneVerification({ ...verification, storage: { challenges }, code: { lenght: 8 } });

// The hooks of abuse say what they take and give.
createPhoneAuth({
  ...verification,
  storage: { challenges, sessions, users },
  tokens,
  claims: ({ user, phoneNumberVerifiedAt }) => {
    holds<Equals<typeof phoneNumberVerifiedAt, number | null>>();
    return { nickname: user.nickname };
  },
  assessRisk: ({ isKnownDevice, captchaToken, country }) => {
    holds<Equals<typeof captchaToken, string | null>>();
    holds<Equals<typeof country, string | null>>();
    return isKnownDevice ? 'allow' : { challenge: 'captcha' };
  },
  onDormantLogin: async ({ user, hasPassword }) => {
    holds<Equals<typeof user, Member>>();
    return hasPassword ? { challenge: 'password' } : 'deny';
  },
});
// @ts-expect-error -- no decision
createPhoneVerification({ ...verification, storage: { challenges }, assessRisk: () => true });
createPhoneVerification({
  ...verification,
  storage: { challenges },
  limits: {
    smsPerDay: 1,
    knownDevice: { guessesPerNumber: [{ max: 1, windowSeconds: 60 }] },
    spend: { perDay: 1, pricePerSms: { IR: 0.02 } },
  },
});
// @ts-expect-error -- a price table says what a day may cost
createPhoneVerification({ ...verification, storage: { challenges }, limits: { smsPerDay: 1, spend: { pricePerSms: { IR: 0.02 } } } });
// @ts-expect-error -- a verification knows no accounts
createPhoneVerification({ ...verification, storage: { challenges }, onDormantLogin: () => 'allow' });
await auth.requestCode({ phoneNumber: '+989121234567', captchaToken: 'c', client: { ip: null, deviceToken: 'd' } });
await auth.loginWithCode({ proof: 'p', password: 'correct horse battery', client });

// An error narrows to its details.
function explain(error: unknown): string | number {
  if (isPhoneAuthError(error, 'rate_limited', 'unavailable')) {
    holds<Equals<(typeof error)['code'], 'rate_limited' | 'unavailable'>>();
    return error.details.retryAfterSeconds;
  }
  if (!isPhoneAuthError(error)) return 'not ours';
  holds<Equals<typeof error, AnyPhoneAuthError>>();
  switch (error.code) {
    case 'invalid_code':
      holds<Equals<(typeof error.details)['reason'], 'wrong' | 'expired' | 'used' | 'unknown'>>();
      return error.details.attemptsLeft ?? 0;
    case 'profile_required':
      return error.details.proof;
    case 'delivery_failed':
      return error.details.challengeId;
    case 'refused_by_policy':
      return error.details.challenge ?? error.details.proof ?? 0;
    case 'invalid_credentials':
      return error.details.proof ?? 0;
    default:
      // @ts-expect-error -- not every code carries this
      return error.details.proof;
  }
}
holds<Equals<Parameters<typeof explain>, [error: unknown]>>();
// @ts-expect-error -- an unknown code
isPhoneAuthError(null, 'wrong_code');
holds<Equals<AnyPhoneAuthError['code'], PhoneAuthErrorCode>>();

// Events are a closed union.
function count(event: PhoneAuthEvent): number {
  switch (event.type) {
    case 'code.sent':
      return event.send;
    case 'sessions.revoked':
      return event.count;
    default:
      return event.at;
  }
}
holds<Equals<ReturnType<typeof count>, number>>();

// A parsed number is a string, and a string is not a parsed number.
holds<PhoneNumber extends string ? true : false>();
// @ts-expect-error -- unparsed
await users.findByPhoneNumber({ phoneNumber: '+989121234567' });

// a plan is what `sms` takes, and its steps take what `sms` takes otherwise
const plan = deliveryPlan([
  { channel: 'whatsapp', sender: [{ sender: sms, countries: ['IR'] }, async () => undefined], waitSeconds: 20 },
  { channel: 'sms', sender: { sender: sms, fallsBackOnRefusal: true } },
]);
holds<Equals<typeof plan, DeliveryPlan>>();
holds<DeliveryPlan extends PhoneAuthConfig['sms'] ? true : false>();
// @ts-expect-error -- a channel that there is not
deliveryPlan([{ channel: 'pigeon', sender: sms }]);
// @ts-expect-error -- a plan in a plan
deliveryPlan([{ channel: 'sms', sender: plan }]);
