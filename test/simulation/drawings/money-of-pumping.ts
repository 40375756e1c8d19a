import { pumping } from '../attacks/pumping.ts';
import { newTrace } from '../attempt.ts';
import type { Size } from '../figure.ts';
import { botnet, ONE_PREFIX, PRICES } from '../places.ts';
import { HOUR_SECONDS, play } from '../program.ts';
import { growthOf, moneyOf } from '../statistics.ts';
import { createWorld, type WorldOptions } from '../world.ts';
import { type Drawing, type Line, NO_LIMIT } from './drawing.ts';

const HOURS = 48;
const PER_HOUR = 1000;
const SMS_PER_DAY = 10_000;
const SPEND = { spend: { perDay: 200, pricePerSms: PRICES } };

/** What pumping one prefix costs, with and without what bounds it. */
export const moneyOfPumping: Drawing = {
  file: 'money-of-pumping',
  title: 'One prefix of 10,000 numbers, pumped with 1,000 requests an hour',
  caption: 'An SMS costs 0.05; `spend.perDay` is 200 and `smsPerDay` 10,000, of both of which strangers get four fifths.',
  label: 'money for SMS, in the unit of the prices',
  time: () => ({ unit: 'hours', length: HOURS }),
  async lines(size) {
    const open = { sendsPerPrefix: NO_LIMIT };
    const none = { name: 'without these and smsPerDay', formula: '1,000 per h × 48 h × price', money: PER_HOUR * HOURS * ONE_PREFIX.price };
    return [
      await lineOf(size, { name: 'all defences', formula: '30 per h × 48 h × price', money: 30 * HOURS * ONE_PREFIX.price }, SPEND),
      await lineOf(size, { name: 'without sendsPerPrefix', formula: '2 × 0.8 × 200', money: 2 * 0.8 * 200 }, { ...open, ...SPEND }),
      await lineOf(
        size,
        { name: 'without sendsPerPrefix and spend', formula: '2 × 0.8 × 10,000 × price', money: 2 * 0.8 * SMS_PER_DAY * ONE_PREFIX.price },
        open,
      ),
      await lineOf(size, none, { ...open, smsPerDay: 1_000_000_000 }),
    ];
  },
};

async function lineOf(
  { seed, addresses }: Size,
  { name, formula, money }: Pick<Line, 'name' | 'formula'> & { readonly money: number },
  limits: WorldOptions['limits'],
): Promise<Line> {
  const world = createWorld({ seed, name: `drawing, pumping, ${name}`, limits: { smsPerDay: SMS_PER_DAY, ...limits } });
  const wanted = { blocks: [ONE_PREFIX], nextAddress: botnet(addresses), perHour: PER_HOUR };
  await play(world, [pumping(world, newTrace(), wanted)], HOURS * HOUR_SECONDS);
  const growth = growthOf(world, moneyOf(world.sends), { seconds: HOURS * HOUR_SECONDS, steps: 2 * HOURS });
  return { name, formula, predicted: money, values: growth.map((millionths) => millionths / 1e6) };
}
