import type { DeliveryReceipt } from '../../src/ports/sms-sender.ts';

/** The receipt for a reference that a send carried, its idempotency key; `null` for what is none. */
export function receiptFor(reference: unknown, state: DeliveryReceipt['state']): DeliveryReceipt | null {
  const [, challengeId, send] =
    typeof reference === 'string' ? (/^([\w-]{1,128}):([1-9]\d{0,5})(?::(?:[2-9]|[1-9]\d))?$/.exec(reference) ?? []) : [];
  return challengeId === undefined ? null : { challengeId, send: Number(send), state };
}

/** Compares a secret in a time that tells nothing but its length. */
export function isSameSecret(expected: string, given: string): boolean {
  const encoder = new TextEncoder();
  const left = encoder.encode(expected);
  const right = encoder.encode(given);
  let difference = left.length ^ right.length;
  left.forEach((byte, index) => {
    difference |= byte ^ (right[index] ?? 0);
  });
  return difference === 0;
}
