import type { Context } from '../context.ts';
import { integer, oneOf, optional, text } from '../core/input.ts';
import { checkInput } from './steps/check-input.ts';
import { noteDelivery } from './steps/note-delivery.ts';

/** What `recordDelivery` takes: what a provider's receipt says about one send. */
export interface RecordDelivery {
  readonly challengeId: string;
  /** Which send of the challenge, from 1. */
  readonly send: number;
  readonly state: 'accepted' | 'delivered' | 'failed' | 'unknown';
  /** The `name` of the sender that sent it, for the event. At most 64 characters. */
  readonly sender?: string | undefined;
}

/**
 * Remembers what became of a message. Repeated and disordered receipts are harmless, and so are those of challenges that are gone.
 *
 * @throws {PhoneAuthError} `invalid_input`, `unavailable`
 */
export async function recordDelivery(ctx: Context, input: RecordDelivery): Promise<Record<never, never>> {
  checkInput('recordDelivery', input, {
    challengeId: text(64),
    send: integer(1),
    state: oneOf(['accepted', 'delivered', 'failed', 'unknown']),
    sender: optional(text(64)),
  });
  const { challengeId, send, state, sender = null } = input;
  await noteDelivery(ctx, { challengeId, send, state }, sender);
  return {};
}
