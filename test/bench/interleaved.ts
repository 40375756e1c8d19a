const ROTATION = 11;

/** Everything once per round, each round beginning elsewhere, so that what the machine does meanwhile falls on all alike. */
export function* interleaved<Item>(items: readonly Item[], rounds: number): Generator<{ readonly round: number; readonly item: Item }> {
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < items.length; index++) {
      const item = items[(index + round * ROTATION) % items.length];
      if (item !== undefined) yield { round, item };
    }
  }
}
