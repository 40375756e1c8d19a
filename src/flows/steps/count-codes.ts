import type { Context } from '../../context.ts';
import { conversionHits, conversionsIn, type Tally } from '../../core/conversion.ts';
import { afterTheAnswer } from './after-the-answer.ts';

const MOST_AT_ONCE = 50;

/**
 * Counts codes that went out or came back, behind the answer and several at once, and tells how many of the last hour's came back. A decoy takes
 * part and counts nothing. Without a listener nobody would hear of it, and nothing is counted.
 */
export function countCodes(ctx: Context, tally: Tally): void {
  if (ctx.onEvent !== undefined && ctx.tallies.add(tally, ctx.now())) ctx.background(afterTheAnswer().then(() => countWaiting(ctx)));
}

/** Counts what waits. */
export async function countWaiting(ctx: Context): Promise<void> {
  const tallies = ctx.tallies.takeOut(MOST_AT_ONCE);
  if (tallies.length === 0) return;
  const taken = await ctx.challenges.take({ hits: tallies.flatMap(conversionHits), cooldown: null, now: ctx.now() });
  if (taken.is === 'limited') return;
  const perTally = taken.counts.length / tallies.length;
  for (const [index, tally] of tallies.entries()) {
    if (tally.sent === 0) continue;
    const counts = taken.counts.slice(index * perTally, (index + 1) * perTally);
    for (const conversion of conversionsIn(tally, counts)) ctx.emit('code.conversion', conversion);
  }
}
