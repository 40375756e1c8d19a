import { guessProbability } from '../../../src/core/code.ts';
import { spray } from '../attacks/spray.ts';
import { newTrace } from '../attempt.ts';
import type { Size } from '../figure.ts';
import { type Block, botnet, numberIn } from '../places.ts';
import { HOUR_SECONDS, play } from '../program.ts';
import { each, growthOf } from '../statistics.ts';
import { createWorld, type WorldOptions } from '../world.ts';
import { type Drawing, type Line, NO_LIMIT } from './drawing.ts';

const HOURS = 48;
const PER_HOUR = 250;
const PREFIXES = 5;
const NUMBERS: Block = { country: 'IR', stem: '+9891234', digits: 5, price: 0.05 };
const STRANGERS_PER_DAY = 1000;
const ALL: WorldOptions['limits'] = { smsPerDay: STRANGERS_PER_DAY / 0.8 };

/** How many accounts a spray takes over, with and without what bounds its challenges. */
export const takeoversOfAnybody: Drawing = {
  file: 'takeovers-of-anybody',
  title: 'Anybody among 50,000 numbers, sprayed with 250 challenges an hour',
  caption: 'The numbers lie in 5 prefixes; `smsPerDay` is 1,250, of which strangers get 1,000. Limits per number do not meet a spray.',
  label: 'expected takeovers, in accounts',
  time: () => ({ unit: 'hours', length: HOURS }),
  async lines(size) {
    return [
      await lineOf(size, { name: 'all defences', formula: '2 × 1,000 × 5 × p', challenges: 2 * STRANGERS_PER_DAY }, ALL),
      await lineOf(
        size,
        { name: 'without smsPerDay', formula: '5 prefixes × 30 per h × 48 h × 5 × p', challenges: PREFIXES * 30 * HOURS },
        {},
      ),
      await lineOf(
        size,
        { name: 'without smsPerDay and sendsPerPrefix', formula: '250 per h × 48 h × 5 × p', challenges: PER_HOUR * HOURS },
        { sendsPerPrefix: NO_LIMIT },
      ),
      await lineOf(size, { name: 'all defences, 8 digits', formula: '2 × 1,000 × 5 × p', challenges: 2 * STRANGERS_PER_DAY }, ALL, 8),
    ];
  },
};

async function lineOf(
  { seed, addresses }: Size,
  { name, formula, challenges }: Pick<Line, 'name' | 'formula'> & { readonly challenges: number },
  limits: WorldOptions['limits'],
  codeLength = 6,
): Promise<Line> {
  const world = createWorld({ seed, name: `drawing, spray, ${name}`, limits, code: { length: codeLength } });
  const trace = newTrace();
  const nextNumber = (): string => numberIn(NUMBERS, world.chance.below(PREFIXES * 10_000));
  const wanted = { nextNumber, nextAddress: botnet(addresses), challengesPerDay: 24 * PER_HOUR };
  await play(world, [spray(world, trace, wanted)], HOURS * HOUR_SECONDS);
  const chance = guessProbability(codeLength);
  const growth = growthOf(world, each(trace.judgedAt), { seconds: HOURS * HOUR_SECONDS, steps: 2 * HOURS });
  return { name, formula, predicted: challenges * 5 * chance, values: growth.map((judged) => judged * chance) };
}
