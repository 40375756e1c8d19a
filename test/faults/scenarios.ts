import { CLUSTER_FAILOVER } from './cluster-failover.ts';
import { FULL_DISK } from './full-disk.ts';
import { FULL_MEMORY } from './full-memory.ts';
import { KILLED_PROCESS } from './killed-process.ts';
import { KILLED_SERVERS } from './killed-servers.ts';
import { LOST_ANSWERS } from './lost-answers.ts';
import { PAUSED_SERVERS } from './paused-servers.ts';
import { PROMOTED_STANDBY } from './promoted-standby.ts';
import type { Scenario } from './scenario.ts';

/** Every way in which a store fails here; the slow ones first, so that the quick ones fill the gaps. */
export const SCENARIOS: readonly Scenario[] = [
  CLUSTER_FAILOVER,
  PROMOTED_STANDBY,
  KILLED_SERVERS,
  PAUSED_SERVERS,
  LOST_ANSWERS,
  FULL_DISK,
  FULL_MEMORY,
  KILLED_PROCESS,
].flat();
