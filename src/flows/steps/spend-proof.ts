import type { Context } from '../../context.ts';
import { contextHashOf, type Purpose, phoneKeyIn, phoneKeyOf } from '../../core/challenge.ts';
import { isProof, type Proof, proofHashOf, proofText } from '../../core/proof.ts';
import { PhoneAuthError } from '../../errors.ts';
import { keepingProof } from './keep-proof.ts';

/** Spends a proof, once; `proof` is its successor, for when what follows fails. */
export async function spendProof(
  ctx: Context,
  spend: {
    readonly proof: string;
    readonly purposes: readonly Purpose[];
    readonly userId: string | null;
    readonly context: string | null;
    readonly reference: string | null;
  },
): Promise<Proof & { readonly proof: string }> {
  if (!isProof(spend.proof)) throw new PhoneAuthError('invalid_proof', {});
  const phoneKey = phoneKeyIn(spend.proof);
  const successor = proofText(phoneKey, ctx.random(32));
  const outcome = await keepingProof(successor, () =>
    ctx.challenges.spend({
      proofHash: proofHashOf(ctx.namingKeys, spend.proof),
      phoneKey,
      purposes: spend.purposes,
      userId: spend.userId,
      contextHash: contextHashOf(spend.context),
      reference: spend.reference,
      nextProofHash: proofHashOf(ctx.namingKeys, successor),
      now: ctx.now(),
    }),
  );
  // the proof names the number that earned it: a row that somebody pointed at another number is worth nothing
  if (outcome.is === 'refused' || phoneKeyOf(ctx.namingKeys, outcome.proof.phoneNumber) !== phoneKey)
    throw new PhoneAuthError('invalid_proof', {});
  return { ...outcome.proof, proof: successor };
}
