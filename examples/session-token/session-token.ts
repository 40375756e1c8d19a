import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Makes and knows session tokens. As the original's they are signed and name the number; nobody can invent one. */
export interface SessionTokens {
  readonly issueFor: (phoneNumber: string) => string;
  readonly isFor: (sessionToken: string, phoneNumber: string) => boolean;
}

/** 16 random bytes and 16 of a signature over them and the number, as hex. */
export function sessionTokens(secret: string): SessionTokens {
  const signed = (nonce: string, phoneNumber: string): string =>
    nonce + createHmac('sha256', secret).update(`session-token ${nonce} ${phoneNumber}`).digest('hex').slice(0, 32);
  return {
    issueFor: (phoneNumber) => signed(randomBytes(16).toString('hex'), phoneNumber),
    isFor(sessionToken, phoneNumber) {
      if (!/^[0-9a-f]{64}$/.test(sessionToken)) return false;
      return timingSafeEqual(Buffer.from(sessionToken), Buffer.from(signed(sessionToken.slice(0, 32), phoneNumber)));
    },
  };
}
