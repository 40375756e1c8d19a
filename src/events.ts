import type { Purpose } from './core/challenge.ts';
import type { LimitName } from './core/limits.ts';
import type { Channel } from './ports/sms-sender.ts';

/** What every event that concerns a challenge carries. Numbers are masked; no code, token, proof or password is ever in an event. */
export interface ChallengeFacts {
  readonly challengeId: string;
  /** Like `+98912•••4567`. */
  readonly phoneNumber: string;
  readonly purpose: Purpose;
  /** ISO 3166-1 alpha-2, or `001` for a number of no country. */
  readonly country: string;
  /** Present on challenges of `testNumbers`. */
  readonly test?: true | undefined;
}

/** The closed list of events, by type. */
export interface PhoneAuthEvents {
  /** Somebody asked: a challenge was written, or a resend was counted on it. `decoy`: nothing will be sent. */
  'code.requested': ChallengeFacts & { readonly resend: boolean; readonly decoy: boolean };
  /** The provider took the message. One that a plan sends by itself has no `code.requested`. */
  'code.sent': ChallengeFacts & {
    /** Which send of the challenge; the first is 1. */
    readonly send: number;
    readonly channel: Channel;
    readonly sender: string;
    readonly providerId: string | null;
  };
  /** A message goes out as more than one SMS, each of which costs: see docs/messages.md. */
  'message.segmented': {
    /** `null`: a notice, which carries no code. */
    readonly challengeId: string | null;
    readonly phoneNumber: string;
    readonly purpose: Purpose;
    readonly locale: string;
    readonly encoding: 'GSM-7' | 'UCS-2';
    readonly segments: number;
  };
  /** No sender took it. */
  'code.delivery_failed': ChallengeFacts & {
    readonly send: number;
    /** Of the last one that was tried, as is `sender`. */
    readonly channel: Channel;
    readonly sender: string;
    readonly kind: 'permanent' | 'retryable' | 'ambiguous';
    /** The provider's own name of the failure, where it has one. */
    readonly providerCode: string | null;
  };
  /** A provider said what became of a send; repeated and in any order, as providers do. */
  'code.delivery_reported': {
    readonly challengeId: string;
    readonly send: number;
    readonly state: 'accepted' | 'delivered' | 'failed' | 'unknown';
    /** The sender that the provider belongs to; `null` where `recordDelivery` was not told. */
    readonly sender: string | null;
    /** As in other events; `null` for a challenge that is not there any more. */
    readonly country: string | null;
  };
  /** Half of the last minute's messages through a sender failed: for so many seconds others are tried before it. */
  'sender.suspended': { readonly sender: string; readonly failures: number; readonly of: number; readonly seconds: number };
  /** A message went through a sender that was suspended. */
  'sender.resumed': { readonly sender: string };
  /** A code was accepted; the challenge is used. */
  'code.accepted': ChallengeFacts;
  /** A code was not accepted. */
  'code.refused': {
    readonly challengeId: string;
    readonly reason: 'wrong' | 'expired' | 'used' | 'unknown' | 'exhausted' | 'altered';
    readonly attemptsLeft: number | null;
  };
  /** Sends or money of the day passed a half, four fifths (where unknown devices stop) or the whole of what is allowed. Once each. */
  'budget.reached': {
    readonly limit: 'smsPerDay' | 'spend';
    readonly percent: 50 | 80 | 100;
    /** SMS, or money in the unit of the price table. */
    readonly used: number;
    readonly max: number;
  };
  /** After a send: how many of the last hour's codes to its prefix or country came back. Few of many are SMS pumping. */
  'code.conversion': {
    readonly by: 'prefix' | 'country';
    /** Like `+98912345`, or `IR`. */
    readonly name: string;
    readonly sent: number;
    readonly redeemed: number;
    readonly windowSeconds: number;
  };
  /** `assessRisk` refused, or failed for an unknown device. Nothing was sent or charged. */
  'risk.refused': {
    readonly phoneNumber: string;
    readonly purpose: Purpose;
    /** What would help; `null`: nothing. */
    readonly challenge: string | null;
    readonly reason: 'decided' | 'failed';
    readonly ip: string | null;
  };
  /** A limit refused; `phoneNumber` is `null` where only a challenge id was given. */
  'limit.reached': { readonly limit: LimitName; readonly phoneNumber: string | null; readonly retryAfterSeconds: number };
  'user.registered': { readonly userId: string; readonly phoneNumber: string };
  'user.signed_in': {
    readonly userId: string;
    readonly sessionId: string;
    readonly amr: readonly string[];
    readonly ip: string | null;
    readonly userAgent: string | null;
  };
  /** A sign-in from a device that never signed in to this account: tell the user. The device is known from then on. */
  'user.new_device': {
    readonly userId: string;
    readonly sessionId: string;
    readonly amr: readonly string[];
    readonly ip: string | null;
    readonly userAgent: string | null;
  };
  /** A sign-in after wrong codes or passwords in a row: their guesser may have succeeded. Once, as a success ends the row. */
  'user.signed_in_after_failures': {
    readonly userId: string;
    readonly sessionId: string;
    readonly failures: number;
    readonly ip: string | null;
    readonly userAgent: string | null;
  };
  /** A right code for a number that nobody proved for long, which may belong to somebody else by now. */
  'user.dormant': {
    readonly userId: string;
    readonly phoneNumberVerifiedAt: number;
    readonly allowed: boolean;
    /** What would help; `null`: nothing, or nothing is needed. */
    readonly challenge: string | null;
  };
  /** Right number, wrong or no password, or an account that may not sign in. */
  'password.refused': { readonly userId: string | null; readonly phoneNumber: string };
  'password.changed': { readonly userId: string };
  'phone_number.changed': { readonly userId: string; readonly phoneNumber: string | null; readonly previous: string | null };
  'session.refreshed': { readonly userId: string; readonly sessionId: string; readonly replayed: boolean };
  'session.ended': { readonly userId: string; readonly sessionId: string; readonly reason: 'ended' | 'revoked' | 'evicted' | 'user_gone' };
  /** All sessions of a user ended but, where given, one. */
  'sessions.revoked': { readonly userId: string; readonly exceptSessionId: string | null; readonly count: number };
  /** A refresh token that was already used came back too late: theft, or a client that lost its answer for long. */
  'session.reuse_detected': { readonly userId: string; readonly sessionId: string; readonly revoked: boolean; readonly ip: string | null };
  /** A store, sender, issuer, hasher or hook failed or was late. */
  'port.failed': {
    readonly port: string;
    readonly verb: string;
    /** `DeadlineError`, or the error's `code` or `name`; never its message. */
    readonly reason: string;
  };
}

/** The names of the events. */
export type PhoneAuthEventType = keyof PhoneAuthEvents;

/** Something that happened, for logs, metrics and notices. `at` is epoch ms. */
export type PhoneAuthEvent = {
  [Type in PhoneAuthEventType]: { readonly type: Type; readonly at: number } & PhoneAuthEvents[Type];
}[PhoneAuthEventType];

/** Hides the middle of a number: `+989121234567` becomes `+98912•••4567`, and a short one keeps only its end. */
export function maskPhoneNumber(phoneNumber: string): string {
  return phoneNumber.length < 11 ? `•••${phoneNumber.slice(-2)}` : `${phoneNumber.slice(0, 6)}•••${phoneNumber.slice(-4)}`;
}
