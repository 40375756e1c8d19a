export type * from './config.ts';
export type { Client } from './context.ts';
export type { Challenge, NewChallenge, Purpose } from './core/challenge.ts';
export type { GuessBound } from './core/guess-bound.ts';
export type { Cooldown, Hit, LimitName, Window } from './core/limits.ts';
export type { MessageTemplate, MessageTemplates, MessageVariables } from './core/message.ts';
export {
  type NumberType,
  type ParsedPhoneNumber,
  type ParsePhoneNumberOptions,
  type PhoneNumber,
  parsePhoneNumber,
} from './core/phone-number.ts';
export type { NewProof, Proof } from './core/proof.ts';
export { smsSegments } from './core/segments.ts';
export type { NewSession, Session } from './core/session.ts';
export { createPhoneAuth, type PhoneAuth, type PhoneAuthSettings, type UserOf } from './create-phone-auth.ts';
export { createPhoneVerification, type PhoneVerification } from './create-phone-verification.ts';
export { deliveryPlan } from './delivery-plan.ts';
export * from './errors.ts';
export type { ChallengeFacts, PhoneAuthEvent, PhoneAuthEvents, PhoneAuthEventType } from './events.ts';
export type { ChangePhoneNumber } from './flows/change-phone-number.ts';
export type { ConsumedProof, ConsumeProof } from './flows/consume-proof.ts';
export type { GetUserStatus, UserStatus } from './flows/get-user-status.ts';
export type { InspectedRefreshToken } from './flows/inspect-refresh-token.ts';
export type { SessionSummary } from './flows/list-sessions.ts';
export type { LoginWithCode } from './flows/login-with-code.ts';
export type { LoginWithPassword } from './flows/login-with-password.ts';
export type { ReceiveReceipts } from './flows/receive-receipts.ts';
export type { RecordDelivery } from './flows/record-delivery.ts';
export type { RefreshSession } from './flows/refresh-session.ts';
export type { RegisterWithCode } from './flows/register-with-code.ts';
export type { RemovePhoneNumber } from './flows/remove-phone-number.ts';
export type { CodeRequest, RequestCode } from './flows/request-code.ts';
export type { ResetPassword } from './flows/reset-password.ts';
export type { SetPassword } from './flows/set-password.ts';
export type { SignedIn, SignInWithCode } from './flows/sign-in-with-code.ts';
export type { StartSession } from './flows/start-session.ts';
export type { ChallengeWish } from './flows/steps/draft-challenge.ts';
export type { Tokens } from './flows/steps/issue-tokens.ts';
export type { Authenticated } from './flows/steps/open-session.ts';
export type { AcceptsVerifyProof, Answer } from './flows/steps/redeem-answer.ts';
export type { CodeAnswer } from './flows/steps/redeem-code.ts';
export type { Sweep } from './flows/sweep.ts';
export type { Validated, ValidateVerificationCode } from './flows/validate-verification-code.ts';
export type { VerifyAccessToken } from './flows/verify-access-token.ts';
export { preferredLocale } from './http/accept-language.ts';
export type { CookieOptions } from './http/cookies.ts';
export type { GuardOptions } from './http/guard.ts';
export type { HttpBody, HttpRequest } from './http/message.ts';
export { type BoundTo, type ContextQuestion, ROUTE_NAMES, type RouteName, type RoutesOptions } from './http/options.ts';
export { type Problem, type ProblemBody, type ProblemOptions, problemOf } from './http/problem.ts';
export type * from './ports/challenge-store.ts';
export type * from './ports/joined-store.ts';
export type * from './ports/password-hasher.ts';
export type * from './ports/session-store.ts';
export type * from './ports/sms-sender.ts';
export type * from './ports/standard-schema.ts';
export type * from './ports/token-issuer.ts';
export type * from './ports/user-store.ts';
