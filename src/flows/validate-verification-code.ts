import type { Client, Context } from '../context.ts';
import { PURPOSES, type Purpose } from '../core/challenge.ts';
import { oneOf, optional, text } from '../core/input.ts';
import { ANSWER, CLIENT, CONTEXT, checkInput } from './steps/check-input.ts';
import { checkCodeAnswer } from './steps/redeem-answer.ts';
import { type CodeAnswer, redeemCode } from './steps/redeem-code.ts';

/** What `validateVerificationCode` takes. */
export type ValidateVerificationCode = CodeAnswer & {
  /** The purpose that the code was requested for. @default 'verify' */
  readonly purpose?: Purpose | undefined;
  readonly userId?: string | undefined;
  readonly context?: string | undefined;
  readonly reference?: string | undefined;
  readonly client: Client;
};

/** What `validateVerificationCode` gives. */
export interface Validated {
  readonly phoneNumber: string;
  readonly purpose: Purpose;
  readonly userId: string | null;
  /** Single-use evidence; see `consumeProof`. */
  readonly proof: string;
  /** Epoch ms. */
  readonly proofExpiresAt: number;
}

/**
 * Redeems a code without signing anybody in; the code is consumed and its proof is handed out.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_phone_number`, `invalid_code`, `attempts_exhausted`, `rate_limited`, `unavailable`
 */
export async function validateVerificationCode(ctx: Context, input: ValidateVerificationCode): Promise<Validated> {
  const { proof: _, ...shape } = ANSWER;
  checkInput('validateVerificationCode', input, {
    ...shape,
    purpose: optional(oneOf(PURPOSES)),
    userId: optional(text(255)),
    context: optional(CONTEXT),
    ...CLIENT,
  });
  const { purpose = 'verify', userId = null, context = null, reference = null, client, ...answer } = input;
  checkCodeAnswer(answer);
  const presented = { purposes: [purpose], userId, context, reference, client } as const;
  const { profile: __, failures: ___, ...validated } = await redeemCode(ctx, answer as CodeAnswer, presented);
  return validated;
}
