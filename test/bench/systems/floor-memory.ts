import { CODE_MILLISECONDS, type FloorStore, MAX_ATTEMPTS, REFRESH_MILLISECONDS } from './floor-store.ts';

interface Code {
  readonly digest: string;
  readonly expiresAt: number;
  attempts: number;
}

/** Three maps. */
export function floorMemory(): FloorStore {
  const codes = new Map<string, Code>();
  const users = new Map<string, { readonly id: string; readonly createdAt: number }>();
  const sessions = new Map<string, { readonly userId: string; readonly expiresAt: number }>();
  return {
    async put(phoneNumber, digest, now) {
      codes.set(phoneNumber, { digest, expiresAt: now + CODE_MILLISECONDS, attempts: 0 });
    },
    async consume({ phoneNumber, digest, now, newUserId, refreshHash }) {
      const code = codes.get(phoneNumber);
      if (code === undefined || code.expiresAt <= now || code.attempts >= MAX_ATTEMPTS) return null;
      if (code.digest !== digest) {
        code.attempts += 1;
        return null;
      }
      codes.delete(phoneNumber);
      const user = users.get(phoneNumber) ?? { id: newUserId, createdAt: now };
      users.set(phoneNumber, user);
      sessions.set(refreshHash, { userId: user.id, expiresAt: now + REFRESH_MILLISECONDS });
      return user.id;
    },
    close: async () => undefined,
  };
}
