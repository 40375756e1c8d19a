import { ask, newTrace, type Trace } from '../attempt.ts';
import type { Scenario } from '../figure.ts';
import { type Block, botnet, numberIn, ONE_PREFIX } from '../places.ts';
import { DAY_SECONDS, HOUR_SECONDS, type Program, play } from '../program.ts';
import { mostWithin, smsOf } from '../statistics.ts';
import { createWorld, type World } from '../world.ts';

/** Earns on every SMS to some blocks of numbers: asks for one number after the other, at most so many an hour, and waits when all are full. */
export async function* pumping(
  world: World,
  trace: Trace,
  { blocks, nextAddress, perHour }: { readonly blocks: readonly Block[]; readonly nextAddress: () => string; readonly perHour: number },
): Program {
  let refused = 0;
  for (let calls = 0; ; calls++) {
    const block = blocks[calls % blocks.length] as Block;
    // numbers of a block in a stride that meets all of them, and each prefix in turn
    const phoneNumber = numberIn(block, 7919 * Math.floor(calls / blocks.length));
    const asked = await ask(world, trace, { phoneNumber, ip: nextAddress() });
    refused = asked.is === 'refused' ? refused + 1 : 0;
    yield asked.is === 'refused' && refused >= blocks.length ? asked.waitSeconds : HOUR_SECONDS / perHour;
  }
}

/** That a prefix gets no more than it may. */
export const pumpingScenario: Scenario = {
  name: 'pumping one prefix',
  attack: 'asks for codes to all numbers of one prefix from 100,000 addresses for 2 days, 1,000 an hour',
  async run({ seed, addresses }) {
    const world = createWorld({ seed, name: 'pumping one prefix' });
    const wanted = { blocks: [ONE_PREFIX], nextAddress: botnet(addresses), perHour: 1000 };
    await play(world, [pumping(world, newTrace(), wanted)], 2 * DAY_SECONDS);
    const sends = smsOf(world.sends);
    return [
      {
        what: 'SMS to the prefix in any hour',
        formula: 'sendsPerPrefix: 30 per h',
        predicted: 30,
        measured: mostWithin(sends, HOUR_SECONDS),
        must: 'equal',
      },
      { what: 'SMS to the prefix in 2 days', formula: '30 × 48 h', predicted: 30 * 48, measured: sends.length, must: 'be close' },
    ];
  },
};
