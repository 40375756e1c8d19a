import { createHmac } from 'node:crypto';

/** What the answer to a registration hands out, and its verification brings back. */
export interface RegistrationTokens {
  /** A UUID that nobody else can make: the time, and a keyed digest of time and number. */
  readonly make: (phoneNumber: string) => string;
  /** Whether it is one of that number, and of the registration under way. It tells a wrong token from a wrong code and opens nothing. */
  readonly isOf: (phoneNumber: string, token: unknown) => boolean;
}

export function registrationTokens({
  secret,
  ttlSeconds,
  now,
}: {
  readonly secret: string;
  readonly ttlSeconds: number;
  readonly now: () => number;
}): RegistrationTokens {
  function tokenAt(time: string, phoneNumber: string): string {
    const digest = createHmac('sha256', secret).update(`registration token: ${time} ${phoneNumber}`).digest('hex');
    return [time.slice(0, 8), time.slice(8), `4${digest.slice(0, 3)}`, `8${digest.slice(3, 6)}`, digest.slice(6, 18)].join('-');
  }
  return {
    make: (phoneNumber) => tokenAt(now().toString(16).padStart(12, '0'), phoneNumber),
    isOf(phoneNumber, token) {
      if (typeof token !== 'string') return false;
      const time = token.slice(0, 8) + token.slice(9, 13);
      return token === tokenAt(time, phoneNumber) && Number.parseInt(time, 16) > now() - ttlSeconds * 1000;
    },
  };
}
