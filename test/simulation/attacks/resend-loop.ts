import { ask, codesToTry, guess, newTrace, type Trace } from '../attempt.ts';
import type { Figure, Scenario } from '../figure.ts';
import { botnet } from '../places.ts';
import { DAY_SECONDS, type Program, play } from '../program.ts';
import { each, mostPerChallenge, mostPerDay, smsOf } from '../statistics.ts';
import { createWorld, type World } from '../world.ts';
import { TARGET } from './one-target.ts';

const GUESSES_BETWEEN = 4;

/** Stops one guess short of the end of a challenge and has it sent again, in the hope that its attempts begin anew. */
async function* resendLoop(world: World, trace: Trace, phoneNumber: string, nextAddress: () => string): Program {
  let codes = codesToTry(world.chance, world.codeLength);
  let challengeId: string | undefined;
  for (;;) {
    const asked = await ask(world, trace, { phoneNumber, resendOf: challengeId, ip: nextAddress() });
    if (asked.is === 'refused') {
      yield asked.waitSeconds;
      continue;
    }
    if (asked.challengeId !== challengeId) codes = codesToTry(world.chance, world.codeLength);
    challengeId = asked.challengeId;
    for (let guesses = 0; guesses < GUESSES_BETWEEN; guesses++) {
      const judged = await guess(world, trace, { challengeId, code: codes.next().value ?? '', ip: nextAddress() });
      if (judged.is === 'refused') yield judged.waitSeconds;
      else if (judged.is !== 'wrong') break;
    }
    yield 0;
  }
}

/** That nothing begins anew. */
export const resendLoopScenario: Scenario = {
  name: 'resend loop',
  attack: 'four guesses, a resend, four guesses, a resend, for 30 days',
  async run({ seed, addresses, days }) {
    const figures: Figure[] = [];
    for (const resend of ['same', 'rotate'] as const) {
      const world = createWorld({ seed, name: `resend loop, ${resend}`, code: { resend } });
      const trace = newTrace();
      await play(world, [resendLoop(world, trace, TARGET, botnet(addresses))], days * DAY_SECONDS);
      figures.push(...figuresOf(`resend: '${resend}'`, world, trace));
    }
    return figures;
  },
};

function figuresOf(option: string, { sends }: World, trace: Trace): readonly Figure[] {
  return [
    {
      what: `${option}: guesses at one challenge`,
      formula: 'code.maxAttempts: 5, resends included',
      predicted: 5,
      measured: mostPerChallenge(trace),
      must: 'equal',
    },
    {
      what: `${option}: wrong guesses in any 24 h`,
      formula: 'guessesPerNumber: 20 per 24 h',
      predicted: 20,
      measured: mostPerDay(each(trace.judgedAt)),
      must: 'equal',
    },
    {
      what: `${option}: SMS to the number in any 24 h`,
      formula: 'sendsPerNumber: 10 per 24 h',
      predicted: 10,
      measured: mostPerDay(smsOf(sends)),
      must: 'not exceed',
    },
  ];
}
