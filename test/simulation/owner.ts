import { isPhoneAuthError } from '../../src/index.ts';
import { addressAt } from './places.ts';
import { HOUR_SECONDS, type Program } from './program.ts';
import type { World } from './world.ts';

/** Somebody with an account, and with a device that signed in before. */
export interface Owner {
  readonly phoneNumber: string;
  readonly ip: string;
  deviceToken: string;
  /** Tries to sign in, each one the first. */
  signIns: number;
  /** What those failed with that did not succeed. */
  readonly failures: string[];
}

const PASSWORD = 'staple-battery-1907';

/** Registers a number. The address is the first one of every botnet, as behind carrier NAT. */
export async function signUp(world: World, phoneNumber: string): Promise<Owner> {
  const ip = addressAt(0);
  const { challengeId } = await world.auth.requestCode({ phoneNumber, purpose: 'register', client: { ip } });
  await world.auth.drain();
  const answer = { challengeId, code: codeOnPhone(world, phoneNumber), password: PASSWORD, client: { ip } };
  const registered = await world.auth.registerWithCode(answer);
  if (!('deviceToken' in registered)) throw new Error('The registration opened no session.');
  return { phoneNumber, ip, deviceToken: registered.deviceToken, signIns: 0, failures: [] };
}

/** Signs in by code and by password, once each, 5 to 19 hours after the last time; `times` times, or for ever. */
export async function* signingIn(world: World, owner: Owner, times: number = Number.POSITIVE_INFINITY): Program {
  for (let done = 0; done < times; done++) {
    yield HOUR_SECONDS * (5 + world.chance.below(14 * 3600) / 3600);
    await tryOnce(owner, () => byCode(world, owner));
    await tryOnce(owner, () => byPassword(world, owner));
  }
}

/** Signs in by password every hour, so that nothing that is wrong in a row ever adds up. */
export async function* signingInHourly(world: World, owner: Owner): Program {
  for (;;) {
    await tryOnce(owner, () => byPassword(world, owner));
    yield HOUR_SECONDS;
  }
}

async function tryOnce(owner: Owner, signIn: () => Promise<{ readonly deviceToken: string }>): Promise<void> {
  owner.signIns += 1;
  try {
    const { deviceToken } = await signIn();
    owner.deviceToken = deviceToken;
  } catch (error) {
    if (!isPhoneAuthError(error)) throw error;
    owner.failures.push(isPhoneAuthError(error, 'rate_limited') ? error.details.limit : error.code);
  }
}

async function byCode(world: World, { phoneNumber, ip, deviceToken }: Owner): Promise<{ readonly deviceToken: string }> {
  const client = { ip, deviceToken };
  const { challengeId } = await world.auth.requestCode({ phoneNumber, client });
  return world.auth.signInWithCode({ challengeId, code: codeOnPhone(world, phoneNumber), client });
}

async function byPassword(world: World, { phoneNumber, ip, deviceToken }: Owner): Promise<{ readonly deviceToken: string }> {
  return world.auth.loginWithPassword({ phoneNumber, password: PASSWORD, client: { ip, deviceToken } });
}

function codeOnPhone(world: World, phoneNumber: string): string {
  const code = world.lastCodeTo(phoneNumber);
  if (code === undefined) throw new Error(`No message reached ${phoneNumber}.`);
  return code;
}
