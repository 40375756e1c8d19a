import { isPhoneAuthError, PhoneAuthError } from '../../errors.ts';

/**
 * Does what follows an accepted code, so that an outage or a limit on the way costs no second SMS: `unavailable` and `rate_limited` then carry
 * the proof.
 */
export async function keepingProof<T>(proof: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isPhoneAuthError(error, 'unavailable'))
      throw new PhoneAuthError('unavailable', { ...error.details, proof }, { cause: error.cause });
    if (isPhoneAuthError(error, 'rate_limited'))
      throw new PhoneAuthError('rate_limited', { ...error.details, proof }, { cause: error.cause });
    throw error;
  }
}
