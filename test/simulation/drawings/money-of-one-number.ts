import { bombing } from '../attacks/bombing.ts';
import { TARGET } from '../attacks/one-target.ts';
import { newTrace } from '../attempt.ts';
import type { Size } from '../figure.ts';
import { botnet, IRAN } from '../places.ts';
import { DAY_SECONDS, play } from '../program.ts';
import { growthOf, moneyOf } from '../statistics.ts';
import { createWorld, type WorldOptions } from '../world.ts';
import { type Drawing, type Line, NO_LIMIT } from './drawing.ts';

const STEPS_PER_DAY = 4;
const SMS_PER_DAY = 2000;

/** What bombing one number costs, with and without what counts its sends. */
export const moneyOfOneNumber: Drawing = {
  file: 'money-of-one-number',
  title: 'One number, bombed from 100,000 addresses',
  caption: 'An SMS costs 0.05; `smsPerDay` is 2,000, of which strangers get 1,600.',
  label: 'money for SMS, in the unit of the prices',
  time: ({ heavyDays }) => ({ unit: 'days', length: heavyDays }),
  async lines(size) {
    const perNumber = { sendsPerNumber: NO_LIMIT };
    const all = `0.8 × ${SMS_PER_DAY} each 25 h × price`;
    return [
      await lineOf(size, { name: 'all defences', formula: '10 per day × price', perDay: 10 }, {}),
      await lineOf(size, { name: 'without sendsPerNumber', formula: '86400 s / 300 s per day × price', perDay: 288 }, perNumber),
      await lineOf(
        size,
        { name: 'without sendsPerNumber and resendAfterSeconds', formula: '30 per h and prefix × price', perDay: 720 },
        perNumber,
        [0],
      ),
      await lineOf(
        size,
        { name: 'without these and sendsPerPrefix', formula: all, perDay: (0.8 * SMS_PER_DAY * 24) / 25 },
        { ...perNumber, sendsPerPrefix: NO_LIMIT },
        [0],
      ),
    ];
  },
};

async function lineOf(
  { seed, addresses, heavyDays }: Size,
  { name, formula, perDay }: Pick<Line, 'name' | 'formula'> & { readonly perDay: number },
  limits: WorldOptions['limits'],
  resendAfterSeconds?: readonly number[],
): Promise<Line> {
  const code = resendAfterSeconds === undefined ? {} : { resendAfterSeconds };
  const world = createWorld({ seed, name: `drawing, bombing, ${name}`, limits: { smsPerDay: SMS_PER_DAY, ...limits }, code });
  const attack = bombing(world, newTrace(), TARGET, botnet(addresses), ['sign-in', 'verify']);
  await play(world, [attack], heavyDays * DAY_SECONDS);
  const span = { seconds: heavyDays * DAY_SECONDS, steps: heavyDays * STEPS_PER_DAY };
  const values = growthOf(world, moneyOf(world.sends), span).map((millionths) => millionths / 1e6);
  return { name, formula, predicted: perDay * heavyDays * IRAN.price, values };
}
