import { randomBytes } from 'node:crypto';
import { createPhoneAuth, type PhoneAuth } from 'ringlatch';
import { joseTokens } from 'ringlatch/jose';
import { BENCH_LIMITS } from './systems/ringlatch.ts';
import { openStorage } from './systems/ringlatch-storage.ts';
import type { StoreName } from './systems/system.ts';

/** The library as a service that runs on while its secrets are rotated. */
export interface LoadService {
  readonly auth: () => PhoneAuth;
  /** As the next deployment would: new secrets for codes, sessions and tokens in front of those that are still in use. */
  readonly rotateSecrets: () => void;
  /** The code that was sent for a challenge; it is told once. */
  readonly takeCode: (challengeId: string) => string;
  readonly close: () => Promise<void>;
}

const CODE_SECONDS = 60;

/** Codes live a minute, so that sweeping has something to do; a known number may ask for many of them. */
export async function openLoadService(store: StoreName): Promise<LoadService> {
  const { storage, close } = await openStorage(store, false);
  const codes = new Map<string, string>();
  let secrets: readonly string[] = [];
  let tokenSecrets: readonly string[] = [];
  let auth = rotated();

  function rotated(): PhoneAuth {
    secrets = [randomBytes(32).toString('base64'), ...secrets];
    tokenSecrets = [randomBytes(32).toString('base64'), ...tokenSecrets];
    return createPhoneAuth({
      secret: secrets,
      storage,
      sms: async ({ challengeId, code }) => {
        codes.set(challengeId, code);
      },
      tokens: joseTokens({ secret: [...tokenSecrets] }),
      appName: 'Bench',
      allowedCountries: ['IR'],
      code: { ttlSeconds: CODE_SECONDS, resendAfterSeconds: [30] },
      limits: { ...BENCH_LIMITS, sendsPerNumber: [{ max: 1000, windowSeconds: 600 }], sendsPerIp: [{ max: 1000, windowSeconds: 600 }] },
    });
  }

  return {
    auth: () => auth,
    rotateSecrets() {
      auth = rotated();
    },
    takeCode(challengeId) {
      const code = codes.get(challengeId) ?? '';
      codes.delete(challengeId);
      return code;
    },
    async close() {
      await auth.drain();
      await close();
    },
  };
}
