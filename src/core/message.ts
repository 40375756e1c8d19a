import type { Purpose } from './challenge.ts';

/** What a message template sees. */
export interface MessageVariables {
  readonly code: string;
  readonly appName: string;
  readonly purpose: Purpose;
  /** The `context` of the request, or `null`. */
  readonly context: string | null;
  readonly locale: string;
  /** Whole minutes until the code expires. */
  readonly expiresInMinutes: number;
}

/** Writes the first line of a message. The WebOTP line is added by the library. */
export type MessageTemplate = (variables: MessageVariables) => string;
