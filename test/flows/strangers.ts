import { type Client, isPhoneAuthError, type LimitName } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, passwords, type Requested, type SignedUp, type Stage } from './stage.ts';

/** Why a limit refused, and what passed before. */
export interface Refusal {
  readonly limit: LimitName;
  readonly retryAfterSeconds: number;
  readonly passed: number;
}

/** An account with a password, a day after its first sign-in, so that its budgets are whole again. */
export interface Owner extends SignedUp {
  /** The device of that sign-in. */
  readonly device: Client;
}

export const PASSWORD = 'correct horse battery';

let met = 0;

/** Somebody at an address that nobody else has: 100.64.0.0/10, which is never routed. */
export function stranger(): Client {
  const index = met++;
  return { ip: `100.${64 + (Math.floor(index / 65_536) % 64)}.${Math.floor(index / 256) % 256}.${index % 256}`, userAgent: 'stranger' };
}

export async function owner(s: Stage, ip: string | null = s.client.ip): Promise<Owner> {
  const signedUp = await s.signUp();
  const passwordHash = await passwords.hash({ password: PASSWORD });
  await s.storage.users.setPasswordHash({ userId: signedUp.userId, passwordHash, replaces: null });
  s.clock.advance(86_400);
  return { ...signedUp, device: { ip, userAgent: 'vitest', deviceToken: signedUp.deviceToken } };
}

/** A code of a login, asked for and redeemed from one device: first try or not at all. */
export async function signInByCode(s: Stage, phoneNumber: string, client: Client): ReturnType<Stage['auth']['loginWithCode']> {
  const { challengeId, code } = await s.request({ phoneNumber, purpose: 'login', client });
  return s.auth.loginWithCode({ challengeId, code, client });
}

export function signInByPassword(s: Stage, phoneNumber: string, client: Client): ReturnType<Stage['auth']['loginWithPassword']> {
  return s.auth.loginWithPassword({ phoneNumber, password: PASSWORD, client });
}

/** Does something until a limit asks for more than `patienceSeconds`, and waits where it asks for less. */
export async function untilRefused(s: Stage, once: () => Promise<unknown>, patienceSeconds = 0): Promise<Refusal> {
  for (let passed = 0; ; ) {
    try {
      await once();
      passed++;
    } catch (error) {
      if (!isPhoneAuthError(error, 'rate_limited')) throw error;
      const { limit, retryAfterSeconds } = error.details;
      if (retryAfterSeconds > patienceSeconds || limit === 'guessesInARow') return { limit, retryAfterSeconds, passed };
      s.clock.advance(retryAfterSeconds);
    }
  }
}

/** The hundred numbers beside a number of `nextPhoneNumber`, one after the other: a block, as pumpers buy them. */
export function blockOf(phoneNumber: string): () => string {
  let last = 0;
  return () => phoneNumber.slice(0, -2) + String(last++ % 100).padStart(2, '0');
}

/** Sends a code to a number, from wherever. */
export function sending(s: Stage, from: () => Client = stranger, to: () => string = nextPhoneNumber): () => Promise<Requested> {
  return () => s.request({ phoneNumber: to(), client: from() });
}

/** One wrong guess that is judged; asks for another code when the attempts of one are paid, or it is too old. */
export function guessing(s: Stage, phoneNumber: string, from: () => Client = stranger): () => Promise<void> {
  let asked: Requested | null = null;
  return async () => {
    for (;;) {
      asked ??= await s.request({ phoneNumber, client: from() });
      const { challengeId, wrong } = asked;
      const error = await failure(s.auth.signInWithCode({ challengeId, code: wrong, client: from() }));
      if (error.code === 'rate_limited') throw error;
      if (error.code === 'invalid_code' && error.details.reason === 'wrong') return;
      asked = null;
    }
  };
}

/** One wrong password. */
export function guessingPasswords(s: Stage, to: () => string, from: () => Client = stranger): () => Promise<void> {
  return async () => {
    try {
      await s.auth.loginWithPassword({ phoneNumber: to(), password: 'not this one', client: from() });
    } catch (error) {
      if (!isPhoneAuthError(error, 'invalid_credentials')) throw error;
    }
  };
}
