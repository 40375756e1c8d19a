import { isPhoneAuthError, type LimitName } from '../../../src/index.ts';
import { ask, newTrace, refusalIn, type Trace } from '../attempt.ts';
import type { Scenario, Size } from '../figure.ts';
import { type Owner, signingIn, signUp } from '../owner.ts';
import { botnet, IRAN, ONE_PREFIX } from '../places.ts';
import { DAY_SECONDS, HOUR_SECONDS, type Program, play } from '../program.ts';
import { createWorld, type World } from '../world.ts';
import { pumping } from './pumping.ts';
import { spray } from './spray.ts';

// A number of ONE_PREFIX, whose budget strangers use up beside the rest.
const VICTIM = '+989123456789';

const USED_UP: readonly LimitName[] = [
  'resendAfterSeconds',
  'sendsPerNumber',
  'guessesPerNumber',
  'passwordsPerNumber',
  'sendsPerPrefix',
  'smsPerDay',
];

/** Tries passwords of a number for ever, each from another address. */
async function* passwordGuessing(world: World, trace: Trace, phoneNumber: string, nextAddress: () => string): Program {
  for (;;) {
    const password = `guess-${world.chance.below(2 ** 32)}`;
    try {
      await world.auth.loginWithPassword({ phoneNumber, password, client: { ip: nextAddress() } });
      trace.takeovers += 1;
    } catch (error) {
      if (isPhoneAuthError(error, 'invalid_credentials')) continue;
      const { by, waitSeconds } = refusalIn(error);
      trace.refusedBy.set(by, (trace.refusedBy.get(by) ?? 0) + 1);
      yield waitSeconds;
    }
  }
}

interface LockedOut {
  readonly world: World;
  readonly owner: Owner;
  readonly trace: Trace;
  readonly newDevice: Tries;
}

/** Tries that were made, and those of them that were refused. */
interface Tries {
  made: number;
  refused: number;
}

/** The owner on a device that nobody knows: asks for a code every hour or so. */
async function* onNewDevice(world: World, tries: Tries, { phoneNumber, ip }: Owner): Program {
  for (;;) {
    yield HOUR_SECONDS * (0.5 + world.chance.below(3600) / 3600);
    const asked = await ask(world, newTrace(), { phoneNumber, ip });
    tries.made += 1;
    if (asked.is === 'refused') tries.refused += 1;
  }
}

/** That an owner gets in, whatever strangers use up. */
export const lockOutScenario: Scenario = {
  name: 'lock-out of a victim',
  attack:
    "uses up the victim's sends, guesses, guesses in a row and passwords, the victim's prefix, and the strangers' share of smsPerDay, for 30 days",
  async run(size) {
    const { world, owner, trace, newDevice } = await lockOut(size);
    return [
      {
        what: `sign-ins on the known device that failed at the first try, of ${owner.signIns}, by code and by password`,
        formula: 'the known lane has budgets of its own',
        predicted: 0,
        measured: owner.failures.length,
        must: 'equal',
      },
      {
        what: `limits that refused the strangers, of ${USED_UP.length}`,
        formula: USED_UP.join(', '),
        predicted: USED_UP.length,
        measured: USED_UP.filter((limit) => trace.refusedBy.has(limit)).length,
        must: 'equal',
      },
      {
        what: `wrong guesses at the victim in ${size.days} days`,
        formula: `20 × ${size.days}`,
        predicted: 20 * size.days,
        measured: trace.judgedAt.length,
        must: 'be close',
      },
      {
        what: `SMS to the victim in ${size.days} days, the owner's own among them`,
        formula: `10 × ${size.days} of strangers and one for each sign-in by code`,
        predicted: 10 * size.days + owner.signIns / 2,
        measured: world.sends.filter(({ to }) => to === VICTIM).length,
        must: 'be close',
      },
      {
        what: 'tries of the owner on a *new* device that were refused, in percent',
        formula: 'what remains: sendsPerNumber is shared with every stranger',
        predicted: 100,
        measured: Math.round((100 * newDevice.refused) / newDevice.made),
        must: 'not exceed',
      },
    ];
  },
};

// A world in which strangers use up everything that a number shares with them.
async function lockOut({ seed, addresses, days }: Size): Promise<LockedOut> {
  const world = createWorld({ seed, name: 'lock-out', limits: { smsPerDay: 1250 } });
  const owner = await signUp(world, VICTIM);
  const trace = newTrace();
  const nextAddress = botnet(addresses);
  const strangers = [
    // each code as soon as one is sent, and all its attempts
    spray(world, trace, { nextNumber: () => VICTIM, nextAddress, challengesPerDay: 24 * 60 }),
    passwordGuessing(world, trace, VICTIM, nextAddress),
    pumping(world, trace, { blocks: [ONE_PREFIX], nextAddress, perHour: 1000 }),
    pumping(world, trace, { blocks: [IRAN], nextAddress, perHour: 60 }),
  ];
  const newDevice: Tries = { made: 0, refused: 0 };
  await play(world, [...strangers, signingIn(world, owner), onNewDevice(world, newDevice, owner)], days * DAY_SECONDS);
  return { world, owner, trace, newDevice };
}
