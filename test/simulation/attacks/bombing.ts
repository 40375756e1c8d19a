import type { Purpose } from '../../../src/index.ts';
import { ask, newTrace, type Trace } from '../attempt.ts';
import type { Scenario } from '../figure.ts';
import { signUp } from '../owner.ts';
import { botnet } from '../places.ts';
import { DAY_SECONDS, type Program, play } from '../program.ts';
import { mostPerDay, smsOf } from '../statistics.ts';
import { createWorld, type World } from '../world.ts';
import { TARGET } from './one-target.ts';

// What sends to a number that has an account; of each a challenge of its own.
const PURPOSES: readonly Purpose[] = ['sign-in', 'login', 'verify', 'reset-password'];

/** Wants a telephone to ring: each purpose in turn, bound to the number and not, as soon as a code may be asked for. */
export async function* bombing(
  world: World,
  trace: Trace,
  phoneNumber: string,
  nextAddress: () => string,
  purposes: readonly Purpose[] = PURPOSES,
): Program {
  for (let calls = 0; ; calls++) {
    const purpose = purposes[calls % purposes.length];
    const binding = calls % 3 === 0 ? 'phone' : 'challenge';
    const asked = await ask(world, trace, { phoneNumber, purpose, binding, ip: nextAddress() });
    yield asked.is === 'refused' ? asked.waitSeconds : 0;
  }
}

/** That a number gets no more than it may. */
export const bombingScenario: Scenario = {
  name: 'bombing one number',
  attack: 'asks for codes of every purpose to one number from 100,000 addresses for 30 days, at the best possible pace',
  async run({ seed, addresses, days }) {
    const world = createWorld({ seed, name: 'bombing' });
    await signUp(world, TARGET);
    const before = world.sends.length;
    await play(world, [bombing(world, newTrace(), TARGET, botnet(addresses))], days * DAY_SECONDS);
    const sends = smsOf(world.sends.slice(before));
    return [
      {
        what: 'SMS to the number in any 24 h',
        formula: 'sendsPerNumber: 10 per 24 h',
        predicted: 10,
        measured: mostPerDay(sends),
        must: 'equal',
      },
      {
        what: `SMS to the number in ${days} days`,
        formula: `10 × ${days} days`,
        predicted: 10 * days,
        measured: sends.length,
        must: 'be close',
      },
    ];
  },
};
