// Compiled as a module and, under another name, as CommonJS, with the oldest and the newest compiler that are promised.
import { createPhoneAuth, isPhoneAuthError, type PhoneAuth, type UserOf, type UserRecord, type UserStore } from 'ringlatch';
import { turnstileRisk } from 'ringlatch/captcha';
import * as conformance from 'ringlatch/conformance';
import { phoneAuthRouter } from 'ringlatch/express';
import { phoneAuthPlugin } from 'ringlatch/fastify';
import { phoneAuthHandler } from 'ringlatch/fetch';
import { joseTokens } from 'ringlatch/jose';
import { memoryStorage } from 'ringlatch/memory';
import { nodePasswords } from 'ringlatch/passwords';
import { consoleSms } from 'ringlatch/sms/console';
import { inboxSms } from 'ringlatch/sms/inbox';
import { sqliteStorage } from 'ringlatch/sqlite';
import { createTestAuth } from 'ringlatch/testing';

interface Member extends UserRecord {
  readonly nickname: string;
}
declare const users: UserStore<Member, { nickname: string }>;

const auth: PhoneAuth<Member, { nickname: string }> = createPhoneAuth({
  secret: 'secret',
  storage: { ...memoryStorage(), users, joined: undefined },
  sms: [inboxSms(), consoleSms(), async ({ to, text }) => console.log(to, text)],
  tokens: joseTokens({ secret: 'secret' }),
  passwords: nodePasswords(),
  appName: 'Acme',
  allowedCountries: ['IR'],
  limits: { smsPerDay: 100 },
  assessRisk: turnstileRisk({ secret: 'secret', fetch }),
});

export function hosts(): readonly unknown[] {
  const handle: (request: Request) => Promise<Response> = phoneAuthHandler(auth, { basePath: '/auth', clientIp: () => null });
  return [phoneAuthRouter(auth), phoneAuthPlugin, handle, sqliteStorage, createTestAuth, conformance];
}

export async function nicknameOf(challengeId: string, code: string): Promise<string | null> {
  try {
    const { user }: { user: UserOf<typeof auth> } = await auth.signInWithCode({
      challengeId,
      code,
      profile: { nickname: 'A' },
      client: { ip: null },
    });
    return user.nickname;
  } catch (error) {
    if (isPhoneAuthError(error, 'invalid_code')) return error.details.reason;
    throw error;
  }
}

// @ts-expect-error -- no such subpath
export type Nothing = import('ringlatch/nothing').Nothing;
