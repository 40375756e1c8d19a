import { guessProbability } from '../../../src/core/code.ts';
import { ask, codesToTry, guess, newTrace, type Trace } from '../attempt.ts';
import { count, type Figure, type Scenario, type Size } from '../figure.ts';
import { type Block, botnet, IRAN, someNumberIn } from '../places.ts';
import { DAY_SECONDS, type Program, play } from '../program.ts';
import { mostPerChallenge, mostPerDay, poissonInterval, smsOf } from '../statistics.ts';
import { createWorld, type World, type WorldOptions } from '../world.ts';

/** What a spray is after, and how fast. */
export interface Spray {
  readonly nextNumber: () => string;
  readonly nextAddress: () => string;
  readonly challengesPerDay: number;
}

/** One challenge of a number, all its attempts, the next number: takes over whoever comes up. */
export async function* spray(world: World, trace: Trace, { nextNumber, nextAddress, challengesPerDay }: Spray): Program {
  for (;;) {
    const ip = nextAddress();
    const asked = await ask(world, trace, { phoneNumber: nextNumber(), ip });
    if (asked.is === 'sent') await useUp(world, trace, asked.challengeId, ip);
    // a full prefix is no reason to wait: the next number lies in another one
    yield asked.is === 'refused' && asked.by !== 'sendsPerPrefix' ? asked.waitSeconds : DAY_SECONDS / challengesPerDay;
  }
}

/** Guesses until the challenge takes no more. */
async function useUp(world: World, trace: Trace, challengeId: string, ip: string): Promise<void> {
  for (const code of codesToTry(world.chance, world.codeLength)) {
    const judged = await guess(world, trace, { challengeId, code, ip });
    if (judged.is !== 'wrong') return;
  }
}

/** Numbers of a block by chance, addresses in turn. */
export function anybodyIn(world: World, block: Block, addresses: number): Pick<Spray, 'nextNumber' | 'nextAddress'> {
  return { nextNumber: () => someNumberIn(block, world.chance), nextAddress: botnet(addresses) };
}

/** A spray, and how often it was right. */
export interface Sprayed {
  readonly world: World;
  readonly trace: Trace;
  /** Judged guesses × the chance of one. */
  readonly expected: number;
}

/** A day of a spray that wants more than the system sends: `smsPerDay` is such that strangers get so many challenges. */
export async function sprayOneDay(
  options: WorldOptions & Pick<Size, 'addresses'> & { readonly challenges: number; readonly codeLength: number },
): Promise<Sprayed> {
  const { challenges, codeLength, addresses, ...others } = options;
  const world = createWorld({ ...others, code: { length: codeLength }, limits: { smsPerDay: challenges / 0.8 } });
  const trace = newTrace();
  const wanted = { ...anybodyIn(world, IRAN, addresses), challengesPerDay: challenges * 1.1 };
  await play(world, [spray(world, trace, wanted)], DAY_SECONDS);
  return { world, trace, expected: trace.judgedAt.length * guessProbability(codeLength) };
}

/** Takeovers that happen, where codes are short enough for them to happen. */
export const sprayScenario: Scenario = {
  name: 'spray at 4 digits',
  attack: 'one challenge of a number, all its attempts, the next number; 4 digits, so that takeovers can be counted',
  async run({ seed, addresses, challengesAtFourDigits: challenges }) {
    const name = 'spray at 4 digits';
    const sprayed = await sprayOneDay({ seed, name, addresses, challenges, codeLength: 4, maxGuessProbabilityPerDay: 0.005 });
    return [...figuresOf(sprayed, challenges), ...luckOf(sprayed)];
  },
};

function figuresOf({ world, trace }: Sprayed, challenges: number): readonly Figure[] {
  return [
    {
      what: 'SMS of strangers in any 24 h',
      formula: `0.8 × smsPerDay ${count(challenges / 0.8)}`,
      predicted: challenges,
      measured: mostPerDay(smsOf(world.sends)),
      must: 'equal',
    },
    { what: 'guesses at one challenge', formula: 'code.maxAttempts: 5', predicted: 5, measured: mostPerChallenge(trace), must: 'equal' },
  ];
}

function luckOf({ trace, expected }: Sprayed): readonly Figure[] {
  const { from, to } = poissonInterval(expected);
  const formula = `99 % of Poisson(${expected.toFixed(2)}), ${count(trace.judgedAt.length)} guesses × ${guessProbability(4).toPrecision(6)}`;
  return [
    { what: 'takeovers that happened, at least', formula, predicted: from, measured: trace.takeovers, must: 'reach' },
    { what: 'takeovers that happened, at most', formula, predicted: to, measured: trace.takeovers, must: 'not exceed' },
  ];
}
