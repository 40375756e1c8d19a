import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskPhoneNumber } from '../../src/events.ts';
import { isPhoneAuthError } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { type Requested, type Stage, stage, wrongOf } from './stage.ts';

type Step =
  | { readonly do: 'request'; readonly number: number; readonly purpose: 'sign-in' | 'verify' }
  | { readonly do: 'resend'; readonly of: number }
  | { readonly do: 'guess'; readonly at: number; readonly right: boolean; readonly times: number }
  | { readonly do: 'advance'; readonly seconds: number };

const times = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 2 }), weight: 3 }, { arbitrary: fc.integer({ min: 3, max: 8 }), weight: 1 });
// mostly the pace of a person who waits for a code, now and then the next hour or day
const pause = fc.oneof(
  { arbitrary: fc.constantFrom(0.001, 1, 29.999, 30, 60, 120), weight: 6 },
  { arbitrary: fc.constantFrom(299.999, 300, 600, 3600, 43_200, 86_399.999), weight: 1 },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('request' as const), number: fc.nat(1), purpose: fc.constantFrom('sign-in' as const, 'verify' as const) }),
  { arbitrary: fc.record({ do: fc.constant('resend' as const), of: fc.nat(9) }), weight: 2 },
  fc.record({ do: fc.constant('guess' as const), at: fc.nat(9), right: fc.constant(true), times }),
  { arbitrary: fc.record({ do: fc.constant('guess' as const), at: fc.nat(9), right: fc.constant(false), times }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constant('advance' as const), seconds: pause }), weight: 3 },
);

interface Seen {
  readonly asked: Requested;
  readonly purpose: 'sign-in' | 'verify';
  accepted: number;
  wrong: number;
  attemptsLeft: number;
}

const WINDOWS = {
  guesses: [
    { max: 6, windowSeconds: 3600 },
    { max: 9, windowSeconds: 86_400 },
  ],
  sends: [
    { max: 3, windowSeconds: 600 },
    { max: 5, windowSeconds: 3600 },
  ],
};

function busiest(times: readonly number[], windowSeconds: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowSeconds * 1000).length));
}

async function live(s: Stage, steps: readonly Step[], binding: 'challenge' | 'phone'): Promise<void> {
  const numbers = [nextPhoneNumber(), nextPhoneNumber()];
  const seen: Seen[] = [];
  const guesses = new Map<string, number[]>(numbers.map((number) => [number, []]));
  const ask = async (input: { phoneNumber: string; purpose: 'sign-in' | 'verify'; resendOf?: string }): Promise<void> => {
    const asked = await s.request({ ...input, binding }).catch((error: unknown) => {
      if (!isPhoneAuthError(error, 'rate_limited')) throw error;
    });
    if (asked === undefined) return;
    const known = seen.findLast((one) => one.asked.challengeId === asked.challengeId);
    // a resend delivers the same code and gives no attempt back; a dead challenge that is bound to the number makes place for a new one
    const isResend = known !== undefined && known.accepted === 0 && known.attemptsLeft > 0 && s.clock.now() < known.asked.expiresAt;
    const isEnded = known !== undefined && seen.some((one) => one.accepted > 0 && one.asked.phoneNumber === asked.phoneNumber);
    if (isResend && !isEnded) {
      expect(asked.code).toBe(known.asked.code);
      seen[seen.indexOf(known)] = { ...known, asked };
    } else seen.push({ asked, purpose: input.purpose, accepted: 0, wrong: 0, attemptsLeft: 5 });
  };
  const guess = async (at: Seen, code: string): Promise<void> => {
    const { challengeId, phoneNumber } = at.asked;
    const answer = { challengeId, code, client: s.client };
    const call = at.purpose === 'verify' ? s.auth.validateVerificationCode(answer) : s.auth.signInWithCode(answer);
    await call.then(
      () => {
        at.accepted++;
      },
      (error: unknown) => {
        if (!isPhoneAuthError(error)) throw error;
        if (error.code !== 'invalid_code' || error.details.attemptsLeft === undefined) return;
        // what is judged was right for no other challenge of this id either
        const left = error.details.attemptsLeft;
        const current = seen.findLast((one) => one.asked.challengeId === challengeId) as Seen;
        expect(left).toBeLessThan(current.attemptsLeft);
        current.attemptsLeft = left;
        current.wrong++;
        guesses.get(phoneNumber)?.push(s.clock.now());
      },
    );
  };
  for (const one of steps) {
    const at = seen[('of' in one ? one.of : 'at' in one ? one.at : 0) % Math.max(1, seen.length)];
    if (one.do === 'advance') s.clock.advance(one.seconds);
    if (one.do === 'request') await ask({ phoneNumber: numbers[one.number] ?? '', purpose: one.purpose });
    if (one.do === 'resend' && at !== undefined)
      await ask({ phoneNumber: at.asked.phoneNumber, purpose: at.purpose, resendOf: at.asked.challengeId });
    if (one.do === 'guess' && at !== undefined) {
      const tries = Array.from({ length: one.times }, (_, i) => (one.right ? at.asked.code : wrongOf(at.asked.code, i + 1)));
      await Promise.all(tries.map((code) => guess(at, code)));
    }
  }
  for (const { accepted, wrong } of seen) {
    expect(accepted).toBeLessThanOrEqual(1);
    expect(accepted + wrong).toBeLessThanOrEqual(5);
  }
  for (const { max, windowSeconds } of WINDOWS.guesses) {
    for (const times of guesses.values()) expect(busiest(times, windowSeconds)).toBeLessThanOrEqual(max);
  }
  for (const { max, windowSeconds } of WINDOWS.sends) {
    for (const number of numbers) {
      const sent = s.events.filter((event) => event.type === 'code.sent' && event.phoneNumber === maskPhoneNumber(number));
      expect(
        busiest(
          sent.map((event) => event.at),
          windowSeconds,
        ),
      ).toBeLessThanOrEqual(max);
    }
  }
}

describe.each(['challenge', 'phone'] as const)('whatever happens to challenges bound to the %s', (binding) => {
  it('one code is accepted once, attempts never rise, and no window holds more than its maximum', async () => {
    const limits = { smsPerDay: 10_000, guessesPerNumber: WINDOWS.guesses, sendsPerNumber: WINDOWS.sends };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => live(stage({ limits }), steps, binding)),
      { numRuns: 150 },
    );
  });
});
