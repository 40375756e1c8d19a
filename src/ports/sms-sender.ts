import type { Purpose } from '../core/challenge.ts';
import type { PhoneNumber } from '../core/phone-number.ts';

/** How a message travels. */
export type Channel = 'sms' | 'whatsapp' | 'voice';

/** One message, ready to leave. */
export interface SmsMessage {
  readonly to: PhoneNumber;
  /** The whole text, with the WebOTP line where configured. */
  readonly text: string;
  readonly code: string;
  readonly purpose: Purpose;
  readonly context: string | null;
  readonly locale: string;
  readonly channel: Channel;
  readonly challengeId: string;
  /** Epoch ms at which the code expires. */
  readonly expiresAt: number;
  /**
   * The same for every try at the same send; another for a resend. `challengeId:send`, and more behind it where the send goes by a further step of
   * a plan, after others have failed.
   */
  readonly idempotencyKey: string;
}

/** A provider's call about messages it took. */
export interface ReceiptRequest {
  readonly method: string;
  /** Absolute, as the provider called it: signatures cover it. */
  readonly url: string;
  /** By name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** Raw, as it came. */
  readonly body: string;
}

/** What became of one send. */
export interface DeliveryReceipt {
  readonly challengeId: string;
  /** Which send of the challenge; the first is 1. */
  readonly send: number;
  readonly state: 'accepted' | 'delivered' | 'failed' | 'unknown';
}

/** Delivers messages, or says why not by throwing an {@link SmsError}. */
export interface SmsSender {
  readonly name: string;
  /** Consoles and outboxes say `false`: nothing leaves the machine. @default true */
  readonly delivers?: boolean;
  send(message: SmsMessage, options: { readonly signal: AbortSignal }): Promise<{ readonly providerId?: string | undefined } | void>;
  /** Judges and reads a receipt; `null` for what this provider did not sign. Absent: it sends none. */
  readReceipts?(request: ReceiptRequest): Promise<readonly DeliveryReceipt[] | null>;
}

/** The function form of a sender. */
export type SendFunction = SmsSender['send'];
