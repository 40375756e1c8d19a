import { readdirSync, readFileSync } from 'node:fs';
import type { ServerAddresses } from './server-addresses.ts';

const TICK_MICROSECONDS = 10_000;

interface Process {
  readonly parent: number;
  readonly microseconds: number;
  /** Of children that have ended. */
  readonly ofTheDeadMicroseconds: number;
}

/** CPU time that Postgres and Redis have used so far, with all their processes. */
export function storeCpuMicroseconds({ postgresPid, redisPid }: Pick<ServerAddresses, 'postgresPid' | 'redisPid'>): number {
  const ofRedis = processOf(redisPid)?.microseconds ?? 0;
  const postmaster = processOf(postgresPid);
  if (postmaster === null) return ofRedis;
  const children = readdirSync('/proc').flatMap((name) => {
    const child = /^\d+$/.test(name) ? processOf(Number(name)) : null;
    return child?.parent === postgresPid ? [child.microseconds] : [];
  });
  return children.reduce((sum, one) => sum + one, ofRedis + postmaster.microseconds + postmaster.ofTheDeadMicroseconds);
}

function processOf(pid: number): Process | null {
  try {
    // The name of the program stands in brackets and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? [];
    const at = (index: number): number => fields[index] ?? 0;
    const byTicks = (at(11) + at(12)) * TICK_MICROSECONDS;
    return { parent: at(1), microseconds: exactly(pid) ?? byTicks, ofTheDeadMicroseconds: (at(13) + at(14)) * TICK_MICROSECONDS };
  } catch {
    return null;
  }
}

// The scheduler counts in nanoseconds where the kernel was built to tell; ticks are 10 ms.
function exactly(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000)
      .reduce((sum, one) => sum + one, 0);
  } catch {
    return null;
  }
}
