import type { Client } from './context.ts';
import type { Purpose } from './core/challenge.ts';
import type { CodeAnswer } from './create-phone-auth.ts';
import type { CodeRequest, RequestCode } from './flows/request-code.ts';

/** What `createPhoneVerification` gives: functions, which may be destructured. */
export interface PhoneVerification {
  requestCode(i: RequestCode): Promise<CodeRequest>;
  validateVerificationCode(
    i: CodeAnswer & {
      readonly purpose?: Purpose | undefined;
      readonly userId?: string | undefined;
      readonly context?: string | undefined;
      readonly reference?: string | undefined;
      readonly client: Client;
    },
  ): Promise<{
    readonly phoneNumber: string;
    readonly purpose: Purpose;
    readonly userId: string | null;
    readonly proof: string;
    readonly proofExpiresAt: number;
  }>;
  consumeProof(i: {
    readonly proof: string;
    readonly purpose: Purpose;
    readonly userId?: string | undefined;
    readonly context?: string | undefined;
    readonly reference?: string | undefined;
  }): Promise<{
    readonly phoneNumber: string;
    readonly userId: string | null;
    readonly context: string | null;
    readonly reference: string | null;
  }>;
  recordDelivery(i: {
    readonly challengeId: string;
    readonly send: number;
    readonly state: 'accepted' | 'delivered' | 'failed' | 'unknown';
  }): Promise<Record<never, never>>;
  sweep(i?: { readonly max?: number | undefined }): Promise<{ readonly count: number }>;
  /** Waits until work that outlived its answer is done. */
  drain(): Promise<void>;
  guessBound(): {
    readonly guessesPerNumberPerDay: number;
    readonly probabilityPerNumberPerDay: number;
    readonly smsPerDay: number;
    readonly spendPerDay: number | null;
  };
  describe(): string;
}
