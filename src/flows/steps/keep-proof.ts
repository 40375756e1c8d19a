import { isPhoneAuthError, PhoneAuthError } from '../../errors.ts';

/** Does what follows an accepted code, so that an outage on the way costs no second SMS: `unavailable` then carries the proof. */
export async function keepingProof<T>(proof: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPhoneAuthError(error, 'unavailable')) throw error;
    throw new PhoneAuthError('unavailable', { ...error.details, proof }, { cause: error.cause });
  }
}
