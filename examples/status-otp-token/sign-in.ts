import { type Authenticated, type Client, isPhoneAuthError, type PhoneAuth, type UserRecord } from 'ringlatch';
import type { Profile, Ways } from './settings.ts';

type Auth = PhoneAuth<UserRecord, Profile>;

/**
 * Signs in by what stands under the one key `password`. As many digits as a code has are tried as the code first, and only when they are not it,
 * on an account with a fixed password, as that. Any other text is the fixed password and touches no code.
 */
export async function signIn(
  auth: Auth,
  { codeLength }: Ways,
  { password, ...who }: { readonly phoneNumber: string; readonly password: string; readonly client: Client },
): Promise<Authenticated<UserRecord>> {
  const isLikeCode = /^\p{Nd}+$/u.test(password) && [...password].length === codeLength;
  if (!isLikeCode) return auth.loginWithPassword({ ...who, password });
  try {
    return await auth.signInWithCode({ ...who, code: password });
  } catch (error) {
    if (!isPhoneAuthError(error, 'invalid_code', 'attempts_exhausted', 'rate_limited')) throw error;
    // Asked in the name of the client, because the time of an answer tells as much as the status route does.
    if (!(await auth.getUserStatus(who)).hasPassword) throw error;
    return await auth.loginWithPassword({ ...who, password }).catch((second: unknown) => {
      // What was not judged may have been right: the answer is then to wait.
      throw isPhoneAuthError(second, 'invalid_credentials') ? error : second;
    });
  }
}

/** For what refuses a refresh token: throws `wrongType` when it was an access token, else what refused it. */
export function tellWrongType(auth: Auth, token: string, wrongType: Error): (error: unknown) => Promise<never> {
  return async (error) => {
    if (!isPhoneAuthError(error, 'invalid_session') || error.details.reason !== 'malformed') throw error;
    const isAccessToken = await auth.verifyAccessToken({ accessToken: token }).then(
      () => true,
      () => false,
    );
    throw isAccessToken ? wrongType : error;
  };
}
