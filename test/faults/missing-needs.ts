import { postgresBinaries } from '../adapters/postgres-server.ts';
import { HAS_REDIS } from '../adapters/redis-server.ts';
import type { Need, Scenario } from './scenario.ts';
import { mountSmallVolume } from './small-volume.ts';

const PRESENT: Readonly<Record<Need, () => boolean>> = {
  postgres: () => postgresBinaries() !== null,
  redis: () => HAS_REDIS,
  volume: () => {
    const volume = mountSmallVolume(1);
    volume?.remove();
    return volume !== null;
  },
};

/** What a scenario needs and this machine does not have. */
function missingNeeds({ needs }: Scenario): readonly Need[] {
  return needs.filter((need) => !PRESENT[need]());
}

/** Why a scenario is not run; `null` where it is, and in CI, where whatever is missing makes it fail. */
export function reasonNotToRun(scenario: Scenario): string | null {
  const missing = missingNeeds(scenario);
  return missing.length === 0 || process.env.CI === 'true' ? null : `not run here without ${missing.join(' and ')}`;
}
