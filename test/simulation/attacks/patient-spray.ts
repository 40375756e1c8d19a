import { guessProbability } from '../../../src/core/code.ts';
import type { PhoneAuthEventType } from '../../../src/index.ts';
import { newTrace } from '../attempt.ts';
import type { Figure, Scenario } from '../figure.ts';
import { IRAN } from '../places.ts';
import { DAY_SECONDS, play } from '../program.ts';
import { createWorld } from '../world.ts';
import { anybodyIn, spray } from './spray.ts';

const CHALLENGES_PER_DAY = 576;
const ALARMS: readonly (readonly [PhoneAuthEventType, string])[] = [
  ['limit.reached', 'each number and each address is met once'],
  ['budget.reached', '576 SMS a day are less than half of smsPerDay 2,000'],
  ['code.conversion', '24 SMS an hour are too few to tell anything'],
];

/** A spray that nothing tells of: below half of `smsPerDay`, few SMS to a prefix, few to a country. What it takes is the floor of 6 digits. */
export const patientSprayScenario: Scenario = {
  name: 'patient spray',
  attack: 'a spray of 576 SMS a day for 30 days, which meets no limit and raises no alarm of a budget',
  async run({ seed, addresses, heavyDays }) {
    const alarms = new Map<string, number>();
    const world = createWorld({
      seed,
      name: 'patient spray',
      limits: { smsPerDay: 2000 },
      onEvent: ({ type }) => void alarms.set(type, (alarms.get(type) ?? 0) + 1),
    });
    const trace = newTrace();
    const wanted = { ...anybodyIn(world, IRAN, addresses), challengesPerDay: CHALLENGES_PER_DAY };
    await play(world, [spray(world, trace, wanted)], heavyDays * DAY_SECONDS);
    await world.auth.drain();
    const figures: readonly Figure[] = [
      {
        what: `expected takeovers in ${heavyDays} days`,
        formula: `576 challenges × 5 tries × ${heavyDays} days × ${guessProbability(6).toPrecision(6)}`,
        predicted: CHALLENGES_PER_DAY * 5 * heavyDays * guessProbability(6),
        measured: trace.judgedAt.length * guessProbability(6),
        must: 'be close',
      },
      ...ALARMS.map(
        ([type, formula]): Figure => ({
          what: `events \`${type}\``,
          formula,
          predicted: 0,
          measured: alarms.get(type) ?? 0,
          must: 'equal',
        }),
      ),
    ];
    return figures;
  },
};
