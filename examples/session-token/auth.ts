import { createPhoneAuth, type PhoneAuth, type PhoneAuthConfig, type SmsSender } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';
import { chainedPasswords, djangoPasswords, nodePasswords } from 'ringlatch/passwords';
import type { readSettings } from './settings.ts';

/** Where everything is kept. */
export type Storage = PhoneAuthConfig['storage'];

/** What a session of Django lives, in seconds. */
export const SESSION_SECONDS: number = 14 * 86_400;

const NEVER = 8.64e15;

/** New passwords by argon2id; those that Django hashed are right too. */
const passwords = chainedPasswords({ hashers: [nodePasswords(), djangoPasswords()] });

/** Whether a password stands on the list of those that everybody tries first. */
export function isCommonPassword(password: string): boolean {
  return passwords.isCommon?.({ password }) ?? false;
}

/** ringlatch as the settings of django-phone-verify want it. */
export function createAuth(
  settings: ReturnType<typeof readSettings>,
  ports: { readonly secret: string; readonly storage: Storage; readonly sms: SmsSender; readonly now: () => number },
): PhoneAuth {
  const { message, appName, sandboxCode: code, allowedCountries, smsPerDay, codeLength, codeTtlSeconds, maxAttempts, singleUse } = settings;
  return createPhoneAuth({
    ...ports,
    tokens: joseTokens({ secret: ports.secret }),
    passwords,
    appName,
    allowedCountries,
    binding: 'phone',
    code: { length: codeLength, ttlSeconds: codeTtlSeconds, maxAttempts, singleUse },
    limits: { smsPerDay },
    session: { idleSeconds: SESSION_SECONDS, absoluteSeconds: SESSION_SECONDS, rotateRefreshToken: false },
    messages: { en: { verify: (m) => message.replace(/\{(app|security_code)\}/g, (_, name) => (name === 'app' ? m.appName : m.code)) } },
    testNumbers: code === undefined ? undefined : { numbers: 'all', code, until: NEVER, send: true },
  });
}
