import { ask, guess, newTrace, type Refused, type Trace } from '../attempt.ts';
import { count, type Figure, type Scenario, type Size } from '../figure.ts';
import { addressAt, botnet, IRAN, numberIn } from '../places.ts';
import { DAY_SECONDS, HOUR_SECONDS, type Program, play } from '../program.ts';
import { createWorld, type World } from '../world.ts';
import { oneTarget, TARGET } from './one-target.ts';

// What a request of a stranger writes: the challenge, two windows of the address, three of the number, the ladder.
const ENTRIES_OF_A_REQUEST = 7;
const PER_SECOND = 50_000;

/**
 * Names a new number from a new address with each call, in the hope that the store forgets somebody for each that it learns. Nobody has an account
 * there: such a request writes as much as any other, and waits for no SMS.
 */
async function* keyFlood(world: World, trace: Trace, count: number, accepted: number[]): Program {
  for (let index = 0; index < count; index++) {
    const asked = await ask(world, trace, { phoneNumber: numberIn(IRAN, index * 97), purpose: 'login', ip: addressAt(100_000 + index) });
    if (asked.is === 'sent') accepted.push(index);
    if (index % 100 === 99) yield 100 / PER_SECOND;
  }
}

/** That a full store forgets nobody. */
export const keyFloodScenario: Scenario = {
  name: 'key flood',
  attack: 'a new number from a new address with each call, fifty thousand calls a second, until the store is full and long after',
  async run({ seed, flood, maxEntries }) {
    const many = [{ max: 1_000_000, windowSeconds: DAY_SECONDS }];
    // what would stop the flood before it reaches the store
    const limits = { smsPerDay: 1_000_000_000, sendsPerPrefix: many };
    const world = createWorld({ seed, name: 'key flood', limits, maxEntries, code: { ttlSeconds: HOUR_SECONDS } });
    const before = await exhaust(world);
    const flooder = newTrace();
    const accepted: number[] = [];
    await play(world, [keyFlood(world, flooder, flood, accepted)], (1.1 * flood) / PER_SECOND);
    const atOnce = await refusalsOf(world, before.challengeId);
    // the shortest windows of the flood are over, and there is room again to be refused by name
    world.clock.advance(HOUR_SECONDS / 4);
    const later = await refusalsOf(world, before.challengeId);
    world.clock.advance(2 * DAY_SECONDS);
    const reopened = await ask(world, newTrace(), { phoneNumber: numberIn(IRAN, 55), ip: addressAt(55) });
    return [
      ...floodFigures(flooder, { flood, maxEntries }, accepted.length),
      ...counterFigures(before.refusals, { atOnce, later }),
      {
        what: 'requests accepted two days later, of one',
        formula: 'what is dead is swept',
        predicted: 1,
        measured: reopened.is === 'sent' ? 1 : 0,
        must: 'equal',
      },
    ];
  },
};

/** By what a request and a guess are refused, and until when; `null` where they are not. */
type Refusals = readonly ({ readonly by: Refused['by']; readonly until: number } | null)[];

// Sets counters of one number that refuse: the guesses of its day, then the sends of its day. The last challenge is open.
async function exhaust(world: World): Promise<{ readonly challengeId: string; readonly refusals: Refusals }> {
  const held: string[] = [];
  await play(world, [oneTarget(world, newTrace(), TARGET, botnet(100))], 5000);
  await play(world, [usingUpSends(world, held)], 5000);
  const challengeId = held.at(-1) ?? '';
  return { challengeId, refusals: await refusalsOf(world, challengeId) };
}

async function* usingUpSends(world: World, held: string[]): Program {
  for (;;) {
    const asked = await ask(world, newTrace(), { phoneNumber: TARGET, ip: addressAt(1) });
    if (asked.is === 'sent') held.push(asked.challengeId);
    yield asked.is === 'sent' ? 0 : asked.waitSeconds;
  }
}

async function refusalsOf(world: World, challengeId: string): Promise<Refusals> {
  const answers = [
    await ask(world, newTrace(), { phoneNumber: TARGET, ip: addressAt(2) }),
    await guess(world, newTrace(), { challengeId, code: '000000', ip: addressAt(3) }),
  ];
  return answers.map((one) => (one.is === 'refused' ? { by: one.by, until: world.clock.now() + one.waitSeconds * 1000 } : null));
}

function floodFigures(
  { refusedBy }: Trace,
  { flood, maxEntries }: Pick<Size, 'flood' | 'maxEntries'>,
  accepted: number,
): readonly Figure[] {
  const room = Math.min(flood, maxEntries / ENTRIES_OF_A_REQUEST);
  const others = [...refusedBy].filter(([by]) => by !== 'store').reduce((sum, [, count]) => sum + count, 0);
  return [
    {
      what: `requests of ${count(flood)} new numbers and as many new addresses that were accepted`,
      formula: `maxEntries ${count(maxEntries)} / ${ENTRIES_OF_A_REQUEST} entries each`,
      predicted: room,
      measured: accepted,
      must: 'be close',
    },
    { what: 'refusals other than `unavailable`', formula: 'a full store refuses', predicted: 0, measured: others, must: 'equal' },
  ];
}

function counterFigures(before: Refusals, after: Readonly<Record<'atOnce' | 'later', Refusals>>): readonly Figure[] {
  const formula = 'live counters are never evicted';
  const kept = after.later.filter((one, index) => one !== null && isSame(one, before[index]));
  return [
    {
      what: 'requests and guesses at a number whose day was used up before, refused while the store is full, of 2',
      formula,
      predicted: 2,
      measured: after.atOnce.filter((one) => one !== null).length,
      must: 'equal',
    },
    {
      what: 'of them refused by the same limit until the same moment as before the flood, a quarter of an hour later',
      formula,
      predicted: 2,
      measured: kept.length,
      must: 'equal',
    },
  ];
}

// Answers are in whole seconds.
function isSame(a: NonNullable<Refusals[number]>, b: Refusals[number] | undefined): boolean {
  return b !== null && b !== undefined && b.by === a.by && Math.abs(b.until - a.until) <= 2000;
}
