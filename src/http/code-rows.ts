import type { CodeAnswer, PhoneAuth } from '../create-phone-auth.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { jsonOf } from './body.ts';
import { type Row, redeemed } from './row.ts';
import { answerIn, invalid, read } from './schemas.ts';

/** Codes: asked for, checked, and turned into a session. */
export function codeRows<User extends UserRecord, Profile>(auth: PhoneAuth<User, Profile>): readonly Row<User>[] {
  const { acceptsProfile, hasPasswords } = auth.settings;
  const profileIn = (body: { readonly profile?: unknown }): Profile | undefined => {
    if (body.profile !== undefined && !acceptsProfile) throw invalid('profile', 'is not an argument');
    // the configured schema judges it in the core
    return body.profile as Profile | undefined;
  };
  const passwordIn = ({ password }: { readonly password?: string | undefined }): string | undefined => {
    if (password !== undefined && !hasPasswords) throw invalid('password', 'is not an argument');
    return password;
  };
  return [
    {
      name: 'requestCode',
      method: 'POST',
      path: '/codes',
      run: async (request, reader) => {
        const { deviceToken, ...wish } = read('request', jsonOf(request));
        // the tokens of some captchas leave no room in a body
        const captchaToken = wish.captchaToken ?? request.header('x-captcha-response');
        profileIn(wish);
        const userId = await reader.userIdFor(request, wish.purpose);
        const bound = await reader.boundTo(request, wish.purpose ?? 'sign-in', userId);
        const idempotencyKey = request.header('idempotency-key');
        const locale = wish.locale ?? reader.locale(request);
        return {
          status: 202,
          answer: await auth.requestCode({
            ...wish,
            ...bound,
            locale,
            captchaToken,
            userId,
            idempotencyKey,
            client: reader.client(request, deviceToken),
          }),
        };
      },
    },
    {
      name: 'validateVerificationCode',
      method: 'POST',
      path: '/codes/validate',
      run: async (request, reader) => {
        const body = read('code', jsonOf(request));
        const userId = await reader.userIdFor(request, body.purpose);
        const bound = await reader.boundTo(request, body.purpose ?? 'verify', userId);
        const client = reader.client(request, body.deviceToken);
        return { status: 200, answer: await auth.validateVerificationCode({ ...answerIn<CodeAnswer>(body), ...bound, userId, client }) };
      },
    },
    {
      name: 'registerWithCode',
      method: 'POST',
      path: '/register/code',
      writesCookies: true,
      run: async (request, reader) => {
        const body = read('register', jsonOf(request));
        const given = { profile: profileIn(body), password: passwordIn(body) };
        return { status: 201, answer: await auth.registerWithCode({ ...(await redeemed(reader, request, body, null)), ...given }) };
      },
    },
    {
      name: 'loginWithCode',
      method: 'POST',
      path: '/login/code',
      writesCookies: true,
      run: async (request, reader) => {
        const body = read('login', jsonOf(request));
        return {
          status: 200,
          answer: await auth.loginWithCode({ password: passwordIn(body), ...(await redeemed(reader, request, body, null)) }),
        };
      },
    },
    {
      name: 'signInWithCode',
      method: 'POST',
      path: '/sign-in/code',
      writesCookies: true,
      run: async (request, reader) => {
        const body = read('signIn', jsonOf(request));
        const given = { profile: profileIn(body), password: passwordIn(body) };
        const signedIn = await auth.signInWithCode({ ...given, ...(await redeemed(reader, request, body, null)) });
        return { status: signedIn.isNewUser ? 201 : 200, answer: signedIn };
      },
    },
  ];
}
