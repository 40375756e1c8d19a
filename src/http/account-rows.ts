import type { PhoneAuth } from '../create-phone-auth.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { jsonOf } from './body.ts';
import { type Row, redeemed } from './row.ts';
import { invalid, read } from './schemas.ts';

/** Passwords, numbers, and what is known of an account. */
export function accountRows<User extends UserRecord, Profile>(auth: PhoneAuth<User, Profile>): readonly Row<User>[] {
  return [
    {
      name: 'loginWithPassword',
      method: 'POST',
      path: '/login/password',
      writesCookies: true,
      run: async (request, reader) => {
        const { deviceToken, ...credentials } = read('credentials', jsonOf(request));
        return { status: 200, answer: await auth.loginWithPassword({ ...credentials, client: reader.client(request, deviceToken) }) };
      },
    },
    {
      name: 'resetPassword',
      method: 'POST',
      path: '/password/reset',
      writesCookies: true,
      run: async (request, reader) => {
        const body = read('reset', jsonOf(request));
        const { newPassword } = body;
        return {
          status: 200,
          answer: await auth.resetPassword({ ...(await redeemed(reader, request, body, 'reset-password')), newPassword }),
        };
      },
    },
    {
      name: 'setPassword',
      method: 'PUT',
      path: '/password',
      run: async (request, reader) => {
        const { userId, sessionId } = await reader.recentClaims(request);
        const { newPassword, currentPassword, proof } = read('password', jsonOf(request));
        if ((currentPassword === undefined) === (proof === undefined)) throw invalid('currentPassword', 'or proof is required, not both');
        const permission =
          proof === undefined
            ? { currentPassword: currentPassword as string }
            : { proof, ...(await reader.boundTo(request, null, userId)) };
        await auth.setPassword({ userId, sessionId, newPassword, ...permission });
        return { status: 204 };
      },
    },
    {
      name: 'changePhoneNumber',
      method: 'PUT',
      path: '/phone-number',
      run: async (request, reader) => {
        const { userId, sessionId } = await reader.recentClaims(request);
        const proved = await redeemed(reader, request, read('answer', jsonOf(request)), 'change-phone-number', userId);
        return { status: 200, answer: await auth.changePhoneNumber({ ...proved, userId, sessionId }) };
      },
    },
    {
      name: 'getUserStatus',
      method: 'POST',
      path: '/status',
      run: async (request, reader) => {
        const { phoneNumber, deviceToken } = read('status', jsonOf(request));
        return { status: 200, answer: await auth.getUserStatus({ phoneNumber, client: reader.client(request, deviceToken) }) };
      },
    },
  ];
}
