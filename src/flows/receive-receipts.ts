import type { Context } from '../context.ts';
import { anything, text } from '../core/input.ts';
import { PhoneAuthError } from '../errors.ts';
import type { DeliveryReceipt, ReceiptRequest } from '../ports/sms-sender.ts';
import { checkInput } from './steps/check-input.ts';
import { noteDelivery } from './steps/note-delivery.ts';

/** What `receiveReceipts` takes. */
export interface ReceiveReceipts {
  /** The `name` of the sender whose provider calls. */
  readonly sender: string;
  readonly request: ReceiptRequest;
}

/**
 * Takes a provider's call about messages that it took, checks its signature, and remembers what became of them.
 *
 * @throws {PhoneAuthError} `invalid_input`, `refused_by_policy` (no such sender, or its provider did not sign this), `unavailable`
 */
export async function receiveReceipts(ctx: Context, input: ReceiveReceipts): Promise<{ readonly count: number }> {
  checkInput('receiveReceipts', input, { sender: text(64), request: anything });
  const receipts = await readBy(ctx, input);
  if (receipts === null) throw new PhoneAuthError('refused_by_policy', {});
  for (const receipt of receipts) await noteDelivery(ctx, receipt, input.sender);
  return { count: receipts.length };
}

async function readBy(ctx: Context, { sender: name, request }: ReceiveReceipts): Promise<readonly DeliveryReceipt[] | null> {
  const sender = ctx.routes.find((route) => route.sender.name === name)?.sender;
  const { readReceipts } = sender ?? {};
  if (sender === undefined || readReceipts === undefined) return null;
  return ctx.within(`sms:${name}`, 'readReceipts', ctx.settings.deadlineSeconds.port, () => readReceipts.call(sender, request));
}
