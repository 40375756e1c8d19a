import type { JoinedStore } from '../../src/ports/joined-store.ts';
import type { UserRecord } from '../../src/ports/user-store.ts';
import type { ConformanceCase, Open } from './case.ts';
import { joinedCases } from './joined-cases.ts';
import type { JoinedStoreOptions, WholeJoined } from './joined-fixture.ts';
import { joinedRaceCases } from './joined-race-cases.ts';
import { joinedSameCases } from './joined-same-cases.ts';
import { joinedSessionCases } from './joined-session-cases.ts';
import { signInCases } from './joined-sign-in-cases.ts';

/**
 * What every joined store must and should do, by verb. Its own stores are there too: a case brings them into a state, joins their verbs, and
 * looks at them again. Some open two at once.
 */
export function joinedStoreCases<Profile>(
  open: Open<JoinedStore<UserRecord, Profile>>,
  options: JoinedStoreOptions<Profile> = {},
): readonly ConformanceCase[] {
  const whole = open as Open<WholeJoined<Profile>>;
  return [joinedCases, signInCases, joinedSessionCases, joinedRaceCases, joinedSameCases].flatMap((cases) => cases(whole, options));
}
