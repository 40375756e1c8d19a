import { type Authenticated, type Client, isPhoneAuthError, type PhoneAuth, PhoneAuthError, type Tokens } from 'ringlatch';
import type { Names, Person } from './settings.ts';

type Auth = PhoneAuth<Person, Names>;

/** Signs in by the code of a login, else by that of a sign-up, which makes the account. `account_not_found`: nobody asked for either. */
export async function signIn(
  auth: Auth,
  { password, ...answer }: { readonly phoneNumber: string; readonly code: string; readonly password: string; readonly client: Client },
): Promise<Authenticated<Person>> {
  try {
    return await auth.loginWithCode({ ...answer, purpose: 'login', ...(password !== '' && { password }) });
  } catch (error) {
    if (!isPhoneAuthError(error, 'attempts_exhausted') && !isNotTried(error)) throw error;
  }
  try {
    return await auth.registerWithCode({ ...answer, purpose: 'register' });
  } catch (error) {
    const { phoneNumber, client } = answer;
    const mayBeNobody = isNotTried(error) && !['expired', 'used'].includes(error.details.reason);
    if (mayBeNobody && !(await auth.getUserStatus({ phoneNumber, client })).exists) throw new PhoneAuthError('account_not_found', {});
    throw error;
  }
}

/** A code that no open request was tried with; one that was tells how many tries are left. */
function isNotTried(error: unknown): error is PhoneAuthError<'invalid_code'> {
  return isPhoneAuthError(error, 'invalid_code') && error.details.attemptsLeft === undefined;
}

/** The next tokens. `invalid_token`: an access token, where a refresh token belongs. */
export async function refreshSession(auth: Auth, input: { readonly refreshToken: string; readonly client: Client }): Promise<Tokens> {
  try {
    return await auth.refreshSession(input);
  } catch (error) {
    if (!isPhoneAuthError(error, 'invalid_session') || error.details.reason !== 'malformed') throw error;
    const isAccessToken = await auth.verifyAccessToken({ accessToken: input.refreshToken }).then(
      () => true,
      () => false,
    );
    throw isAccessToken ? new PhoneAuthError('invalid_token', {}) : error;
  }
}
