import type { Destination } from './charges.ts';
import type { Hit } from './limits.ts';

/** How many of the codes that went somewhere came back. */
export interface Conversion {
  readonly by: 'prefix' | 'country';
  readonly name: string;
  readonly sent: number;
  readonly redeemed: number;
  readonly windowSeconds: number;
}

/** Codes of one destination that are to be counted. */
export interface Tally {
  readonly to: Destination;
  readonly sent: number;
  readonly redeemed: number;
}

const WINDOW_SECONDS = 3600;
// Fewer say nothing: people mistype their number, and lose interest.
const LEAST_SENT = { prefix: 10, country: 50 } as const;

/** What counts codes. It never refuses. */
export function conversionHits({ to, sent, redeemed }: Tally): readonly Hit[] {
  return [
    hitOf(`{${to.prefix}}sent`, 'sendsPerPrefix', sent),
    hitOf(`{${to.prefix}}redeemed`, 'sendsPerPrefix', redeemed),
    hitOf(`{${to.country}}sent`, 'sendsPerCountry', sent),
    hitOf(`{${to.country}}redeemed`, 'sendsPerCountry', redeemed),
  ];
}

/** What the counts of {@link conversionHits} say, where there are enough to say something. */
export function conversionsIn({ to }: Tally, counts: readonly number[]): readonly Conversion[] {
  const [sentToPrefix = 0, ofPrefix = 0, sentToCountry = 0, ofCountry = 0] = counts;
  const all: readonly Omit<Conversion, 'windowSeconds'>[] = [
    { by: 'prefix', name: to.prefix, sent: sentToPrefix, redeemed: ofPrefix },
    { by: 'country', name: to.country, sent: sentToCountry, redeemed: ofCountry },
  ];
  return all.filter(({ by, sent }) => sent >= LEAST_SENT[by]).map((one) => ({ ...one, windowSeconds: WINDOW_SECONDS }));
}

function hitOf(key: string, limit: Hit['limit'], amount: number): Hit {
  return { key, limit, max: Number.MAX_SAFE_INTEGER, windowSeconds: WINDOW_SECONDS, when: 'always', amount };
}
