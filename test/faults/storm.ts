import { isPhoneAuthError } from '../../src/errors.ts';
import { type Acknowledged, doubledAccounts, missingFrom } from './acknowledged.ts';
import { isOutage, type Load, type Pace, startLoad } from './load.ts';
import type { Figures, Scenario } from './scenario.ts';
import type { Service } from './service-under-load.ts';
import { proceed, type Visit } from './visit.ts';
import { forEachOf, pause, until } from './waiting.ts';

// What the event loop of a busy machine may add to a deadline.
const LATENESS_SECONDS = 1;

/** One cycle of a scenario: what happens to a store under load. */
export interface Storm {
  readonly service: Service;
  readonly pace: Pace;
  readonly loses: Scenario['loses'];
  /** Breaks the store and sets it right again; what it waits for is not counted as recovery. */
  readonly strike: (load: Load) => Promise<void>;
}

/** Puts a service under load, lets the storm pass, completes every visit that was interrupted, and looks for what is missing. */
export async function weather({ service, pace, loses, strike }: Storm): Promise<Figures> {
  const odd: unknown[] = [];
  const acknowledgedAt: Acknowledged[] = [...service.takeAcknowledged()];
  service.takeSeen();
  const load = startLoad(service, odd, pace);
  await until(() => load.completed() > 20, 'the load to run');
  await strike(load);
  const struckAt = performance.now();
  await until(() => load.lastCompletedAt() > struckAt, 'a visit to be completed after the fault');
  const recoverySeconds = (load.lastCompletedAt() - struckAt) / 1000;
  const interrupted = await load.stop();

  const unfinished: unknown[] = [];
  await forEachOf(interrupted, 8, async (visit) => {
    const failure = await completed(service, visit);
    if (failure !== null) unfinished.push(failure);
  });
  const { slowestSeconds, unavailable } = service.takeSeen();
  const acknowledged = [...acknowledgedAt, ...service.takeAcknowledged()];
  const missing = await missingFrom(service.stores, acknowledged);
  service.takeAcknowledged();

  const late = slowestSeconds > service.deadline.request + LATENESS_SECONDS;
  const isExcused = (error: unknown): boolean => loses !== 'nothing' && isConsequenceOfLoss(error);
  const failures = [...odd, ...unfinished];
  const doubled = loses === 'nothing' ? doubledAccounts(acknowledged) : [];
  return {
    cycles: 1,
    acknowledged: acknowledged.length,
    missing: missing.length,
    unavailable,
    recoverySeconds,
    problems: [
      ...failures.filter((error) => !isExcused(error)).map((error) => `a visit failed: ${wordsFor(error)}`),
      ...doubled.map((phoneNumber) => `${phoneNumber} has several accounts`),
      ...(late ? [`a call took ${slowestSeconds.toFixed(1)} s`] : []),
    ],
    remarks: lossesIn(missing, failures.filter(isExcused).length),
  };
}

/** Completes a visit after the storm; gives what hinders it. */
async function completed(service: Service, visit: Visit): Promise<unknown> {
  for (let tries = 0; ; tries++) {
    try {
      await proceed(service, visit);
      return null;
    } catch (error) {
      if (!isOutage(error) || tries === 50) return error;
      await pause(100);
    }
  }
}

/** Whoever holds what a store has forgotten is a stranger to it. */
function isConsequenceOfLoss(error: unknown): boolean {
  return isPhoneAuthError(error, 'invalid_code', 'invalid_proof', 'invalid_session');
}

function lossesIn(missing: readonly Acknowledged[], strangers: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { what } of missing) counts.set(what, (counts.get(what) ?? 0) + 1);
  const words = [...counts].map(([what, count]) => `${count} ${what}`);
  return [...(words.length > 0 ? [`lost ${words.join(', ')}`] : []), ...(strangers > 0 ? [`${strangers} visits had to begin anew`] : [])];
}

/** An error of ours by its code, any other one in its own words. */
export function wordsFor(error: unknown): string {
  if (!isPhoneAuthError(error)) return String(error instanceof Error ? error.stack : error);
  const cause = error.cause instanceof Error ? ` (${error.cause.name}: ${error.cause.message})` : '';
  return `${error.code} ${JSON.stringify(error.details)}${cause}`;
}
