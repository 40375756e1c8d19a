import type { Context } from '../context.ts';
import { PURPOSES, type Purpose } from '../core/challenge.ts';
import { oneOf, optional, text } from '../core/input.ts';
import { CONTEXT, checkInput, inputError } from './steps/check-input.ts';
import { spendProof } from './steps/spend-proof.ts';

/** What `consumeProof` takes. */
export interface ConsumeProof {
  readonly proof: string;
  readonly purpose: Purpose;
  /** Needed for a `step-up`; elsewhere absent means any. */
  readonly userId?: string | undefined;
  /** Must equal the context of the request, or be absent as it was there. */
  readonly context?: string | undefined;
  /** Must equal the reference of the request, or be absent as it was there. */
  readonly reference?: string | undefined;
}

/** What a proof was worth. */
export interface ConsumedProof {
  readonly phoneNumber: string;
  readonly userId: string | null;
  readonly context: string | null;
  readonly reference: string | null;
}

/**
 * Spends a proof, once: for what your own code does on the strength of a proved number.
 *
 * @throws {PhoneAuthError} `invalid_input`, `invalid_proof`, `unavailable`
 */
export async function consumeProof(ctx: Context, input: ConsumeProof): Promise<ConsumedProof> {
  checkInput('consumeProof', input, {
    proof: text(256),
    purpose: oneOf(PURPOSES),
    userId: optional(text(255)),
    context: optional(CONTEXT),
    reference: optional(text(128)),
  });
  const { proof, purpose, userId = null, context = null, reference = null } = input;
  if (purpose === 'step-up' && (userId === null || context === null)) {
    throw inputError(userId === null ? 'userId' : 'context', 'is needed for a step-up');
  }
  const spent = await spendProof(ctx, { proof, purposes: [purpose], userId, context, reference });
  return { phoneNumber: spent.phoneNumber, userId: spent.userId, context: spent.context, reference: spent.reference };
}
