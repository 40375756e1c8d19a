import { ask, codesToTry, guess, newTrace, type Refused, type Trace } from '../attempt.ts';
import type { Scenario } from '../figure.ts';
import { botnet } from '../places.ts';
import { DAY_SECONDS, HOUR_SECONDS, type Program, play } from '../program.ts';
import { each, mostPerChallenge, mostPerDay, mostWithin, smsOf } from '../statistics.ts';
import { createWorld, type World } from '../world.ts';
import { TARGET } from './one-target.ts';

const AT_ONCE = 64;
const CHALLENGES = 3;

/** Asks 64 times at once until it holds three challenges, then guesses 64 times at once over them: whoever reads before it writes loses count. */
async function* parallel(world: World, trace: Trace, phoneNumber: string, nextAddress: () => string): Program {
  for (;;) {
    const held: string[] = [];
    while (held.length < CHALLENGES) {
      const burst = await Promise.all(atOnce(() => ask(world, trace, { phoneNumber, ip: nextAddress() })));
      held.push(...burst.flatMap((one) => (one.is === 'sent' ? [one.challengeId] : [])));
      if (held.length < CHALLENGES) yield longestOf(burst);
    }
    const codes = codesToTry(world.chance, world.codeLength);
    const judged = await Promise.all(
      atOnce((index) =>
        guess(world, trace, { challengeId: held[index % held.length] ?? '', code: codes.next().value ?? '', ip: nextAddress() }),
      ),
    );
    yield longestOf(judged);
  }
}

/** That 64 at once get what one after the other gets. */
export const parallelScenario: Scenario = {
  name: 'parallel',
  attack: '64 requests at once, then 64 guesses at once over three challenges, for 30 days',
  async run({ seed, addresses, days }) {
    const world = createWorld({ seed, name: 'parallel' });
    const trace = newTrace();
    await play(world, [parallel(world, trace, TARGET, botnet(addresses))], days * DAY_SECONDS);
    const sends = smsOf(world.sends);
    const guesses = each(trace.judgedAt);
    const { resend, row } = { resend: 'resendAfterSeconds: 30 s between two sends', row: 'guessesInARow: 100' };
    return [
      { what: 'SMS of 64 requests at once', formula: resend, predicted: 1, measured: mostWithin(sends, 30), must: 'equal' },
      { what: 'guesses at one challenge', formula: 'code.maxAttempts: 5', predicted: 5, measured: mostPerChallenge(trace), must: 'equal' },
      {
        what: 'wrong guesses in any hour',
        formula: 'guessesPerNumber: 10 per h',
        predicted: 10,
        measured: mostWithin(guesses, HOUR_SECONDS),
        must: 'equal',
      },
      {
        what: 'wrong guesses in any 24 h',
        formula: 'guessesPerNumber: 20 per 24 h',
        predicted: 20,
        measured: mostPerDay(guesses),
        must: 'equal',
      },
      { what: 'guesses in all', formula: row, predicted: 100, measured: guesses.length, must: 'equal' },
    ];
  },
};

function atOnce<Result>(call: (index: number) => Promise<Result>): readonly Promise<Result>[] {
  return Array.from({ length: AT_ONCE }, (_, index) => call(index));
}

function longestOf(answers: readonly ({ readonly is: 'sent' | 'right' | 'wrong' | 'dead' } | Refused)[]): number {
  return Math.max(0, ...answers.map((one) => (one.is === 'refused' ? one.waitSeconds : 0)));
}
