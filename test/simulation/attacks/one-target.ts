import { ask, codesToTry, guess, newTrace, type Trace } from '../attempt.ts';
import type { Figure, Scenario, Size } from '../figure.ts';
import { type Owner, signingIn, signingInHourly, signUp } from '../owner.ts';
import { botnet, IRAN, numberIn } from '../places.ts';
import { DAY_SECONDS, type Program, play } from '../program.ts';
import { each, mostPerDay } from '../statistics.ts';
import { createWorld, type World, type WorldOptions } from '../world.ts';

/** The number that everybody is after. */
export const TARGET: string = numberIn(IRAN, 23_456_789);

/** Guesses at one number for ever: a code as soon as one may be asked for, all its attempts, the next one, each call from another address. */
export async function* oneTarget(world: World, trace: Trace, phoneNumber: string, nextAddress: () => string): Program {
  for (;;) {
    const asked = await ask(world, trace, { phoneNumber, ip: nextAddress() });
    if (asked.is === 'refused') {
      yield asked.waitSeconds;
      continue;
    }
    for (const code of codesToTry(world.chance, world.codeLength)) {
      const judged = await guess(world, trace, { challengeId: asked.challengeId, code, ip: nextAddress() });
      if (judged.is === 'refused') yield judged.waitSeconds;
      else if (judged.is !== 'wrong') break;
    }
    yield 0;
  }
}

/** A month of {@link oneTarget}. */
export interface Siege {
  readonly world: World;
  readonly trace: Trace;
  readonly owner: Owner;
}

/** When the owner signs in. */
export type OwnersHabit = 'never' | 'now and then' | 'every hour';

/** Plays {@link oneTarget} beside its owner. */
export async function besiege(
  options: WorldOptions & Pick<Size, 'addresses' | 'days'> & { readonly ownerSignsIn: OwnersHabit },
): Promise<Siege> {
  const { addresses, days, ownerSignsIn, ...worldOptions } = options;
  const world = createWorld(worldOptions);
  const trace = newTrace();
  const owner = await signUp(world, TARGET);
  const owners = { never: [], 'now and then': [signingIn(world, owner)], 'every hour': [signingInHourly(world, owner)] };
  await play(world, [oneTarget(world, trace, TARGET, botnet(addresses)), ...owners[ownerSignsIn]], days * DAY_SECONDS);
  return { world, trace, owner };
}

/** What must hold whatever the number of addresses. */
export const oneTargetScenario: Scenario = {
  name: 'one target',
  attack: 'guesses at one number from 100,000 addresses for 30 days, at the best possible pace',
  async run({ seed, addresses, days }) {
    const [away, there] = [
      await besiege({ seed, name: 'one target, owner away', addresses, days, ownerSignsIn: 'never' }),
      await besiege({ seed, name: 'one target', addresses, days, ownerSignsIn: 'now and then' }),
    ];
    await play(away.world, [signingIn(away.world, away.owner, 1)], DAY_SECONDS);
    return [...figuresOf('owner away', away), ...figuresOf('owner signs in', there), ...totals(away, there, days)];
  },
};

function figuresOf(when: string, { trace, owner }: Siege): readonly Figure[] {
  return [
    {
      what: `${when}: wrong guesses in any 24 h`,
      formula: 'guessesPerNumber: 20 per 24 h',
      predicted: 20,
      measured: mostPerDay(each(trace.judgedAt)),
      must: 'equal',
    },
    {
      what: `${when}: sign-ins on the known device that failed at the first try, of ${owner.signIns}`,
      formula: 'the known lane has budgets of its own',
      predicted: 0,
      measured: owner.failures.length,
      must: 'equal',
    },
  ];
}

function totals(away: Siege, there: Siege, days: number): readonly Figure[] {
  return [
    {
      what: 'owner away: guesses in all',
      formula: 'guessesInARow: 100',
      predicted: 100,
      measured: away.trace.judgedAt.length,
      must: 'equal',
    },
    {
      what: 'owner signs in: guesses in all',
      formula: `20 × ${days} days: each sign-in ends the row`,
      predicted: 20 * days,
      measured: there.trace.judgedAt.length,
      must: 'be close',
    },
  ];
}
