import { guessProbability } from '../../../src/core/code.ts';
import { besiege, type OwnersHabit } from '../attacks/one-target.ts';
import type { Size } from '../figure.ts';
import { DAY_SECONDS } from '../program.ts';
import { each, growthOf } from '../statistics.ts';
import type { WorldOptions } from '../world.ts';
import { type Drawing, type Line, NO_LIMIT } from './drawing.ts';

const STEPS_PER_DAY = 4;
const CHANCE = guessProbability(6);
// As many as the library can be talked into: it refuses what is as good as certain to be guessed.
const MANY_GUESSES = [{ max: 500_000, windowSeconds: DAY_SECONDS }];

/** The chance that one number is taken over, with and without what counts its guesses. */
export const takeoversOfOneNumber: Drawing = {
  file: 'takeovers-of-one-number',
  title: 'One number, guessed at from 100,000 addresses',
  caption:
    '`guessesInARow` has no off: it is taken out of the game by an owner who signs in every hour, which ends the row. `sendsPerNumber` counts as soon as `guessesPerNumber` is gone: each challenge has 5 tries.',
  label: 'expected takeovers, in accounts',
  time: ({ days }) => ({ unit: 'days', length: days }),
  async lines(size) {
    const { days } = size;
    return [
      await lineOf(size, { name: 'all defences', formula: '100 in a row × p', guesses: 100 }, 'never'),
      await lineOf(size, { name: 'without guessesInARow', formula: `20 × ${days} × p`, guesses: 20 * days }, 'every hour'),
      await lineOf(size, { name: 'without guessesPerNumber', formula: '100 in a row × p', guesses: 100 }, 'never', {
        guessesPerNumber: MANY_GUESSES,
      }),
      await lineOf(
        size,
        { name: 'without guessesPerNumber and guessesInARow', formula: `5 × 10 sends × ${days} × p`, guesses: 50 * days },
        'every hour',
        { guessesPerNumber: MANY_GUESSES },
      ),
      await lineOf(
        size,
        { name: 'without these and sendsPerNumber', formula: `5 × 86400 s / 300 s × ${days} × p`, guesses: 1440 * days },
        'every hour',
        { guessesPerNumber: MANY_GUESSES, sendsPerNumber: NO_LIMIT },
      ),
    ];
  },
};

async function lineOf(
  { seed, addresses, days }: Size,
  { name, formula, guesses }: Pick<Line, 'name' | 'formula'> & { readonly guesses: number },
  ownerSignsIn: OwnersHabit,
  limits: WorldOptions['limits'] = {},
): Promise<Line> {
  const options = { seed, name: `drawing, ${name}`, addresses, days, ownerSignsIn, limits, maxGuessProbabilityPerDay: 0.6 };
  const { world, trace } = await besiege(options);
  const growth = growthOf(world, each(trace.judgedAt), { seconds: days * DAY_SECONDS, steps: days * STEPS_PER_DAY });
  return { name, formula, predicted: guesses * CHANCE, values: growth.map((judged) => judged * CHANCE) };
}
