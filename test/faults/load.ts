import { isPhoneAuthError } from '../../src/errors.ts';
import type { Service } from './service-under-load.ts';
import { newVisit, proceed, type Visit } from './visit.ts';
import { pause } from './waiting.ts';

/** Visitors who come one after the other, many at once, until they are stopped. */
export interface Load {
  /** Visits that came to their end. */
  readonly completed: () => number;
  /** When the last of them did, by the monotonic clock. */
  readonly lastCompletedAt: () => number;
  /** Ends it, and gives the visits that a failure has interrupted. */
  readonly stop: () => Promise<readonly Visit[]>;
}

/** How many visitors come at once, and how long each client rests before the next one. */
export interface Pace {
  readonly clients: number;
  readonly thinkMs: number;
}

/** What a failure is that the store of a service is to blame for. */
export function isOutage(error: unknown): boolean {
  return isPhoneAuthError(error, 'unavailable');
}

/** Starts it. A failure other than an outage is noted in `odd`, and ends the visit. */
export function startLoad(service: Service, odd: unknown[], { clients, thinkMs }: Pace): Load {
  const interrupted: Visit[] = [];
  let isStopped = false;
  let completed = 0;
  let lastCompletedAt = 0;

  const oneAfterTheOther = async (): Promise<void> => {
    let visit = newVisit();
    while (!isStopped) {
      try {
        await proceed(service, visit);
        completed += 1;
        lastCompletedAt = performance.now();
        visit = newVisit();
        await pause(thinkMs);
      } catch (error) {
        await pause(20);
        // Whoever has not even begun tries again; the others wait until the fault is over.
        if (isOutage(error) && visit.challengeId === null && !isStopped) continue;
        if (isOutage(error)) interrupted.push(visit);
        else odd.push(error);
        visit = newVisit();
      }
    }
  };
  const running = Array.from({ length: clients }, oneAfterTheOther);
  return {
    completed: () => completed,
    lastCompletedAt: () => lastCompletedAt,
    async stop() {
      isStopped = true;
      await Promise.all(running);
      return interrupted;
    },
  };
}
